"""The models that a forecast is chosen from, each by statsmodels but for the naive one.

A candidate takes values ([steps]), the seasons in steps and a horizon, and gives [horizon].
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LONGEST_FITTED_SEASON = 24
_LEAST_READ = 400

Candidate = Callable[[Any, Sequence[int], int], Any]


def seasonal_naive(values: Any, seasons: Sequence[int], horizon: int) -> Any:
    """The last season again; the last value where there is no season."""
    import numpy as np

    season = seasons[-1] if seasons else 1
    return values[-season:][np.arange(horizon) % season]


def exponential_smoothing(values: Any, seasons: Sequence[int], horizon: int) -> Any:
    """ETS(A, Ad, A): additive with a damped trend, the season that of a day where there are two.

    It is fitted at twenty origins, so to what is recent, and from where it stands rather than from
    the best of a grid.
    """
    return smooth(values[-_most(values, seasons, 12) :], seasons, horizon, search=False)


def smooth(values: Any, seasons: Sequence[int], horizon: int, *, search: bool = True) -> Any:
    """Exponential smoothing as statsmodels fits it; ``search`` a grid for where to begin."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    fitted = [each for each in seasons if 1 < each <= LONGEST_FITTED_SEASON]
    season = fitted[-1] if fitted else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of convergence: the backtest says what a fit is worth
        model = ExponentialSmoothing(
            values, trend="add", damped_trend=True, initialization_method="estimated",
            seasonal="add" if season else None, seasonal_periods=season,
        )  # fmt: skip
        return model.fit(use_brute=search).forecast(horizon)


def _most(values: Any, seasons: Sequence[int], count: int) -> int:
    """How many of the last values are read: so many seasons, and never fewer than 400."""
    return min(len(values), max(count * max(seasons, default=1), _LEAST_READ))


def decomposed(values: Any, seasons: Sequence[int], horizon: int) -> Any:
    """All seasons taken off (MSTL, Bandara, Hyndman and Bergmeir 2021), the rest smoothed."""
    import numpy as np
    from statsmodels.tsa.seasonal import MSTL

    if not seasons:
        return exponential_smoothing(values, (), horizon)
    values = values[-_most(values, seasons, 8) :]
    seasonal = np.asarray(MSTL(values, periods=list(seasons), iterate=1).fit().seasonal)
    parts = seasonal.reshape(len(values), -1)
    again = np.zeros(horizon)
    for place, season in enumerate(sorted(seasons)):
        again += seasonal_naive(parts[:, place], (season,), horizon)
    return again + exponential_smoothing(values - parts.sum(axis=1), (), horizon)


def autoregression(values: Any, seasons: Sequence[int], horizon: int) -> Any:
    """A linear model of the last values and of those a season ago, by least squares."""
    import numpy as np
    from statsmodels.tsa.ar_model import AutoReg

    lags = set(range(1, 4 if seasons else min(12, len(values) // 6) + 1))
    for season in seasons:
        lags |= {season - 1, season, season + 1}
    lags = {lag for lag in lags if 0 < lag < len(values) // 2}
    scale = float(np.std(values)) or 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = AutoReg(values / scale, sorted(lags), trend="c").fit()
        ahead = fitted.predict(start=len(values), end=len(values) + horizon - 1)
    # What an unstable fit says far ahead is no forecast.
    low, high = values.min(), values.max()
    return np.clip(np.asarray(ahead) * scale, 2 * low - high, 2 * high - low)


def in_logs(candidate: Candidate) -> Candidate:
    """The same of logarithms: for seasons that grow with the level. None below 0 may be there."""

    def forecast(values: Any, seasons: Sequence[int], horizon: int) -> Any:
        import numpy as np

        if values.min() < 0:
            return np.full(horizon, np.nan)  # which leaves it out of the choice
        unit = float(values.mean()) / 100 or 1.0  # so that the 1 that is added is small
        return np.expm1(np.minimum(candidate(np.log1p(values / unit), seasons, horizon), 50)) * unit

    return forecast


CANDIDATES: Mapping[str, Candidate] = {
    "seasonal naive": seasonal_naive,
    "exponential smoothing": exponential_smoothing,
    "decomposed": decomposed,
    "autoregression": autoregression,
    "decomposed logs": in_logs(decomposed),
    "autoregression of logs": in_logs(autoregression),
}


def forecast_by(members: Sequence[str], values: Any, seasons: Sequence[int], horizon: int) -> Any:
    """The mean of candidates ([horizon]), by their names."""
    import numpy as np

    from workbench.models.tabular.threads import threads_for

    with threads_for(len(values)):
        said = [CANDIDATES[each](values, seasons, horizon) for each in members]
    return np.mean(said, axis=0)
