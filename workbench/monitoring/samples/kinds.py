"""What is sampled: each name with its title, its unit and for how long a reading counts as new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FRESH_S = 300.0  # five readings of a minute each may be missed
_FRESH_HOME_S = 7200.0  # the home is walked through at most every hour or so, if it is large


@dataclass(frozen=True)
class Kind:
    """One name. A reading is no news any more when it is older than ``fresh_s``."""

    name: str
    title: str
    unit: str
    fresh_s: float = FRESH_S


_ALL = (
    Kind("memory_resident_bytes", "Memory of the gateway and its engines", "bytes"),
    Kind("gateway_resident_bytes", "Memory of the gateway's process", "bytes"),
    Kind("engines_resident_bytes", "Memory of the processes that it started", "bytes"),
    Kind("models_resident_bytes", "Memory of the loaded models", "bytes"),
    Kind("memory_free_bytes", "Memory that is free on the machine", "bytes"),
    Kind("memory_total_bytes", "Memory of the machine", "bytes"),
    Kind("home_bytes", "Size of WORKBENCH_HOME", "bytes", _FRESH_HOME_S),
    Kind("disk_free_bytes", "Disk that is free where WORKBENCH_HOME lies", "bytes"),
    Kind("disk_total_bytes", "Size of that disk", "bytes"),
    Kind("requests_queued", "Requests that wait for a model", "requests"),
    Kind("requests_in_flight", "Answers in work", "requests"),
    Kind("jobs_queued", "Jobs that wait for a worker", "jobs"),
    Kind("jobs_running", "Jobs that a worker holds", "jobs"),
    Kind("models_loaded", "Models in memory", "models"),
    Kind("cpu_share", "Share of the machine's processors that is busy", "share"),
    Kind("gateway_cpu_cores", "Processors that the gateway and its engines keep busy", "cores"),
)
KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
