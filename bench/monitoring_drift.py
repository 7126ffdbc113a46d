"""Drift: the sketched distance against scipy's exact one, the watch on made streams, and accuracy
estimated without labels on made shifts of Adult.

Streams and shifts are frozen (tests/monitoring/drift/test_made.py holds their hashes). The broken
variants: edges of equal width, a watch that does not count its looks, and the reference's accuracy
taken for today's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

from shape import Benchmark, Figure, take_turns

COLUMNS, ROWS = 20, int(os.environ.get("DRIFT_ROWS", "200000"))
STREAMS = int(os.environ.get("DRIFT_STREAMS", "200"))
BROKEN_STREAMS = 10
ADULT_SEEDS = (1, 2)  # seed 0 is the one that the estimate was written with


def made_columns() -> list[tuple[Any, Any]]:
    """Pairs of samples: heavy tails, counts, a heavy value, and moves from none to 2%."""
    import numpy as np

    pairs = []
    for number in range(COLUMNS):
        draw = np.random.default_rng((7, number))

        def sample(kind: int = number % 4, draw: Any = draw) -> Any:
            if kind == 0:
                return draw.standard_t(1.1, ROWS)
            if kind == 1:
                return draw.lognormal(0, 2, ROWS)
            if kind == 2:
                return draw.poisson(3000, ROWS).astype(float)
            return np.where(draw.random(ROWS) < 0.6, 0.0, draw.normal(size=ROWS))

        pairs.append((sample(), sample() * (1 + 0.005 * (number // 4))))
    return pairs


def distances(rounds: int) -> list[Figure]:
    """20 columns of 200,000 rows on each side: seconds, and the largest error."""
    import numpy as np
    from scipy.stats import ks_2samp

    from workbench.evaluation.number_sketch import (
        reference_edges,
        sketch_numbers,
        sketched_distance,
    )

    pairs = made_columns()
    sketched: list[float] = []
    exact: list[float] = []

    def by_sketches() -> float:
        started_s = time.process_time()
        found = []
        for first, second in pairs:
            edges = reference_edges(first)
            sides = sketch_numbers(first, edges), sketch_numbers(second, edges)
            found.append(sketched_distance(*sides).low)
        sketched[:] = found
        return time.process_time() - started_s

    def by_scipy() -> float:
        started_s = time.process_time()
        exact[:] = [float(ks_2samp(*pair, method="asymp").statistic) for pair in pairs]
        return time.process_time() - started_s

    ours, theirs = take_turns(by_sketches, by_scipy, rounds=rounds)
    errors = np.abs(np.subtract(sketched, exact))
    broken = 0.0
    for (first, second), right in zip(pairs, exact, strict=True):
        edges = np.linspace(first.min(), first.max(), 513)
        found = sketched_distance(sketch_numbers(first, edges), sketch_numbers(second, edges)).low
        broken = max(broken, abs(found - right))
    told = {"mean_error": float(errors.mean()), "equal_widths_error": broken, "rows": ROWS}
    return [
        Figure(
            "KS distance of 20 columns", "scipy's exact", "CPU s", tuple(ours), tuple(theirs),
            better="lower", details=told,
        ),
        Figure(
            "largest error of the KS distance", "at most .001", "",
            (max(float(errors.max()), 1e-12),), (0.001,), better="lower", bound=1.0, details=told,
        ),
    ]  # fmt: skip


def streams() -> list[Figure]:
    """200 streams without a change, and 200 with one of a population stability index of .2."""
    import numpy as np

    from workbench.monitoring.drift.trials import try_streams

    trials = try_streams(STREAMS)
    broken = try_streams(BROKEN_STREAMS, corrected=False)
    delays = np.array(trials.delays_h)
    told = {
        "streams": STREAMS,
        "false_before_the_change": sum(trial.is_false for trial in trials.drifting),
        "delay_h_median_90_most": [float(np.percentile(delays, at)) for at in (50, 90, 100)],
        "largest_error_h": max(map(abs, trials.errors_h)),
        "uncounted_looks_false_alarm_rate": broken.false_alarm_rate,
    }
    return [
        Figure(
            "streams without a change that are left alone", "level .05", "share",
            (1 - trials.false_alarm_rate,), (0.95,), bound=1.0, details=told,
        ),
        Figure("changes of PSI .2 that are found", "at least .9", "share",
               (trials.power,), (0.9,), bound=1.0, details=told),
        Figure("found changes whose hour is named within 2 hours", "all", "share",
               (trials.located_within(2),), (1.0,), bound=1.0, details=told),
    ]  # fmt: skip


def estimates() -> list[Figure]:
    """The largest error of the estimates that vouch for themselves, and of those that do not."""
    from workbench.monitoring.drift.shift_trials import try_shifts

    trials = [trial for seed in ADULT_SEEDS for trial in try_shifts(seed=seed)]
    vouched = [trial for trial in trials if trial.weighted.supported]
    others = [trial for trial in trials if not trial.weighted.supported]
    held = sum(t.weighted.low <= t.truth <= t.weighted.high for t in trials)
    told = {
        "shifts": len(trials),
        "vouched_for": len(vouched),
        "truth_in_the_interval": held,
        "largest_error_of_the_others": max((abs(t.error_points) for t in others), default=0.0),
        "not_vouched_for": [f"{t.kind} {t.size:g}: {t.error_points:+.1f}" for t in others],
        "unweighted": max(100 * abs(t.by_score - t.truth) for t in vouched),
        "reference_taken_for_now": max(100 * abs(t.unchanged - t.truth) for t in vouched),
    }
    return [
        Figure(
            "largest error of accuracy without labels, Adult shifted", "at most 3", "points",
            (max(abs(trial.error_points) for trial in vouched),), (3.0,),
            better="lower", bound=1.0, details=told,
        )
    ]  # fmt: skip


def measure(rounds: int) -> Sequence[Figure]:
    """All three."""
    return [*distances(rounds), *streams(), *estimates()]


BENCHMARKS = (Benchmark("monitoring-drift", measure),)
