"""A month's report as a document: a page for who decides, then the detail behind each number.

The words, tables and charts read one ``MonthFigures``; nothing is computed here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from . import month_charts as charts
from .costs import CostLine
from .month_figures import MonthFigures
from .what_if import CAVEAT
from .wording import chance, change, percent, plain, points, span, usd

Block = dict[str, Any]
_NO_MORE = "Why the log advises no more:"
_NOTHING_ADVISED = "The log advises nothing:"


def month_document(figures: MonthFigures, *, made: dt.date | None = None) -> dict[str, Any]:
    """The document as plain data, as the operation ``reports.document`` draws it."""
    month = f"{figures.use.since:%B %Y}"
    title = f"{month}: cost and worth of the laboratory"
    told: dict[str, Any] = {
        "title": title,
        "subtitle": _span(figures),
        "author": "Workbench",
        "date": (made or figures.use.until).isoformat(),
    }
    if figures.is_empty:
        return told | {"summary": _nothing(figures, month)}
    sections = (
        _cost(figures),
        _value(figures),
        _people(figures),
        _ahead(figures),
        _savings(figures),
    )
    return told | {
        "summary": _summary(figures),
        "sections": [*filter(None, sections), _basis(figures)],
    }


def _span(figures: MonthFigures) -> str:
    last = figures.use.until - dt.timedelta(days=1)
    since = figures.use.since
    return f"{since.day} {since:%B} to {last:%d %B %Y}, in UTC; from the settled usage"


def _nothing(figures: MonthFigures, month: str) -> list[Block]:
    spent = usd(figures.total_before.cost_usd)
    return [
        _text(f"Nothing was asked in {month}: there is no cost, and nothing to judge. "
              f"The month before cost {spent}.")
    ]  # fmt: skip


def _summary(figures: MonthFigures) -> list[Block]:
    total, returned = figures.total, figures.returned
    items = [
        _figure(
            "Usage cost", usd(total.cost_usd), change(total.cost_usd, figures.total_before.cost_usd)
        ),
        _figure(
            "Answers", f"{total.answers:,}", change(total.answers, figures.total_before.answers)
        ),
    ]
    if total.success_cost_usd is not None and total.success is not None:
        items.append(
            _figure(
                "A successful answer",
                usd(total.success_cost_usd.value),
                f"{percent(total.success.value)} are good; {span(total.success, percent)}",
            )
        )
    if returned is not None:
        items.append(_figure("Net value", usd(returned.net_usd.value), span(returned.net_usd)))
    if figures.adoption is not None:
        active = figures.adoption.active_28_days
        items.append(_figure("Active users", f"{active:,}", "in the last 28 days"))
    if figures.outlook is not None:
        outlook = figures.outlook
        items.append(
            _figure(f"Cost of {outlook.quarter}", usd(outlook.total.value), span(outlook.total))
        )
    blocks: list[Block] = [
        {"kind": "key_figures", "items": items},
        {"kind": "bullets", "items": _headlines(figures)},
        charts.cost_bars(figures.teams, "team"),
        charts.cost_bars(figures.models, "model"),
        {
            "kind": "note",
            "title": "How to read this",
            "text": "Ranges are 90% intervals. Cost is what was settled, to the cent. What an "
            "answer is worth is not in the log: it rests on the assumptions in the last section.",
        },
    ]
    return blocks


def _headlines(figures: MonthFigures) -> list[str]:
    said = []
    team, model = figures.teams[0], figures.models[0]
    said.append(
        f"{team.name} makes {percent(team.cost_share)} of the cost, {model.name} "
        f"{percent(model.cost_share)}."
    )
    returned = figures.returned
    if returned is not None:
        first = returned.tornado[0]
        least = returned.break_even_minutes
        said.append(
            f"A dollar spent brought {returned.return_share.value + 1:,.2f}, by the assumptions; "
            f"the chance of a gain is {chance(returned.chance_of_gain)}. It hangs most on "
            + first.words
            + (f"; {least:.1f} minutes a successful answer would break even." if least else ".")
        )
    advised = figures.advised
    considered = None if advised is None else advised.considered
    if considered is not None and considered.is_advised:
        move = considered.move
        said.append(
            f"{percent(move.share)} of {move.source} on {move.target} would save "
            f"{usd(move.saving_usd.value)} a month, and change good answers among those moved by "
            f"{points(move.success_change.value)} ({span(move.success_change, points)})."
        )
    elif considered is not None:
        said.append(f"No move of traffic is advised: {considered.why}.")
    if advised is not None and advised.advice and advised.advice[0].saving_usd.value > 0:
        best = advised.advice[0]
        if considered is not None and best.saving_usd == considered.move.saving_usd:
            return said  # just told
        said.append(
            f"The largest saving by the log: {best.kind}, {best.subject}: "
            f"{usd(best.saving_usd.value)} a month ({span(best.saving_usd)})."
        )
    return said


def _cost(figures: MonthFigures) -> Block:
    blocks = [charts.cost_by_day(figures.use), charts.cost_bars(figures.tasks, "task")]
    blocks += _some(charts.success_cost_points(figures.tasks, "task"))
    for lines, noun in (
        (figures.teams, "team"),
        (figures.models, "model"),
        (figures.tasks, "task"),
    ):
        blocks.append(_cost_table(lines, noun))
    return {"title": "What it cost", "blocks": blocks}


def _value(figures: MonthFigures) -> Block | None:
    returned = figures.returned
    if returned is None:
        return None
    least = returned.break_even_minutes
    text = (
        f"{returned.answers:,} answers, {percent(returned.success.value)} of them good "
        f"({span(returned.success, percent)}, {returned.rated:,} rated), were worth "
        f"{usd(returned.value_usd.value)} ({span(returned.value_usd)}) and cost "
        f"{usd(returned.cost_usd.value)} with what runs beside. Net: {usd(returned.net_usd.value)} "
        f"({span(returned.net_usd)})."
        + (
            f" Below {least:.1f} minutes saved by a good answer it would be a loss."
            if least
            else ""
        )
    )
    blocks = [_text(text), charts.tornado(returned)]
    blocks += _some(charts.success_points(figures.teams, "team"))
    blocks += _some(charts.success_points(figures.models, "model"))
    return {"title": "What it was worth", "blocks": blocks}


def _people(figures: MonthFigures) -> Block | None:
    adoption = figures.adoption
    if adoption is None or not adoption.weeks:
        return None
    trend = adoption.trend
    moves = ""
    if trend is not None:
        low, high = f"{trend.low:+.1f}", f"{trend.high:+.1f}"
        moves = f" Active users change by {trend.value:+.1f} a week ({low} to {high})."
    text = (
        f"{adoption.active_28_days:,} of {adoption.users:,} users of the half year asked something "
        f"in the last 28 days; on a day {percent(adoption.stickiness)} of them are there.{moves}"
    )
    blocks = [_text(text), charts.active_users(adoption), *_some(charts.retention(adoption))]
    rows = [[name, f"{users:,}", f"{late:,}"] for name, users, late in adoption.teams[:20]]
    columns = _columns("team", "users in half a year", "in the last 28 days")
    blocks.append({"kind": "table", "caption": "Users by team", "columns": columns, "rows": rows})
    return {"title": "Who uses it", "blocks": blocks}


def _ahead(figures: MonthFigures) -> Block | None:
    outlook = figures.outlook
    if outlook is None:
        return None
    text = (
        f"{usd(outlook.spent_usd)} of {outlook.quarter} are spent, {outlook.days_left} days are "
        f"left; at its end it will have been {usd(outlook.total.value)} ({span(outlook.total)}). "
        f"Cost grows by {percent(outlook.growth.value)} a week ({span(outlook.growth, percent)})."
    )
    if outlook.chance_over_budget is not None:
        text += f" The chance of more than the budget is {chance(outlook.chance_over_budget)}."
    blocks = [_text(text), charts.outlook_band(outlook)]
    return {"title": "To the end of the quarter", "blocks": blocks}


def _savings(figures: MonthFigures) -> Block | None:
    blocks: list[Block] = []
    advised, move = figures.advised, figures.move
    if advised is not None and advised.considered is not None and move is not None:
        lost = move.cost_of_lost_usd
        blocks.append(
            _text(
                f"What if {percent(move.share)} of what {move.source} answers went to "
                f"{move.target}: {move.answers_per_month:,.0f} answers a month for "
                f"{usd(move.target_cost_usd.value)} rather than {usd(move.source_cost_usd.value)}, "
                f"and {move.good_answers_change.value:+,.0f} good ones "
                f"({move.good_answers_change.low:+,.0f} to {move.good_answers_change.high:+,.0f})."
                + (f" Each good answer lost saves {usd(lost)}." if lost else "")
                + ("" if advised.considered.is_advised else " This move is not advised.")
            )
        )
        blocks += _some(charts.move_points(move))
        blocks.append(
            {"kind": "note", "title": "What the log cannot show", "text": _sentence(CAVEAT)}
        )
    advice = () if advised is None else advised.advice
    blocks += _some(charts.advice_bars(advice))
    if advice:
        rows = [
            [f"{a.kind}: {a.subject}", usd(a.saving_usd.value), a.evidence, a.risk] for a in advice
        ]
        columns = _columns("what", "a month", "evidence", "risk", right=(1,))
        blocks.append({"kind": "table", "caption": "Advice", "columns": columns, "rows": rows})
    if advised is not None and advised.notes:
        blocks.append(_text(_NO_MORE if advice else _NOTHING_ADVISED))
        blocks.append({"kind": "bullets", "items": [_sentence(each) for each in advised.notes]})
    return {"title": "What could be saved", "blocks": blocks} if blocks else None


def _basis(figures: MonthFigures) -> Block:
    blocks: list[Block] = []
    if figures.returned is not None:
        rows = [
            [turn.words, plain(turn.low), plain(turn.high), turn.unit or "share"]
            for turn in figures.returned.tornado
        ]
        columns = _columns("assumption", "low", "high", "unit", right=(1, 2))
        caption = "Assumptions (the share of good answers is estimated)"
        blocks.append({"kind": "table", "caption": caption, "columns": columns, "rows": rows})
    told = [*figures.use.notes, *(figures.returned.notes[-1:] if figures.returned else ())]
    told += figures.outlook.notes if figures.outlook else ()
    told += figures.adoption.notes if figures.adoption else ()
    told += [f"not in this report - {why}" for why in figures.missing]
    blocks.append(
        {
            "kind": "bullets",
            "items": [_sentence(each) for each in dict.fromkeys(told)]
            or ["Nothing was set aside."],
        }
    )
    return {"title": "What this rests on", "blocks": blocks}


def _cost_table(lines: Iterable[CostLine], noun: str) -> Block:
    rows = [
        [
            line.name,
            f"{line.requests:,}",
            usd(line.cost_usd),
            percent(line.cost_share),
            "-" if line.answer_cost_usd is None else usd(line.answer_cost_usd),
            "-" if line.success is None else percent(line.success.value),
            "-" if line.success_cost_usd is None else usd(line.success_cost_usd.value),
        ]
        for line in list(lines)[:30]
    ]
    columns = _columns(noun, "requests", "cost", "share", "an answer", "good", "a good answer")
    return {"kind": "table", "caption": f"Cost by {noun}", "columns": columns, "rows": rows}


def _columns(first: str, *others: str, right: tuple[int, ...] | None = None) -> list[Block]:
    titles = [first, *others]
    to_right = range(1, len(titles)) if right is None else right
    return [
        {"title": title, "align": "right" if place in to_right else "left"}
        for place, title in enumerate(titles)
    ]


def _figure(label: str, value: str, detail: str) -> Block:
    return {"label": label, "value": value, "detail": detail}


def _text(text: str) -> Block:
    return {"kind": "paragraph", "text": text}


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:] + ("" if words.endswith(".") else ".")


def _some(block: Block | None) -> list[Block]:
    return [] if block is None else [block]
