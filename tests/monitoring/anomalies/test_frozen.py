"""The 100 planted incidents that were frozen before the detector (../frozen_incidents).

Tuned on ``development``; ``held_out`` was asked once, when the detector was done, and its figure
stands here as it was. The broken variant, a z-score without seasons, has to fail the same bounds.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.monitoring.anomalies.finding import find_anomalies
from workbench.monitoring.anomalies.plain import plain_z_score, seasonal_z_score
from workbench.monitoring.forecasting.series import HOUR_S, TimeSeries, make_regular

FROZEN = Path(__file__).resolve().parents[1] / "frozen_incidents" / "made_incidents.py"
BOUND = 0.9


def loaded() -> Any:
    spec = importlib.util.spec_from_file_location("planted_incidents", FROZEN)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


made = loaded()


def read(row: Any) -> tuple[TimeSeries, list[dt.date], int]:
    """The series of a row, its holidays, and the hour at which it begins."""
    start = dt.datetime.fromisoformat(row["start"])
    times_s = [start.timestamp() + HOUR_S * hour for hour in row["hours"]]
    series = make_regular(times_s, row["values"], step_s=HOUR_S, name=row["metric"])
    holidays = [(start + dt.timedelta(hours=first)).date() for first, _ in row["holidays"]]
    return series, holidays, round((series.start_s - start.timestamp()) / HOUR_S)


def ours(series: TimeSeries, holidays: list[dt.date]) -> list[tuple[int, int]]:
    return [(e.first, e.end) for e in find_anomalies(series, holidays=holidays).anomalies]


def scored(rows: Any, truth: Any, windows: Any) -> Any:
    found = []
    for row in rows:
        series, holidays, offset = read(row)
        found += [
            {"series": row["series"], "start": first + offset, "end": end + offset}
            for first, end in windows(series, holidays)
        ]
    names = {row["series"] for row in rows}
    return made.score([each for each in truth if each["series"] in names], found)


def test_a_series_of_each_metric_is_judged_rightly() -> None:
    """Of the development set, which the detector was tuned on: that it still does what it did."""
    rows, truth = made.read_set("development")
    found = scored([row for row in rows if row["series"].endswith("-1")], truth, ours)
    assert found.recall >= BOUND
    assert found.precision >= BOUND


@pytest.mark.slow
def test_held_out_incidents_are_found() -> None:
    """Asked once, on 27 November 2026 at 04:57: 94 of 100 found, 5 false alarms (precision .949),
    the smallest found 4.28 sigma. Development, to which it was tuned: 97 and 1."""
    found = scored(*made.read_set("held_out"), ours)
    assert found.recall >= 0.94 >= BOUND
    assert found.precision >= 0.949 >= BOUND
    assert found.smallest_found_sigma <= 4.28


@pytest.mark.parametrize("threshold", [2.0, 3.0, 4.0])
def test_a_z_score_without_seasons_fails_both_bounds(threshold: float) -> None:
    found = scored(
        *made.read_set("held_out"), lambda series, _: plain_z_score(series, threshold=threshold)
    )
    assert found.recall < BOUND
    assert found.precision < BOUND


@pytest.mark.parametrize("threshold", [3.0, 4.0, 6.0])
def test_a_seasonal_z_score_fails_one_of_them(threshold: float) -> None:
    found = scored(
        *made.read_set("held_out"), lambda series, _: seasonal_z_score(series, threshold=threshold)
    )
    assert min(found.recall, found.precision) < BOUND
