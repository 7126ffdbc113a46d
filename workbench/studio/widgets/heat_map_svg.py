"""A map of numbers as a picture: vector, small, with numbers where they fit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench.studio.markup import escape
from workbench.studio.widgets import shades
from workbench.studio.widgets.drawing import Sheet, cut, inline, mono_px
from workbench.studio.widgets.saliency_svg import WIDTH_PX, heading, key
from workbench.studio.widgets.shades import LIGHT

if TYPE_CHECKING:
    from workbench.studio.widgets.heat_map import HeatMap

_MARGIN, _LABEL, _NUMBER = 20.0, 11.0, 9.0
_WIDEST_CELL, _LEAST_CELL = 64.0, 2.0
_NUMBERS_FROM_PX, _SIGNS_FROM_PX = 26.0, 9.0
_NEARLY_NONE = 0.05
_LONGEST_LABEL = 14


def say_axes(shown: HeatMap) -> str:
    """What stands where, in a sentence."""
    return f"Rows: {shown.row_title}; columns: {shown.column_title}; values in {shown.unit}."


def in_page(shown: HeatMap, panel: int) -> str:
    """One panel as a page has it: its axes in a sentence, then the picture."""
    return f'<p class="q">{escape(say_axes(shown))}</p>' + inline(draw(shown, panel, headed=False))


def draw(shown: HeatMap, panel: int, *, headed: bool = True) -> str:
    """One panel with its labels and its scale; ``headed`` with title, axes and facts above it.

    Those of a picture do not break on a phone: a page says the axes itself (``in_page``).
    """
    sheet = Sheet(WIDTH_PX)
    named = f"{shown.panel_title} {shown.panels[panel]}. " if shown.panels[panel] else ""
    if headed:
        heading(sheet, shown.title, named + say_axes(shown) + " " + "; ".join(shown.facts))
    grid(sheet, shown, panel)
    if shown.centre is not None:
        key(sheet, shown.limit, shown.unit, words=("−, less", "+, more"), centre=shown.centre)
    else:
        _key_from_zero(sheet, shown)
    return sheet.svg(shown.text())


def grid(sheet: Sheet, shown: HeatMap, panel: int) -> None:
    """The cells and the names of rows and columns; names that find no room are left out."""
    rows = [cut(name, _LONGEST_LABEL) for name in shown.rows]
    columns = [cut(name, _LONGEST_LABEL) for name in shown.columns]
    left = _MARGIN + max(mono_px(name, _LABEL) for name in rows) + 8
    wide = min(_WIDEST_CELL, max(_LEAST_CELL, (sheet.width - _MARGIN - left) / len(columns)))
    sheet.width = max(sheet.width, left + wide * len(columns) + _MARGIN)
    tall = min(26.0, max(_LEAST_CELL, wide if wide < 26 else 26.0))
    if shown.words:
        tall = 34.0 if wide >= 40 else tall
    top = sheet.y + 8
    turned = max(mono_px(name, _LABEL) for name in columns) > wide - 3
    room = max(mono_px(name, _LABEL) for name in columns) * 0.82 + 6 if turned else 16
    top += room
    every = max(1, math.ceil(12 / wide)), max(1, math.ceil(12 / tall))
    for index, name in enumerate(columns):
        if index % every[0] == 0:
            x = left + wide * (index + 0.5)
            if turned:
                sheet.text(x, top - 5, name, size=_LABEL, ink=LIGHT.quiet, mono=True, turn=-55)
            else:
                sheet.text(x, top - 5, name, size=_LABEL, ink=LIGHT.quiet, mono=True,
                           anchor="middle")  # fmt: skip
    for index, name in enumerate(rows):
        if index % every[1] == 0:
            y = top + tall * (index + 0.5) + 4
            sheet.text(left - 6, y, name, size=_LABEL, ink=LIGHT.quiet, mono=True, anchor="end")
    sheet.parts.append(_grounds(shown, panel, left, top, wide, tall))
    if wide >= _NUMBERS_FROM_PX and tall >= 14:
        _numbers(sheet, shown, panel, left, top, wide, tall)
    elif shown.centre is not None and wide >= _SIGNS_FROM_PX:
        _signs(sheet, shown, panel, left, top, wide, tall)
    sheet.y = top + tall * len(rows) + 14


def _grounds(shown: HeatMap, panel: int, left: float, top: float, wide: float, tall: float) -> str:
    """Cells of one shade as one path; neighbours in a row are one stroke of it."""
    paths: dict[int, list[str]] = {}
    crossed: list[str] = []
    for r, row in enumerate(shown.values[panel].tolist()):
        begin, last = 0, None
        for c, value in enumerate([*row, None]):
            step = None if value is None else shades.level(shown.place(value), shown.limit)
            if value is not None and not math.isfinite(value):
                x, y = left + wide * c, top + tall * r
                crossed.append(
                    f"M{x:.5g} {y:.5g}l{wide:.4g} {tall:.4g}m0-{tall:.4g}l-{wide:.4g} {tall:.4g}"
                )
            if step != last:
                if last:
                    paths.setdefault(last, []).append(f"M{begin} {r}h{c - begin}v1H{begin}z")
                begin, last = c, step
    place = f'transform="translate({left:.5g} {top:.5g}) scale({wide:.6g} {tall:.6g})"'
    drawn = "".join(
        f'<path fill="{shades.shade(step, LIGHT)}" d="{"".join(found)}"/>'
        for step, found in sorted(paths.items())
    )
    width, height = wide * len(shown.columns), tall * len(shown.rows)
    frame = (
        f'<rect x="{left:.5g}" y="{top:.5g}" width="{width:.5g}" height="{height:.5g}" '
        f'fill="none" stroke="{LIGHT.line}"/>'
    )
    cross = f'<path d="{"".join(crossed)}" stroke="{LIGHT.quiet}" fill="none"/>' if crossed else ""
    return f'<g {place} shape-rendering="crispEdges">{drawn}</g>{frame}{cross}'


def _numbers(
    sheet: Sheet, shown: HeatMap, panel: int, left: float, top: float, wide: float, tall: float
) -> None:
    columns = int((wide - 4) / (_NUMBER * 0.602))
    for r, row in enumerate(shown.values[panel].tolist()):
        for c, value in enumerate(row):
            x, y = left + wide * (c + 0.5), top + tall * (r + 0.5) + 3
            said = shades.fitting(value, shades.digits(shown.limit), columns, sided=shown.signed)
            word = cut(shown.words[panel][r][c], columns) if shown.words else ""
            if word and tall >= 30:
                sheet.text(x, y - 6, word, size=_NUMBER, mono=True, anchor="middle")
                y += 7
            if said:
                sheet.text(x, y, said, size=_NUMBER, mono=True, anchor="middle")


def _signs(
    sheet: Sheet, shown: HeatMap, panel: int, left: float, top: float, wide: float, tall: float
) -> None:
    """Plus and minus where numbers find no room: less and more differ not by colour alone."""
    for r, row in enumerate(shown.values[panel].tolist()):
        for c, value in enumerate(row):
            place = shown.place(value)
            if shades.share(place, shown.limit) >= _NEARLY_NONE:
                x, y = left + wide * (c + 0.5), top + tall * (r + 0.5) + 3
                sign = shades.MINUS if place < 0 else "+"
                sheet.text(x, y, sign, size=_NUMBER, mono=True, anchor="middle")


def _key_from_zero(sheet: Sheet, shown: HeatMap) -> None:
    x = _MARGIN
    sheet.text(x, sheet.y + 17, "0", size=11, ink=LIGHT.quiet)
    x += 14
    for step in range(shades.LEVELS + 1):
        sheet.rect(x, sheet.y + 6, 12, 14, shades.shade(step, LIGHT))
        x += 12
    end = f"{shown.say(shown.limit)} {shown.unit}"
    sheet.text(x + 8, sheet.y + 17, end, size=11, ink=LIGHT.quiet)
    sheet.y += 42
