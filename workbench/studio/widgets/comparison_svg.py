"""A comparison as a picture: one prompt, the other, and the differences, below each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.widgets.drawing import Sheet, wrap
from workbench.studio.widgets.parts import Part
from workbench.studio.widgets.saliency_svg import WIDTH_PX, chips, heading, key
from workbench.studio.widgets.shades import LIGHT

if TYPE_CHECKING:
    from workbench.studio.widgets.comparison import Comparison

_MARGIN = 20.0


def draw(shown: Comparison, target: int) -> str:
    """Both for one target token, or for the whole answer."""
    limit = shown.limit(target)
    sheet = Sheet(WIDTH_PX)
    heading(sheet, shown.title, f"Scores for {shown.one.name(target)}. {shown.warning}")
    for name, view in zip(shown.names, (shown.one, shown.two), strict=True):
        _name(sheet, name, "; ".join(view.facts))
        chips(sheet, view.parts, view.of(target).tolist(), limit, held=view.held)
    _name(sheet, f"{shown.names[1]} less {shown.names[0]}", "")
    changes = shown.differences(target)
    marks = [
        Part(sign if where == "both" else f"{sign}{_only(where)}", 0, 1, ())
        for sign, where, _ in changes
    ]
    chips(sheet, marks, [value for _, _, value in changes], limit, held=shown.held)
    key(sheet, limit, "nats")
    return sheet.svg(shown.text())


def _name(sheet: Sheet, name: str, facts: str) -> None:
    sheet.y += 20
    sheet.text(_MARGIN, sheet.y, name, size=13, bold=True)
    for line in wrap(facts, sheet.width - 2 * _MARGIN, 11):
        sheet.y += 15
        sheet.text(_MARGIN, sheet.y, line, size=11, ink=LIGHT.quiet)
    sheet.y += 8


def _only(name: str) -> str:
    """Whose a part is, in spaces that are not taken for the token's own."""
    return f" ({name} only)".replace(" ", "\N{NO-BREAK SPACE}")
