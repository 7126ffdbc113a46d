"""A made day of a gateway: memory grows, an hour has no reading, calls fail for a while."""

from __future__ import annotations

import math
import random

from workbench.monitoring.alerts.evaluating import Alerts
from workbench.monitoring.samples.keeping import Samples
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

GB = 10**9
FAILING_FROM_S, FAILING_FOR_S = 3 * 3600.0, 1800.0  # before now, and how long
USERS = ("sales-ada", "it-bob", "legal-eve")
GAP_FROM_S, GAP_FOR_S = 9 * 3600.0, 3600.0


class Clock:
    """A clock that goes when it is told."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


def make_day(now_s: float, *, hours: int = 24, seed: int = 5) -> None:
    """Samples, calls and looks at the rules, up to a Unix time, in this home."""
    draw, clock = random.Random(seed), Clock(now_s)
    kept, log = Samples(clock=clock), UsageLog()
    alerts = Alerts(clock=clock)
    settled = None
    for minute in range(hours * 60, -1, -2):
        clock.now_s = now_s - minute * 60
        ago_s, share = minute * 60.0, 1 - minute / (hours * 60)
        busy = 0.5 + 0.4 * math.sin(share * 2 * math.pi * hours / 24 + 0.8)
        is_failing = FAILING_FROM_S - FAILING_FOR_S <= ago_s < FAILING_FROM_S
        for _ in range(8 if is_failing else draw.randrange(round(10 * busy))):
            settled = log.settle(made_call(draw, clock.now_s, is_failing))
        if not GAP_FROM_S - GAP_FOR_S <= ago_s < GAP_FROM_S:
            kept.add(made_reading(draw, share, busy, is_failing))
        if minute % 4 == 0:
            if settled is not None:
                settled.result(timeout=30)
            alerts.check()
    log.close()


def made_reading(draw: random.Random, share: float, busy: float, failing: bool) -> dict[str, float]:
    """One minute's reading of a machine with 16 GB, of whose disk little is left at the end."""
    gateway = (0.4 + 0.9 * share) * GB
    queue = draw.randrange(60, 80) if failing else max(0, round(draw.gauss(6 * busy - 2, 2)))
    return {
        "memory_total_bytes": 16.0 * GB, "memory_free_bytes": (9 - 3 * busy - 1.2 * share) * GB,
        "gateway_resident_bytes": gateway, "engines_resident_bytes": 2.1 * GB,
        "memory_resident_bytes": gateway + 2.1 * GB, "models_resident_bytes": 1.9 * GB,
        "disk_total_bytes": 250.0 * GB, "disk_free_bytes": (40 - 17 * share) * GB,
        "home_bytes": (12 + 17 * share) * GB, "requests_queued": queue,
        "requests_in_flight": min(4, queue), "jobs_queued": round(4 * busy),
        "jobs_running": 1, "models_loaded": 2, "cpu_share": min(1.0, busy + draw.uniform(0, 0.1)),
        "gateway_cpu_cores": 1.6 * busy,
    }  # fmt: skip


def made_call(draw: random.Random, time_s: float, failing: bool) -> UsageRow:
    """One call of one of three teams to one of two models."""
    model = draw.choice(("small", "small", "large"))
    status = 503 if failing and draw.random() < 0.6 else draw.choices((200, 429), (40, 1))[0]
    took_s = draw.lognormvariate(0.2 if model == "small" else 1.6, 0.6) * (3 if failing else 1)
    return UsageRow(
        f"req_{time_s:.0f}_{draw.random()}", "key", draw.choice(USERS),
        model, model_served=model, status=status, prompt_tokens=200, completion_tokens=90,
        cost_usd=0.002, queue_s=took_s / 8, duration_s=took_s, time_s=time_s,
    )  # fmt: skip
