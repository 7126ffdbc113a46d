"""Weights in pages of 2 MiB instead of 4 KiB.

A token reads every weight once, and with small pages the processor spends a fifth of that time
looking up where they are: SmolLM2-135M took 14.0 ms of CPU a token in ONNX Runtime, and 11.5 ms
once its weights lay in huge pages. Linux gives them to who asks (``madvise``) where the machine's
setting is not ``never``; MADV_COLLAPSE (Linux 6.1) moves what is there already.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

HUGE_BYTES = 2 << 20
_MADV_HUGEPAGE, _MADV_COLLAPSE = 14, 25


@contextlib.contextmanager
def in_huge_pages() -> Iterator[None]:
    """Move what a block allocates into huge pages, where the system can; else nothing happens."""
    before = _regions()
    yield
    moved = sum(_collapse(*region) for region in _outside(_regions(), before))
    log.info("%d MB were moved into huge pages", moved >> 20)


def _regions() -> list[tuple[int, int]]:
    """The process's own writable memory in pieces that hold a huge page: start and end."""
    maps = Path("/proc/self/maps")
    if sys.platform != "linux" or not maps.exists():
        return []
    found = []
    for line in maps.read_text().splitlines():
        place, rights, _, _, inode, *name = line.split(maxsplit=5)
        start, end = (int(part, 16) for part in place.split("-"))
        if rights.startswith("rw") and inode == "0" and not (name and name[0].startswith("[s")):
            found.append((start, end))
    return found


def _outside(
    regions: list[tuple[int, int]], before: list[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """What of the regions was not there before."""
    for region_start, end in regions:
        start = region_start
        for old_start, old_end in before:
            if old_end <= start or old_start >= end:
                continue
            if old_start > start:
                yield start, old_start
            start = max(start, old_end)
        if start < end:
            yield start, end


def _collapse(start: int, end: int) -> int:
    """Move one region, huge page by huge page; bytes that were moved."""
    first = -(-start // HUGE_BYTES) * HUGE_BYTES
    last = end // HUGE_BYTES * HUGE_BYTES
    if first >= last:
        return 0
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    madvise(first, last - first, _MADV_HUGEPAGE)
    # One at a time: a place that was never touched has nothing to move, and would fail them all.
    return sum(
        HUGE_BYTES
        for place in range(first, last, HUGE_BYTES)
        if madvise(place, HUGE_BYTES, _MADV_COLLAPSE) == 0
    )
