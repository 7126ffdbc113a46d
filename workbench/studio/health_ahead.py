"""What will run out and what to do about it, as the health page says it."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING

from workbench.monitoring.health.recorded import Limit
from workbench.monitoring.maintenance.wording import judged_words, size_words
from workbench.studio.health_charts import Axis, TimeLine, draw_lines
from workbench.studio.maintenance_cards import (
    evidence_words,
    limit_words,
    mark_of,
    sentence,
)
from workbench.studio.markup import count, escape, when

if TYPE_CHECKING:
    from workbench.monitoring.maintenance.result import MaintenanceReport, Outlook, Suggestion

HORIZON_DAYS = 14
_PAST_HORIZONS = 2
NOT_ASKED = (
    '<div class="wb-empty"><p>When will memory, disk or a budget be at its limit, and what helps? '
    "That takes a forecast of each series, made when you press the button: some seconds a "
    "series.</p><p>It needs at least twelve hours of records, and says from so few how little "
    "they tell.</p></div>"
)


def draw_ahead(report: MaintenanceReport | None) -> str:
    """Suggestions first, then each series that has a limit, the others folded, then what could not
    be looked at."""
    if report is None:
        return NOT_ASKED
    kind, words = mark_of(report)
    mark = f'<span class="pill {kind}">{escape(words)}</span>'
    made = f"at most {report.horizon_days} days ahead, made {when(report.made_s)}"
    parts = [f"<p>{mark} <span class='q'>{made}</span></p>"]
    if report.short:
        parts.append(f"<p>{escape(sentence(judged_words(report)))}</p>")
    if report.suggestions:
        parts.append(f'<ul class="wb-rows">{"".join(map(_suggestion, report.suggestions))}</ul>')
    limited = [each for each in report.outlooks if each.limit is not None]
    others = [each for each in report.outlooks if each.limit is None]
    if limited:
        parts.append(f"<h3>Time to the limit</h3>{_figures(limited)}")
    if others:
        names = escape(", ".join(each.series for each in others))
        parts.append(
            f'<details class="wb-more"><summary>Without a limit: {names}</summary>'
            f"{_figures(others)}</details>"
        )
    if report.left_out:
        lines = "".join(
            f"<li>{escape(name)}: {escape(why)}</li>" for name, why in report.left_out.items()
        )
        words = f"Not looked at: {escape(', '.join(report.left_out))}"
        parts.append(
            f'<details class="wb-more"><summary>{words}</summary><ul class="wb-limits q">{lines}'
            "</ul></details>"
        )
    return "".join(parts)


def _suggestion(each: Suggestion) -> str:
    by = "" if each.by_s is None else f"<span>by {when(each.by_s)}</span>"
    because = each.because[:1].upper() + each.because[1:]
    told = "".join(f"<li>{escape(evidence_words(one, _moment))}</li>" for one in each.evidence)
    evidence = (
        f'<details class="wb-more ask"><summary>{count(len(each.evidence), "figure")} that say so'
        f'</summary><ul class="wb-limits q">{told}</ul></details>'
    )
    return (
        f'<li><span class="name">{escape(each.action.capitalize())}: {escape(each.subject)}</span>'
        f'<p class="facts"><span>{escape(because)}</span>{by}</p>'
        f'<p class="facts">Try: <code>{escape(each.command)}</code></p>{evidence}</li>'
    )


def _figures(outlooks: list[Outlook]) -> str:
    return f'<div class="wb-figures">{"".join(map(draw_outlook_lines, outlooks))}</div>'


def draw_outlook_lines(outlook: Outlook) -> str:
    """Two horizons of the past, then the forecast in its band, and the limit over both."""
    import numpy as np

    divisor = 1e9 if outlook.unit == "bytes" else 1.0
    ahead = len(outlook.values)
    past = np.asarray(outlook.past[-_PAST_HORIZONS * ahead :], float) / divisor
    gap = np.full(len(past), math.nan)

    def forecast(values: tuple[float, ...]) -> object:
        # It begins where the past ends, so that the line has no hole.
        return np.concatenate([gap[:-1], past[-1:], np.asarray(values, float) / divisor])

    axis = Axis(
        outlook.start_s - len(past) * outlook.step_s, outlook.step_s, len(past) + ahead
    )  # fmt: skip
    limits = []
    if outlook.limit is not None:
        limits.append(Limit("", outlook.limit_from, outlook.limit / divisor, True))
    drawn = draw_lines(
        [
            TimeLine("was", np.concatenate([past, np.full(ahead, math.nan)]), index=0),
            TimeLine(
                f"likely, with a band for {outlook.level:.0%}", forecast(outlook.values),
                forecast(outlook.low), forecast(outlook.high), 1,
            ),
        ],
        axis, title=outlook.series[:1].upper() + outlook.series[1:], unit=_unit(outlook),
        limits=limits, limit_words="limit", now=escape(_words(outlook)),
    )  # fmt: skip
    return f"<div>{drawn}{_notes(outlook)}</div>"


def _words(outlook: Outlook) -> str:
    """When the limit is met, and the last that was unusual."""
    told = [f"{limit_words(outlook, _moment)}."]
    told += [
        f"Unusual {each.kind} {each.direction}: {size_words(each.seen, outlook.unit)} where "
        f"{size_words(each.expected, outlook.unit)} was expected."
        for each in outlook.anomalies[-1:]
    ]
    return " ".join(told)


def _notes(outlook: Outlook) -> str:
    """What there is to know of the past, folded: it says how far a forecast is to be trusted."""
    if not outlook.notes:
        return ""
    told = "".join(f"<li>{escape(note)}</li>" for note in outlook.notes)
    return (
        f'<details class="wb-more"><summary>What it rests on: {len(outlook.past)} steps'
        f'</summary><ul class="wb-limits q">{told}</ul></details>'
    )


def _moment(time_s: float) -> str:
    """A time of this machine's zone, as all on the page are."""
    moment = dt.datetime.fromtimestamp(time_s)
    return f"{moment.day} {moment:%b %H:%M}"


def _unit(outlook: Outlook) -> str:
    unit = "GB" if outlook.unit == "bytes" else outlook.unit
    return f"{unit} {'a day' if outlook.step_s > 3600 else 'an hour'}" if unit == "calls" else unit
