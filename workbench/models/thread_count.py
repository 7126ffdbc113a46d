"""How many threads an engine gets: measured once per model and machine, and kept as a record.

The cores of a machine are no guide. llama.cpp's threads sleep while they wait for each other, so
that a busy machine does not bring it to a standstill; two of them then decode 30 tokens/s where one
decodes 49, or the other way round with another model and more cores. ``workbench models tune``
writes the same record, after measuring more.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.errors import EngineError, StorageError
from workbench.core.progress import progress

if TYPE_CHECKING:
    from workbench.models.protocol import Engine, EngineSettings, ModelFiles

log = logging.getLogger(__name__)

NAMESPACE = "models.tuning"
# More threads must win at least this much, for they take cores from everyone else.
_WORTH = 1.05
_AGAIN_AFTER_S = 600.0


def tuning_key(model: str, engine: str) -> str:
    """The key of a model's record on this machine."""
    from workbench.models.footprints import machine_id

    return f"{machine_id()}/{model}/{engine}"


def choose_threads(
    files: ModelFiles, settings: EngineSettings, engine: type[Engine], *, limit: int
) -> int:
    """The number of threads for a model that nobody chose one for.

    Args:
        files: The model's.
        settings: What it will be loaded with.
        engine: What it will be loaded into.
        limit: The most that there may be.
    """
    if limit <= 1:
        return 1
    try:
        found = _find(files.name, engine.name)
        if found is None and os.getloadavg()[0] > (os.cpu_count() or 1):
            return 1  # others want every core: a measurement now would tell of them
        if found is None or _was_busy(found):
            rates = _measure(files, settings, engine, limit=limit)
            if rates is None:
                return limit
            found = _save(files.name, engine.name, rates)
    except StorageError as error:  # a home that only others may write to
        log.info("no record of threads: %s", error.message)
        return limit
    rates = {int(count): float(rate) for count, rate in found.get("by_threads", {}).items()}
    within = {count: rate for count, rate in rates.items() if count <= limit}
    return pick(within) if within else min(int(found["threads"]), limit)


def pick(rates: Mapping[int, float]) -> int:
    """The fewest threads that are nearly as fast as the fastest.

    >>> pick({1: 49.0, 2: 30.0}), pick({1: 76.0, 2: 106.0}), pick({1: 76.0, 2: 78.0})
    (1, 2, 1)
    """
    best = max(rates.values())
    return min(count for count, rate in rates.items() if rate * _WORTH >= best)


def candidates(limit: int) -> list[int]:
    """What is tried: the powers of two, and the limit.

    >>> candidates(6)
    [1, 2, 4, 6]
    """
    return sorted({limit, *(2**power for power in range(limit.bit_length()) if 2**power <= limit)})


def _find(model: str, engine: str) -> dict[str, Any] | None:
    from workbench.store.records import Records

    found = Records().find(NAMESPACE, tuning_key(model, engine))
    return dict(found.document) if found else None


def _save(model: str, engine: str, rates: Mapping[int, float]) -> dict[str, Any]:
    from workbench.store.records import Records

    threads = pick(rates)
    document = {
        "threads": threads,
        "tokens_per_s": rates[threads],
        "by_threads": {str(count): rate for count, rate in rates.items()},
        "measured_s": time.time(),
        "load_average": os.getloadavg()[0],
        "by": "load",
    }
    Records().put(NAMESPACE, tuning_key(model, engine), document=document)
    return document


def _measure(
    files: ModelFiles, settings: EngineSettings, engine: type[Engine], *, limit: int
) -> dict[int, float] | None:
    try:
        with progress(f"measure how many threads suit {files.name}"):
            return engine.measure_threads(files, settings, candidates(limit))
    except EngineError as error:  # the load itself will say more
        log.warning("the threads for %s were not measured: %s", files.name, error.message)
        return None


def _was_busy(found: Mapping[str, Any]) -> bool:
    """Whether a load measured it while others kept the cores busy, and they no longer do."""
    half = (os.cpu_count() or 1) / 2
    return (
        found.get("by") == "load"
        and found.get("load_average", 0.0) > half > os.getloadavg()[0]
        and time.time() - found.get("measured_s", 0.0) > _AGAIN_AFTER_S
    )
