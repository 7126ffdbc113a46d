"""The section on fairness of a model card, written from an audit.

The sections are those of Mitchell et al., "Model Cards for Model Reporting" (FAT* 2019), of which
this is "Quantitative Analyses": unitary results, intersectional results, with what was left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from .groups import EVERYONE
from .result import Disparity, Exclusion, GroupAudit, GroupFigure

_SHOWN = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy_score")
_APART = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "equalized_odds_difference",
    "accuracy_score_difference",
    "mean_absolute_error_difference",
    "mean_error_difference",
    "exposure_difference",
    "exposure_per_relevance_ratio",
)


def write_card(audit: GroupAudit) -> str:
    """An audit as a section in Markdown.

    Args:
        audit: Of predictions on rows that the model has not seen.

    Returns:
        The section, from its heading of level 2 on.
    """
    percent = f"{100 * audit.confidence:g}%"
    parts = [
        "## Fairness",
        _what(audit),
        "### By group",
        _figures(audit.groups, audit.everyone, audit),
        f"Value and {percent} interval. A dash stands where too few rows would decide.",
        "### How far the groups lie apart",
        _disparities(audit.disparities, audit),
        _how_to_read(audit),
    ]
    for alone in audit.alone:
        parts += [
            f"### By {_cell(alone.column)} alone",
            _figures(alone.groups, (), audit),
            _disparities(alone.disparities, audit),
        ]
    left = [*audit.excluded, *(e for alone in audit.alone for e in alone.excluded)]
    parts += ["### What was left out", _left_out(left)]
    parts += ["### What this does not say", _limits(audit)]
    return "\n\n".join(parts) + "\n"


def _what(audit: GroupAudit) -> str:
    counted = f" `{audit.positive}` counts as 1." if audit.positive else ""
    compared = {
        "between_groups": "every group with every other",
        "to_overall": "every group with everyone",
    }[audit.compare]
    notes = "".join(f"\n- {note}." for note in audit.notes)
    columns = " and ".join(f"`{name}`" for name in audit.sensitive)
    return (
        f"`{audit.model}` on `{audit.dataset}`, {audit.n:,} rows, a {audit.task}.{counted} "
        f"Compared by {columns}, {compared}; {audit.draws:,} resamples, seed {audit.seed}."
        + (f"\n{notes}" if notes else "")
    )


def _figures(
    groups: Sequence[GroupFigure], everyone: Sequence[GroupFigure], audit: GroupAudit
) -> str:
    chosen = [m for m in _SHOWN if m in audit.metrics] or list(audit.metrics[:4])
    told = {(f.group, f.metric): f for f in (*groups, *everyone)}
    names = dict.fromkeys(f.group for f in (*groups, *everyone))
    sizes = {f.group: f.n for f in (*groups, *everyone)}
    rows = []
    for name in names:
        cells = [told.get((name, metric)) for metric in chosen]
        shown = f"**{EVERYONE}**" if name == EVERYONE else _cell(name)
        rows.append([shown, f"{sizes[name]:,}", *(_value(c) if c else "-" for c in cells)])
    return _table(["group", "rows", *chosen], rows)


def _disparities(disparities: Sequence[Disparity], audit: GroupAudit) -> str:
    chosen = [d for d in disparities if d.metric in _APART] or list(disparities[:6])
    if not chosen:
        return "No disparity can be told: see what was left out."
    level = 1 - audit.confidence
    rows = []
    for each in chosen:
        tested = "not tested" if each.p_holm is None else f"{each.p_holm:.2g}"
        differ = "" if each.p_holm is None else " (differ)" if each.p_holm <= level else ""
        between = " and ".join(map(_cell, each.between))
        rows.append([each.metric, _value(each), between, tested + differ])
    return _table(["disparity", "value", "between", "p, corrected (Holm)"], rows)


def _how_to_read(audit: GroupAudit) -> str:
    tests = len({d.p_value for d in audit.disparities if d.p_value is not None})
    if not tests:
        return "No test was made."
    return (
        "An interval says how far the two extreme groups lie apart, whichever they are. The test "
        "asks whether any group differs at all, corrected for all hypotheses of the audit."
    )


def _left_out(excluded: Sequence[Exclusion]) -> str:
    if not excluded:
        return "Nothing."
    rows = dict.fromkeys(
        (_cell(e.group), f"{e.n:,}", e.metric or "all", _cell(e.reason)) for e in excluded
    )
    return _table(["group", "rows", "metric", "reason"], [list(row) for row in rows])


def _limits(audit: GroupAudit) -> str:
    return "\n".join(
        [
            "- Figures are of these rows and this model; other people and times were not seen.",
            "- Rows were taken as independent. Where people belong together, intervals are short.",
            f"- Groups under {audit.min_rows} rows were not judged, which is no sign that they are "
            "served well.",
            "- Which disparity matters is a decision, and not one that these figures can make.",
        ]
    )


def _value(figure: GroupFigure | Disparity) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


def _cell(text: str) -> str:
    """Text that may stand in a table's cell, whatever the data holds."""
    plain = " ".join(text.split())
    for sign in ("\\", "|", "`", "*", "_", "<", "[", "]"):
        plain = plain.replace(sign, "\\" + sign)
    return plain


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in (names, ["---"] * len(names), *rows)]
    return "\n".join(lines)
