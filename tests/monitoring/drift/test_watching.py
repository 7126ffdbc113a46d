"""The watch: level over a whole week, power at an index of .2, the hour named; the full 200 streams
of each are in bench/monitoring_drift.py."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.evaluation.number_sketch import reference_edges, sketch_numbers
from workbench.monitoring.drift.adwin import adwin_changes
from workbench.monitoring.drift.trials import Trial, try_streams
from workbench.monitoring.drift.watching import StreamAlarm, locate_change, watch_hours


def test_a_few_streams_are_judged_rightly_and_uncounted_looks_are_not() -> None:
    """The broken variant does not count its looks, and cries within the first day of each."""
    trials = try_streams(2, first_seed=1000)
    assert not any(trial.is_false for trial in (*trials.still, *trials.drifting))
    assert trials.power == 1
    assert trials.located_within(2) == 1
    broken = try_streams(1, first_seed=1000, corrected=False)
    assert broken.false_alarm_rate == 1
    assert broken.power == 0


def test_the_level_holds_over_many_short_watches() -> None:
    """Two columns, 24 hours of 25 rows: small windows, where a chi-square of Pearson's fails."""
    draw = np.random.default_rng(0)
    alarms = []
    for _ in range(150):
        reference, hours = {}, [{} for _ in range(24)]
        for name in ("a", "b"):
            values = draw.exponential(size=3000)
            edges = reference_edges(values)
            reference[name] = sketch_numbers(values, edges)
            for hour in hours:
                hour[name] = sketch_numbers(draw.exponential(size=25), edges)
        alarms.append(watch_hours(reference, hours, level=0.1) is not None)
    assert np.mean(alarms) <= 0.1


def test_the_hour_of_a_change_is_the_likeliest_one() -> None:
    draw = np.random.default_rng(1)
    before, after = np.full(10, 0.1), np.linspace(0.04, 0.16, 10)
    hours = np.array([draw.multinomial(100, before if h < 30 else after) for h in range(48)])
    began, first, last = locate_change(draw.multinomial(20_000, before), hours)
    assert abs(began - 30) <= 1
    assert first <= 30 <= last


def test_a_trial_counts_an_alarm_before_the_change_as_false() -> None:
    alarm = StreamAlarm("x", 9, 4, 0.01, 0.2, 8, 7, 9)
    assert Trial(0, 8, "x", 1.0, alarm).is_found
    early = Trial(0, 10, "x", 1.0, alarm)
    assert early.is_false
    assert not early.is_found
    assert not Trial(0, 8, "other", 1.0, alarm).is_found


def test_a_watch_past_its_horizon_is_refused() -> None:
    sketch = sketch_numbers([1.0, 2.0], reference_edges([1.0, 2.0]))
    with pytest.raises(InputError, match="2 hours in a watch of 1"):
        watch_hours({"x": sketch}, [{"x": sketch}] * 2, horizon_h=1)
    with pytest.raises(InputError, match="0 hours"):
        watch_hours({"x": sketch}, [])


def test_adwin_says_where_a_stream_of_errors_changed() -> None:
    draw = np.random.default_rng(2)
    errors = np.concatenate([draw.random(3000) < 0.1, draw.random(1000) < 0.3]).astype(float)
    found = adwin_changes(errors)
    assert len(found) == 1
    assert 3000 <= found[0].at < 3300
    assert found[0].before == pytest.approx(0.1, abs=0.03)
    assert found[0].after > 1.3 * found[0].before  # some rows from before are still in the window
    assert adwin_changes((draw.random(4000) < 0.1).astype(float)) == ()
    with pytest.raises(InputError, match="finite"):
        adwin_changes([1.0, np.nan])
