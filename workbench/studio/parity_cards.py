"""One adapter in several engines: whether they agree, and where they do not, prompt by prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.markup import count, escape, number, pill
from workbench.studio.tables import Table

if TYPE_CHECKING:
    from workbench.finetuning.exporting.parity_result import Parity, ParityRow, SideAnswer

_MOST_SHOWN = 50


def draw_parity(found: Parity) -> str:
    """The word of it all, the checks, and each engine's answer; what differs stands first."""
    engines = ", ".join(each for each in found.engines if each != found.reference)
    words = (f"{found.reference} against {engines}", count(len(found.rows), "prompt"))
    quiet = "".join(f'<span class="q">{escape(word)}</span>' for word in words)
    head = (
        f'<div class="top">{pill("holds" if found.ok else "fails")}<strong>{escape(found.adapter)}'
        f"</strong>{quiet}</div>"
    )
    notes = "".join(f'<p class="note">{escape(note)}</p>' for note in found.notes)
    checks = tuple(
        {"check": c.name, "value": c.value, "low": c.low, "high": c.high, "holds": c.ok}
        for c in found.checks
    )
    drawn = Table(checks, "Checks").static_html() if checks else ""
    rows = sorted(found.rows, key=lambda row: all(each.same for each in row.others))
    lines = "".join(map(_lines, rows[:_MOST_SHOWN]))
    more = len(rows) - _MOST_SHOWN
    rest = f'<p class="q">{count(more, "more prompt")}.</p>' if more > 0 else ""
    return card(
        f'{head}{notes}{drawn}<div class="wide"><table><thead><tr><th>prompt</th><th>engine</th>'
        "<th>answer</th><th class='n'>mean apart (nats)</th><th class='n'>most (nats)</th></tr>"
        f"</thead><tbody>{lines}</tbody></table></div>{rest}"
    )


def _lines(row: ParityRow) -> str:
    first = (
        f'<tr><td rowspan="{len(row.others) + 1}">{escape(row.prompt)}</td><td class="w">reference'
        f"</td><td>{escape(row.text)}</td><td></td><td></td></tr>"
    )
    return first + "".join(map(_line, row.others))


def _line(side: SideAnswer) -> str:
    said = '<span class="q">✓ the same</span>' if side.same else f"✗ {escape(side.text)}"
    return (
        f'<tr><td class="w">{escape(side.engine)}</td><td>{said}</td>'
        f"<td class='n'>{number(side.apart_nats)}</td><td class='n'>{number(side.most_nats)}</td>"
        "</tr>"
    )
