"""A map that stands still: its picture, and its numbers as a table where they are few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.markup import escape
from workbench.studio.widgets.heat_map_svg import in_page
from workbench.studio.widgets.saliency_html import frame

if TYPE_CHECKING:
    from workbench.studio.widgets.heat_map import HeatMap

_MOST_CELLS, _MOST_NUMBERS = 20_000, 600
_MOST_BYTES = 100_000  # a notebook may hold five of these


def draw(shown: HeatMap) -> str:
    """Every panel of it, as far as a page that stands still can hold them."""
    warning = f"{shown.broken} values are not numbers." if shown.broken else ""
    parts: list[str] = []
    if len(shown.rows) * len(shown.columns) <= _MOST_CELLS:
        for panel in range(len(shown.panels)):
            parts.append(_panel(shown, panel))
            if sum(map(len, parts)) > _MOST_BYTES:
                break
    left = len(shown.panels) - len(parts)
    if left:
        what = f"{left} of {len(shown.panels)} maps are" if len(shown.panels) > 1 else "The map is"
        parts.append(
            f'<p class="q">{what} not in this page, which stands still; all of it is there where '
            "the widget runs.</p>"
        )
    return frame(shown.title, shown.facts, warning, "".join(parts))


def _panel(shown: HeatMap, panel: int) -> str:
    picture = in_page(shown, panel)
    if len(shown.rows) * len(shown.columns) <= _MOST_NUMBERS:
        picture += f"<details><summary>As numbers</summary>{_table(shown, panel)}</details>"
    if len(shown.panels) == 1:
        return picture
    is_open = " open" if panel == 0 else ""
    name = f"{shown.panel_title} {shown.panels[panel]}"
    return f"<details{is_open}><summary>{escape(name)}</summary>{picture}</details>"


def _table(shown: HeatMap, panel: int) -> str:
    head = "".join(f'<th scope="col" class="n">{escape(name)}</th>' for name in shown.columns)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(
            f'<td class="n">{_word(shown, panel, r, c)}{shown.say(value)}</td>'
            for c, value in enumerate(row)
        )
        + "</tr>"
        for r, (name, row) in enumerate(zip(shown.rows, shown.values[panel].tolist(), strict=True))
    )
    corner = f"<th>{escape(shown.row_title)}</th>"
    return (
        f'<div class="wide"><table><thead><tr>{corner}{head}</tr></thead><tbody>{body}</tbody>'
        "</table></div>"
    )


def _word(shown: HeatMap, panel: int, row: int, column: int) -> str:
    return f"<code>{escape(shown.words[panel][row][column])}</code> " if shown.words else ""
