"""What is counted and measured, in Prometheus' form. Labels are names that the gateway knows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from workbench.serving.call import Facts

if TYPE_CHECKING:
    from workbench.serving.gateway import Gateway

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_MOST_MODELS = 200
_OTHER = "other"


class Metrics:
    """The gateway's figures.

    Args:
        gateway: Asked for what it holds when the figures are read.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._registry = CollectorRegistry()
        self._models: set[str] = set()
        self._bound: dict[Any, Any] = {}
        labels = ["endpoint", "model", "backend", "status"]
        make = self._make
        self.requests = make(Counter, "requests", "Requests that were answered", labels)
        self.tokens = make(Counter, "tokens", "Tokens that were used", ["model", "kind"])
        self.seconds = make(Histogram, "request_seconds", "From request to last byte", ["endpoint"])
        self.first = make(Histogram, "first_token_seconds", "Until the first token", ["model"])
        self.queue = make(Histogram, "queue_seconds", "Waiting for a model", ["model"])
        self.cache = make(Counter, "cache_hits", "Answers from the cache", ["kind"])
        self.refusals = make(Counter, "limit_refusals", "Requests over a limit", ["limit"])
        self.fallbacks = make(Counter, "fallbacks", "Backends that failed a call", ["backend"])
        self._registry.register(_Held(gateway))

    def _make(self, kind: Any, name: str, help: str, labels: list[str]) -> Any:
        more = {"buckets": _SECONDS} if kind is Histogram else {}
        return kind(f"workbench_{name}", help, labels, registry=self._registry, **more)

    def answered(
        self, facts: Facts, status: int, *, started_s: float, first_s: float | None
    ) -> None:
        """One request came to its end, well or not; times are of ``perf_counter``."""
        model = self._model(facts.served_by) if facts.served_by else ""
        endpoint = facts.endpoint
        self._child(self.requests, endpoint, model, facts.backend, str(status)).inc()
        self._child(self.seconds, endpoint).observe(time.perf_counter() - started_s)
        if not model:
            return
        if first_s is not None:
            self._child(self.first, model).observe(first_s - started_s)
        self._child(self.queue, model).observe(facts.queue_s)
        self._child(self.tokens, model, "prompt").inc(facts.prompt_tokens)
        self._child(self.tokens, model, "completion").inc(facts.completion_tokens)
        if facts.cache is not None:
            self._child(self.cache, facts.cache).inc()
        for failed in facts.fallbacks:
            self._child(self.fallbacks, failed.partition("/")[0]).inc()

    def refused(self, limit: str) -> None:
        """A request was over a limit."""
        self._child(self.refusals, limit).inc()

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

    def _child(self, metric: Any, *labels: str) -> Any:
        """The metric of some labels, found with one look: ``labels`` itself takes a lock."""
        key = (metric, *labels)
        found = self._bound.get(key)
        if found is None:
            found = self._bound[key] = metric.labels(*labels)
        return found


class _Held(Collector):
    """What the gateway holds at the moment it is asked."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def collect(self) -> Iterator[Any]:
        """See ``Collector``."""
        state = self._gateway.pool.state()
        yield _gauge("memory_budget_bytes", "What models may take", state.budget_bytes)
        yield _gauge("memory_used_bytes", "What models take", state.used_bytes)
        yield _gauge("queued", "Requests that wait for a model", state.queued)
        loaded = GaugeMetricFamily(
            "workbench_model_bytes", "What a loaded model takes", labels=["model", "engine"]
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
