"""Audits as charts: dots with their intervals, told apart by place, shape and name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.studio.chart import Chart, lines, points

if TYPE_CHECKING:
    from workbench.fairness.audit.result import GroupAudit
    from workbench.fairness.audit.slices import SliceSearch
    from workbench.fairness.audit.thresholds import ThresholdSweep

_METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate")
_APART = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "false_positive_rate_difference",
    "equalized_odds_difference",
    "accuracy_score_difference",
    "base_rate_difference",
)
_LINE_PX, _FRAME_PX = 24, 150


def plot_groups(audit: GroupAudit, metrics: Sequence[str] = ()) -> Chart:
    """Each group's metrics with their intervals, a panel a metric, everyone last.

    Args:
        audit: From ``fairness.audit``.
        metrics: Up to three; by default how often a group is selected, rightly and wrongly.

    Raises:
        InputError: The audit has none of them.
    """
    chosen = list(metrics or [name for name in _METRICS if name in audit.metrics])
    chosen = chosen or list(audit.metrics[:3])
    rows = [
        {
            "group": short_name(figure.group),
            "metric": readable(metric),
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "detail": f"{figure.rows:,} rows, {figure.low:.3f} to {figure.high:.3f}",
        }
        for metric in chosen
        for figure in (*audit.groups, *audit.everyone)
        if figure.metric == metric
    ]
    _check(rows, f"figures of {', '.join(chosen)}")
    places = len(audit.group_names) + 1
    return points(
        rows,
        "group",
        "value",
        low="low",
        high="high",
        panel="metric",
        detail="detail",
        title=f"{_of(audit)}: rates by group, with {_percent(audit.confidence)} intervals",
        x_title="",
        y_title="value",
        height_px=_FRAME_PX + _LINE_PX * places,
        sideways=True,
    )


def plot_disparities(audit: GroupAudit, metrics: Sequence[str] = ()) -> Chart:
    """How far the groups lie apart, a line a disparity; shapes tell what the tests say.

    Args:
        audit: From ``fairness.audit``.
        metrics: Names of disparities; by default the main differences.

    Raises:
        InputError: The audit has none of them.
    """
    known = {each.metric: each for each in audit.disparities}
    chosen = [name for name in metrics or _APART if name in known]
    chosen = chosen or [name for name in known if name.endswith("_difference")]
    rows = [
        {
            "disparity": readable(name),
            "value": known[name].value,
            "low": known[name].low,
            "high": known[name].high,
            "test": _verdict(known[name].p_holm, 1 - audit.confidence),
            "detail": " and ".join(map(short_name, known[name].between)),
        }
        for name in chosen
    ]
    _check(rows, "disparities")
    return points(
        rows,
        "disparity",
        "value",
        low="low",
        high="high",
        series="test",
        detail="detail",
        title=f"{_of(audit)}: how far the groups lie apart",
        x_title="",
        y_title=f"disparity with its {_percent(audit.confidence)} interval",
        height_px=_FRAME_PX + _LINE_PX * len(rows),
        sideways=True,
    )


def plot_calibration(audit: GroupAudit, groups: Sequence[str] = ()) -> Chart:
    """Stated probability against what came true, a line a group; perfect is the diagonal.

    Args:
        audit: Of predictions with scores.
        groups: Up to five; by default the largest.

    Raises:
        InputError: The audit has no scores.
    """
    known = {each.group: each for each in audit.calibration}
    largest = sorted(known, key=lambda name: -known[name].n)[:4]
    rows: list[dict[str, Any]] = [
        {"stated": at, "came": at, "low": at, "high": at, "group": "as stated"} for at in (0.0, 1.0)
    ]
    for name in groups or [group for group in known if group in largest]:
        rows += [
            {
                "stated": each.stated,
                "came": each.came_true,
                "low": each.came_true if each.low is None else each.low,
                "high": each.came_true if each.high is None else each.high,
                "group": f"{short_name(name)} ({known[name].n:,})",
            }
            for each in known[name].bins
            if each.n >= audit.min_rows
        ]
    _check(rows[2:], "calibration curves (it needs scores)")
    return lines(
        rows,
        "stated",
        "came",
        series="group",
        low="low",
        high="high",
        title=f"{_of(audit)}: does what the model states come true in each group?",
        x_title="stated probability (mean of ten ranges)",
        y_title="share that came true",
        height_px=380,
    )


def plot_thresholds(sweep: ThresholdSweep, metric: str = "selection_rate") -> Chart:
    """One metric of each group at every threshold, with intervals.

    Args:
        sweep: From ``fairness.thresholds``.
        metric: Which of its metrics.

    Raises:
        InputError: The sweep has no such metric.
    """
    sizes = {figure.group: figure.n for figure in sweep.figures}
    shown = sorted((g for g in sizes if g != "everyone"), key=lambda g: -sizes[g])[:5]
    rows = [
        {
            "threshold": figure.threshold,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "group": short_name(figure.group),
        }
        for figure in sweep.figures
        if figure.metric == metric and figure.group in shown
    ]
    _check(rows, f"figures of {metric}")
    return lines(
        rows,
        "threshold",
        "value",
        series="group",
        low="low",
        high="high",
        title=f"{sweep.model} on {sweep.dataset}: {readable(metric)} at every threshold",
        x_title="threshold on the score",
        y_title=readable(metric),
    )


def plot_slices(search: SliceSearch) -> Chart:
    """The worst slices with their intervals, a condition a line, and all rows last.

    Raises:
        InputError: No slice was found.
    """
    rows = [
        {
            "slice": each.rule.replace(" and ", " and\n") + f" ({each.n:,} rows)",
            "loss": each.error,
            "low": each.low,
            "high": each.high,
        }
        for each in search.slices
    ]
    _check(rows, "slices with more error than chance gives")
    everyone = search.error
    rows.append(
        {"slice": f"all rows ({search.n:,})", "loss": everyone, "low": everyone, "high": everyone}
    )
    text_lines = sum(1 + str(row["slice"]).count("\n") for row in rows)
    return points(
        rows,
        "slice",
        "loss",
        low="low",
        high="high",
        title=f"{search.model} on {search.dataset}: the rows on which it is worst",
        x_title="",
        y_title=f"mean {readable(search.loss)}, with intervals that allow for the search",
        height_px=_FRAME_PX + _LINE_PX * text_lines,
        sideways=True,
    )


def readable(name: str) -> str:
    """A metric's name in words."""
    return name.replace("_", " ")


def short_name(group: str) -> str:
    """``sex=Female, race=Black`` as ``Female, Black``."""
    return ", ".join(part.partition("=")[2] or part for part in group.split(", "))


def _of(audit: GroupAudit) -> str:
    return " on ".join(filter(None, (audit.model, audit.dataset))) or "predictions"


def _percent(confidence: float) -> str:
    return f"{100 * confidence:g}%"


def _verdict(p_value: float | None, level: float) -> str:
    if p_value is None:
        return "not tested"
    return "groups differ (Holm)" if p_value <= level else "no difference shown"


def _check(rows: Sequence[Any], what: str) -> None:
    if not rows:
        raise InputError(f"there are no {what} to draw", hint="look at excluded for the reasons")
