"""What the checks of data to learn from found: the counts, and each finding with its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.markup import count, escape
from workbench.studio.widgets.saliency_html import frame

if TYPE_CHECKING:
    from workbench.finetuning.snapshots.checking import DataReport

_MOST_SHOWN = 50
_MOST_NAMES = 6


def draw_data_report(found: DataReport) -> str:
    """The counts in one line, the refusal if there is one, and the findings as a table."""
    unread = found.quarantine.rows if found.quarantine else 0
    facts = (
        count(found.rows, "row"),
        f"{found.kept_rows} may be learnt",
        f"{len(found.blocked)} blocked",
        f"{unread} could not be read",
        *(f"{kind.replace('_', ' ')}: {rows}" for kind, rows in found.counts.items()),
        *_personal(found),
    )
    lines = [
        (each.severity, each.kind, _names(each.names), each.because) for each in found.findings
    ]
    if found.quarantine:
        lines += [
            ("unread", "broken", f"line {bad.line}" if bad.line else f"row {bad.row}", bad.reason)
            for bad in found.quarantine.first
        ]
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell.replace('_', ' '))}</td>" for cell in line[:2])
        + "".join(f"<td>{escape(cell)}</td>" for cell in line[2:]) + "</tr>"
        for line in lines[:_MOST_SHOWN]
    )  # fmt: skip
    more = len(lines) - _MOST_SHOWN
    rest = f'<p class="q">{more} more stand in the report.</p>' if more > 0 else ""
    head = "<tr><th>What is done</th><th>Kind</th><th>Rows</th><th>Because</th></tr>"
    table = f'<div class="wide"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'
    warning = f"Refused: {found.refused}" if found.refused else ""
    inside = table + rest if lines else '<p class="q">Nothing was found.</p>'
    return frame(f"Data to learn from: {found.source}", facts, warning, inside)


def _personal(found: DataReport) -> tuple[str, ...]:
    """What was found of persons against what was stated, where it was asked."""
    if found.personal is None:
        return ()
    return (f"personal in {found.personal.value:.1%}, stated at most {found.personal.high:.1%}",)


def _names(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
