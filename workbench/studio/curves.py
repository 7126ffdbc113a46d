"""Lines over steps that stretch with their place: one drawing for a wide screen and a phone.

The lines are an SVG that is stretched; numbers and names are text beside it, and keep their size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.reports.palette import series_colour
from workbench.studio.markup import escape, number

_MOST_POINTS = 400
_DASHES = ("", "7 4", "2 3", "9 3 2 3", "12 4", "4 2")


@dataclass(frozen=True)
class Curve:
    """One line, and points that stand for themselves. x and y are finite numbers."""

    name: str
    line: tuple[tuple[float, float], ...]
    dots: tuple[tuple[float, float], ...] = ()
    index: int = 0
    dots_are_joined: bool = False


@dataclass(frozen=True)
class Below:
    """The axis below: from where to where, its marks with what they say, and what x is in words."""

    begin: float
    end: float
    marks: tuple[tuple[float, str], ...]
    words: str


def draw_curves(
    curves: Sequence[Curve],
    *,
    title: str,
    unit: str,
    height_px: int = 190,
    end: float | None = None,
    below: Below | None = None,
    said: str | None = None,
    dots: str = "evaluations",
) -> str:
    """Curves on the same axes, with a legend where there are several.

    Args:
        curves: At least one; a curve without points is named, and has no line.
        title: What is drawn, in a few words.
        unit: Of y.
        height_px: Of the place for the lines.
        end: The last x of the axis, where the lines do not reach it yet.
        below: The axis below, where it is not of steps; that of y then begins at 0.
        said: The curves in words, where they are not of steps.
        dots: What the points that stand for themselves are.
    """
    points = [point for each in curves for point in (*each.line, *each.dots)]
    if not points:
        return f'<p class="q">{escape(title)}: no step yet.</p>'
    least = min(y for _, y in points) if below is None else 0.0
    below = below or _steps(max(end or 0.0, *(x for x, _ in points)) or 1.0)
    ticks = round_ticks(least, max(y for _, y in points))
    low, high = ticks[0], ticks[-1]
    begin, span = below.begin, below.end - below.begin

    def place(x: float, y: float) -> tuple[float, float]:
        return 1000 * (x - begin) / span, 1000 * (high - y) / (high - low)

    drawn = "".join(_draw(each, place) for each in curves)
    grid = "".join(
        f'<path class="grid" d="M0 {place(begin, tick)[1]:.1f}H1000"/>' for tick in ticks
    )
    names = "".join(
        f'<i style="top:{place(begin, tick)[1] / 10:.2f}%">{number(float(tick))}</i>'
        for tick in ticks
    )
    marks = "".join(
        f'<i style="left:{place(x, 0)[0] / 10:.2f}%">{escape(text)}</i>' for x, text in below.marks
    )
    axes = f"{unit}, {below.words}" if unit else below.words
    words = escape(said or describe(curves, title, unit, dots))
    return (
        f'<figure class="wb-curves"><figcaption>{escape(title)} <span class="q">({escape(axes)})'
        f'</span></figcaption>{_legend(curves, dots)}<div class="frame" style="height:'
        f'{height_px}px" role="img" aria-label="{words}">'
        f'<div class="ys" aria-hidden="true">{names}</div><svg viewBox="0 0 1000 1000" '
        f'preserveAspectRatio="none" aria-hidden="true">{grid}{drawn}</svg>'
        f'<div class="xs" aria-hidden="true">{marks}</div></div></figure>'
    )


def _steps(last: float) -> Below:
    marks = ((x, number(int(x))) for x in round_ticks(0.0, last) if x <= last and x == int(x))
    return Below(0.0, last, tuple(marks), "over steps")


def describe(curves: Sequence[Curve], title: str, unit: str, dots: str = "evaluations") -> str:
    """The curves in words: where each begins and ends, and its single points."""
    said = []
    for each in curves:
        parts = []
        if each.line:
            (x, y), (last_x, last_y) = each.line[0], each.line[-1]
            parts.append(f"{number(y)} at step {x:g} to {number(last_y)} at step {last_x:g}")
        if each.dots:
            shown = ", ".join(f"{number(y)} at {x:g}" for x, y in each.dots[-6:])
            parts.append(f"{dots} {shown}")
        said.append(f"{each.name} {'; '.join(parts) or 'no step yet'}")
    named = f"{title} ({unit})" if unit else title
    return f"{named}: {'. '.join(said)}"


def thin(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """At most 400 points: means of neighbours, the first and the last as they are."""
    if len(points) <= _MOST_POINTS:
        return tuple(points)
    size = math.ceil(len(points) / _MOST_POINTS)
    means = [
        (sum(x for x, _ in part) / len(part), sum(y for _, y in part) / len(part))
        for part in (points[start : start + size] for start in range(1, len(points) - 1, size))
    ]
    return (points[0], *means, points[-1])


def _draw(curve: Curve, place: object) -> str:
    at = place
    assert callable(at)
    colour, dash = colour_of(curve.index), dashes_of(curve.index)
    more = f' stroke-dasharray="{dash}"' if dash else ""
    parts = []
    if curve.line:
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in (at(*point) for point in curve.line))
        quiet = ' opacity=".55"' if curve.dots else ""
        parts.append(f'<path class="line" d="M{path}" stroke="{colour}"{more}{quiet}/>')
    if len(curve.line) == 1:  # a line of one point is nothing to be seen
        parts.append(f'<path class="dots" d="M{path}h0" stroke="{colour}"{quiet}/>')
    if curve.dots:
        spots = [at(*point) for point in curve.dots]
        if curve.dots_are_joined or len(curve.line) == 0:
            joined = "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
            parts.append(f'<path class="line" d="M{joined}" stroke="{colour}"{more}/>')
        dots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in spots)
        parts.append(f'<path class="dots" d="{dots}" stroke="{colour}"/>')
    return "".join(parts)


def _legend(curves: Sequence[Curve], dots: str) -> str:
    if len(curves) == 1 and not (curves[0].line and curves[0].dots):
        return ""
    if len(curves) == 1:
        words = [("a step", _key(0, "line")), (dots, _key(0, "dots"))]
    else:
        words = [(each.name, _key(each.index, "line")) for each in curves]
        if any(each.dots for each in curves) and any(each.line for each in curves):
            words.append((f"dots: {dots}", ""))
    items = "".join(f"<span>{key}{escape(name)}</span>" for name, key in words)
    return f'<div class="keys">{items}</div>'


def _key(index: int, kind: str) -> str:
    colour, dash = colour_of(index), dashes_of(index)
    more = f' stroke-dasharray="{dash}"' if dash and kind == "line" else ""
    path = "M0 6H26" if kind == "line" else "M13 6h0"
    return (
        f'<svg width="26" height="12" aria-hidden="true"><path class="{kind}" d="{path}" '
        f'stroke="{colour}"{more}/></svg>'
    )


def colour_of(index: int) -> str:
    """The colour of a curve; the first, a deep blue, is lighter on a dark page."""
    return "var(--bar)" if index == 0 else series_colour(index)


def dashes_of(index: int) -> str:
    """How the line of a curve is broken: a second sign beside its colour."""
    return _DASHES[index % len(_DASHES)]


def round_ticks(low: float, high: float) -> list[float]:
    """Round numbers around a range, four to seven of them."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / 4))
    step = next(s * power for s in (1, 2, 5, 10) if span / (s * power) <= 5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    if first == last:
        last += 1
    return [round(index * step, 12) for index in range(first, last + 1)]
