"""How probes of language models are drawn: what was asked, figures by group, what was left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.fairness_probe_charts import CONTROL_NAMES
from workbench.studio.forest import ForestRow, forest
from workbench.studio.markup import count, escape
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.fairness.language.items import Excluded
    from workbench.fairness.language.result import ComparedFigure, ProbeComparison, ProbeResult
    from workbench.fairness.language.swap_result import SwapResult


def draw_probe(result: ProbeResult) -> str:
    """The caution first, each measure over all items, then the groups of the first measure."""
    place = f" on {result.engine}" if result.engine else ""
    of = "" if result.items == result.rows else f" of {result.rows:,}"
    head = _head(
        f"{result.dataset}: {result.model}{place}",
        f"{result.items:,}{of} rows",
        f"seed {result.seed}",
        "known from before" if result.is_cached else "",
    )
    overall = [
        {
            "measure": figure.measure.replace("_", " "),
            "control": CONTROL_NAMES.get(figure.control, figure.control),
            "n": figure.n,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "unit": figure.unit,
            "p": figure.p,
        }
        for figure in result.figures
        if figure.by == "all"
    ]
    parts = [head, _caution(result.caution)]
    for measure, control in _shown(result):
        same = [f for f in result.figures if (f.measure, f.control) == (measure, control)]
        rows = [
            ForestRow(_name(f.by, f.group), f.n, f.value, f.low, f.high, f.p_adjusted, f.flagged)
            for f in same
        ]
        title = f"{result.measures[measure]}; {CONTROL_NAMES.get(control, control)}"
        parts.append(forest(rows, null=same[0].null, unit=same[0].unit, title=title))
    shown = table(overall, title=f"{count(len(overall), 'figure')} over all rows").html()
    parts.append(f"<details><summary>Every measure and control</summary>{shown}</details>")
    return card("".join([*parts, _left_out(result.excluded)]))


def draw_comparison(comparison: ProbeComparison) -> str:
    """The differences over all items, then by group for the first measure."""
    head = _head(
        f"{comparison.dataset}: {comparison.after} less {comparison.before}",
        count(comparison.items, "row"),
    )
    parts = [head, _caution(comparison.caution)]
    overall = [figure for figure in comparison.figures if figure.by == "all"]
    for control, unit in dict.fromkeys((figure.control, figure.unit) for figure in overall):
        rows = [
            _compared(figure, figure.measure)
            for figure in overall
            if (figure.control, figure.unit) == (control, unit)
        ]
        title = f"Change over all rows; {CONTROL_NAMES.get(control, control)}"
        parts.append(forest(rows, null=0.0, unit=unit, title=title))
    groups = [f for f in comparison.figures if f.by != "all"]
    rows_ = [
        {
            "measure": f.measure.replace("_", " "),
            "control": CONTROL_NAMES.get(f.control, f.control),
            "group": _name(f.by, f.group),
            "n": f.n,
            "before": f.before,
            "after": f.after,
            "difference": f.difference,
            "low": f.low,
            "high": f.high,
            "p": f.p_adjusted,
        }
        for f in groups
    ]
    if rows_:
        shown = table(rows_, title=f"{count(len(rows_), 'figure')} by group").html()
        parts.append(f"<details><summary>By group</summary>{shown}</details>")
    return card("".join([*parts, _left_out(comparison.excluded)]))


def draw_swaps(result: SwapResult) -> str:
    """Each measure: how far every group is from the mean of the others."""
    place = f" on {result.engine}" if result.engine else ""
    head = _head(
        f"Swaps by {result.by}: {result.model}{place}",
        count(len(result.templates), "template"),
        f"{result.units} units",
        "known from before" if result.is_cached else "",
    )
    parts = [head, _caution(result.caution)]
    for measure, of in dict.fromkeys((f.measure, f.of) for f in result.figures):
        same = [f for f in result.figures if (f.measure, f.of) == (measure, of)]
        shown = same[:1] if len(result.groups) == 2 else same
        other = f" less {result.groups[1]}" if len(result.groups) == 2 else ""
        rows = [
            ForestRow(
                f.group.replace("_", " ") + other,
                f.n,
                f.difference,
                f.difference_low,
                f.difference_high,
                f.p_adjusted,
                f.flagged,
            )
            for f in shown
        ]
        said = f' "{of.strip()}"' if of else ""
        less = "" if other else ", less the mean of the other groups"
        title = f"{result.measures[measure]}{said}{less}"
        parts.append(forest(rows, null=0.0, unit=same[0].unit, title=title))
    if result.answers:
        told = [
            {
                "group": a.group,
                "prompt": a.prompt,
                "answer": a.text,
                "tokens": a.tokens,
                "refused": a.refused,
                "insults": ", ".join(a.insults),
            }
            for a in result.answers
        ]
        shown_ = table(told, title=count(len(told), "answer")).html()
        parts.append(f"<details><summary>The answers</summary>{shown_}</details>")
    return card("".join([*parts, _left_out(result.excluded)]))


def _shown(result: ProbeResult) -> list[tuple[str, str]]:
    """What is drawn by group: the first and the last measure that are tested (all of them, if
    none is), plain and under the last control."""
    tested = list(dict.fromkeys(f.measure for f in result.figures if f.null is not None))
    measures = dict.fromkeys((tested[0], tested[-1]) if tested else result.measures)
    controls = list(result.controls)
    known = {(f.measure, f.control) for f in result.figures}
    wanted = [(m, c) for m in measures for c in dict.fromkeys((controls[0], controls[-1]))]
    return [pair for pair in wanted if pair in known]


def _compared(figure: ComparedFigure, name: str) -> ForestRow:
    return ForestRow(
        name.replace("_", " "),
        figure.n,
        figure.difference,
        figure.low,
        figure.high,
        figure.p_adjusted,
        figure.flagged,
    )


def _name(by: str, group: str) -> str:
    return "all" if by == "all" else group.replace("_", " ")


def _head(title: str, *words: str) -> str:
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in words if word)
    return f'<div class="top"><strong>{escape(title)}</strong>{quiet}</div>'


def _caution(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def _left_out(excluded: Iterable[Excluded]) -> str:
    rows = [{"what": one.what, "n": one.n, "reason": one.reason} for one in excluded]
    if not rows:
        return ""
    shown = table(rows, title="Left out").html()
    return f"<details><summary>What was left out, and why</summary>{shown}</details>"
