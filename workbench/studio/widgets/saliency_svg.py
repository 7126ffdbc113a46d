"""A saliency as a picture: the tokens with ground, line and number, and the scale they are on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.studio.widgets import shades
from workbench.studio.widgets.drawing import Sheet, cut, mono_px, sans_px, wrap
from workbench.studio.widgets.parts import Part
from workbench.studio.widgets.shades import LEVELS, LIGHT

if TYPE_CHECKING:
    from workbench.studio.widgets.saliency import Saliency

WIDTH_PX = 760.0
_MARGIN, _SIZE, _SMALL = 20.0, 14.0, 10.0
_TALL, _GAP = 46.0, 4.0


def draw(shown: Saliency, target: int) -> str:
    """The prompt with its scores for one target part, or for the whole answer."""
    values, limit = shown.of(target).tolist(), shown.limit(target)
    sheet = Sheet(WIDTH_PX)
    heading(sheet, shown.title, f"Scores for {shown.name(target)}. " + "; ".join(shown.facts))
    if shown.warning:
        heading(sheet, "", shown.warning)
    chips(sheet, shown.parts, values, limit, held=shown.held)
    answer = "Answer: " + "".join(part.sign for part in shown.targets)
    sheet.y += 16
    for line in wrap(cut(answer, 400), WIDTH_PX - 2 * _MARGIN, 12):
        sheet.text(_MARGIN, sheet.y, line, size=12, ink=LIGHT.quiet)
        sheet.y += 17
    key(sheet, limit, "nats")
    return sheet.svg(shown.text())


def heading(sheet: Sheet, title: str, facts: str) -> None:
    """The title and below it, in quiet ink, what else is to be known."""
    if title:
        sheet.y += 30
        sheet.text(_MARGIN, sheet.y, cut(title, 90), size=16, bold=True)
    sheet.y += 6
    for line in wrap(facts, sheet.width - 2 * _MARGIN, 12):
        sheet.y += 16
        sheet.text(_MARGIN, sheet.y, line, size=12, ink=LIGHT.quiet)
    sheet.y += 12


def chips(
    sheet: Sheet, parts: Sequence[Part], values: Sequence[float], limit: float,
    *, held: Sequence[int] = (),
) -> None:  # fmt: skip
    """Tokens in lines; the sheet's height is below them then."""
    left, right = _MARGIN, sheet.width - _MARGIN
    x, decimals = left, shades.digits(limit)
    for j, (part, value) in enumerate(zip(parts, values, strict=True)):
        sign = cut(part.sign, 40)
        said = "held" if j in held else shades.signed(value, decimals)
        wide = max(mono_px(sign, _SIZE), sans_px(said, _SMALL)) + 8
        if x > left and x + wide > right:
            x, sheet.y = left, sheet.y + _TALL
        _chip(sheet, x, sign, said, wide, value, limit)
        x += wide + _GAP
        if part.text.endswith("\n"):
            x, sheet.y = left, sheet.y + _TALL
    if x > left:
        sheet.y += _TALL


def _chip(
    sheet: Sheet, x: float, sign: str, said: str, wide: float, value: float, limit: float
) -> None:
    step = shades.level(value, limit)
    if step:
        sheet.rect(x, sheet.y, wide, 36, shades.shade(step, LIGHT))
    middle = x + wide / 2
    sheet.text(middle, sheet.y + 16, sign, size=_SIZE, mono=True, anchor="middle")
    sheet.text(middle, sheet.y + 30, said, size=_SMALL, anchor="middle")
    sheet.line(x, sheet.y + 36, wide, shades.weight_px(value, limit), dashed=value < 0)


def key(
    sheet: Sheet, limit: float, unit: str, *, words: tuple[str, str] | None = None,
    centre: float = 0.0,
) -> None:  # fmt: skip
    """The scale: its two ends, the centre between them, and how more and less are told apart."""
    decimals = shades.digits(limit)
    less, more = words or ("makes it less likely", "makes it likelier")
    form = shades.signed if centre == 0.0 else shades.unsigned
    box, x = 12.0, _MARGIN
    sheet.y += 6
    low, high = form(centre - limit, decimals), form(centre + limit, decimals)
    ends = f"{less} {low}", f"{high} {unit} {more}"
    x += sans_px(ends[0], 11)
    sheet.text(x, sheet.y + 11, ends[0], size=11, ink=LIGHT.quiet, anchor="end")
    x += 8
    for step in range(-LEVELS, LEVELS + 1, 2):
        sheet.rect(x, sheet.y, box, 14, shades.shade(step, LIGHT))
        sheet.line(x, sheet.y + 14, box, shades.weight_px(step / LEVELS, 1.0), dashed=step < 0)
        if step == 0:
            sheet.text(x + box / 2, sheet.y + 11, f"{centre:g}", size=10, anchor="middle")
        x += box
    sheet.text(x + 8, sheet.y + 11, ends[1], size=11, ink=LIGHT.quiet)
    sheet.y += 36
