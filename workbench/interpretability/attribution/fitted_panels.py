"""Steps of a path laid where the function on it bends, found by looking at the function alone.

The paths of language models have cliffs: where attention finds another sink, the target falls and
rises by nats within a thousandth of the way, and rules that do not look step over it or onto it.
Looking costs a third of a step, as nothing goes backwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .quadrature import check_steps, quadrature

if TYPE_CHECKING:
    import numpy as np

PANEL_STEPS = 8
_ROUNDS = 8
_CLOSE = 0.01  # of the change: what the panels together may miss before one is cut again
_PIECES = 4


@dataclass(frozen=True)
class Panel:
    """A piece of the way between two points that were looked at, and the steps in it.

    ``first`` and ``last`` are their places in the course, ``change`` is by how much each output
    changes over it, ``[m]``: what the integral of the slopes has to come to.
    """

    first: int
    last: int
    nodes: np.ndarray
    weights: np.ndarray
    change: np.ndarray


@dataclass(frozen=True)
class Course:
    """Points of [0, 1], ``[k]``, the outputs there, ``[k, m]``, and by how much a panel from one
    point to another is expected to miss, ``[k, k]``."""

    grid: np.ndarray
    values: np.ndarray
    errors: np.ndarray

    def lay(self, first: int, last: int, *, count: int, steps: int) -> list[Panel]:
        """Cut what lies between two points into ``count`` panels of ``steps`` in all."""
        import numpy as np

        inside = self.errors[first : last + 1, first : last + 1]
        cuts = [first + place for place in _best_cuts(inside, count)]
        parts = np.array_split(np.arange(steps), count)
        return [
            self._panel(start, end, len(part))
            for start, end, part in zip(cuts[:-1], cuts[1:], parts, strict=True)
        ]

    def _panel(self, first: int, last: int, steps: int) -> Panel:
        start, width = self.grid[first], self.grid[last] - self.grid[first]
        nodes, weights = quadrature("gauss_legendre", steps)
        change = self.values[last] - self.values[first]
        return Panel(first, last, start + width * nodes, width * weights, change)


def integrate_fitted(
    look: Callable[[np.ndarray], np.ndarray],
    slopes: Callable[[np.ndarray], np.ndarray],
    steps: int,
) -> tuple[np.ndarray, int]:
    """Integrate parts of a slope over [0, 1], in panels that are laid where the function bends.

    What a panel has to come to is known, as the function was looked at where it begins and ends.
    Where the panels miss by more than a hundredth of the whole change, the one that misses most is
    cut again, until they do not or twice the steps are taken.

    Args:
        look: The function at points of [0, 1]: ``[k]`` to ``[k, m]``. Asked 2 to 3 times ``steps``.
        slopes: Its slope there in n parts, of each output or of their sum: ``[k]`` to
            ``[k, m or 1, n]``.
        steps: How many points the slope is asked at first.

    Returns:
        The integral of each part, ``[m or 1, n]``, and how many points the slope was asked at.

    Raises:
        InputError: The steps are too few or too many.
    """
    import numpy as np

    course = follow(look, steps)
    panels = _lay_first(course, steps)
    found = _integrate(panels, slopes)
    most = _CLOSE * abs(float((course.values[-1] - course.values[0]).sum()))
    spare = steps
    while spare >= 2 * PANEL_STEPS:
        missed = np.array([_miss(*pair) for pair in zip(panels, found, strict=True)])
        wide = np.array([panel.last - panel.first > 1 for panel in panels])
        worst = int(np.where(wide, missed, -1.0).argmax())
        if missed.sum() <= most or not wide[worst]:
            break
        panel = panels[worst]
        count = min(_PIECES, spare // PANEL_STEPS, panel.last - panel.first)
        pieces = course.lay(panel.first, panel.last, count=count, steps=count * PANEL_STEPS)
        panels[worst : worst + 1] = pieces
        found[worst : worst + 1] = _integrate(pieces, slopes)
        spare -= count * PANEL_STEPS
    total: np.ndarray = np.sum(found, axis=0)
    return total, 2 * steps - spare


def fitted_quadrature(
    look: Callable[[np.ndarray], np.ndarray], steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """The points and weights that ``integrate_fitted`` begins with, as of ``quadrature``."""
    import numpy as np

    panels = _lay_first(follow(look, steps), steps)
    nodes = np.concatenate([panel.nodes for panel in panels])
    return nodes, np.concatenate([panel.weights for panel in panels])


def follow(look: Callable[[np.ndarray], np.ndarray], steps: int) -> Course:
    """Look along the way: first at equal distances, then where the course bends."""
    check_steps(steps, "fitted", least=1)
    grid, values = _look_closer(look, steps)
    return Course(grid, values, _expected_errors(grid, values))


def _lay_first(course: Course, steps: int) -> list[Panel]:
    """All of it in panels of about ``PANEL_STEPS``.

    A curve is laid through what was seen (a cubic spline), and of all ways to cut [0, 1] at the
    points seen, the one is taken by which the curve's own slope would be integrated best.
    """
    last = len(course.grid) - 1
    return course.lay(0, last, count=max(1, min(steps // PANEL_STEPS, last)), steps=steps)


def _integrate(
    panels: Sequence[Panel], slopes: Callable[[np.ndarray], np.ndarray]
) -> list[np.ndarray]:
    """The integral over each panel, ``[m or 1, n]``, from one call."""
    import numpy as np

    seen = slopes(np.concatenate([panel.nodes for panel in panels]))
    ends = np.cumsum([len(panel.nodes) for panel in panels])
    parts = np.split(seen, ends[:-1])
    return [
        np.einsum("k,kmn->mn", panel.weights, part)
        for panel, part in zip(panels, parts, strict=True)
    ]


def _miss(panel: Panel, found: np.ndarray) -> float:
    """By how much the parts of a panel's integral are from adding up to what it has to come to."""
    come = found.sum(axis=1)
    wanted = panel.change if len(come) == len(panel.change) else panel.change.sum(keepdims=True)
    return float(abs(come - wanted).sum())


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
