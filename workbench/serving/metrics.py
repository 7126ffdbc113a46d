"""What is counted and measured, in Prometheus' form. Labels are names that the gateway knows."""

from __future__ import annotations

import bisect
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector

from workbench.models.footprints import MEMORY_NOW
from workbench.serving.call import Facts

if TYPE_CHECKING:
    from workbench.serving.gateway import Gateway

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
_MOST_MODELS = 200
_OTHER = "other"


class _Counts(Collector):
    """Counts by label, of the loop alone: prometheus_client's own take a lock each."""

    def __init__(self, name: str, help: str, labels: tuple[str, ...]) -> None:
        self._about = (f"workbench_{name}", help, None, labels)
        self._made_s = time.time()
        self._counts: dict[tuple[str, ...], float] = {}

    def add(self, *labels: str, more: float = 1.0) -> None:
        """Count so many more."""
        self._counts[labels] = self._counts.get(labels, 0.0) + more

    def collect(self) -> Iterator[CounterMetricFamily]:
        """See ``Collector``."""
        family = CounterMetricFamily(*self._about)
        for labels, count in list(self._counts.items()):
            family.add_metric(labels, count, created=self._made_s)
        yield family


class _Times(Collector):
    """How long something took, in buckets, by one label; as ``_Counts``."""

    def __init__(self, name: str, help: str, label: str) -> None:
        self._about, self._label = (f"workbench_{name}", help), label
        self._buckets: dict[str, list[float]] = {}

    def add(self, label: str, seconds: float) -> None:
        """One more."""
        buckets = self._buckets.get(label)
        if buckets is None:  # one more than there are bounds, and the sum
            buckets = self._buckets[label] = [0.0] * (len(_SECONDS) + 2)
        buckets[bisect.bisect_left(_SECONDS, seconds)] += 1
        buckets[-1] += seconds

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """See ``Collector``."""
        family = HistogramMetricFamily(*self._about, labels=[self._label])
        for label, (*buckets, total_s) in list(self._buckets.items()):
            counted, below = 0.0, []
            for bound, count in zip((*map(str, _SECONDS), "+Inf"), buckets, strict=True):
                counted += count
                below.append((bound, counted))
            family.add_metric([label], below, total_s)
        yield family


class Metrics:
    """The gateway's figures.

    Args:
        gateway: Asked for what it holds when the figures are read.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._models: set[str] = set()
        labels = ("endpoint", "model", "backend", "status")
        self._requests = _Counts("requests", "Requests that were answered", labels)
        self._tokens = _Counts("tokens", "Tokens that were used", ("model", "kind"))
        self._seconds = _Times("request_seconds", "From request to last byte", "endpoint")
        self._first = _Times("first_token_seconds", "Until the first token", "model")
        self._queue = _Times("queue_seconds", "Waiting for a model", "model")
        self._cache = _Counts("cache_hits", "Answers from the cache", ("kind",))
        self._refusals = _Counts("limit_refusals", "Requests over a limit", ("limit",))
        self._fallbacks = _Counts("fallbacks", "Backends that failed a call", ("backend",))
        self._registry = CollectorRegistry()
        kept = (self._requests, self._tokens, self._seconds, self._first, self._queue)
        for each in (*kept, self._cache, self._refusals, self._fallbacks, _Held(gateway)):
            self._registry.register(each)

    def answered(
        self, facts: Facts, status: int, *, started_s: float, first_s: float | None
    ) -> None:
        """One request came to its end, well or not; times are of ``perf_counter``."""
        model = self._model(facts.served_by) if facts.served_by else ""
        endpoint = facts.endpoint
        # What the cache knew and a limit refused was answered by nobody.
        refused = status >= 400 and facts.cache is not None
        self._requests.add(endpoint, model, "" if refused else facts.backend, str(status))
        self._seconds.add(endpoint, time.perf_counter() - started_s)
        if not model:
            return
        if first_s is not None:
            self._first.add(model, first_s - started_s)
        self._queue.add(model, facts.queue_s)
        self._tokens.add(model, "prompt", more=facts.prompt_tokens)
        self._tokens.add(model, "completion", more=facts.completion_tokens)
        if facts.cache is not None and status < 400:  # else what was found was refused
            self._cache.add(facts.cache)
        for failed in facts.fallbacks:
            self._fallbacks.add(failed.partition("/")[0])

    def refused(self, limit: str) -> None:
        """A request was over a limit."""
        self._refusals.add(limit)

    def render(self) -> bytes:
        """All figures."""
        return generate_latest(self._registry)

    def _model(self, name: str) -> str:
        """A model's name as a label: of very many, and of what clients make up, one for all."""
        if name in self._models:
            return name
        if len(self._models) >= _MOST_MODELS:
            return _OTHER
        self._models.add(name)
        return name


class _Held(Collector):
    """What the gateway holds at the moment it is asked."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def collect(self) -> Iterator[Any]:
        """See ``Collector``."""
        state = self._gateway.pool.state()
        yield _gauge("memory_budget_bytes", "Memory that models may take", state.budget_bytes)
        yield _gauge(
            "memory_used_bytes", f"{MEMORY_NOW.capitalize()} of all models", state.used_bytes
        )
        yield _gauge("queued", "Requests that wait for a model", state.queued)
        loaded = GaugeMetricFamily(
            "workbench_model_bytes",
            f"{MEMORY_NOW.capitalize()} of a model",
            labels=["model", "engine"],
        )
        flight = GaugeMetricFamily(
            "workbench_model_in_flight", "Answers in work", labels=["model", "engine"]
        )
        for model in state.models:
            loaded.add_metric([model.name, model.engine], model.resident_bytes)
            flight.add_metric([model.name, model.engine], model.in_flight)
        yield loaded
        yield flight
        breakers = GaugeMetricFamily(
            "workbench_backend_up", "Whether a backend is asked", labels=["backend", "model"]
        )
        for member in self._gateway.directory.members():
            up = float(member.breaker.state == "closed")
            breakers.add_metric([member.backend.name, member.model], up)
        yield breakers
        yield from _semantic(self._gateway)
        waiting = self._gateway.usage.waiting()
        yield _gauge("settlements_waiting", "Settlements that are not on the disk", waiting)
        yield CounterMetricFamily(
            "workbench_up_seconds", "Since the start", value=self._gateway.uptime_s()
        )


def _semantic(gateway: Gateway) -> Iterator[Any]:
    """Why the semantic cache's gate refused, by its own reasons."""
    figures = gateway.cache.semantic_figures()
    if figures is None:
        return
    refused = CounterMetricFamily(
        "workbench_semantic_refusals", "Near requests that the gate kept apart", labels=["reason"]
    )
    for reason, count in figures.refused.items():
        refused.add_metric([reason], count)
    yield refused
    yield CounterMetricFamily(
        "workbench_semantic_lookups", "Requests looked for by meaning", value=figures.lookups
    )


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"workbench_{name}", help, value=value)
