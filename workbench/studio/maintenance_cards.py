"""How maintenance is drawn: what to do and why, then each series with its limit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.monitoring.maintenance.wording import (
    judged_words,
    size_words,
    span_words,
    verdict_words,
)
from workbench.studio.anomaly_cards import when_words
from workbench.studio.cards import card
from workbench.studio.chart import Chart, lines
from workbench.studio.markup import escape
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.monitoring.maintenance.result import (
        Evidence,
        MaintenanceReport,
        Outlook,
        Suggestion,
    )

_PAST_HORIZONS = 3
_MOST_PAST = 120


def draw_maintenance(report: MaintenanceReport) -> str:
    """Suggestions with their evidence, a table of all series, and a picture of each that is near
    its limit."""
    mark = mark_of(report)
    rows = [_row(each) for each in report.outlooks]
    near = [each for each in report.outlooks if each.limit is not None]
    parts = [
        f'<div class="top"><span class="pill {mark[0]}">{escape(mark[1])}</span>'
        f'<strong>Maintenance</strong><span class="q">{report.horizon_days} days ahead, '
        f"made {when_words(report.made_s)} UTC</span></div>",
        f"<p>{escape(sentence(judged_words(report)))}</p>" if report.short else "",
        "".join(_suggestion(each) for each in report.suggestions),
        table(rows, title="Outlooks").html() if rows else "",
        "".join(_picture(each, is_open=len(near) == 1) for each in near),
        _left_out(report),
    ]
    return card("".join(parts))


def mark_of(report: MaintenanceReport) -> tuple[str, str]:
    """The class and the words of the report's mark; it is good only as far as was judged."""
    count = len(report.suggestions)
    if count:
        return "mark", f"! {count} thing{'s' * (count > 1)} to do"
    if report.short:
        return "plain", verdict_words(report)
    return "good", "✓ nothing to do"


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}."


def draw_outlook(outlook: Outlook) -> str:
    """One series: the picture, when the limit is met, and what was unusual."""
    unusual = [
        {"from (UTC)": when_words(each.begun_s), "kind": each.kind, "direction": each.direction,
         "sigma": each.size_sigma, "expected": size_words(each.expected, outlook.unit),
         "seen": size_words(each.seen, outlook.unit)}
        for each in outlook.anomalies
    ]  # fmt: skip
    parts = [
        plot_outlook(outlook).picture(),
        f"<p>{escape(limit_words(outlook))}</p>",
        table(unusual, title="Unusual in the last two weeks").html() if unusual else "",
        "".join(f'<p class="q">{escape(note)}</p>' for note in outlook.notes),
    ]
    return card("".join(parts))


def plot_outlook(outlook: Outlook) -> Chart:
    """The past and the forecast with its band on one axis, and the limit over both."""
    divisor = 1e9 if outlook.unit == "bytes" else 1.0
    unit = "GB" if outlook.unit == "bytes" else outlook.unit
    past = outlook.past[-min(_PAST_HORIZONS * len(outlook.values), _MOST_PAST) :]
    ahead = list(zip(outlook.values, outlook.low, outlook.high, strict=True))
    name = f"forecast, {outlook.level:.0%} band"
    steps = [(at, value, value, value, "past") for at, value in enumerate(past, start=-len(past))]
    steps += [(at, *each, name) for at, each in enumerate(ahead)]
    if outlook.limit is not None:
        line = (outlook.limit, outlook.limit, outlook.limit, "limit")
        steps += [(at, *line) for at in (-len(past), len(ahead) - 1)]
    rows = []
    for at, value, low, high, what in steps:
        when = dt.datetime.fromtimestamp(outlook.start_s + at * outlook.step_s, dt.UTC)
        rows.append({
            "when": when.replace(tzinfo=None), "value": value / divisor, "low": low / divisor,
            "high": high / divisor, "what": what,
        })  # fmt: skip
    return lines(
        rows, "when", "value", series="what", title=limit_words(outlook), x_title="time (UTC)",
        low="low", high="high", y_title=f"{outlook.series} ({unit})", height_px=300,
        dotted="unusual", failed="limit" if outlook.limit is not None else None,
    )  # fmt: skip


def limit_words(outlook: Outlook, moment: Callable[[float], str] = when_words) -> str:
    """When the limit is met, as a sentence; ``moment`` says a Unix time, by default in UTC."""
    said = outlook.series[:1].upper() + outlook.series[1:]
    if outlook.limit is None or outlook.limit_met is None:
        grows = "grows" if outlook.per_day >= 0 else "falls"
        return (
            f"{said}: {grows} by {size_words(abs(outlook.per_day), outlook.unit)} a day; no limit"
        )
    met, span = outlook.limit_met, span_words(outlook.looked_days)
    limit = f"{size_words(outlook.limit, outlook.unit)} ({outlook.limit_from})"
    if met.likely_s is None:
        early = "" if met.earliest_s is None else f", earliest {moment(met.earliest_s)}"
        chance = f"chance {met.chance:.0%}{early}"
        return f"{said}: {limit} likely not met within {span} ({chance})"
    if met.likely_s < outlook.start_s:
        return f"{said}: {limit} is met already"
    last = "beyond the horizon" if met.latest_s is None else moment(met.latest_s)
    first = "" if met.earliest_s is None else f"earliest {moment(met.earliest_s)}, "
    return f"{said}: {limit} is met {moment(met.likely_s)} ({first}latest {last})"


def _suggestion(each: Suggestion) -> str:
    by = "" if each.by_s is None else f" by {when_words(each.by_s)} UTC"
    items = "".join(f"<li>{escape(evidence_words(told))}</li>" for told in each.evidence)
    return (
        f"<p><strong>{escape(each.action.capitalize())}: {escape(each.subject)}</strong>"
        f"{escape(by)}. {escape(each.because[:1].upper() + each.because[1:])}.</p>"
        f"<p><code>{escape(each.command)}</code></p>"
        f"<details><summary>Evidence ({len(each.evidence)} figures)</summary><ul>{items}</ul>"
        "</details>"
    )


def evidence_words(each: Evidence, moment: Callable[[float], str] = when_words) -> str:
    """A figure that speaks for something, with its window."""
    value = each.value if isinstance(each.value, str) else size_words(each.value, each.unit)
    span = f"{moment(each.since_s)} to {moment(each.until_s)}"
    return f"{each.series}, {each.what}: {value} ({span})"


def _row(each: Outlook) -> dict[str, Any]:
    return {
        "series": each.series, "now": size_words(each.now, each.unit),
        "forecast at the end": size_words(each.values[-1], each.unit),
        "low": size_words(each.low[-1], each.unit), "high": size_words(each.high[-1], each.unit),
        "limit": "none" if each.limit is None else limit_words(each).partition(": ")[2],
        "unusual": len(each.anomalies),
    }  # fmt: skip


def _picture(each: Outlook, *, is_open: bool) -> str:
    opened = " open" if is_open else ""
    return (
        f"<details{opened}><summary>{escape(each.series.capitalize())}</summary>"
        f"{plot_outlook(each).picture()}</details>"
    )


def _left_out(report: MaintenanceReport) -> str:
    items = "".join(
        f"<li>{escape(name)}: {escape(why)}</li>" for name, why in report.left_out.items()
    )
    return f'<p class="q">Not looked at:</p><ul class="q">{items}</ul>' if items else ""
