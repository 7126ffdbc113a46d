"""Anomalies: precision and recall on 100 planted incidents that were frozen before the detector.

The incidents and their score are those of tests/monitoring/frozen_incidents, whose README says what
was planted. Issue 8 asks for .9 of each. Peers: a z-score of all values, which knows no season (the
naive one), a robust one of what the medians of each hour of the week leave over, and one of what
statsmodels' robust STL by the day leaves over; each at the best of several thresholds, chosen on
the very incidents that it is judged by.
"""

from __future__ import annotations

import datetime as dt
import functools
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from shape import REPO, Benchmark, Figure

SET = os.environ.get("ANOMALIES_SET", "held_out")
THRESHOLDS = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 16.0, 24.0)
BOUND = 0.9


def planted() -> Any:
    """The module that holds the frozen sets and their score."""
    path = REPO / "tests" / "monitoring" / "frozen_incidents" / "made_incidents.py"
    spec = importlib.util.spec_from_file_location("planted_incidents", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def score_of(made: Any, rows: Any, truth: Any, windows: Callable[[Any, list[dt.date]], Any]) -> Any:
    """The frozen score of what ``windows`` finds in each series."""
    from workbench.monitoring.forecasting.series import make_regular

    found = []
    for row in rows:
        start = dt.datetime.fromisoformat(row["start"])
        times_s = [start.timestamp() + 3600 * hour for hour in row["hours"]]
        series = make_regular(times_s, row["values"], step_s=3600.0, name=row["metric"])
        holidays = [(start + dt.timedelta(hours=first)).date() for first, _ in row["holidays"]]
        offset = round((series.start_s - start.timestamp()) / 3600)
        found += [
            {"series": row["series"], "start": first + offset, "end": end + offset}
            for first, end in windows(series, holidays)
        ]
    return made.score(truth, found)


def best_peer(made: Any, rows: Any, truth: Any, peer: Callable[..., Any]) -> Any:
    """Its score at the threshold with the greatest smaller one of precision and recall."""
    scores = []
    for threshold in THRESHOLDS:
        windows = functools.partial(_without_holidays, peer=peer, threshold=threshold)
        scores.append(score_of(made, rows, truth, windows))
    return max(scores, key=lambda each: min(each.precision or 0.0, each.recall or 0.0))


def _without_holidays(series: Any, holidays: Any, *, peer: Any, threshold: float) -> Any:
    """A peer knows no holidays."""
    return peer(series, threshold=threshold)


def stl_z_score(series: Any, *, threshold: float) -> Any:
    """Windows by the residuals of a robust decomposition, over their median absolute deviation."""
    from dataclasses import replace

    import numpy as np
    from statsmodels.tsa.seasonal import STL

    from workbench.monitoring.anomalies.plain import seasonal_z_score

    # Thresholds are tried one after the other on the same decompositions.
    key = (series.name, series.values.tobytes())
    if key not in _DECOMPOSED:
        _DECOMPOSED[key] = np.asarray(STL(series.values, period=24, robust=True).fit().resid)
    rests = replace(series, values=_DECOMPOSED[key], seasons=())
    return seasonal_z_score(rests, threshold=threshold)


_DECOMPOSED: dict[tuple[str, bytes], Any] = {}


def measure(rounds: int) -> Sequence[Figure]:
    """Precision and recall beside .9 and beside the peers'; ``rounds`` are not used, for nothing
    here hangs on the machine."""
    from workbench.monitoring.anomalies.finding import find_anomalies
    from workbench.monitoring.anomalies.plain import plain_z_score, seasonal_z_score

    made = planted()
    rows, truth = made.read_set(SET)
    started_s = time.process_time()
    ours = score_of(
        made, rows, truth,
        lambda series, holidays: [
            (each.first, each.end)
            for each in find_anomalies(series, holidays=holidays).anomalies
        ],
    )  # fmt: skip
    cpu_s = time.process_time() - started_s
    peers = {
        "z-score of all values": plain_z_score,
        "z-score by hour of week": seasonal_z_score,
        "z-score of robust STL": stl_z_score,
    }
    scores = {name: best_peer(made, rows, truth, peer) for name, peer in peers.items()}
    told = {
        "set": SET, "found": ours.found, "planted": ours.planted,
        "false_alarms": ours.false_alarms, "smallest_found_sigma": ours.smallest_found_sigma,
        "largest_missed_sigma": ours.largest_missed_sigma, "delay_h": ours.delay_h,
        "by_kind": ours.by_kind, "by_size": ours.by_size, "cpu_s_a_series": cpu_s / len(rows),
    }  # fmt: skip
    figures = []
    for name in ("precision", "recall"):
        value = getattr(ours, name)
        figures.append(
            Figure(f"{name} on 100 planted incidents", "at least .9", "share", (value,), (BOUND,),
                   bound=1.0, details=told)
        )  # fmt: skip
        for peer, score in scores.items():
            theirs = getattr(score, name)
            figures.append(
                Figure(f"{name} on 100 planted incidents", f"{peer}, best threshold", "share",
                       (value,), (theirs,), details={**told, "peer": str(score)})
            )  # fmt: skip
    return figures


BENCHMARKS = (Benchmark("monitoring-anomalies", measure),)
