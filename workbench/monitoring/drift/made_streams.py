"""Made streams with a change of a known size at a known hour. Frozen before any detector was tuned.

Twelve columns are watched for seven days after a reference of fourteen; traffic has a daily season.
Rows are independent of each other. Where a stream drifts, one column changes for good at one hour,
by so much that the population stability index over the ten reference deciles (of a category: over
its values) is exactly ``psi``. What is changed is the column's place, or its spread, or the tilt of
its categories. Nothing of it is real.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

REFERENCE_HOURS, WATCHED_HOURS = 14 * 24, 7 * 24
_RATES = (60, 120, 300)
_FIRST_DRIFT, _LAST_DRIFT = 24, 144
_CATEGORIES = {"plan": 2, "task": 5, "language": 12, "team": 40}
# Where the search for the size of a change ends.
_MOST = {"tilt": 8.0, "place": 2.0, "spread": 1.0}


@dataclass(frozen=True)
class MadeStream:
    """``reference`` and ``watched`` are columns of shape ``[rows]``; ``hours`` the hour of each
    watched row from 0, ``reference_hours`` that of each row of the reference. ``drift_hour`` is the
    first hour after the change, None where nothing changes."""

    seed: int
    reference: dict[str, np.ndarray]
    reference_hours: np.ndarray
    watched: dict[str, np.ndarray]
    hours: np.ndarray
    drift_hour: int | None
    column: str | None
    change: str | None
    psi: float


def make_stream(seed: int, *, psi: float = 0.2, drifts: bool = True) -> MadeStream:
    """One stream. The same seed gives the same rows up to the change, drifting or not.

    Args:
        seed: Of all that is drawn.
        psi: How large the change is.
        drifts: Whether there is one.
    """
    import numpy as np

    plan = np.random.default_rng((seed, 1))
    rate = int(plan.choice(_RATES))
    names = (*_numbers(), *_CATEGORIES)
    column, hour = str(plan.choice(names)), int(plan.integers(_FIRST_DRIFT, _LAST_DRIFT))
    change = "tilt" if column in _CATEGORIES else str(plan.choice(("place", "spread")))
    sign = float(plan.choice((-1.0, 1.0)))
    draw = np.random.default_rng((seed, 2))
    reference_hours = _arrivals(draw, rate, REFERENCE_HOURS)
    hours = _arrivals(draw, rate, WATCHED_HOURS)
    reference, watched = {}, {}
    for number, name in enumerate(names):
        own = np.random.default_rng((seed, 3, number))
        reference[name] = _values(name, own.random(len(reference_hours)))
        chance = own.random(len(hours))
        watched[name] = _values(name, chance)
        if drifts and name == column:
            late = hours >= hour
            size = change_size(name, change, sign * psi)
            watched[name][late] = _values(name, chance[late], change, size)
    told = (hour, column, change, psi) if drifts else (None, None, None, 0.0)
    return MadeStream(seed, reference, reference_hours, watched, hours, *told)


def change_size(name: str, change: str, psi: float) -> float:
    """The size of a change that makes the index of a column as large as ``psi``; its sign is kept.

    Raises:
        ValueError: No size up to the search's end does.
    """
    from scipy.optimize import brentq

    sign = 1.0 if psi > 0 else -1.0

    def missing(size: float) -> float:
        return population_psi(name, change, sign * size) - abs(psi)

    return sign * float(brentq(missing, 0.0, _MOST[change]))


def population_psi(name: str, change: str, size: float) -> float:
    """The index between a column before and after a change, without sampling error."""
    import numpy as np

    before, after = _cells(name, change, 0.0), _cells(name, change, size)
    return float(((after - before) * np.log(after / before)).sum())


def _cells(name: str, change: str, size: float) -> np.ndarray:
    """What share of a column falls into each decile of the reference, or each category."""
    import numpy as np
    from scipy.stats import norm

    if name in _CATEGORIES:
        return _shares(name, size)
    edges = np.unique(_values(name, np.arange(1, 10) / 10))
    latent = norm.ppf(_below(name, edges))
    moved = latent - size if change == "place" else latent * np.exp(-size)
    return np.diff(np.concatenate([[0.0], norm.cdf(moved), [1.0]]))


def _arrivals(draw: np.random.Generator, rate: int, hours: int) -> np.ndarray:
    import numpy as np

    at = np.arange(hours)
    season = 1 + 0.5 * np.sin(2 * np.pi * (at % 24) / 24)
    return np.repeat(at, draw.poisson(rate * season))


def _values(name: str, chance: np.ndarray, change: str = "place", size: float = 0.0) -> np.ndarray:
    """Values at these chances in (0, 1), moved in the normal distribution behind a column."""
    import numpy as np
    from scipy.stats import norm

    if name in _CATEGORIES:
        bounds = np.cumsum(_shares(name, size))
        which = np.minimum(np.searchsorted(bounds, chance, side="right"), len(bounds) - 1)
        return np.array([f"{name} {number}" for number in range(len(bounds))])[which]
    if size:
        latent = norm.ppf(chance)
        moved = latent + size if change == "place" else latent * np.exp(size)
        chance = np.clip(norm.cdf(moved), 1e-15, 1 - 1e-15)
    if name == "cached_tokens":  # nothing is cached for six in ten
        return np.where(chance <= 0.6, 0.0, _numbers()[name].ppf((chance - 0.6).clip(1e-15) / 0.4))
    found: np.ndarray = np.asarray(_numbers()[name].ppf(chance), dtype=float)
    return found


def _below(name: str, values: np.ndarray) -> np.ndarray:
    import numpy as np

    share = np.asarray(_numbers()[name].cdf(values))
    return np.where(values >= 0, 0.6 + 0.4 * share, 0.0) if name == "cached_tokens" else share


def _shares(name: str, tilt: float) -> np.ndarray:
    """Zipf's shares of categories, tilted towards every other one."""
    import numpy as np

    ranks = np.arange(1, _CATEGORIES[name] + 1)
    weights = np.exp(tilt * np.where(ranks % 2, 0.5, -0.5)) / ranks
    shares: np.ndarray = weights / weights.sum()
    return shares


def _numbers() -> dict[str, Any]:
    from scipy import stats

    return {
        "score": stats.norm(),
        "latency_s": stats.lognorm(1.0),
        "residual": stats.t(3),
        "answer_tokens": stats.gamma(2.0, scale=80.0),
        "share": stats.uniform(),
        "turns": stats.poisson(4.0),
        "wait_s": stats.expon(scale=0.3),
        "cached_tokens": stats.lognorm(1.2, scale=200.0),
    }
