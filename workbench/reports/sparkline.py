"""A figure's history as a line of a word's size, in SVG."""

from __future__ import annotations

import html
from collections.abc import Sequence

_WIDTH, _HEIGHT, _MARGIN = 96.0, 22.0, 3.0


def sparkline(
    values: Sequence[float | None],
    *,
    label: str,
    low: float | None = None,
    high: float | None = None,
    ok: bool = True,
) -> str:
    """Draw values, the oldest at the left; the last is a dot, bounds are dashed lines.

    Args:
        values: None where a run has no number.
        label: What a screen reader says, and a pointer that rests on it shows.
        low: A bound below, if there is one.
        high: A bound above, if there is one.
        ok: Whether the last value is right.

    Returns:
        An ``<svg>``, or nothing where there are fewer than two numbers.
    """
    numbers = [(index, value) for index, value in enumerate(values) if value is not None]
    if len(numbers) < 2:
        return ""
    bounds = [bound for bound in (low, high) if bound is not None]
    shown = [value for _, value in numbers]
    least, most = min(shown), max(shown)
    # A bound far away would press the line flat: it is drawn only where it is near.
    reach = (most - least) or abs(most) or 1.0
    near = [bound for bound in bounds if least - reach <= bound <= most + reach]
    least, most = min([least, *near]), max([most, *near])
    span = (most - least) or 1.0

    def x(index: int) -> float:
        return _MARGIN + index * (_WIDTH - 2 * _MARGIN) / max(1, len(values) - 1)

    def y(value: float) -> float:
        share = (value - least) / span if most > least else 0.5
        return _HEIGHT - _MARGIN - share * (_HEIGHT - 2 * _MARGIN)

    points = " ".join(f"{x(index):.1f},{y(value):.1f}" for index, value in numbers)
    lines = "".join(
        f'<line class="bound" x1="0" x2="{_WIDTH:g}" y1="{y(bound):.1f}" y2="{y(bound):.1f}"/>'
        for bound in near
    )
    last_x, last_y = x(numbers[-1][0]), y(numbers[-1][1])
    state = "dot" if ok else "dot failed"
    return (
        f'<svg class="spark" role="img" width="{_WIDTH:g}" height="{_HEIGHT:g}" '
        f'viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}"><title>{html.escape(label)}</title>{lines}'
        f'<polyline class="line" points="{points}"/>'
        f'<circle class="{state}" cx="{last_x:.1f}" cy="{last_y:.1f}" r="2.5"/></svg>'
    )
