"""How anomalies are drawn: what was seen over what was expected, and every window in a table."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from workbench.studio.cards import card
from workbench.studio.chart import Chart, lines
from workbench.studio.markup import escape
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.monitoring.anomalies.result import Anomaly, AnomalyReport

SHOWN_STEPS = 240  # ten days of hours


def draw_anomalies(report: AnomalyReport) -> str:
    """The verdict, the picture of the last weeks, every anomaly, and how it was judged."""
    count = len(report.anomalies)
    mark = ("good", "✓ nothing unusual")
    if count:
        mark = ("mark", f"! {count} anomal{'y' if count == 1 else 'ies'}")
    rows = [_row(each, report.unit) for each in report.anomalies]
    parts = [
        f'<div class="top"><span class="pill {mark[0]}">{escape(mark[1])}</span>'
        f"<strong>{escape(report.metric.capitalize())}</strong>"
        f'<span class="q">level {report.level:g} for the whole series</span></div>',
        plot_anomalies(report).picture(),
        table(rows, title="Anomalies").html() if rows else "",
        f"<p>{escape(_told(report))}</p>",
        "".join(f'<p class="q">{escape(note)}</p>' for note in report.notes),
    ]
    return card("".join(parts))


def plot_anomalies(report: AnomalyReport, *, steps: int = SHOWN_STEPS) -> Chart:
    """What was seen over what was expected, with dots where it is unusual; the last so many steps,
    or, where the surest anomaly is before them, as many from a little before it on."""
    unit, divisor = ("GB", 1e9) if report.unit == "bytes" else (report.unit, 1.0)
    first = max(0, len(report.seen) - steps)
    if report.anomalies:
        surest = max(report.anomalies, key=lambda each: each.score)
        first = max(0, min(first, surest.first - steps // 6))
    unusual = {at for each in report.anomalies for at in range(each.first, each.end)}
    rows: list[dict[str, Any]] = []
    shown = range(first, min(first + steps, len(report.seen)))
    for at in shown:
        value = report.seen[at]
        if value is not None:
            rows.append(_point(report, at, "seen", *[value / divisor] * 3))
    for at in shown:
        likely = report.expected[at], report.low[at], report.high[at]
        name = "expected, 99% of quiet steps"
        rows.append(_point(report, at, name, *(value / divisor for value in likely)))
    for at in shown:
        value = report.seen[at]
        if value is not None and at in unusual:
            rows.append(_point(report, at, "unusual", *[value / divisor] * 3))
    return lines(
        rows, "when", "value", series="what", title=_title(report), x_title="time (UTC)", low="low",
        high="high", y_title=f"{report.metric} ({unit})" if unit else report.metric, height_px=320,
        failed="unusual" if any(row["what"] == "unusual" for row in rows) else None,
        dotted="unusual",
    )  # fmt: skip


def _point(
    report: AnomalyReport, at: int, what: str, value: float, low: float, high: float
) -> dict[str, Any]:
    when = dt.datetime.fromtimestamp(report.start_s + at * report.step_s, dt.UTC)
    # A picture has no use for more digits, and a notebook a limit on its bytes.
    value, low, high = (float(f"{each:.5g}") for each in (value, low, high))
    return {"when": when.replace(tzinfo=None), "value": value, "low": low, "high": high,
            "what": what}  # fmt: skip


def _title(report: AnomalyReport) -> str:
    if not report.anomalies:
        return f"{report.metric.capitalize()}: as its seasons and its noise explain"
    most = max(report.anomalies, key=lambda each: each.score)
    return (
        f"{report.metric.capitalize()}: the surest of {len(report.anomalies)} is a {most.kind} "
        f"{most.direction} of {most.size_sigma:.1f} sigma, {when_words(most.begun_s)}"
    )


def _row(each: Anomaly, unit: str) -> dict[str, Any]:
    unit, divisor = ("GB", 1e9) if unit == "bytes" else (unit, 1.0)
    return {
        "from (UTC)": when_words(each.begun_s), "to": when_words(each.ended_s),
        "kind": each.kind, "direction": each.direction, "sigma": each.size_sigma,
        f"expected ({unit})": each.expected / divisor,
        f"seen ({unit})": each.seen / divisor,
        "lasts": each.lasts, "standard errors": each.score,
    }  # fmt: skip


def _told(report: AnomalyReport) -> str:
    seasons = " and ".join(map(str, report.seasons))
    told = (
        f"Judged {'on' if report.scale != 'as it is' else ''} {report.scale}".replace("  ", " ")
        + (f", after seasons of {seasons} steps and a trend" if seasons else ", after a trend")
        + f". Of the noise {report.wander:.0%} lasts, with {report.keeps:.0%} of it left a step "
        "later: a window has to be larger than such noise makes one."
    )
    if report.resets_s:
        told += f" {len(report.resets_s)} falls were taken for restarts or clean-ups."
    return told


def when_words(time_s: float) -> str:
    """A Unix time as readers know it, in UTC."""
    return dt.datetime.fromtimestamp(time_s, dt.UTC).strftime("%Y-%m-%d %H:%M")
