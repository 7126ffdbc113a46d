"""Made traffic is what its plan says, and the same again for the same seed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from workbench.core.errors import InputError
from workbench.monitoring.traffic.made_usage import load_of, make_usage, write_usage
from workbench.monitoring.traffic.plan import Drift, Incident, TrafficPlan

PLAN = TrafficPlan(days=45, calls=40_000, users=60, seed=3)


def made(plan: TrafficPlan) -> pa.Table:
    return pa.concat_tables([table for _, table in make_usage(plan)]).unify_dictionaries()


def hours_of(table: pa.Table) -> np.ndarray:
    start = np.datetime64(PLAN.start, "us")
    return (table["time"].to_numpy() - start).astype("timedelta64[h]").astype(int)


def test_the_same_seed_makes_the_same_rows_month_by_month() -> None:
    first, again = dict(make_usage(PLAN)), dict(make_usage(PLAN))
    assert list(first) == ["2026-01", "2026-02"]
    assert all(first[month].equals(again[month]) for month in first)
    other = dict(make_usage(dataclasses.replace(PLAN, seed=4)))
    assert not first["2026-01"].equals(other["2026-01"])


def test_rows_are_in_their_month_in_order_of_time_and_each_settled_once() -> None:
    for month, table in make_usage(PLAN):
        time = table["time"].to_numpy()
        assert set(np.datetime_as_string(time.astype("datetime64[M]"))) == {month}
        assert (np.diff(time) >= np.timedelta64(0)).all()
    ids = made(PLAN)["settlement_id"].to_pylist()
    assert len(set(ids)) == len(ids)


def test_days_weeks_and_growth_show() -> None:
    counts = np.bincount(hours_of(made(PLAN)), minlength=PLAN.hours)
    assert abs(counts.sum() - PLAN.calls) < 5 * PLAN.calls**0.5
    by_hour = counts[: 42 * 24].reshape(42, 24).sum(0)
    assert by_hour[9:12].sum() > 5 * by_hour[0:3].sum()
    weekday = (np.arange(42) + PLAN.start.weekday()) % 7
    days = counts[: 42 * 24].reshape(42, 24).sum(1)
    assert days[weekday < 4].mean() > 1.8 * days[weekday > 4].mean()
    assert days[-7:].sum() > 1.3 * days[:7].sum()


def test_incidents_and_a_drift_happen_when_the_plan_says() -> None:
    drift = Drift(hour=700)
    incidents = (
        Incident("errors", 104, 6, 0.5),
        Incident("slow", 200, 6, 4.0),
        Incident("outage", 320, 6, 0.1),
        Incident("rush", 416, 6, 3.0),
    )
    plain = made(PLAN)
    table = made(dataclasses.replace(PLAN, incidents=incidents, drift=drift))
    hour, usual = hours_of(table), hours_of(plain)

    def within(hours: np.ndarray, first: int) -> np.ndarray:
        return (hours >= first) & (hours < first + 6)

    failed = table["status"].to_numpy() >= 400
    assert 0.35 < failed[within(hour, 104)].mean() < 0.65
    assert failed[~within(hour, 104)].mean() < 0.02
    duration = table["duration_s"].to_numpy()
    assert np.median(duration[within(hour, 200)]) > 3 * np.median(duration[within(hour, 224)])
    assert within(hour, 320).sum() < 0.35 * within(usual, 320).sum()
    assert within(hour, 416).sum() > 2 * within(usual, 416).sum()
    translated = np.array(table["task"].to_pylist()) == "translate"
    assert translated[hour < 700].mean() < 0.1 < 0.4 < translated[hour >= 700].mean()


def test_what_is_free_costs_nothing_and_what_failed_neither() -> None:
    table = made(PLAN).to_pandas()
    assert (table.loc[table.status >= 400, "cost_usd"] == 0).all()
    assert (table.loc[table.model_served == "smollm2-135m", "cost_usd"] == 0).all()
    assert table.loc[table.model_served == "upstream/large", "cost_usd"].sum() > 0


@pytest.mark.parametrize(
    "plan",
    [
        dataclasses.replace(PLAN, days=0),
        dataclasses.replace(PLAN, calls=0),
        dataclasses.replace(PLAN, incidents=(Incident("flood", 1, 1, 2.0),)),
    ],
)
def test_a_plan_that_is_none_is_refused(plan: TrafficPlan) -> None:
    with pytest.raises(InputError):
        load_of(plan)


def test_files_are_of_months(tmp_path: Path) -> None:
    paths = write_usage(dataclasses.replace(PLAN, start=dt.date(2026, 9, 20)), tmp_path)
    assert [path.stem for path in paths] == ["2026-09", "2026-10", "2026-11"]


def test_what_this_seed_makes_is_frozen() -> None:
    """Detectors are chosen on other seeds: what is judged on may not change unseen."""
    digest = hashlib.sha256()
    for _, table in make_usage(PLAN):
        for name in ("time", "prompt_tokens", "completion_tokens"):
            digest.update(np.ascontiguousarray(table[name].to_numpy()).tobytes())
    assert digest.hexdigest() == FROZEN


FROZEN = "c214af9fc03c2b26b313278afdf6076514222cb769d4c2c26aa1cbfb2141a96d"
