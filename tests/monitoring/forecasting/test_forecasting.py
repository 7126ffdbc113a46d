"""Forecasts: grids from bad rows, intervals that hold on what comes, limits, and refusals."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, InputError
from workbench.monitoring.forecasting.backtesting import backtest, origins_of, scale_of
from workbench.monitoring.forecasting.candidates import CANDIDATES, autoregression, seasonal_naive
from workbench.monitoring.forecasting.forecast import make_forecast, time_to_limit
from workbench.monitoring.forecasting.intervals import conformal_widths, in_sample_widths
from workbench.monitoring.forecasting.operations import forecast
from workbench.monitoring.forecasting.series import DAY_S, HOUR_S, TimeSeries, make_regular
from workbench.monitoring.forecasting.sources import (
    open_usage,
    read_samples,
    read_series,
    read_usage,
)
from workbench.monitoring.forecasting.trials import real_series
from workbench.monitoring.samples.keeping import Samples
from workbench.store.database import close_all
from workbench.store.feedback import add_feedback
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow


def wave(days: int = 40, noise: float = 0.5, seed: int = 3) -> TimeSeries:
    """Days with a weekly season, a trend and noise; made."""
    at = np.arange(days)
    values = 50 + 0.4 * at + 8 * np.sin(2 * np.pi * at / 7)
    values += np.random.default_rng(seed).normal(0, noise, days)
    return TimeSeries("disk", "GB", 0.0, DAY_S, values, (7,))


class TestGrid:
    def test_gaps_are_filled_on_a_line_and_said(self) -> None:
        times = [hour * HOUR_S for hour in range(30) if hour not in (4, 5)]
        made = make_regular(times, [each / HOUR_S for each in times], step_s=HOUR_S)
        assert made.values.tolist() == list(range(30))
        assert any("2 of 30 steps were missing" in note for note in made.notes)

    def test_a_clock_that_goes_back_changes_no_step(self) -> None:
        times = [hour * HOUR_S for hour in range(30)]
        right = make_regular(times, list(range(30)), step_s=HOUR_S)
        order = [*range(15), 19, 18, 17, 15, 16, *range(20, 30)]
        jumped = make_regular([times[at] for at in order], order, step_s=HOUR_S)
        assert np.array_equal(right.values, jumped.values)
        assert any("went back 3 times" in note for note in jumped.notes)

    def test_rows_that_stand_twice_count_once_and_are_said(self) -> None:
        """Appended again they are no clock that went back, nor more than one row of their hour."""
        times = [at * HOUR_S / 2 for at in range(60)]
        right = make_regular(times, list(range(60)), step_s=HOUR_S)
        again = make_regular(times + times[10:41], [*range(60), *range(10, 41)], step_s=HOUR_S)
        assert np.array_equal(right.values, again.values)
        told = [note for note in again.notes if note not in right.notes]
        assert told == ["31 rows stood there already and count once"]

    def test_hours_are_not_told_to_be_shorter(self) -> None:
        for step_s, hint in ((DAY_S, "--step hour"), (HOUR_S, "recorded")):
            with pytest.raises(InputError) as caught:
                make_regular([at * step_s for at in range(5)], [1.0] * 5, step_s=step_s)
            assert caught.value.hint.endswith(hint)

    @pytest.mark.parametrize("hours", [range(5), [*range(15), *range(60, 75)]])
    def test_too_short_or_full_of_gaps_is_refused(self, hours: Any) -> None:
        with pytest.raises(InputError):
            make_regular([at * HOUR_S for at in hours], [1.0] * len(hours), step_s=HOUR_S)

    def test_what_is_no_number_is_counted(self) -> None:
        values = [1.0] * 20 + [float("nan")] * 2
        made = make_regular([at * HOUR_S for at in range(22)], values, step_s=HOUR_S)
        assert len(made.values) == 20 and "2 rows are no numbers" in made.notes[0]


class TestModels:
    def test_seasonal_naive_is_the_last_season(self) -> None:
        assert seasonal_naive(np.arange(10.0), (4,), 6).tolist() == [6, 7, 8, 9, 6, 7]

    def test_autoregression_goes_on_with_a_wave_that_it_can_know(self) -> None:
        at = np.arange(130)
        values = np.sin(2 * np.pi * at / 11)
        said = autoregression(values[:120], (), 10)
        assert said == pytest.approx(values[120:], abs=0.01)

    def test_no_origin_sees_what_it_is_judged_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen = []

        def spy(values: Any, seasons: Any, horizon: int) -> Any:
            seen.append(len(values))
            return seasonal_naive(values, seasons, horizon)

        monkeypatch.setattr(
            "workbench.monitoring.forecasting.candidates.CANDIDATES", {"seasonal naive": spy}
        )
        values = wave().values
        tried = backtest(values, (7,), 5)
        assert tuple(seen) == tried.origins and max(seen) + 5 == len(values)
        naive = np.array([seasonal_naive(values[:at], (7,), 5) for at in tried.origins])
        truth = np.array([values[at : at + 5] for at in tried.origins])
        assert np.allclose(tried.errors, truth - naive)
        assert tried.mase["seasonal naive"] == pytest.approx(
            np.abs(truth - naive).mean() / scale_of(values, (7,))
        )

    def test_small_matrices_are_not_shared_out_among_threads(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import scipy.linalg  # noqa: F401 - its library is one of those that are limited
        from threadpoolctl import threadpool_info, threadpool_limits

        def threads() -> set[int]:
            return {e["num_threads"] for e in threadpool_info() if e["user_api"] == "blas"}

        seen = []

        def spy(values: Any, seasons: Any, horizon: int) -> Any:
            seen.append(threads())
            return seasonal_naive(values, seasons, horizon)

        monkeypatch.setattr(
            "workbench.monitoring.forecasting.candidates.CANDIDATES", {"seasonal naive": spy}
        )
        with threadpool_limits(2, user_api="blas"):
            assert threads() == {2}
            make_forecast(wave(), 5)
            assert threads() == {2}
        assert len(seen) > 10 and all(each == {1} for each in seen)

    def test_it_stops_between_two_fits_when_it_is_cancelled(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token, seen = CancelToken(), []

        def spy(values: Any, seasons: Any, horizon: int) -> Any:
            seen.append(len(values))
            token.cancel()
            return seasonal_naive(values, seasons, horizon)

        monkeypatch.setattr(
            "workbench.monitoring.forecasting.candidates.CANDIDATES", {"seasonal naive": spy}
        )
        with cancellable(token), pytest.raises(CancelledError):
            backtest(wave().values, (7,), 5)
        assert len(seen) == 1

    def test_logs_are_left_out_where_values_are_negative(self) -> None:
        tried = backtest(wave().values - 60, (7,), 5)
        assert "decomposed" in tried.mase and "decomposed logs" not in tried.mase

    @pytest.mark.parametrize("name", CANDIDATES)
    def test_a_series_that_never_moves_is_gone_on_with(self, name: str) -> None:
        assert CANDIDATES[name](np.zeros(60), (7,), 5) == pytest.approx(np.zeros(5), abs=1e-6)


class TestIntervals:
    def test_nine_in_ten_values_lie_inside_and_those_of_fitted_values_miss_more(self) -> None:
        held, broken = [], []
        for seed in range(300):  # random walks: errors grow with the step, fitted ones do not
            draw = np.random.default_rng(seed)
            walk = np.cumsum(draw.normal(size=200))
            past, truth = walk[:190], walk[190:]
            origins = origins_of(190, (), 10)
            errors = np.array([past[at : at + 10] - past[at - 1] for at in origins])
            off = np.abs(truth - past[-1])
            held.append((off <= conformal_widths(errors, level=0.9)).mean())
            broken.append((off <= in_sample_widths(past, horizon=10, level=0.9)).mean())
        assert 0.86 <= np.mean(held) <= 0.94
        assert not 0.86 <= np.mean(broken) <= 0.94

    def test_they_are_wider_further_ahead(self) -> None:
        errors = np.random.default_rng(0).normal(size=(20, 12)) * np.arange(1, 13)
        widths = conformal_widths(errors, level=0.9)
        assert (np.diff(widths) >= 0).all() and widths[-1] > 2 * widths[0]


class TestForecast:
    def test_it_beats_seasonal_naive_on_a_trend_that_it_has_not_seen(self) -> None:
        series = wave(60)
        found = make_forecast(replace(series, values=series.values[:50]), 10)
        error = np.abs(series.values[50:] - np.array(found.values)).mean()
        assert (
            error < np.abs(series.values[50:] - seasonal_naive(series.values[:50], (7,), 10)).mean()
        )
        assert found.start_s == 50 * DAY_S and found.origins >= 4

    def test_what_cannot_be_negative_is_not(self) -> None:
        falling = replace(wave(), values=np.maximum(wave(noise=3).values[::-1] - 48, 0))
        found = make_forecast(falling, 10)
        assert min(found.low) >= 0

    def test_a_season_that_cannot_be_tried_is_said_and_too_much_is_refused(self) -> None:
        short = replace(wave(19))
        assert any("season of 7" in note for note in make_forecast(short, 4).notes)
        with pytest.raises(InputError, match="too few"):
            make_forecast(short, 12)

    def test_real_sunspots_are_told_better_than_by_their_last_value(self) -> None:
        series = real_series()["sunspots"]
        past, truth = series.values[:290], series.values[290:296]
        found = make_forecast(replace(series, values=past), 6)
        assert np.abs(np.array(found.values) - truth).mean() < np.abs(past[-1] - truth).mean()


class TestLimit:
    def test_a_line_without_noise_meets_it_when_the_line_does(self) -> None:
        met = time_to_limit(
            np.arange(1.0, 21.0), np.zeros((6, 20)), limit=8.0, last=0.0, start_s=100.0,
            step_s=10.0, seed=0,
        )  # fmt: skip
        assert (met.chance, met.earliest_s, met.likely_s, met.latest_s) == (1, 170, 170, 170)

    def test_never_is_never(self) -> None:
        met = time_to_limit(
            np.zeros(5), np.zeros((6, 5)), limit=8.0, last=0.0, start_s=0.0, step_s=1.0, seed=0
        )
        assert met.chance == 0 and met.earliest_s is None and met.latest_s is None

    def test_a_limit_that_is_passed_already_is_met_now(self) -> None:
        found = make_forecast(wave(), 10, limit=1.0)
        assert found.limit is not None
        assert found.limit.likely_s == found.start_s - DAY_S

    def test_drawn_futures_meet_it_as_often_as_they_say(self) -> None:
        """A random walk with a drift: the chance and the median are known by simulation."""
        draw = np.random.default_rng(1)
        paths = np.cumsum(draw.normal(0, 1, (4000, 30)), axis=1)
        ahead = 0.4 * np.arange(1, 31)
        met = time_to_limit(ahead, paths[:60], limit=8.0, last=0.0, start_s=0.0, step_s=1.0, seed=0)
        truth = (ahead + paths[60:] >= 8.0).any(axis=1).mean()
        assert met.chance == pytest.approx(truth, abs=0.08)


class TestOperation:
    def test_an_empty_home_says_what_is_missing(self, home: Path) -> None:
        with pytest.raises(InputError, match="usage log has no load") as caught:
            forecast()
        assert "workbench serve" in caught.value.hint
        with pytest.raises(InputError, match="no memory was sampled") as caught:
            forecast(metric="memory")
        assert "workbench monitoring sample" in caught.value.hint

    def test_what_is_all_of_this_hour_is_said_to_count_later(self, home: Path) -> None:
        now = time.time()
        log = UsageLog()
        log.settle(UsageRow("r", "k", "u", "m", time_s=now)).result()
        log.close()
        Samples(clock=lambda: now).add({"memory_resident_bytes": 1e9})
        for metric in ("load", "memory"):
            with pytest.raises(InputError, match=f"of {metric} is of the day that runs") as caught:
                forecast(metric=metric, step="day")  # type: ignore[arg-type]
            assert "look again" in caught.value.hint

    def test_what_cannot_be_negative_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "disk.csv"
        rows = [f"{at * DAY_S},{-5.0 if at == 20 else at + 1}" for at in range(50)]
        path.write_text("\n".join(["time_s,value", *rows]))
        with pytest.raises(InputError, match="1 value of disk is below 0, the least -5"):
            forecast(metric="disk", step="day", file=path)

    def test_disk_that_is_taken_is_read_from_samples(self, home: Path) -> None:
        hour = time.time() // HOUR_S * HOUR_S
        for back in range(40, 0, -1):
            kept = Samples(clock=lambda back=back: hour - back * HOUR_S + 60)
            kept.add({"disk_free_bytes": 100e9 - (40 - back) * 1e9, "disk_total_bytes": 120e9})
        read = read_samples("disk", step="hour", since_s=0.0, until_s=time.time())
        assert read.values.tolist() == [20e9 + at * 1e9 for at in range(40)]

    def test_a_file_is_forecast_to_its_limit(self, tmp_path: Path) -> None:
        series = wave(50, noise=0.1)
        rows = [f"{series.time_s(at)},{value}" for at, value in enumerate(series.values)]
        path = tmp_path / "disk.csv"
        path.write_text("\n".join(["time_s,value", *rows]))
        found = forecast(metric="disk", step="day", file=path, limit=74.0, seed=1)
        assert len(found.values) == 14 and found.limit is not None and found.limit.chance > 0.9
        path.write_text("when,value\n1,2")
        with pytest.raises(InputError, match=r"disk\.csv has the columns value, when"):
            forecast(metric="disk", file=path)

    def test_settled_calls_are_counted_by_hour_and_hours_without_any_are_0(
        self, home: Path
    ) -> None:
        now = time.time() // HOUR_S * HOUR_S
        log = UsageLog()
        for hour in range(1, 31):
            for _ in range(0 if hour == 7 else 2):
                log.settle(
                    UsageRow("r", "k", "u", "m", cost_usd=0.5, time_s=now - hour * HOUR_S + 5)
                ).result()
        log.close()
        with open_usage() as usage:
            load = read_usage("load", usage, step="hour", since_s=0.0, until_s=now + 60)
            assert sorted(set(load.values)) == [0.0, 2.0] and len(load.values) == 30
            spend = read_usage("spend", usage, step="hour", since_s=0.0, until_s=now + 60)
            assert spend.values.sum() == pytest.approx(29.0)

    def test_every_metric_of_usage_is_what_single_rows_give(self, home: Path) -> None:
        begin = time.time() // DAY_S * DAY_S - 20 * DAY_S
        draw, log, rows = np.random.default_rng(2), UsageLog(), []
        for number in range(600):
            rows.append(UsageRow(
                f"r{number}", "k", "u", "m", status=int(draw.choice([200, 200, 404, 503])),
                cost_usd=0.25, duration_s=float(draw.exponential(2.0)),
                time_s=begin + float(draw.uniform(0, 20 * DAY_S - 1)),
            ))  # fmt: skip
            settled = log.settle(rows[-1])
        settled.result(timeout=30)
        for row in rows[::3]:
            add_feedback(row.request_id, 1.0 if row.status == 200 else 0.0, key_id="k")
        log.close()
        expected: dict[str, Any] = {
            "errors": lambda own: sum(row.status >= 400 for row in own),
            "latency": lambda own: np.mean([row.duration_s for row in own]),
            "spend": lambda own: 0.25 * len(own),
            "score": lambda own: np.mean([row.status == 200 for row in own if row in rows[::3]]),
        }
        with open_usage() as usage:
            for metric, figure in expected.items():
                found = read_series(metric, step="day", usage=usage)
                assert found.start_s == begin and len(found.values) == 20
                for day, value in enumerate(found.values):
                    own = [row for row in rows if (row.time_s - begin) // DAY_S == day]
                    assert value == pytest.approx(figure(own), rel=1e-5), (metric, day)
        close_all()


class TestShown:
    def test_the_card_and_the_terminal_say_when_the_limit_is_met(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from workbench.cli.monitoring_forecast import show_forecast
        from workbench.studio.forecast_cards import draw_forecast, plot_forecast

        series = replace(wave(50, noise=0.1), unit="bytes")
        found = make_forecast(replace(series, values=series.values * 1e9), 14, limit=74e9)
        assert found.limit is not None and found.limit.likely_s is not None
        page = draw_forecast(found)
        assert "The limit of 74 GB is met within the horizon" in page and found.model in page
        chart = plot_forecast(found)
        assert chart.y_title == "disk (GB)" and len(chart.rows) == 14 + 42
        assert chart.rows[-1]["low"] < chart.rows[-1]["value"] < chart.rows[-1]["high"]
        show_forecast(found)
        assert "limit 7.4e+10: met within the horizon" in capsys.readouterr().out
