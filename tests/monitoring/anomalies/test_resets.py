"""Clean-ups and restarts: a fall has to be one in the values, not only below trend and season."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from workbench.monitoring.anomalies import resets
from workbench.monitoring.anomalies.checking import check_series
from workbench.monitoring.anomalies.phases import find_phases
from workbench.monitoring.forecasting.series import HOUR_S, TimeSeries, make_regular
from workbench.monitoring.maintenance.outlooks import look_ahead

HISTORIES = 60


def bursty(
    seed: int, *, noise: float = 0.0, falls: dict[int, float] | None = None, gap: int = 0
) -> TimeSeries:
    """Bytes of a disk, made: in one hour of seven some gigabytes are added, in the others nothing.
    Nothing is ever removed but ``falls``, by their hours."""
    draw = np.random.default_rng(seed)
    hours = int(draw.integers(70, 120))
    at = np.arange(hours)
    grown = np.cumsum(draw.exponential(1, hours) * (draw.random(hours) < 0.15)) * 5e9
    values = 1e11 + grown + draw.normal(0, noise, hours)
    for hour, fall in (falls or {}).items():
        values = values - fall * (at >= hour)
    kept = np.ones(hours, bool)
    first = int(draw.integers(10, hours - 15))
    kept[first : first + gap] = False
    times_s = 1_787_000_400.0 + HOUR_S * at
    return make_regular(
        list(times_s[kept]), list(values[kept]), step_s=HOUR_S, name="disk", unit="bytes"
    )


def resets_of(series: TimeSeries) -> tuple[int, ...]:
    _, observed, seasons, _ = check_series(series, 0.0)
    values: Any = np.asarray(series.values, float)
    return resets.find_resets(values, find_phases(series, seasons), observed)


@pytest.mark.parametrize("gap", [0, 1])
def test_what_only_grows_was_never_cleaned_up(monkeypatch: pytest.MonkeyPatch, gap: int) -> None:
    """The broken variant is the rule as it was: it took hours in which nothing is added, where on
    other days something was, for falls; of the values it saw none that fell."""
    histories = [bursty(seed, gap=gap) for seed in range(HISTORIES)]
    assert all((np.diff(each.values) >= 0).all() for each in histories)
    assert [seed for seed, each in enumerate(histories) if resets_of(each)] == []
    monkeypatch.setattr(resets, "_LEAST_SEEN", -1e9)
    assert sum(bool(resets_of(each)) for each in histories) >= 5


def test_nor_was_it_where_the_reading_trembles() -> None:
    """A fall of the noise's size is none of the size that is missing to the trend."""
    assert [seed for seed in range(HISTORIES) if resets_of(bursty(seed, noise=5e7))] == []


def test_clean_ups_between_bursts_are_found() -> None:
    """Where bursts hide what fell, nothing is told; nowhere is another hour told."""
    found = [resets_of(bursty(seed, falls={35: 3e10, 60: 3e10})) for seed in range(12)]
    assert all(set(each) <= {35, 60} for each in found)
    assert sum(each == (35, 60) for each in found) >= 6


def test_the_forecast_of_what_only_grows_speaks_of_no_clean_up() -> None:
    found = look_ahead(bursty(14), horizon_days=1)
    assert not any("cleaned up" in note for note in found.notes)
