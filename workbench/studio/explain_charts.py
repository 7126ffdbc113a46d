"""Charts of what a model of a table needs, and how its output goes with a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.chart import Chart, lines, points

if TYPE_CHECKING:
    from workbench.interpretability.tabular.dependence import Dependence
    from workbench.interpretability.tabular.importance import Importance

_MOST_SHOWN = 15
_MISSING = "(missing)"


def importance_chart(found: Importance) -> Chart:
    """Each column's importance on its interval, the most important first; at most 15."""
    shown = found.features[:_MOST_SHOWN]
    rest = len(found.features) - len(shown)
    title = f"{found.measure[:1].upper()}{found.measure[1:]}: {shown[0].feature} most"
    return points(
        [
            {"column": each.feature, "value": each.importance, "low": each.low, "high": each.high}
            for each in shown
        ],
        "column",
        "value",
        low="low",
        high="high",
        title=title + (f" ({rest} lesser columns are not shown)" if rest else ""),
        x_title="column",
        y_title=f"{found.unit}, with the {found.confidence:.0%} interval",
        height_px=400,
    )


def dependence_chart(found: Dependence) -> Chart:
    """The mean over rows with its interval."""
    against = f"; {found.crossing:.0%} of the rows go against the mean"
    rows = [
        {
            "value": _MISSING if value is None else value,
            "output": mean,
            "low": low,
            "high": high,
            "detail": f"{share:.1%} of the rows are nearest",
        }
        for value, mean, low, high, share in zip(
            found.grid, found.mean, found.low, found.high, found.shares, strict=True
        )
    ]
    draw = lines if found.kind == "number" and None not in found.grid else points
    return draw(
        rows,
        "value",
        "output",
        low="low",
        high="high",
        detail="detail",
        title=f"{found.output[:1].upper()}{found.output[1:]} by {found.feature}{against}",
        x_title=found.feature,
        y_title=f"{found.output}, with the {found.confidence:.0%} interval",
        height_px=360,
    )
