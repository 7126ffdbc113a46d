"""The pieces: seasons through incidents, noise by its variogram, saws, holidays, the scale."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.monitoring.anomalies.noise import fit_noise
from workbench.monitoring.anomalies.phases import find_phases
from workbench.monitoring.anomalies.profile import fit_profile
from workbench.monitoring.anomalies.resets import find_resets
from workbench.monitoring.forecasting.series import HOUR_S, TimeSeries

MONDAY_S = 1_767_571_200.0


def saw(seed: int = 0, *, falls: tuple[int, ...] = (150, 320, 480, 700)) -> Any:
    """Memory that leaks and is restarted; made. [steps]."""
    at = np.arange(840)
    values = 4000 + 5.0 * at + np.random.default_rng(seed).normal(0, 40, 840)
    for fall in falls:
        values = values - 800 * (at >= fall)
    return values


def hours(values: Any, seasons: tuple[int, ...] = (24, 168)) -> TimeSeries:
    return TimeSeries("memory", "MB", MONDAY_S, HOUR_S, values, seasons)


class TestProfile:
    def test_seasons_and_trend_are_found_through_a_week_of_incident(self, make: Any) -> None:
        clean = np.log(make(5, sigma=1e-6).values)
        values = np.log(make(5).values)
        values[300:380] += 2.0
        phases = find_phases(make(5), (24, 168))
        found = fit_profile(values, phases, np.ones(840, bool)).expected
        assert np.sqrt(np.mean((found - clean) ** 2)) < 0.04

    def test_least_squares_would_not_do(self, make: Any) -> None:
        """The broken variant: means in place of a robust fit are drawn along."""
        clean, values = np.log(make(5, sigma=1e-6).values), np.log(make(5).values)
        values[300:380] += 2.0
        phase = np.arange(840) % 168
        means = np.array([values[phase == each].mean() for each in range(168)])[phase]
        assert np.sqrt(np.mean((means - clean) ** 2)) > 0.1


class TestNoise:
    @pytest.mark.parametrize("keeps", [0.0, 0.6, 0.9])
    def test_the_variogram_tells_how_noise_wanders_through_an_incident(self, keeps: float) -> None:
        from scipy.signal import lfilter

        draw = np.random.default_rng(2)
        rests = lfilter([1.0], [1.0, -keeps], draw.normal(0, np.sqrt(1 - keeps**2), 2000))
        rests[900:960] += 8.0
        phases = find_phases(hours(np.zeros(2000), ()), ())
        profile = fit_profile(rests, phases, np.ones(2000, bool))
        profile = replace(profile, expected=np.zeros(2000))
        found = fit_noise(rests, profile, phases, np.ones(2000, bool), quantum=0.0)
        assert found.sigma.mean() == pytest.approx(1.0, abs=0.15)
        assert found.wander * found.keeps == pytest.approx(keeps, abs=0.22)
        # The broken variant: by moments the incident alone makes even white noise wander.
        moments = np.corrcoef(rests[1:], rests[:-1])[0, 1]
        assert moments > keeps + 0.22 or keeps > 0.5

    def test_nights_may_be_noisier(self) -> None:
        draw, at = np.random.default_rng(3), np.arange(1000)
        wide = np.where(at % 24 < 8, 3.0, 1.0)
        phases = find_phases(hours(np.zeros(1000)), (24, 168))
        rests = draw.normal(size=1000) * wide
        profile = replace(
            fit_profile(rests, phases, np.ones(1000, bool)), expected=np.zeros(1000), freedom=0.0
        )
        found = fit_noise(rests, profile, phases, np.ones(1000, bool), quantum=0.0)
        assert found.sigma[at % 24 == 4].mean() > 2 * found.sigma[at % 24 == 16].mean()


class TestResets:
    def test_a_saw_is_known_by_its_falls(self) -> None:
        values = saw()
        phases = find_phases(hours(values), (24, 168))
        assert find_resets(values, phases, np.ones(840, bool)) == (150, 320, 480, 700)

    def test_the_end_of_an_incident_is_no_restart(self) -> None:
        values = saw()
        values[560:600] += 900.0
        found = find_resets(values, find_phases(hours(values), (24, 168)), np.ones(840, bool))
        assert found == (150, 320, 480, 700)

    def test_load_that_falls_for_good_is_no_saw(self, make: Any) -> None:
        series = make(1, change=lambda at: -9.0 * (at >= 500))
        found = find_resets(series.values, find_phases(series, (24, 168)), np.ones(840, bool))
        assert found == ()


class TestPhases:
    def test_a_holiday_counts_as_a_sunday(self, make: Any) -> None:
        phases = find_phases(make(), (24, 168), [dt.date(2026, 1, 13)])  # a Tuesday
        assert phases.cell[8 * 24 : 9 * 24].tolist() == list(range(144, 168))
        assert phases.cell[9 * 24] == 48

    def test_it_needs_a_week(self, make: Any) -> None:
        with pytest.raises(InputError, match="no season of a week"):
            find_phases(make(), (24,), [dt.date(2026, 1, 13)])
