"""A picture of a comparison: how fast against how good, the frontier as a line, as plain SVG."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from workbench.edge.compression.results import Measured

_WIDE, _HIGH = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 24, 40, 56
_TICKS = 5
_LETTER, _LINE = 6.6, 15  # how wide a letter and how high a line is, about
_FAR = 0.7  # further to the right than this share a name stands to the left of its disc


def mark_frontier(rows: Sequence[Measured]) -> tuple[Measured, ...]:
    """The rows with ``frontier``; one without a rate or a finite perplexity is on none."""

    def is_beaten(row: Measured, other: Measured) -> bool:
        if other is row or other.tokens_per_s is None or row.tokens_per_s is None:
            return False
        better = (other.tokens_per_s > row.tokens_per_s, other.perplexity < row.perplexity)
        equal = (other.tokens_per_s == row.tokens_per_s, other.perplexity == row.perplexity)
        return any(better) and all(b or e for b, e in zip(better, equal, strict=True))

    return tuple(
        replace(
            row,
            frontier=_is_measured(row) and not any(is_beaten(row, other) for other in rows),
        )
        for row in rows
    )


def _is_measured(row: Measured) -> bool:
    return row.tokens_per_s is not None and math.isfinite(row.perplexity)


def draw(rows: Sequence[Measured], *, title: str) -> str:
    """An SVG: tokens a second to the right, perplexity downwards, a disc as large as the file."""
    known = [row for row in rows if _is_measured(row)]
    if not known:
        return f'<svg xmlns="http://www.w3.org/2000/svg"><title>{html.escape(title)}</title></svg>'
    across = _Scale([row.tokens_per_s or 0.0 for row in known], _LEFT, _WIDE - _RIGHT)
    # The least perplexity, which is the best, is above.
    down = _Scale([row.perplexity for row in known], _TOP, _HIGH - _BOTTOM)
    largest = max(row.size_bytes for row in known)
    parts = [_frame(across, down, title)]
    line = sorted((row for row in known if row.frontier), key=lambda row: row.tokens_per_s or 0.0)
    places = " ".join(
        f"{across(row.tokens_per_s or 0.0):.1f},{down(row.perplexity):.1f}" for row in line
    )
    parts.append(
        f'<polyline points="{places}" fill="none" stroke="#1f6feb" stroke-width="1.5" '
        'stroke-dasharray="5 4"/>'
    )
    discs = [_disc_of(row, across, down, largest) for row in known]
    parts += [_draw_disc(each) for each in discs]
    parts += [_draw_name(each, y) for each, y in zip(discs, _heights(discs), strict=True)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" role="img" '
        f'aria-label="{html.escape(_words(known))}" font-family="sans-serif" font-size="12" '
        'fill="currentColor">'
        f"<title>{html.escape(title)}</title>{''.join(parts)}</svg>"
    )


class _Scale:
    """From a figure to a place, with a twelfth of room at both ends."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        low, high = min(values), max(values)
        room = (high - low) / 12 or abs(high) / 12 or 1.0
        self.low, self.high = low - room, high + room
        self.start, self.end = start, end

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round figures inside."""
        rough = (self.high - self.low) / _TICKS
        size = 10 ** math.floor(math.log10(rough))
        step = next(size * each for each in (1, 2, 5, 10) if size * each >= rough)
        first = math.ceil(self.low / step)
        return [step * n for n in range(first, math.floor(self.high / step) + 1)]


def _frame(across: _Scale, down: _Scale, title: str) -> str:
    parts = []  # no ground: the picture stands on light pages and dark ones
    for value in across.ticks():
        x = across(value)
        parts.append(
            f'<path d="M{x:.1f} {_TOP}V{_HIGH - _BOTTOM}" stroke="#8b949e" stroke-opacity=".35"/>'
            f'<text x="{x:.1f}" y="{_HIGH - _BOTTOM + 18}" text-anchor="middle">{value:g}</text>'
        )
    for value in down.ticks():
        y = down(value)
        parts.append(
            f'<path d="M{_LEFT} {y:.1f}H{_WIDE - _RIGHT}" stroke="#8b949e" stroke-opacity=".35"/>'
            f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
        )
    middle = (_TOP + _HIGH - _BOTTOM) / 2
    parts.append(
        f'<text x="{_LEFT}" y="22" font-size="14" font-weight="bold">{html.escape(title)}</text>'
        f'<text x="{(_LEFT + _WIDE - _RIGHT) / 2}" y="{_HIGH - 14}" text-anchor="middle">'
        "tokens a second</text>"
        f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">'
        "perplexity (the best above)</text>"
    )
    return "".join(parts)


@dataclass(frozen=True)
class _Disc:
    """A form's place, size and name; ``left`` and ``right`` are the ends of the name."""

    x: float
    y: float
    radius: float
    colour: str
    name: str
    to_left: bool

    @property
    def start(self) -> float:
        """Where the name is held."""
        room = self.radius + 4
        return self.x - room if self.to_left else self.x + room

    @property
    def span(self) -> tuple[float, float]:
        """From where to where the name goes, about."""
        wide = _LETTER * len(self.name)
        return (self.start - wide, self.start) if self.to_left else (self.start, self.start + wide)


def _disc_of(row: Measured, across: _Scale, down: _Scale, largest: int) -> _Disc:
    x = across(row.tokens_per_s or 0.0)
    return _Disc(
        x,
        down(row.perplexity),
        4 + 10 * math.sqrt(row.size_bytes / largest),
        "#1f6feb" if row.frontier else "#6e7781",
        f"{row.target}, {row.size_bytes / 1e6:.0f} MB",
        x > _FAR * _WIDE,
    )


def _heights(discs: Sequence[_Disc]) -> list[float]:
    """How high each name stands: at its disc, or below names that it would run into."""
    heights = [0.0] * len(discs)
    placed: list[tuple[tuple[float, float], float]] = []
    for place in sorted(range(len(discs)), key=lambda n: discs[n].y):
        (left, right), y = discs[place].span, discs[place].y
        for (start, end), other in placed:  # these come from above to below
            if left < end and start < right and abs(y - other) < _LINE:
                y = other + _LINE
        heights[place] = y
        placed.append(((left, right), y))
        placed.sort(key=lambda each: each[1])
    return heights


def _draw_disc(each: _Disc) -> str:
    return (
        f'<circle cx="{each.x:.1f}" cy="{each.y:.1f}" r="{each.radius:.1f}" '
        f'fill="{each.colour}" fill-opacity=".55"/>'
    )


def _draw_name(each: _Disc, y: float) -> str:
    return (
        f'<text x="{each.start:.1f}" y="{y + 4:.1f}" '
        f'text-anchor="{"end" if each.to_left else "start"}">{html.escape(each.name)}</text>'
    )


def _words(rows: Sequence[Measured]) -> str:
    return "; ".join(
        f"{row.target}: {row.tokens_per_s:.0f} tokens a second, perplexity {row.perplexity:.2f}"
        for row in rows
    )
