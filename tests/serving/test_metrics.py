"""The figures' own counters say what prometheus_client's would say."""

from __future__ import annotations

import random
import re
from typing import Any

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from workbench.serving import metrics
from workbench.serving.call import Facts
from workbench.serving.metrics import _Counts, _Times


def text_of(registry: CollectorRegistry) -> str:
    """Without when each was made, which the histograms of ours do not tell."""
    lines = generate_latest(registry).decode().splitlines()
    return "\n".join(line for line in lines if line and "_created" not in line)


def both(times: list[float]) -> tuple[str, str]:
    """What ours say of some times, each counted under one of three names, and what theirs do."""
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    counts, seconds = _Counts("calls", "Calls", ("name", "kind")), _Times("s", "Time", "name")
    ours.register(counts)
    ours.register(seconds)
    kind: Any = prometheus_client.Counter
    their_counts = kind("workbench_calls", "Calls", ["name", "kind"], registry=theirs)
    kind = prometheus_client.Histogram
    their_seconds = kind(
        "workbench_s", "Time", ["name"], registry=theirs, buckets=(0.005, *metrics._SECONDS[1:])
    )
    for number, each in enumerate(times):
        name = 'abc"'[number % 3 :]
        counts.add(name, "x", more=number)
        seconds.add(name, each)
        their_counts.labels(name, "x").inc(number)
        their_seconds.labels(name).observe(each)
    return text_of(ours), text_of(theirs)


def test_they_are_told_as_prometheus_client_tells_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(5)
    times = [draw.choice(metrics._SECONDS) for _ in range(40)]  # a bound is within its bucket
    times += [draw.uniform(0, 200) for _ in range(40)] + [0.0, 1e9]
    ours, theirs = both(times)
    assert ours == theirs
    assert re.search(r'workbench_s_bucket\{le="\+Inf",name="abc\\""\} 2[78]', ours)
    monkeypatch.setattr(metrics.bisect, "bisect_left", metrics.bisect.bisect_right)
    ours, theirs = both(times)
    assert ours != theirs


def test_a_known_answer_that_was_refused_is_no_hit() -> None:
    gateway: Any = None
    figures = metrics.Metrics(gateway)
    facts = Facts(served_by="m", backend="local", endpoint="chat", cache="exact")
    for status in (429, 200, 503):
        figures.answered(facts, status, started_s=0.0, first_s=None)
    registry = CollectorRegistry()
    registry.register(figures._cache)
    assert 'workbench_cache_hits_total{kind="exact"} 1.0' in text_of(registry)
    refused = CollectorRegistry()
    refused.register(figures._requests)
    told = text_of(refused)
    assert 'backend="",endpoint="chat",model="m",status="429"' in told
    assert 'backend="local",endpoint="chat",model="m",status="200"' in told
