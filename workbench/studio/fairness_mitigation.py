"""How fairer models are drawn: what changed, group by group, and what fairness costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.studio.cards import card
from workbench.studio.chart import Chart, points
from workbench.studio.forest import ForestRow, forest
from workbench.studio.markup import count, escape
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.fairness.mitigation.result import Change, Mitigation, TradeOff

_NAMES = {
    "none": "as it is",
    "thresholds": "thresholds by group",
    "threshold_optimizer": "thresholds with lots",
    "reductions": "reductions",
    "grid_search": "grid search",
    "reweighing": "reweighing",
    "correlation_remover": "correlation removed",
}


def trade_off_chart(found: TradeOff) -> Chart:
    """What each model gives up in accuracy, and how far the groups lie apart with it.

    Points further down and further left are better; intervals are those of the accuracy.
    """
    base = found.points[0].accuracy
    rows = [
        {
            "disparity": point.disparity,
            "lost": 100 * (base - point.accuracy),
            "low": 100 * (base - point.accuracy_high),
            "high": 100 * (base - point.accuracy_low),
            "method": _NAMES[point.method],
            "setting": point.setting + (", no other is better in both" if point.is_best else ""),
        }
        for point in found.points
    ]
    return points(
        rows,
        "disparity",
        "lost",
        series="method",
        low="low",
        high="high",
        detail="setting",
        title=f"What {words(found.constraint)} costs on {found.dataset}",
        x_title=f"{words(found.disparity)} between groups of {' and '.join(found.sensitive)}",
        y_title="accuracy given up (percentage points)",
        height_px=380,
    )


def groups_chart(found: Mitigation, metric: str = "selection_rate") -> Chart:
    """One metric of each group before and after, with intervals.

    Raises:
        InputError: No group has that metric.
    """
    rows = [
        {
            "group": figure.group.removeprefix("group="),
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "model": name,
        }
        for name, figures in (("before", found.groups_before), ("after", found.groups_after))
        for figure in figures
        if figure.metric == metric
    ]
    if not rows:
        known = sorted({figure.metric for figure in found.groups_after})
        raise InputError(f"no group has {metric!r}", hint=f"known: {', '.join(known)}")
    return points(
        rows,
        "group",
        "value",
        series="model",
        low="low",
        high="high",
        title=f"{words(metric).capitalize()} by {' and '.join(found.sensitive)}, before and after",
        x_title=" and ".join(found.sensitive),
        y_title=f"{words(metric)} (share of the group's rows)",
        height_px=340,
    )


def draw_mitigation(found: Mitigation) -> str:
    """What it needs first, then every change with its interval, then what was set."""
    head = (
        f'<p class="q">{escape(found.base)} on {escape(found.dataset)}: '
        f"{escape(found.method.title.lower())}, for {words(found.constraint)} between groups of "
        f"{escape(' and '.join(found.sensitive))}; {found.n:,} rows, seed {found.seed}</p>"
    )
    needs = "".join(f"<li>{escape(said)}</li>" for said in found.needs)
    changes = [found.accuracy, *dict.fromkeys(found.disparities)]
    rows = [_row(each, found.n) for each in changes]
    picture = forest(
        rows, null=0.0, unit="after less before", title="What changed", null_words="no change"
    )
    parts = [head, f"<ul>{needs}</ul>", picture, _before_after(changes)]
    if found.details:
        told = [{"what": name, "value": value} for name, value in found.details.items()]
        shown = table(told, title=count(len(told), "setting")).html()
        parts.append(f"<details><summary>What was set</summary>{shown}</details>")
    return card("".join(parts))


def draw_trade_off(found: TradeOff) -> str:
    """Every point as a line; whoever wants the picture asks for ``trade_off_chart``."""
    rows = [
        {
            "method": _NAMES[point.method],
            "setting": point.setting,
            "accuracy": point.accuracy,
            "disparity": point.disparity,
            "reads the group": "yes" if point.reads_group else "no",
            "draws lots": "no" if point.deterministic else "yes",
            "best": "yes" if point.is_best else "",
        }
        for point in found.points
    ]
    shown = table(rows, title=f"What {words(found.constraint)} costs, {found.n:,} rows").html()
    left = "".join(f"<li>{escape(each.group)}: {escape(each.reason)}</li>" for each in found.failed)
    return card(shown + (f"<ul>{left}</ul>" if left else ""))


def words(name: str) -> str:
    """A metric's name as one says it."""
    return name.replace("_", " ")


def _row(change: Change, n: int) -> ForestRow:
    return ForestRow(words(change.metric), n, change.change, change.low, change.high, None, None)


def _before_after(changes: list[Change]) -> str:
    rows = [
        {"metric": words(each.metric), "before": each.before, "after": each.after}
        for each in changes
    ]
    return table(rows, title="Before and after").html()
