"""What a user can ask of samples: read them now, and see what was read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import annotated_types as limits

from workbench.core.cancellation import check_cancelled
from workbench.core.operations import operation
from workbench.core.viewers import Viewable

from .asking import ask_gateway
from .keeping import SampleSeries

_CPU_S = 0.5  # over which the processors' share is measured, where it is read once
_TICK_S = 0.5


@dataclass(frozen=True)
class Sampled(Viewable):
    """The last readings by name, how often was read, and whether a gateway was there to ask."""

    readings: int
    gateway: bool
    values: Mapping[str, float]
    units: Mapping[str, str]


@operation("monitoring.sample", title="Record memory, disk and queues", produces="samples")
def sample(
    *,
    every_s: Annotated[float, limits.Interval(ge=1, le=86_400)] | None = None,
    times: Annotated[int, limits.Ge(1)] | None = None,
) -> Sampled:
    """Read memory, disk, queues, models and processors, and keep what was read.

    A gateway does this by itself every minute (setting samples_every_s). A row is kept for each
    name and minute, after two days one for each hour, for 400 days.

    Args:
        every_s: Go on reading, once in so many seconds.
        times: End after so many readings; 1 if `every_s` is not given, else when it is stopped.
    """
    from .keeping import Samples
    from .kinds import KINDS
    from .reading import Meter

    meter, kept = Meter(), Samples()
    most = times or (1 if every_s is None else None)
    gateway = ask_gateway()
    meter.begin(gateway)
    _wait(_CPU_S)
    count = 0
    while True:
        values = meter.read(gateway)
        kept.add(values)
        count += 1
        if most is not None and count >= most:
            break
        _wait(every_s or 0.0)
        gateway = ask_gateway()
    kept.thin()
    units = {name: KINDS[name].unit for name in values}
    return Sampled(count, gateway is not None, values, units)


@operation("monitoring.samples", title="Show what was recorded", produces="sample-series")
def samples(name: str, *, since: str = "24h", until: str | None = None) -> SampleSeries:
    """Show the samples of one name, such as disk_free_bytes.

    Args:
        name: What was recorded; `workbench monitoring sample` shows the names.
        since: The first moment, such as 24h, 7d or 2026-11-25 (UTC).
        until: The first that does not count any more.
    """
    from .keeping import Samples

    return Samples().series(name, since=since, until=until)


def _wait(seconds: float) -> None:
    """Sleep, and end at once where the run is cancelled."""
    end_s = time.monotonic() + seconds
    while (left_s := end_s - time.monotonic()) > 0:
        check_cancelled()
        time.sleep(min(_TICK_S, left_s))
