"""Whole series: kinds and sizes, gaps and doubles, what is refused, and what must not be found."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.monitoring.anomalies.finding import find_anomalies
from workbench.monitoring.anomalies.plain import plain_z_score, seasonal_z_score
from workbench.monitoring.forecasting.series import DAY_S, HOUR_S, TimeSeries, make_regular


def spike(at: Any) -> Any:
    return 9.0 * (at == 600)


def level(at: Any) -> Any:
    return -6.0 * ((at >= 600) & (at < 630))


def ramp(at: Any) -> Any:
    return 10.0 * np.clip((at - 599) / 36, 0, 1) * (at < 636)


class TestKinds:
    @pytest.mark.parametrize(
        ("change", "kind", "direction", "end", "size"),
        [
            (spike, "spike", "up", 601, 9),
            (level, "level", "down", 630, 6),
            (ramp, "ramp", "up", 636, 10),
        ],
    )
    def test_each_is_named_with_its_window_and_size(
        self, make: Any, change: Any, kind: str, direction: str, end: int, size: float
    ) -> None:
        found = find_anomalies(make(4, change=change)).anomalies
        assert [(each.kind, each.direction, each.end) for each in found] == [(kind, direction, end)]
        assert abs(found[0].first - 600) <= (14 if kind == "ramp" else 0)
        assert found[0].size_sigma == pytest.approx(size, rel=0.35)
        assert (found[0].seen > found[0].expected) == (direction == "up")

    def test_what_lasts_says_so(self, make: Any) -> None:
        found = find_anomalies(make(4, change=lambda at: 6.0 * (at >= 780))).anomalies
        assert [(each.first, each.lasts) for each in found] == [(780, True)]

    def test_a_saw_has_its_falls_and_no_anomaly(self) -> None:
        at = np.arange(840)
        values = 4000 + 5.0 * at + np.random.default_rng(0).normal(0, 40, 840)
        for fall in (150, 320, 480, 700):
            values = values - 800 * (at >= fall)
        report = find_anomalies(TimeSeries("memory", "MB", 0.0, HOUR_S, values, (24, 168)))
        assert report.anomalies == ()
        assert [round(each / HOUR_S) for each in report.resets_s] == [150, 320, 480, 700]
        assert report.falls == pytest.approx([800] * 4, rel=0.1)

    @pytest.mark.parametrize("unit", [1e-6, 1e9])
    def test_units_do_not_matter(self, make: Any, unit: float) -> None:
        series = make(4, change=level)
        (found,) = find_anomalies(series).anomalies
        (same,) = find_anomalies(replace(series, values=unit * series.values)).anomalies
        assert (same.first, same.end) == (found.first, found.end)
        assert same.size_sigma == pytest.approx(found.size_sigma, rel=1e-3)
        assert same.seen == pytest.approx(unit * found.seen)

    def test_a_holiday_is_unusual_only_to_who_does_not_know_it(self, make: Any) -> None:
        series = make(6)
        values = series.values.copy()
        values[24 * 22 : 24 * 23] *= np.exp(-0.6)  # a Tuesday as a Sunday
        series = replace(series, values=values)
        assert find_anomalies(series, holidays=[dt.date(2026, 1, 27)]).anomalies == ()
        found = find_anomalies(series).anomalies
        assert any(each.first <= 24 * 22 + 12 < each.end for each in found)


class TestQuiet:
    def test_quiet_series_are_left_alone(self, make: Any) -> None:
        """Eight of them, at a level of .05; the naive peer flags the busy hours of each."""
        series = [make(seed, keeps=keeps) for seed in range(20, 24) for keeps in (0.3, 0.8)]
        assert sum(len(find_anomalies(each).anomalies) for each in series) <= 1
        assert sum(len(plain_z_score(each, threshold=1.5)) for each in series) > 50
        assert sum(len(seasonal_z_score(each)) for each in series) > 20

    def test_days_and_short_series_without_a_season_work(self) -> None:
        draw = np.random.default_rng(0)
        values = 30 + draw.normal(0, 1, 90)
        values[70] += 12
        found = find_anomalies(TimeSeries("spend", "USD", 0.0, DAY_S, values, (7,))).anomalies
        assert [(each.kind, each.first) for each in found] == [("spike", 70)]
        report = find_anomalies(TimeSeries("spend", "USD", 0.0, DAY_S, values))
        assert [each.first for each in report.anomalies] == [70]
        assert "no season is taken off" in report.notes

    def test_counts_of_rare_failures_are_no_constant(self) -> None:
        values = np.random.default_rng(1).poisson(0.15, 500).astype(float)
        values[300] = 12
        found = find_anomalies(TimeSeries("errors", "calls", 0.0, HOUR_S, values, (24,))).anomalies
        assert [each.first for each in found] == [300]


class TestBadRows:
    def rows(self, make: Any) -> tuple[list[float], list[float]]:
        series = make(4, change=level)
        return [series.time_s(at) for at in range(840)], list(series.values)

    def test_gaps_and_doubles_change_nothing(self, make: Any) -> None:
        times_s, values = self.rows(make)
        kept = [at for at in range(840) if at not in (100, 101, 102, 610, 611, 750)]
        kept.insert(50, kept[49])  # a row twice
        series = make_regular(
            [times_s[at] for at in kept], [values[at] for at in kept], step_s=HOUR_S, name="load"
        )
        assert series.filled == (100, 101, 102, 610, 611, 750)
        found = find_anomalies(series)
        assert [(each.first, each.end) for each in found.anomalies] == [(600, 630)]
        assert found.seen[100] is None and found.seen[99] is not None

    def test_a_line_over_a_long_gap_is_not_judged(self, make: Any) -> None:
        """The broken variant takes the filled line for rows: it lies far from the seasons."""
        times_s, values = self.rows(make)
        kept = [at for at in range(840) if not 400 <= at < 450]
        series = make_regular(
            [times_s[at] for at in kept], [values[at] for at in kept], step_s=HOUR_S, name="load"
        )
        assert [each.first for each in find_anomalies(series).anomalies] == [600]
        broken = find_anomalies(replace(series, filled=())).anomalies
        assert any(each.first < 450 and each.end > 400 for each in broken)

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ([1.0, 2.0] * 15, "30 steps of load have a row; anomalies take at least 60"),
            ([3.0] * 200, "is 3 in all of its 200 steps"),
            ([float("nan")] * 200, "0 steps of load have a row"),
            ([1.0, 2.0, -4.0, 3.0] * 50, "50 values of load are below 0, the least -4"),
            ([1.0, 2.0, float("nan"), float("nan")] * 50, "100 of 200 steps of load are missing"),
        ],
    )
    def test_what_cannot_be_judged_is_refused(self, values: list[float], said: str) -> None:
        series = TimeSeries("load", "calls", 0.0, HOUR_S, np.array(values), (24,))
        with pytest.raises(InputError, match=said) as caught:
            find_anomalies(series)
        assert caught.value.hint

    def test_scores_may_be_negative(self) -> None:
        values = np.random.default_rng(0).normal(0, 0.3, 300)
        series = TimeSeries("score", "points", 0.0, HOUR_S, values, (24,))
        assert find_anomalies(series, least=None).anomalies == ()


class TestLong:
    @pytest.mark.slow
    def test_half_a_year_is_looked_at_in_blocks(self, make: Any) -> None:
        series = make(7, days=182, change=lambda at: 7.0 * ((at >= 2170) & (at < 2200)) + spike(at))
        found = find_anomalies(series).anomalies
        assert (600, 601) in [(each.first, each.end) for each in found]
        # The window goes over the cut between two blocks.
        assert any(each.first < 2184 < each.end + 20 and each.end > 2170 for each in found)
