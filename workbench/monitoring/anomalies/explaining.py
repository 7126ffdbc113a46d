"""Explain a series by a profile, noise, falls of its own and windows: as few of them as will do."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from .checking import LEAST_STEPS
from .noise import Noise, fit_noise
from .phases import Phases
from .profile import fit_profile
from .scan import Scan, Window

LEAST_SIGMA = 2.5  # below it a window is no incident, however long it lasts
_BLOCK_STEPS = 2016  # twelve weeks of hours; sums over all windows take its square of memory
_TURNS = 3
_MARGIN = 1.0  # standard errors: for noise that wanders, and for all that is estimated
_INSIDE = 2.576  # 99% of a normal lies within so many standard deviations
_NEAR_STEPS = 72  # a fall so near to another one may be the end of an incident


@dataclass(frozen=True)
class Explanation:
    """``rests`` and ``expected`` on the scale ([steps]); ``resets`` are steps, ``falls`` how far
    each went; ``tail`` is how much heavier than normal single steps are: what they have to pass
    grows by it."""

    rests: Any
    expected: Any
    resets: tuple[int, ...]
    falls: Any
    noise: Noise
    tail: float
    windows: tuple[Window, ...] = ()

    @property
    def parts(self) -> int:
        """How many events it takes."""
        return len(self.resets) + len(self.windows)

    def times(self, unit: float) -> Explanation:
        """The same in other units."""
        noise = replace(self.noise, sigma=unit * self.noise.sigma)
        windows = tuple(replace(each, height=unit * each.height) for each in self.windows)
        return replace(
            self, rests=unit * self.rests, expected=unit * self.expected, falls=unit * self.falls,
            noise=noise, windows=windows,
        )  # fmt: skip

    @property
    def covered(self) -> int:
        """How many steps lie in windows."""
        return sum(each.steps for each in self.windows)


def explain(
    scaled: Any, phases: Phases, observed: Any, *, resets: Sequence[int], level: float
) -> Explanation:
    """The explanation with the fewest events.

    A fall that may be the end of an incident is left out where fewer events remain without it.

    Args:
        scaled: Values on the scale on which seasons add ([steps]).
        phases: Where in its seasons each step lies.
        observed: Which steps have a row (bool, [steps]).
        resets: Falls that may be the series' own.
        level: With which chance a quiet series has any window.
    """
    import numpy as np

    unit = float(np.ptp(scaled[observed]))  # bytes or shares: sums of squares are to be about 1
    scaled = scaled / unit
    best = _explain(scaled, phases, observed, resets, level)
    tried: set[tuple[int, ...]] = set()
    while True:
        for place in _doubtful(best):
            fewer = tuple(each for each in best.resets if each != place)
            if fewer in tried:
                continue
            tried.add(fewer)
            other = _explain(scaled, phases, observed, fewer, level)
            if _is_simpler(other, best, place):
                best = other
                break
        else:
            return best.times(unit)


def _is_simpler(other: Explanation, best: Explanation, place: int) -> bool:
    """Fewer events, and neither noise nor a window has taken the place of the fall."""
    import numpy as np

    same = any(abs(each.first - place) <= 2 and each.height < 0 for each in other.windows)
    return (
        not same
        and other.parts < best.parts
        and other.covered <= best.covered + _NEAR_STEPS
        and float(np.median(other.noise.sigma)) <= 1.1 * float(np.median(best.noise.sigma))
    )


def _doubtful(found: Explanation) -> list[int]:
    """Falls near to another one or to a window, the smallest first."""
    edges = [edge for each in found.windows for edge in (each.first, each.end)]
    doubtful = []
    for _, place in sorted(zip(found.falls, found.resets, strict=True)):
        others = [each for each in found.resets if each != place]
        near = any(abs(place - each) < _NEAR_STEPS for each in others)
        if near or any(abs(place - edge) <= 2 for edge in edges):
            doubtful.append(place)
    return doubtful


def _explain(
    scaled: Any, phases: Phases, observed: Any, resets: Sequence[int], level: float
) -> Explanation:
    observed = observed.copy()
    observed[list(resets)] = False  # the step in which it falls is half of each
    quantum = _quantum(scaled[observed])
    used = observed
    windows: tuple[Window, ...] = ()
    for turn in range(_TURNS):
        fit = _fit(scaled, phases, used, resets, quantum)
        before, windows = windows, tuple(_search(fit, observed, level))
        if turn and [(w.first, w.end) for w in before] == [(w.first, w.end) for w in windows]:
            break
        if turn < _TURNS - 1:
            used = _quiet(observed, windows)
    return replace(fit, windows=windows)


def _quantum(scaled: Any) -> float:
    """The least step between values, 0 where they are no counts of anything."""
    import numpy as np

    steps = np.diff(np.unique(scaled))
    return float(steps.min()) if 0 < len(steps) < len(scaled) // 3 else 0.0


def _fit(
    scaled: Any, phases: Phases, used: Any, resets: Sequence[int], quantum: float
) -> Explanation:
    import numpy as np

    profile = fit_profile(scaled, phases, used, resets)
    rests = np.where(np.isfinite(scaled), scaled - profile.expected, 0.0)
    noise = fit_noise(rests, profile, phases, used, quantum=quantum)
    far = np.abs(rests / noise.sigma)[used]
    tail = max(1.0, float(np.quantile(far, 0.99)) / _INSIDE)
    return Explanation(rests, profile.expected, tuple(resets), profile.falls, noise, tail)


def _quiet(observed: Any, found: Sequence[Window]) -> Any:
    """The steps that are observed and in no window, nor beside one."""
    kept = observed.copy()
    for window in found:
        kept[max(0, window.first - 1) : window.end + 1] = False
    return kept if kept.sum() >= max(LEAST_STEPS // 2, observed.sum() // 3) else observed


def threshold_of(steps: int, level: float, tail: float = 1.0) -> Any:
    """What a window's score has to pass, as a function of windows' lengths ([windows]).

    The best window of simulated quiet noise passes the penalty for its length by 1.3 once in 20
    series where noise does not wander, and by 1.9 where it keeps .8; by .3 more once in 100.
    """
    import numpy as np

    over = np.sqrt(-2 * np.log(level)) / 2 + _MARGIN

    def threshold(length: Any) -> Any:
        heavy = 1 + (tail - 1) / np.sqrt(length)
        return (np.sqrt(2 * np.log(np.e * steps / length)) + over) * heavy

    return threshold


def _search(fit: Explanation, observed: Any, level: float) -> list[Window]:
    """Windows of all blocks, those that belong together joined, the first first."""
    import numpy as np

    steps = len(observed)
    found: list[Window] = []
    blocks = max(1, -(-steps // _BLOCK_STEPS))
    cuts = np.linspace(0, steps, blocks + 1).astype(int)
    for begun, end in itertools.pairwise(map(int, cuts)):
        where = slice(begun, end)
        noise = replace(fit.noise, sigma=fit.noise.sigma[where])
        scan = Scan(noise, observed[where])
        threshold = threshold_of(steps, level, fit.tail)
        windows = scan.search(fit.rests[where], threshold=threshold, least=LEAST_SIGMA)
        joined = _joined(windows, scan, fit.rests[where])
        found += [replace(each, first=each.first + begun, end=each.end + begun) for each in joined]
    return sorted(found, key=lambda each: each.first)


def _joined(windows: Sequence[Window], scan: Scan, rests: Any) -> list[Window]:
    """One window for those that overlap or touch: they are one incident in several pieces.

    The strongest stands for a group if it explains most of it; else their union does, as the shape
    that fits it best.
    """
    groups: list[list[Window]] = []
    for window in sorted(windows, key=lambda each: each.first):
        if groups and window.first <= max(each.end for each in groups[-1]):
            groups[-1].append(window)
        else:
            groups.append([window])
    found = []
    for group in groups:
        strongest = max(group, key=lambda each: each.score)
        whole = sum(each.score**2 for each in group)
        if len(group) > 1 and strongest.score**2 < 0.7 * whole:
            first, end = group[0].first, max(each.end for each in group)
            shapes = [
                scan.score_of(rests, Window(first, end, shape, 0.0, 0.0))
                for shape in ("level", "ramp")
            ]
            strongest = max([*shapes, strongest], key=lambda each: each.score)
        found.append(strongest)
    return found
