"""The likelihood ratio of every window: did it rise, or climb, against noise that wanders?

For rests r with covariance S the ratio of a change of shape f is (f' S^-1 r)^2 / (f' S^-1 f), the
square of a standard normal where nothing happened (Willsky and Jones 1976; for outliers and level
shifts in autocorrelated series Chen and Liu 1993). S is that of an autoregression with independent
jumps over the steps that were observed, so its inverse is known exactly, gaps and all; sums of it
give the ratio of all windows at once. Windows of all lengths are made comparable by the penalty of
Duembgen and Spokoiny (2001): sqrt(2 log(e steps / length)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .noise import Noise

Shape = Literal["level", "ramp"]
LONGEST_STEPS = 336
SHORTEST_RAMP = 8
EVERY_LENGTH = 96
_MOST = 60  # windows of one block


@dataclass(frozen=True)
class Window:
    """``first`` and ``end`` (left out) in steps; ``height`` on the series' scale, at a ramp's end;
    ``score`` its ratio's root, in standard errors."""

    first: int
    end: int
    shape: Shape
    height: float
    score: float

    @property
    def steps(self) -> int:
        return self.end - self.first

    def column(self, steps: int) -> Any:
        """Its shape over the whole series, 1 at the most."""
        import numpy as np

        made = np.zeros(steps)
        rising = np.arange(1, self.steps + 1) / self.steps
        made[self.first : self.end] = 1.0 if self.shape == "level" else rising
        return made


class Scan:
    """Sums of the noise's precision over all windows of a block.

    Args:
        noise: Of the block's steps.
        observed: Which of them have a row (bool, [steps]).
    """

    def __init__(self, noise: Noise, observed: Any) -> None:
        import numpy as np

        self.steps = len(observed)
        self.precision = precision(noise, observed)
        padded = np.zeros((self.steps + 1, self.steps + 1))
        padded[:-1, :-1] = self.precision
        self.levels = _sums(_sums(padded, 0), 1)  # [i, j]: a step at i against a step at j
        self.mixed = _sums(self.levels, 1)  # a step at i against a climb that begins at j
        self.climbs = _sums(self.mixed, 0)
        self.spread = np.concatenate([[0.0], np.cumsum(noise.sigma)])
        self.seen = np.concatenate([np.cumsum(observed[::-1])[::-1], [0]])

    def best(self, rests: Any, *, threshold: Any, least: float) -> Window | None:
        """The window that is most over its threshold, or None.

        Args:
            rests: [steps].
            threshold: Gives what a score has to pass, by the steps of windows (an array).
            least: How many standard deviations of its steps a window has to be high.
        """
        import numpy as np

        step = np.append(_sums(self.precision @ rests, 0), 0.0)
        climb = _sums(step, 0)
        best, most = None, 0.0
        for shape, first, end in self._candidates():
            top, below = self._ratio(shape, step, climb, first, end)
            scores = np.abs(top) / np.sqrt(below)
            sigma = (self.spread[end] - self.spread[first]) / (end - first)
            high = np.abs(top) / below >= least * sigma
            over = np.where(high, scores - threshold(end - first), -1.0)
            at = int(over.argmax())
            if over[at] > most:
                most = float(over[at])
                place = int(first[at]), int(end[at])
                best = Window(*place, shape, float(top[at] / below[at]), float(scores[at]))
        if best is None or best.steps <= EVERY_LENGTH:
            return best
        return self._moved(best, step, climb)

    def _moved(self, window: Window, step: Any, climb: Any) -> Window:
        """The best of the windows whose ends lie between the lengths that were tried."""
        import numpy as np

        near = max(2, window.steps // 20)
        firsts = np.arange(max(0, window.first - near), window.first + near + 1)
        ends = np.arange(window.end - near, min(self.steps, window.end + near) + 1)
        first, end = (each.ravel() for each in np.meshgrid(firsts, ends))
        top, below = self._ratio(window.shape, step, climb, first, end)
        scores = np.abs(top) / np.sqrt(below)
        at = int(scores.argmax())
        place = int(first[at]), int(end[at])
        return Window(*place, window.shape, float(top[at] / below[at]), float(scores[at]))

    def _candidates(self) -> Any:
        """Shapes, each with the firsts and ends of windows in which enough is seen.

        What lasts until the last step may be longer than other windows: up to half of the steps.
        """
        import numpy as np

        tried = lengths(self.steps)
        for length in tried:
            first = np.arange(self.steps - length + 1)
            first, end = self._seen_in(first, first + length)
            if len(first):
                yield "level", first, end
                if length >= SHORTEST_RAMP:
                    yield "ramp", first, end
        first = np.arange(self.steps // 2, self.steps - tried[-1])
        first, end = self._seen_in(first, np.full(len(first), self.steps))
        if len(first):
            yield "level", first, end

    def _seen_in(self, first: Any, end: Any) -> tuple[Any, Any]:
        import numpy as np

        rows = self.seen[first] - self.seen[end]
        enough = rows >= np.maximum(1, (end - first) / 3)
        return first[enough], end[enough]

    def _ratio(self, shape: str, step: Any, climb: Any, first: Any, end: Any) -> tuple[Any, Any]:
        """f' P r and f' P f of windows."""
        import numpy as np

        length = end - first
        if shape == "level":
            top = step[first] - step[end]
            below = self.levels[first, first] + self.levels[end, end] - 2 * self.levels[first, end]
            return top, np.maximum(below, 1e-12)
        top = (climb[first] - climb[end] - length * step[end]) / length
        below = (
            self.climbs[first, first] + self.climbs[end, end] - 2 * self.climbs[first, end]
            + length**2 * self.levels[end, end]
            - 2 * length * (self.mixed[end, first] - self.mixed[end, end])
        )  # fmt: skip
        return top, np.maximum(below / length**2, 1e-12)

    def score_of(self, rests: Any, window: Window) -> Window:
        """The same window with the height and score that it has in these rests."""
        import numpy as np

        column = window.column(self.steps)
        top = float(column @ self.precision @ rests)
        below = max(float(column @ self.precision @ column), 1e-12)
        return Window(
            window.first, window.end, window.shape, top / below, abs(top) / float(np.sqrt(below))
        )

    def search(self, rests: Any, *, threshold: Any, least: float) -> list[Window]:
        """Windows one after the other, each in what those before it leave over."""
        import numpy as np

        found: list[Window] = []
        left = rests
        while len(found) < _MOST:
            window = self.best(left, threshold=threshold, least=least)
            if window is None:
                break
            found.append(window)
            columns = np.stack([each.column(self.steps) for each in found], axis=1)
            weighed = columns.T @ self.precision
            heights = np.linalg.lstsq(weighed @ columns, weighed @ rests, rcond=None)[0]
            left = rests - columns @ heights
        return found


def lengths(steps: int) -> list[int]:
    """Every length up to four days of hours, then a twentieth more each, up to a third of the
    steps."""
    import numpy as np

    most = max(1, min(LONGEST_STEPS, steps // 3))
    longer = np.unique(np.round(EVERY_LENGTH * 1.05 ** np.arange(1, 30)).astype(int))
    return [each for each in (*range(1, EVERY_LENGTH + 1), *map(int, longer)) if each <= most]


def precision(noise: Noise, observed: Any) -> Any:
    """The inverse of the noise's covariance ([steps, steps]), 0 where nothing was observed.

    With T the autoregression's correlation, whose inverse Q has three diagonals even over gaps, and
    w the share of what wanders, (w T + (1 - w) I)^-1 = (w I + (1 - w) Q)^-1 Q.
    """
    import numpy as np
    from scipy.linalg import solveh_banded

    places = np.flatnonzero(observed)
    whole = np.zeros((len(observed), len(observed)))
    if noise.wander <= 0 or noise.keeps <= 0 or len(places) < 2:
        whole[places, places] = 1.0
    else:
        kept = noise.keeps ** np.diff(places)
        inner = 1 / (1 - kept**2)
        diagonal = np.concatenate([[1.0], inner]) + np.concatenate([inner, [1.0]]) - 1.0
        tridiagonal = np.diag(diagonal) - np.diag(kept * inner, 1) - np.diag(kept * inner, -1)
        bands = np.zeros((2, len(places)))
        bands[0, 1:] = -(1 - noise.wander) * kept * inner
        bands[1] = noise.wander + (1 - noise.wander) * diagonal
        found = solveh_banded(bands, tridiagonal)
        whole[np.ix_(places, places)] = (found + found.T) / 2
    return whole / np.outer(noise.sigma, noise.sigma)


def _sums(values: Any, axis: int) -> Any:
    """Sums of what stands at a place and behind it."""
    import numpy as np

    return np.flip(np.cumsum(np.flip(values, axis), axis=axis), axis)
