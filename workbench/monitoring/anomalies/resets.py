"""Falls that are a series' way: memory after a restart, a disk after a clean-up.

What grows and is cleaned up looks like a saw. A fall belongs to it if the level stays down: with
all falls in one robust fit, the end of an incident that came and went is a fall of about nothing.
And it has to be one in the values themselves: in a series that grows in jumps every quiet hour lies
below its trend and its season, and so looks like a fall to whoever sees only what they leave over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .phases import Phases
from .profile import Profile, fit_profile, mad

_NEAR_STEPS = 2  # on each side of a fall, whose medians are compared
_APART_STEPS = 4
_MOST = 40
_SURE = 6.0  # spreads of such differences
_LEAST_FALL = 5.0  # spreads of the rests
_LEAST_RISE = 0.3  # of all falls, that the trend has to climb
_LEAST_SEEN = 0.25  # of a fall below trend and season, that the values themselves have to fall by


def find_resets(values: Any, phases: Phases, used: Any) -> tuple[int, ...]:
    """The steps at which a sawtooth falls; none where the series is no sawtooth.

    Args:
        values: As they are, gaps filled ([steps]).
        phases: Where in its seasons each step lies.
        used: Which steps were observed (bool, [steps]).
    """
    import numpy as np

    places = _candidates(np.asarray(values, float), phases)
    while places:
        fit = fit_profile(values, phases, used, places)
        seen = seen_falls(values, used, places)
        real = [place for place, fall, drop in zip(places, fit.falls, seen, strict=True)
                if drop >= _LEAST_SEEN * fall]  # fmt: skip
        if len(real) < len(places):
            places = real
            continue
        least = _LEAST_FALL * mad((values - fit.expected)[used])
        if fit.falls.min() >= least:
            return tuple(places) if _is_saw(fit) else ()
        # What is far below goes at once; near the bound one at a time, as falls share their work.
        bound = max(least / 2, float(fit.falls.min()) + 1e-12)
        places = [place for place, fall in zip(places, fit.falls, strict=True) if fall > bound]
    return ()


def seen_falls(values: Any, used: Any, places: Sequence[int]) -> Any:
    """How far the values themselves fall at each place ([places]), negative where they rise: means
    of the last steps that were observed before it and of the first from it on."""
    import numpy as np

    found = []
    for place in places:
        before = np.flatnonzero(used[:place])[-_NEAR_STEPS:]
        after = place + np.flatnonzero(used[place:])[:_NEAR_STEPS]
        is_between = len(before) and len(after)
        found.append(values[before].mean() - values[after].mean() if is_between else 0.0)
    return np.array(found)


def _is_saw(fit: Profile) -> bool:
    return fit.rise >= _LEAST_RISE * float(fit.falls.sum())


def _candidates(values: Any, phases: Phases) -> list[int]:
    """Steps at which the median falls by far more than it changes at such hours."""
    import numpy as np

    near = _NEAR_STEPS
    windows = np.lib.stride_tricks.sliding_window_view(values, near)
    medians = np.median(windows, axis=1)
    jump = np.zeros(len(values))
    jump[near : len(values) - near + 1] = medians[near:] - medians[:-near]
    seen = jump.copy()
    for phase in np.unique(phases.cell):
        own = phases.cell == phase
        jump[own] -= np.median(jump[own])
    least = -_SURE * mad(jump)
    if least == 0:  # most steps are alike: counts of what is rare, no saw
        return []
    found: list[int] = []
    left = np.where(-seen >= _LEAST_SEEN * -jump, jump, 0.0)
    while len(found) < _MOST and left.min() < least:
        at = int(left.argmin())
        around = np.arange(max(1, at - near), min(len(values), at + near + 1))
        found.append(int(around[np.diff(values)[around - 1].argmin()]))
        left[max(0, at - _APART_STEPS) : at + _APART_STEPS + 1] = 0.0
    return sorted(set(found))
