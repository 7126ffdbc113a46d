"""Samples on the steps of a span, and the levels at which rules fire on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.monitoring.samples.keeping import Samples, SampleSeries

if TYPE_CHECKING:
    from workbench.monitoring.alerts.rules import RuleFile
    from workbench.store.database import Database


@dataclass(frozen=True)
class SampleSteps:
    """A name on steps ([steps]): the mean of each with its least and greatest reading, NaN where
    nothing was read."""

    name: str
    mean: Any
    low: Any
    high: Any


@dataclass(frozen=True)
class Limit:
    """The level at which a rule fires, in the chart's unit, and which way is bad."""

    rule: str
    title: str
    level: float
    above: bool


def on_steps(
    names: Sequence[str],
    since_s: float,
    until_s: float,
    *,
    step_s: float,
    database: Database | None = None,
) -> dict[str, SampleSteps]:
    """Samples of names on the steps of a span; a sample of an hour counts in each step of it."""
    kept, steps = Samples(database), max(1, math.ceil((until_s - since_s) / step_s))
    return {
        name: spread(
            kept.series(name, since=since_s - 3600, until=until_s), since_s, step_s=step_s,
            steps=steps,
        )
        for name in names
    }  # fmt: skip


def spread(series: SampleSeries, since_s: float, *, step_s: float, steps: int) -> SampleSteps:
    """A series on so many steps from a Unix time on."""
    import numpy as np

    columns = (series.times_s, series.steps_s, series.values, series.low, series.high)
    times, lengths, values, lows, highs = (np.asarray(each, float) for each in columns)
    mean, count = np.zeros(steps), np.zeros(steps)
    low, high = np.full(steps, np.inf), np.full(steps, -np.inf)
    first = np.floor((times - since_s) / step_s).astype(np.int64)
    last = np.maximum(first, np.ceil((times + lengths - since_s) / step_s).astype(np.int64) - 1)
    for shift in range(int((last - first).max(initial=0)) + 1):
        place = first + shift
        inside = (place <= last) & (place >= 0) & (place < steps)
        np.add.at(mean, place[inside], values[inside])
        np.add.at(count, place[inside], 1)
        np.minimum.at(low, place[inside], lows[inside])
        np.maximum.at(high, place[inside], highs[inside])
    some = count > 0
    mean = np.where(some, mean / np.maximum(count, 1), np.nan)
    return SampleSteps(series.name, mean, np.where(some, low, np.nan), np.where(some, high, np.nan))


def limits_on(
    rules: RuleFile | None, figure: str, *, of: str | None = None, whole: float | None = None
) -> tuple[Limit, ...]:
    """The levels of rules whose metric is a figure, or its share of another.

    Args:
        rules: Those that hold; None where they cannot be read.
        figure: Such as ``samples.disk_free_bytes``.
        of: What a share is of, such as ``samples.disk_total_bytes``.
        whole: The value of that, by which a level of the share is multiplied.
    """
    found = []
    for name, rule in (rules.rules if rules else {}).items():
        scale = 1.0 if rule.metric.text == figure else None
        if of is not None and whole and rule.metric.text.replace(" ", "") == f"{figure}/{of}":
            scale = whole
        if scale is not None and not rule.where:
            found.append(Limit(name, rule.title, rule.threshold * scale, rule.above is not None))
    return tuple(found)
