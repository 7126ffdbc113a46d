"""Steps of a path laid where the function on it bends, found by looking at the function alone.

The paths of language models have cliffs: where attention finds another sink, the target falls and
rises by nats within a thousandth of the way, and rules that do not look step over it or onto it.
Looking costs a third of a step, as nothing goes backwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .quadrature import check_steps, quadrature

if TYPE_CHECKING:
    import numpy as np

PANEL_STEPS = 8
_ROUNDS = 8


def fitted_quadrature(
    look: Callable[[np.ndarray], np.ndarray], steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Gauss-Legendre of ``PANEL_STEPS`` in panels whose borders are chosen by the integral itself.

    The integrand is the slope of the function that is looked at. A curve is laid through what was
    seen (a cubic spline), and of all ways to cut [0, 1] into panels at the points seen, the one is
    taken by which the curve's own slope would be integrated best.

    Args:
        look: The function at points of [0, 1]: ``[k]`` to ``[k, m]``. Asked 2 to 3 times ``steps``.
        steps: How many points to give.

    Returns:
        Points and weights as of ``quadrature``.

    Raises:
        InputError: The steps are too few or too many.
    """
    import numpy as np

    check_steps(steps, "fitted", least=1)
    grid, values = _look_closer(look, steps)
    count = max(1, min(steps // PANEL_STEPS, len(grid) - 1))
    edges = grid[_best_cuts(_expected_errors(grid, values), count)]
    parts = np.array_split(np.arange(steps), count)
    nodes, weights = [], []
    for part, start, width in zip(parts, edges[:-1], np.diff(edges), strict=True):
        inside, shares = quadrature("gauss_legendre", len(part))
        nodes.append(start + width * inside)
        weights.append(width * shares)
    return np.concatenate(nodes), np.concatenate(weights)


def _look_closer(
    look: Callable[[np.ndarray], np.ndarray], steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """Points and what was seen there: at equal distances first, then where the course bends."""
    import numpy as np

    grid = np.linspace(0.0, 1.0, 3 * steps // 4 + 2)
    values = look(grid)
    for _ in range(_ROUNDS):
        widths = np.diff(grid)
        slopes = np.diff(values, axis=0) / widths[:, None]
        bends = np.abs(np.diff(slopes, axis=0)).sum(axis=1)
        off_line = widths * (np.append(bends, 0.0) + np.insert(bends, 0, 0.0))
        most = np.sort(np.argsort(-off_line, kind="stable")[: max(1, steps // 4)])
        between = (grid[most] + grid[most + 1]) / 2
        values = np.insert(values, most + 1, look(between), axis=0)
        grid = np.insert(grid, most + 1, between)
    return grid, values


def _expected_errors(grid: np.ndarray, values: np.ndarray) -> np.ndarray:
    """By how much a panel from one point to another would miss: ``[k, k]``, infinite where it
    would have no length. The rules of a step less count too, so that no panel is right by luck."""
    import numpy as np
    from scipy.interpolate import CubicSpline

    slope = CubicSpline(grid, values, axis=0).derivative()
    first, last = np.triu_indices(len(grid), 1)
    width = grid[last] - grid[first]
    missed = np.zeros(len(first))
    for size in (PANEL_STEPS - 1, PANEL_STEPS):
        nodes, weights = quadrature("gauss_legendre", size)
        slopes = slope(grid[first, None] + width[:, None] * nodes)
        found = width[:, None] * np.einsum("pkm,k->pm", slopes, weights)
        missed += np.abs(found - (values[last] - values[first])).sum(axis=1)
    errors = np.full((len(grid), len(grid)), np.inf)
    errors[first, last] = missed
    return errors


def _best_cuts(errors: np.ndarray, count: int) -> list[int]:
    """The borders of ``count`` panels with the least sum of errors, by dynamic programming."""
    best, came_from = errors[0], []
    for _ in range(count - 1):
        through = best[:, None] + errors
        came_from.append(through.argmin(axis=0))
        best = through.min(axis=0)
    cuts = [len(errors) - 1]
    for back in reversed(came_from):
        cuts.append(int(back[cuts[-1]]))
    return [0, *reversed(cuts)]
