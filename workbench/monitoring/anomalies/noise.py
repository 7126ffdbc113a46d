"""How the rests of a quiet series go: so large at this level, so much like the step before.

Rests are taken for a wander that comes back (an autoregression of one step) and jumps that do not
last. Both are read from the variogram, the spread of differences of steps that are so far apart,
by medians: a level that holds for days moves few differences, and a whole variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .phases import Phases
from .profile import Profile, mad

_LAGS = (*range(1, 25), 30, 36, 42, 54, 66, 84, 108, 132, 156)
_KEEPS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.995)
_LEAST_PAIRS = 24
_SURE = 4.0  # standard errors from which on a slope of the spread is believed


@dataclass(frozen=True)
class Noise:
    """``sigma`` ([steps]) is the standard deviation at each step; ``wander`` the share of the
    variance that lasts, ``keeps`` how much of it is left a step later."""

    sigma: Any
    wander: float
    keeps: float


def fit_noise(rests: Any, profile: Profile, phases: Phases, used: Any, *, quantum: float) -> Noise:
    """Read the noise from what a profile leaves over.

    Args:
        rests: [steps].
        profile: What is expected; the spread may grow or fall with it. It has fitted away a part of
            the noise, by as many figures as it has.
        phases: Where in its seasons each step lies: nights may be noisier.
        used: Which steps were observed and belong to no anomaly.
        quantum: No spread is less than what rounding to such steps makes.
    """
    import numpy as np

    shape = _shape(rests, profile.expected, phases, used)
    jumps, wander, keeps = _variogram(rests / shape, used)
    whole = jumps + wander
    count = int(used.sum())
    whole *= count / max(count - profile.freedom, count / 4)
    least = quantum / np.sqrt(12) or 1e-12
    sigma = np.maximum(shape * np.sqrt(whole), least)
    return Noise(sigma, wander / (jumps + wander) if wander else 0.0, keeps)


def _shape(rests: Any, expected: Any, phases: Phases, used: Any) -> Any:
    """The relative spread of each step: by the level and by the hour where it clearly depends on
    them, 1 where it does not."""
    import numpy as np

    size = np.abs(rests[used])
    if not size.any():
        return np.ones(len(rests))
    logs = np.log(np.maximum(np.abs(rests), np.quantile(size[size > 0], 0.05)))
    logs -= logs[used].mean()
    error = float(np.std(logs[used]))
    told = np.zeros(len(rests))
    spread = float(np.std(expected[used]))
    if spread:
        level = (expected - expected[used].mean()) / spread
        slope = float((level * logs)[used].mean())
        if abs(slope) > _SURE * error / np.sqrt(used.sum()):
            told += slope * np.clip(level, -3, 3)
    if phases.seasons:
        told += _by_phase(logs - told, phases, used, error)
    return np.exp(told)


def _by_phase(logs: Any, phases: Phases, used: Any, error: float) -> Any:
    """What hours of the day add to the logarithm of the spread: means of three neighbours, shrunk
    by what of their spread is chance."""
    import numpy as np

    season = phases.seasons[0]
    counts = np.bincount(phases.short[used], minlength=season)
    sums = np.bincount(phases.short[used], weights=logs[used], minlength=season)
    near = [-1, 0, 1] if season > 7 else [0]
    counts, sums = (np.sum([np.roll(e, at) for at in near], axis=0) for e in (counts, sums))
    means = sums / np.maximum(counts, 1)
    chance = error**2 / np.maximum(counts, 1)
    real = max(0.0, float(np.var(means)) - float(chance.mean()))
    return (means * real / (real + chance))[phases.short]


def _variogram(rests: Any, used: Any) -> tuple[float, float, float]:
    """Variances of what jumps and of what wanders, and how much of the latter a step keeps."""
    import numpy as np

    lags, found = [], []
    for lag in _LAGS:
        if lag > len(rests) // 3:
            break
        pairs = used[lag:] & used[:-lag]
        if pairs.sum() >= _LEAST_PAIRS:
            lags.append(lag)
            found.append(mad((rests[lag:] - rests[:-lag])[pairs]) ** 2 / 2)
    whole = mad(rests[used]) ** 2
    if not found or not any(found):
        # Most steps are the same: what spread there is, is that of the others.
        wide = np.minimum(np.abs(rests[used]), np.quantile(np.abs(rests[used]), 0.99))
        return max(whole, float((wide**2).mean()), 1e-24), 0.0, 0.0
    seen, at = np.array(found), np.array(lags)
    best, least = (float(seen.mean()), 0.0, 0.0), np.inf
    weights = 1 / np.sqrt(at)
    for keeps in _KEEPS:
        rise = 1 - keeps**at if keeps else np.zeros(len(at))
        for columns in ([np.ones(len(at))], [np.ones(len(at)), rise], [rise]):
            design = np.stack(columns, axis=1)
            fitted = np.linalg.lstsq(design * weights[:, None], seen * weights, rcond=None)[0]
            off = float((((design @ fitted - seen) * weights) ** 2).sum())
            if (fitted >= 0).all() and off < least * (1 - 1e-9):
                least = off
                parts = (*map(float, fitted), 0.0) if len(columns[0]) else (0.0, 0.0)
                jumps, wander = parts[:2] if columns[0] is not rise else (0.0, parts[0])
                best = (jumps, wander, keeps if wander else 0.0)
    return best
