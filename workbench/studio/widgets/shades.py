"""The scale that widgets share: from -limit over 0 to +limit, never told by colour alone.

Colours are those of Okabe and Ito (2008): blue for more, vermilion for less, which no common form
of colour blindness confuses. A shade is laid over the paper so thinly that ink stays readable on
it (4.5:1); ``sheets/widgets.css`` has the same figures, and a test compares the two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

LEVELS = 10
_THIN_PX, _THICK_PX = 1.0, 6.0
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True)
class Theme:
    """Colours of one theme; ``strength`` is how much of a shade the end of the scale takes.

    ``good``, ``bad`` and ``mark`` are those of ``sheets/tokens.css``.
    """

    paper: str
    ink: str
    quiet: str
    line: str
    more: str
    less: str
    strength: float
    good: str
    bad: str
    mark: str


LIGHT = Theme("#fcfcfa", "#1f2328", "#5d656e", "#e2e2dd", "#0072b2", "#d55e00", 0.6,
              "#1d7a48", "#b3372c", "#806000")  # fmt: skip
DARK = Theme("#16181b", "#e2e4e7", "#9aa2ab", "#32373d", "#56b4e9", "#e07b3a", 0.42,
             "#6cc793", "#f08a80", "#e0b65c")  # fmt: skip


def share(value: float, limit: float) -> float:
    """How far a value is from 0 towards the end of its scale, 0 to 1; 0 for what is no number."""
    if not math.isfinite(value) or limit <= 0:
        return 0.0
    return min(1.0, abs(value) / limit)


def level(value: float, limit: float) -> int:
    """The same as a step from -10 to 10, for pictures that must be small."""
    step = round(LEVELS * share(value, limit))
    return -step if value < 0 else step


def shade(step: int, theme: Theme) -> str:
    """The ground of a step, mixed with the paper."""
    part = theme.strength * abs(step) / LEVELS
    over, under = _parts(theme.less if step < 0 else theme.more), _parts(theme.paper)
    mixed = (round(part * a + (1 - part) * b) for a, b in zip(over, under, strict=True))
    return "#" + "".join(f"{value:02x}" for value in mixed)


def weight_px(value: float, limit: float) -> float:
    """The thickness of the line below a token."""
    return round(_THIN_PX + (_THICK_PX - _THIN_PX) * share(value, limit), 1)


def digits(limit: float) -> int:
    """How many decimals tell values of this size apart."""
    if not math.isfinite(limit) or limit <= 0:
        return 2
    if limit < 1:
        return min(6, 2 - math.floor(math.log10(limit)))
    return 2 if limit < 100 else 1 if limit < 1000 else 0


def signed(value: float, decimals: int) -> str:
    """A number with its sign: ``+0.42``, ``−1.30``; 0 has none."""
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{abs(value):.{decimals}f}"
    if float(text) == 0:
        return text
    return f"{MINUS if value < 0 else '+'}{text}"


def unsigned(value: float, decimals: int) -> str:
    """A number of a scale that begins at 0."""
    return signed(value, decimals).removeprefix("+")


def fitting(value: float, decimals: int, columns: int, *, sided: bool) -> str:
    """The number with as many decimals as fit; empty if it would say 0 of what is not 0."""
    form = signed if sided else unsigned
    for kept in range(decimals, -1, -1):
        said = form(value, kept)
        if len(said) <= columns:
            is_lost = value != 0 and kept < decimals and float(f"{value:.{kept}f}") == 0
            return "" if is_lost else said
    return ""


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.2."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4
              for v in (part / 255 for part in _parts(colour))]  # fmt: skip
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """The contrast of two colours after WCAG 2.2, 1 to 21."""
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
