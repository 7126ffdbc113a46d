"""How well each candidate would have done: forecasts from earlier origins against what came.

Only the series that is given is looked at, so that the choice and the intervals know nothing of
what comes behind its last value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.cancellation import check_cancelled

ORIGINS = 20
LEAST_ORIGINS = 4


@dataclass(frozen=True)
class Backtest:
    """``errors`` ([origins, horizon], what came less what was said) of the one that was chosen;
    ``mase`` of each candidate and of means of them; ``members`` are averaged."""

    chosen: str
    members: tuple[str, ...]
    mase: Mapping[str, float]
    errors: Any
    origins: tuple[int, ...]


def scale_of(values: Any, seasons: Sequence[int]) -> float:
    """What errors are divided by in MASE: the mean absolute step of one season (Hyndman and
    Koehler 2006); 1 where the series never moves."""
    import numpy as np

    season = seasons[-1] if seasons else 1
    return float(np.mean(np.abs(values[season:] - values[:-season]))) or 1.0


def origins_of(steps: int, seasons: Sequence[int], horizon: int, *, most: int = ORIGINS) -> Any:
    """Where forecasts begin, the last one a horizon before the end. None overlaps the first two
    and a half seasons, nor the first half where there are no seasons."""
    import numpy as np

    least = max(8, int(2.2 * seasons[-1]) if seasons else steps // 2)
    last = steps - horizon
    if last < least:
        return np.array([], int)
    return np.unique(np.linspace(least, last, min(most, last - least + 1)).astype(int))


def backtest(values: Any, seasons: Sequence[int], horizon: int, *, most: int = ORIGINS) -> Backtest:
    """Forecast from each origin by each candidate, and choose the one, or the mean, of least error.

    A mean is taken of the best two and the best three: it is rarely worse than its best member.
    """
    import numpy as np

    origins = origins_of(len(values), seasons, horizon, most=most)
    truth = np.array([values[at : at + horizon] for at in origins])
    said = _try_each(values, seasons, horizon, origins)
    scale = scale_of(values, seasons)

    def score(names: Sequence[str]) -> float:
        mean = np.mean([said[name] for name in names], axis=0)
        return float(np.mean(np.abs(truth - mean))) / scale

    single = {name: score((name,)) for name in said}
    ranked = sorted(single, key=single.__getitem__)
    sets = [(name,) for name in ranked] + [tuple(ranked[:count]) for count in (2, 3)]
    scores = {" + ".join(names): score(names) for names in sets}
    chosen = min(scores, key=scores.__getitem__)
    members = tuple(chosen.split(" + "))
    errors = truth - np.mean([said[name] for name in members], axis=0)
    return Backtest(chosen, members, scores, errors, tuple(int(at) for at in origins))


def _try_each(
    values: Any, seasons: Sequence[int], horizon: int, origins: Sequence[int]
) -> dict[str, Any]:
    """What each candidate says from each origin ([origins, horizon]); without those that fail.

    Its matrices are small: two threads that wait for each other take longer than one, and many
    times as long on a busy machine.
    """
    import numpy as np

    from workbench.models.tabular.threads import threads_for

    from .candidates import CANDIDATES, LONGEST_FITTED_SEASON

    # Smoothing of one season alone is slow, and of no use where there is a longer one.
    left_out = bool(seasons) and seasons[-1] > LONGEST_FITTED_SEASON
    said = {}
    with threads_for(len(values)):
        for name, candidate in CANDIDATES.items():
            if left_out and name == "exponential smoothing":
                continue
            tried = []
            for at in origins:
                check_cancelled()
                tried.append(candidate(values[:at], seasons, horizon))
            if np.isfinite(tried).all():
                said[name] = np.array(tried)
    return said
