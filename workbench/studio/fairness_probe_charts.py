"""Probes of language models as charts: dots with their intervals, by group of people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.studio.chart import Chart, points

if TYPE_CHECKING:
    from workbench.fairness.language.result import ProbeComparison, ProbeResult
    from workbench.fairness.language.swap_result import SwapResult

_HEIGHT_PX = 360
CONTROL_NAMES = {
    "none": "as it is",
    "per_token": "per token",
    "equal_length": "equal length only",
    "frequency": "less word frequency",
}


def probe_chart(
    result: ProbeResult,
    measure: str = "",
    *,
    by: str = "",
    controls: Sequence[str] = ("none", "frequency"),
) -> Chart:
    """One measure by group, under each control beside each other.

    Args:
        result: From a probe.
        measure: By default the first that has a value where nothing is preferred.
        by: What the items are grouped by; by default the first that there is.
        controls: Which, from left to right.

    Raises:
        InputError: There is no such figure.
    """
    measure = measure or _first_tested(result)
    by = by or next((figure.by for figure in result.figures if figure.by != "all"), "all")
    rows = [
        {
            "group": f"{figure.group} ({figure.n})" if len(controls) == 1 else figure.group,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "control": CONTROL_NAMES.get(control, control),
        }
        for control in controls
        for figure in result.figures
        if (figure.measure, figure.control) == (measure, control) and figure.by in ("all", by)
    ]
    _check(rows, f"{measure} by {by} under {', '.join(controls)}")
    figure = next(f for f in result.figures if f.measure == measure)
    none = "" if figure.null is None else f", {figure.null:g} is no preference"
    percent = f"{100 * result.inference.confidence:g}%"
    return points(
        rows,
        "group",
        "value",
        low="low",
        high="high",
        panel="control",
        title=f"{result.dataset} on {result.model}: {measure.replace('_', ' ')} "
        f"with {percent} intervals{none}",
        x_title="",
        y_title=f"{measure.replace('_', ' ')} ({figure.unit})",
        height_px=_HEIGHT_PX,
    )


def change_chart(
    comparison: ProbeComparison, measure: str, *, control: str = "frequency", by: str = ""
) -> Chart:
    """The change of one measure by group.

    Args:
        comparison: From ``compare_probes``.
        measure: Which.
        control: Under which control.
        by: What the items are grouped by; by default the first that there is.

    Raises:
        InputError: There is no such figure.
    """
    by = by or next((figure.by for figure in comparison.figures if figure.by != "all"), "all")
    found = [
        figure
        for figure in comparison.figures
        if (figure.measure, figure.control) == (measure, control) and figure.by in ("all", by)
    ]
    rows = [
        {
            "group": figure.group,
            "difference": figure.difference,
            "low": figure.low,
            "high": figure.high,
            "shown": "differs" if figure.flagged else "not shown to differ",
        }
        for figure in found
    ]
    _check(rows, f"{measure} by {by} under {control}")
    return points(
        rows,
        "group",
        "difference",
        low="low",
        high="high",
        series="shown",
        title=f"{comparison.dataset}: {comparison.after} less {comparison.before}, "
        f"{measure.replace('_', ' ')} {CONTROL_NAMES.get(control, control)}",
        x_title="",
        y_title=f"difference ({found[0].unit})",
        height_px=_HEIGHT_PX,
    )


def swap_chart(result: SwapResult, measure: str, *, of: str = "") -> Chart:
    """How far each group is from the mean of the others.

    Args:
        result: From a swap.
        measure: Which.
        of: Of which continuation, where the measure has one.

    Raises:
        InputError: There is no such figure.
    """
    found = [f for f in result.figures if (f.measure, f.of) == (measure, of)]
    rows: list[dict[str, Any]] = [
        {
            "group": figure.group.replace("_", " "),
            "difference": figure.difference,
            "low": figure.difference_low,
            "high": figure.difference_high,
            "shown": "differs" if figure.flagged else "not shown to differ",
        }
        for figure in found
    ]
    _check(rows, " of ".join(filter(None, (measure, of))))
    said = f' of "{of.strip()}"' if of else ""
    return points(
        rows,
        "group",
        "difference",
        low="low",
        high="high",
        series="shown",
        title=f"{result.model}: {measure.replace('_', ' ')}{said}, each {result.by} less the "
        "mean of the others",
        x_title="",
        y_title=f"difference ({found[0].unit})",
        height_px=_HEIGHT_PX,
    )


def _first_tested(result: ProbeResult) -> str:
    tested = (figure.measure for figure in result.figures if figure.null is not None)
    return next(tested, result.figures[0].measure)


def _check(rows: Sequence[Any], what: str) -> None:
    if not rows:
        raise InputError(
            f"there is no figure of {what}", hint="result.figures says which there are"
        )
