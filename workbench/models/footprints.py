"""What loaded models take and give on this machine: measured at each load, reckoned with after.

Kept as records of the store, a machine each, because a home folder may move between machines.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

NAMESPACE = "footprints"

# The three figures for the memory of a model, in the words that every surface has for them.
MEMORY_WHEN_LOADED = "memory when loaded"
MEMORY_NOW = "memory now"
MEMORY_AT_MOST = "memory at most"


@dataclass(frozen=True)
class Footprint:
    """What one model in one engine was measured to take.

    ``resident_bytes`` is what it took after it was loaded, ``peak_bytes`` the most that it was seen
    to take in use, in so many ``loans``. ``tokens_per_s`` is the median over its last loans, None
    before the first. ``weights`` says how an engine keeps them that has several ways: a dtype or
    a variant.
    """

    name: str
    engine: str
    context_tokens: int
    parallel: int
    resident_bytes: int
    peak_bytes: int
    load_s: float
    loads: int = 1
    tokens_per_s: float | None = None
    weights: str = ""
    loans: int = 0


@functools.cache
def machine_id() -> str:
    """A short name for this machine: the same after a restart, another on other hardware."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    told = (platform.node(), platform.machine(), platform.processor(), os.cpu_count(), memory)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:12]


def _key(name: str, engine: str, context_tokens: int, parallel: int, weights: str) -> str:
    way = f"{context_tokens}x{parallel}{'/' if weights else ''}{weights}"
    return f"{machine_id()}/{name}/{engine}/{way}"


def find_footprint(
    name: str, engine: str, *, context_tokens: int, parallel: int = 1, weights: str = ""
) -> Footprint | None:
    """What was measured of a model so loaded; None before its first load here."""
    from workbench.store.records import Records

    found = Records().find(NAMESPACE, _key(name, engine, context_tokens, parallel, weights))
    return _read(found.document) if found else None


def _read(document: dict[str, Any]) -> Footprint | None:
    """A record as it was kept, perhaps by another version: what is missing makes it unknown."""
    known = {field.name for field in fields(Footprint)}
    try:
        return Footprint(**{name: value for name, value in document.items() if name in known})
    except TypeError:
        return None


def list_footprints() -> list[Footprint]:
    """Everything measured on this machine."""
    from workbench.store.records import Records

    found = [
        _read(record.document) for record in Records().list(NAMESPACE, prefix=f"{machine_id()}/")
    ]
    return [each for each in found if each is not None]


def fastest_by_name() -> dict[str, float]:
    """The tokens a second of each model that was seen at work here, in its fastest way."""
    speeds: dict[str, float] = {}
    for each in list_footprints():
        if each.tokens_per_s:
            speeds[each.name] = max(speeds.get(each.name, 0.0), each.tokens_per_s)
    return speeds


def save_footprint(measured: Footprint) -> Footprint:
    """Keep what was measured at a load, beside what was known before; the peak stays the highest.

    The first load may have fetched the model and measured how many threads suit it, so the second
    counts alone; after that the load time is a mean weighed towards the last.
    """
    before = _same(measured)
    if before is not None:
        measured = replace(
            measured,
            peak_bytes=max(before.peak_bytes, measured.peak_bytes),
            load_s=measured.load_s if before.loads == 1 else (before.load_s + measured.load_s) / 2,
            loads=before.loads + 1,
            loans=before.loans + measured.loans,
            tokens_per_s=measured.tokens_per_s or before.tokens_per_s,
        )
    _put(measured)
    return measured


def update_footprint(seen: Footprint) -> None:
    """Add to what was measured at the load the peak, the rate and the loans that were seen."""
    before = _same(seen)
    if before is not None:
        after = replace(
            before,
            peak_bytes=max(before.peak_bytes, seen.peak_bytes),
            loans=before.loans + seen.loans,
            tokens_per_s=seen.tokens_per_s or before.tokens_per_s,
        )
        if after != before:
            _put(after)


def _same(one: Footprint) -> Footprint | None:
    return find_footprint(
        one.name,
        one.engine,
        context_tokens=one.context_tokens,
        parallel=one.parallel,
        weights=one.weights,
    )


def _put(one: Footprint) -> None:
    from workbench.store.records import Records

    key = _key(one.name, one.engine, one.context_tokens, one.parallel, one.weights)
    document: dict[str, Any] = asdict(one)
    Records().put(NAMESPACE, key, document=document)
