"""How health is drawn: figures with the levels of rules, and files that carry them along."""

from __future__ import annotations

import base64
import datetime as dt
import io
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.optional import require
from workbench.monitoring.health.recorded import Limit, limits_on
from workbench.studio.health_charts import Axis, TimeLine, draw_lines
from workbench.studio.markup import count, duration, escape, number, size

if TYPE_CHECKING:
    from workbench.studio.health_facts import HealthFacts

_GB = 1e9
NOT_RECORDED = (
    "Nothing was recorded in this time. <code>workbench serve</code> records every minute, "
    "<code>workbench monitoring sample</code> once."
)
NO_CALLS = "No call was settled in this time. Times and failures of answers stand here."


def draw_machine(facts: HealthFacts) -> str:
    """Memory and disk."""
    free, whole = "samples.memory_free_bytes", facts.newest.get("memory_total_bytes")
    memory = draw_lines(
        [_line(facts, "memory_free_bytes", "free on the machine", 0, _GB),
         _line(facts, "memory_resident_bytes", "the gateway and its engines", 1, _GB)],
        facts.axis, title="Memory", unit="GB", empty=NOT_RECORDED,
        limits=_in_gb(limits_on(facts.rules, free, of="samples.memory_total_bytes", whole=whole)),
        now=_now(facts, ("memory_free_bytes", "free"), ("memory_total_bytes", "in all"),
                 ("memory_resident_bytes", "the gateway's")),
    )  # fmt: skip
    free, whole = "samples.disk_free_bytes", facts.newest.get("disk_total_bytes")
    disk = draw_lines(
        [_line(facts, "disk_free_bytes", "free on the disk", 0, _GB),
         _line(facts, "home_bytes", "WORKBENCH_HOME", 1, _GB)],
        facts.axis, title="Disk", unit="GB", empty=NOT_RECORDED,
        limits=_in_gb(limits_on(facts.rules, free, of="samples.disk_total_bytes", whole=whole)),
        now=_now(facts, ("disk_free_bytes", "free"), ("disk_total_bytes", "in all"),
                 ("home_bytes", "the home")),
    )  # fmt: skip
    return _side_by_side(memory, disk)


def draw_answers(facts: HealthFacts) -> str:
    """How long answers took, and what share failed, of the chosen model and team."""
    import numpy as np

    found = facts.answers
    if found is None:
        return f'<div class="wb-empty"><p>{NO_CALLS}</p></div>'
    with np.errstate(divide="ignore", invalid="ignore"):
        calls = np.where(found.calls > 0, found.calls, np.nan)
        failed, refused = 100 * found.failed / calls, 100 * found.refused / calls
    total = int(found.calls.sum())
    told = f"{count(total, 'call')}, {int(found.failed.sum()):,} failed, "
    told += f"{int(found.refused.sum()):,} were refused"
    took = draw_lines(
        [TimeLine("half of the calls took at most", found.median_s, index=0),
         TimeLine("19 of 20", found.slow_s, index=1)],
        facts.axis, title="How long answers took", unit="s", empty=NO_CALLS,
        limits=limits_on(facts.rules, "usage.latency_p95_s"), now=_span_words(facts),
    )  # fmt: skip
    levels = limits_on(facts.rules, "usage.failed_share")
    shares = draw_lines(
        [TimeLine("failed (500 and above)", failed, index=0),
         TimeLine("refused (400 to 499)", refused, index=1)],
        facts.axis, title="Calls that failed or were refused", unit="% of calls",
        empty=NO_CALLS, limit_unit="%", limits=[_scaled(limit, 100) for limit in levels],
        now=told,
    )  # fmt: skip
    return _side_by_side(took, shares)


def draw_queues(facts: HealthFacts) -> str:
    """What waits, and how busy the processors are."""
    limits = limits_on(facts.rules, "samples.requests_queued")
    waiting = draw_lines(
        [_line(facts, "requests_queued", "calls that wait for a model", 0, 1),
         _line(facts, "requests_in_flight", "answers in work", 1, 1),
         _line(facts, "jobs_queued", "jobs that wait for a worker", 2, 1)],
        facts.axis, title="Queues", unit="calls, jobs", limits=limits, limit_unit="calls",
        empty=NOT_RECORDED,
        now=_now(facts, ("requests_queued", "calls wait"), ("jobs_queued", "jobs wait"),
                 ("models_loaded", "models in memory")),
    )  # fmt: skip
    cores = os.cpu_count() or 1
    busy = draw_lines(
        [_line(facts, "cpu_share", "all programs", 0, 0.01),
         _line(facts, "gateway_cpu_cores", "the gateway and its engines", 1, cores / 100)],
        facts.axis, title="Processors", unit=f"% of {cores}", empty=NOT_RECORDED, limit_unit="%",
        limits=[_scaled(limit, 100) for limit in limits_on(facts.rules, "samples.cpu_share")],
    )  # fmt: skip
    return _side_by_side(waiting, busy)


def draw_files(facts: HealthFacts) -> str:
    """Links that carry what is drawn: a row a step, a column a figure."""
    arrow, parquet = (require(name, extra="data") for name in ("pyarrow", "pyarrow.parquet"))
    table = arrow.table(_columns(facts))
    packed, text = io.BytesIO(), io.BytesIO()
    parquet.write_table(table, packed)
    require("pyarrow.csv", extra="data").write_csv(table, text)
    files = (
        ("CSV", "csv", "text/csv", text.getvalue()),
        ("Parquet", "parquet", "application/vnd.apache.parquet", packed.getvalue()),
    )
    links = " · ".join(
        f'<a download="health.{ending}" href="data:{kind};base64,'
        f'{base64.b64encode(content).decode()}">{words} ({len(content) / 1000:,.0f} kB)</a>'
        for words, ending, kind, content in files
    )
    return f'<p class="wb-files">{count(table.num_rows, "step")}: {links}</p>'


def _columns(facts: HealthFacts) -> dict[str, Any]:
    import numpy as np

    axis = facts.axis
    begins = axis.since_s + axis.step_s * np.arange(axis.steps)
    columns: dict[str, Any] = {"time": (begins * 1e6).astype("datetime64[us]")}
    for name, steps in facts.samples.items():
        columns |= {name: steps.mean, f"{name}_least": steps.low, f"{name}_most": steps.high}
    found = facts.answers
    if found is not None and len(found.calls) == axis.steps:
        columns |= {
            "calls": found.calls, "refused": found.refused, "failed": found.failed,
            "latency_p50_s": found.median_s, "latency_p95_s": found.slow_s,
        }  # fmt: skip
    return columns


def _line(facts: HealthFacts, name: str, words: str, index: int, unit: float) -> TimeLine:
    import numpy as np

    steps = facts.samples.get(name)
    if steps is None:
        return TimeLine(words, np.full(facts.axis.steps, np.nan), index=index)
    return TimeLine(words, steps.mean / unit, steps.low / unit, steps.high / unit, index)


def _now(facts: HealthFacts, *told: tuple[str, str]) -> str:
    """The newest readings in words, whatever the span."""
    parts = []
    for name, words in told:
        if name in facts.newest:
            value = facts.newest[name]
            text = size(value) if name.endswith("_bytes") else number(int(value))
            parts.append(f"{text} {words}")
    return f"At last: {', '.join(parts)}" if parts else ""


def _span_words(facts: HealthFacts) -> str:
    chosen = [
        f"{name} {each}"
        for name, each in (("model", facts.choice.model), ("team", facts.choice.team))
        if each != "all"
    ]
    return f"Of {' and '.join(map(escape, chosen))}" if chosen else "Of all models and teams"


def _in_gb(limits: Sequence[Limit]) -> list[Limit]:
    return [_scaled(limit, 1 / _GB) for limit in limits]


def _scaled(limit: Limit, factor: float) -> Limit:
    return replace(limit, level=limit.level * factor)


def _side_by_side(*figures: str) -> str:
    return f'<div class="wb-figures">{"".join(figures)}</div>'


def steps_words(axis: Axis) -> str:
    """How long a step is, and the zone of the times."""
    zone = dt.datetime.now().astimezone().tzname()
    every = settings.get("samples_every_s")
    read = f", read every {duration(every)}" if every else ""
    return f"A step is {duration(axis.step_s)}{read}; times are of {zone}."
