"""Forecasts on made traffic and on four real series: error and coverage.

Issue 8 asks that forecasts beat seasonal naive and ETS on the mean absolute scaled error (MASE)
and that intervals hold 90% of what comes, give or take 4 points. The made series are of a seed that
was not looked at while the models were chosen; the real ones ship inside statsmodels. Widths by how
a model fits what it was fitted to stand beside them: they have to miss.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from shape import Benchmark, Figure

SEED = 20_261_127
CUTS = int(os.environ.get("FORECAST_CUTS", "8"))
HORIZONS = {3600.0: 48, 86_400.0: 14}


def measure(rounds: int) -> Sequence[Figure]:
    """Three figures: against seasonal naive, against ETS, and coverage; ``rounds`` are not used,
    for nothing here is a time."""
    import numpy as np

    from workbench.monitoring.forecasting.trials import (
        made_series,
        real_series,
        summarise,
        try_series,
    )

    told, every = {}, []
    for kind, group in (("made", made_series(SEED)), ("real", real_series())):
        for name, series in group.items():
            horizon = HORIZONS.get(series.step_s, 12 if series.seasons else 6)
            steps = len(series.values)
            cuts = np.linspace(int(steps * 0.6), steps - horizon, CUTS).astype(int)
            trials = try_series(series, [int(cut) for cut in cuts], horizon)
            told[f"{kind}: {name}"] = summarise(trials)
            every += trials
    mean = summarise(every)
    off = abs(mean["covered"] - 0.9)
    return [
        Figure(
            f"MASE of forecasts, {len(told)} series", peer, "MASE", (mean["mase"],),
            (mean[key],), better="lower", bound=1.0, details=told,
        )
        for peer, key in (("seasonal naive", "naive_mase"), ("ETS of statsmodels", "ets_mase"))
    ] + [
        Figure(
            "intervals of 90%: how far coverage is from it", "at most .04", "share", (off,),
            (0.04,), better="lower", bound=1.0,
            details={**mean, "fitted_widths_off": abs(mean["broken_covered"] - 0.9)},
        )
    ]  # fmt: skip


BENCHMARKS = (Benchmark("monitoring-forecast", measure),)
