"""What a series is expected to be at each step: a trend, its seasons, and falls that are its way.

Main effects (trend, hour of the day, day of the week, clean-ups) by robust regression with Tukey's
biweight (statsmodels' RLM, from Huber's fit). How one cell of the long season, Sunday at nine,
departs from them is the median of its rests, shrunk by how much of the medians' spread is chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .phases import Phases

_MAD = 1.4826
_MEDIAN_LOSS = 1.571  # the variance of a median over that of a mean
_REFILL_STEPS = 5.0


@dataclass(frozen=True)
class Profile:
    """``expected`` ([steps]); ``freedom`` is how many figures were fitted; ``falls`` how far it
    falls at each reset, ``rise`` how far the trend climbs over the whole series."""

    expected: Any
    freedom: float
    falls: Any
    rise: float


def mad(values: Any) -> float:
    """The spread by the median of absolute values about 0, a standard deviation if normal."""
    import numpy as np

    return float(np.median(np.abs(values))) * _MAD if len(values) else 0.0


def fit_profile(values: Any, phases: Phases, used: Any, resets: Sequence[int] = ()) -> Profile:
    """Fit the trend, the seasons and the falls.

    Args:
        values: [steps], on the scale on which seasons add.
        phases: Where in its seasons each step lies.
        used: Which steps are looked at (bool, [steps]); the others are expected all the same.
        resets: Steps from which on the level is another one: clean-ups, restarts.
    """
    import numpy as np

    trend, seasonal, broken = _design(phases, resets)
    design = np.concatenate([trend, seasonal, broken], axis=1)
    coefficients = _robust(values[used], design[used])
    expected = design @ coefficients
    freedom = float(np.linalg.matrix_rank(design))
    if len(phases.seasons) > 1:
        cells, spent = _cells(values - expected, phases, used)
        expected, freedom = expected + cells, freedom + spent
    climbed = trend @ coefficients[: trend.shape[1]]
    first = trend.shape[1] + seasonal.shape[1]
    falls = -coefficients[first : first + len(resets)]
    return Profile(expected, freedom, falls, float(climbed[-1] - climbed[0]))


def _design(phases: Phases, resets: Sequence[int]) -> tuple[Any, Any, Any]:
    """A line, a bend where there are three of the longest season; dummies, and what a holiday
    leaves behind; a step a reset, and what comes back soon after all of them, as caches do.
    [steps, columns] each."""
    import numpy as np

    steps, seasons = phases.steps, phases.seasons
    line = np.linspace(-1.0, 1.0, steps)
    columns = [np.ones(steps), line]
    if steps >= 3 * max(seasons, default=steps):
        columns.append(line**2)
    dummies = [np.zeros((steps, 0))]
    if seasons:
        dummies.append(np.eye(seasons[0])[phases.short][:, 1:])
    if len(seasons) > 1:
        dummies.append(np.eye(seasons[-1] // seasons[0])[phases.group][:, 1:])
    after = np.arange(steps)[:, None] - np.array(resets, int)[None, :]
    broken = (after >= 0).astype(float)
    if len(resets) > 1:
        refill = (broken * np.exp(-np.maximum(after, 0) / _REFILL_STEPS)).sum(axis=1, keepdims=True)
        broken = np.concatenate([broken, refill], axis=1)
    if phases.pauses:  # one figure for all: a day's growth is missing after each
        over = [
            np.clip((np.arange(steps) + 1.0 - first) / (end - first), 0.0, 1.0)
            for first, end in phases.pauses
        ]
        dummies.append(np.sum(over, axis=0)[:, None])
    return np.stack(columns, axis=1), np.concatenate(dummies, axis=1), broken


def _robust(values: Any, design: Any) -> Any:
    import warnings

    import numpy as np
    import statsmodels.api as sm

    ordinary = np.linalg.lstsq(design, values, rcond=None)[0]
    if mad(values - design @ ordinary) <= 1e-9 * float(np.ptp(values)):
        return ordinary  # it fits as it is: there is no spread to weigh by
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence: what is left over shows what a fit is
        begun = sm.RLM(values, design, M=sm.robust.norms.HuberT()).fit(maxiter=30)
        fitted = sm.RLM(values, design, M=sm.robust.norms.TukeyBiweight()).fit(
            maxiter=30, start_params=begun.params
        )
    found = np.asarray(fitted.params)
    return found if np.isfinite(found).all() else np.asarray(begun.params)


def _cells(rests: Any, phases: Phases, used: Any) -> tuple[Any, float]:
    """What each cell of a season is above the main effects, shrunk, and the figures that took."""
    import numpy as np

    season, cell = phases.seasons[-1], phases.cell
    medians, counts = np.zeros(season), np.zeros(season)
    for each in range(season):
        own = rests[(cell == each) & used]
        counts[each] = len(own)
        medians[each] = np.median(own) if len(own) else 0.0
    known = counts > 1
    if not known.any():
        return np.zeros(len(rests)), 0.0
    inside = mad((rests - medians[cell])[used & known[cell]])
    # Medians of few values lie nearer to them than they should.
    inside *= float(np.sqrt(1 + 1 / max(counts[known].mean() - 1, 1)))
    chance = _MEDIAN_LOSS * inside**2 / np.maximum(counts, 1)
    real = max(0.0, mad(medians[known]) ** 2 - float(chance[known].mean()))
    keep = np.where(known, real / (real + chance) if real > 0 else 0.0, 0.0)
    return (keep * medians)[cell], float(keep.sum())
