"""Rows watched by their times, on traffic that was made by another generator than the streams."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from workbench.core import operations
from workbench.core.errors import InputError, NotFoundError
from workbench.monitoring.drift.reading import Rows
from workbench.monitoring.drift.watching_rows import watch_rows
from workbench.monitoring.traffic.made_usage import make_usage
from workbench.monitoring.traffic.plan import Drift, TrafficPlan

NAMES = ["task", "language", "prompt_tokens", "completion_tokens", "model_served", "status",
         "queue_s", "time_to_first_token_s"]  # fmt: skip
HOUR = 14 * 24 + 61


def traffic(drift: Drift | None, seed: int) -> list[pd.DataFrame]:
    """Two weeks to go by and one to watch, with days and a week's end, without growth."""
    plan = TrafficPlan(days=21, calls=60_000, growth=1.0, drift=drift, seed=seed)
    table = pd.concat([part.to_pandas() for _, part in make_usage(plan)])[["time", *NAMES]]
    table["status"] = table["status"].astype(str)
    start = pd.Timestamp(plan.start, tz="UTC") + pd.Timedelta(days=14)
    return [table[table["time"] < start], table[table["time"] >= start]]


def test_the_hour_of_a_made_drift_is_found(tmp_path: Path) -> None:
    sides = traffic(Drift(HOUR), seed=3)
    for name, side in zip("ab", sides, strict=True):
        side.to_parquet(tmp_path / f"{name}.parquet")
    found = operations.find("monitoring.watch").run(
        {"reference": str(tmp_path / "a.parquet"), "current": str(tmp_path / "b.parquet"),
         "fail_on_drift": True}
    )  # fmt: skip
    assert not found.ok
    began = dt.datetime.fromisoformat(found.began)
    truth = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=HOUR)
    assert abs(began - truth) <= dt.timedelta(hours=2)
    assert found.alarm.column in ("task", "language", "prompt_tokens")


def test_still_traffic_with_days_and_weeks_alarms_no_more_than_by_chance() -> None:
    """One of these three alarms, with p = .03; of 30 further ones none did."""
    still = [watch_rows(*(Rows("made", s) for s in traffic(None, seed=seed))) for seed in (4, 5, 6)]
    assert sum(watch.alarm is not None for watch in still) <= 1
    assert {(watch.columns, watch.hours) for watch in still} == {(len(NAMES), 168)}


def test_times_in_text_and_in_seconds_are_the_same_hours() -> None:
    draw = np.random.default_rng(0)
    reference = pd.DataFrame({"x": draw.normal(size=3000)})
    seconds = np.sort(draw.uniform(0, 40 * 3600, 4000))
    values = draw.normal(size=4000) + 0.8 * (seconds >= 20 * 3600)
    by_seconds = pd.DataFrame({"x": values, "time": seconds})
    by_text = by_seconds.assign(
        time=pd.to_datetime(seconds, unit="s", utc=True).strftime("%Y-%m-%dT%H:%M:%SZ")
    )
    found = [watch_rows(Rows("a", reference), Rows("b", each)) for each in (by_seconds, by_text)]
    assert found[0].alarm == found[1].alarm
    assert found[0].alarm is not None
    assert abs(found[0].alarm.began_hour - 20) <= 1


def test_rows_without_a_time_or_of_too_many_days_are_refused() -> None:
    table = pd.DataFrame({"x": np.arange(50.0), "time": np.arange(50) * 86_400.0})
    with pytest.raises(InputError, match="50 days"):
        watch_rows(Rows("a", table), Rows("b", table))
    with pytest.raises(NotFoundError, match="when"):
        watch_rows(Rows("a", table), Rows("b", table), time="when")
    with pytest.raises(InputError, match="cannot be read"):
        watch_rows(Rows("a", table), Rows("b", table.assign(time="soon")))
    with pytest.raises(InputError, match="no column can be watched"):
        watch_rows(Rows("a", table[["x"]]), Rows("b", table[["time"]].head(9)))
