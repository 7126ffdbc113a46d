"""Estimates with their intervals in the lines of a table, on one scale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.studio.markup import escape, number

_WIDTH, _HEIGHT, _MARGIN = 160, 18, 8


@dataclass(frozen=True)
class ForestRow:
    """One line. ``flagged`` None says that there was no test."""

    name: str
    n: int
    value: float
    low: float
    high: float
    p_adjusted: float | None
    flagged: bool | None


def forest(
    rows: Sequence[ForestRow],
    *,
    null: float | None,
    unit: str,
    title: str,
    null_words: str = "no preference",
) -> str:
    """A table with a dot and its interval a line; a dashed line stands at ``null``.

    A full dot and a word tell what differs; colour says nothing by itself.
    """
    ends = [end for row in rows for end in (row.low, row.high)]
    ends += [] if null is None else [null]
    least, most = min(ends), max(ends)
    span = (most - least) or 1.0

    def at(value: float) -> float:
        return _MARGIN + (_WIDTH - 2 * _MARGIN) * (value - least) / span

    tested = any(row.flagged is not None for row in rows)
    body = "".join(
        f"<tr><td class='w'>{escape(row.name)}</td><td class='n'>{row.n:,}</td>"
        f"<td class='n'>{number(row.value)}</td>"
        f"<td>{_picture(row, at, null)}</td>"
        f"<td class='n'>{number(row.low)} to {number(row.high)}</td>"
        + (f"<td class='w'>{_verdict(row)}</td>" if tested else "")
        + "</tr>"
        for row in rows
    )
    head = (
        "<th></th><th class='n'>n</th><th class='n'>value</th><th></th><th class='n'>interval</th>"
    )
    head += "<th>test</th>" if tested else ""
    said = "" if null is None else f"; {null:g} is {null_words}"
    return (
        f'<p class="q">{escape(title)} ({escape(unit)}{said})</p>'
        f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        "</div>"
    )


def _picture(row: ForestRow, at: Callable[[float], float], null: float | None) -> str:
    middle = _HEIGHT / 2
    line = (
        ""
        if null is None
        else f'<path d="M{at(null):.1f} 0v{_HEIGHT}" stroke="var(--quiet)" stroke-dasharray="2 2"/>'
    )
    fill = "var(--bar)" if row.flagged is not False else "var(--paper)"
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'aria-hidden="true" style="vertical-align:middle">{line}'
        f'<path d="M{at(row.low):.1f} {middle}H{at(row.high):.1f}" stroke="var(--bar)" '
        f'stroke-width="2"/><circle cx="{at(row.value):.1f}" cy="{middle}" r="4.5" fill="{fill}" '
        'stroke="var(--bar)" stroke-width="2"/></svg>'
    )


def _verdict(row: ForestRow) -> str:
    if row.flagged is None or row.p_adjusted is None:
        return ""
    p = "p < .001" if row.p_adjusted < 0.001 else f"p = {row.p_adjusted:.3f}"
    said = "differs" if row.flagged else "not shown"
    return f"{'<strong>' if row.flagged else ''}{said}{'</strong>' if row.flagged else ''}, {p}"
