"""Memory is moved into huge pages where the system can, and stays what it was."""

from __future__ import annotations

import mmap
import sys
from pathlib import Path

import numpy as np
import pytest

from workbench.models.engines import huge_pages
from workbench.models.engines.huge_pages import HUGE_BYTES, in_huge_pages

MODE = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def huge_kilobytes() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("AnonHugePages"))


@pytest.mark.parametrize(
    ("regions", "before", "expected"),
    [
        ([(0, 10)], [], [(0, 10)]),
        ([(0, 10)], [(0, 10)], []),
        ([(0, 10)], [(2, 4), (6, 7)], [(0, 2), (4, 6), (7, 10)]),
        ([(5, 10), (20, 30)], [(0, 6), (25, 40)], [(6, 10), (20, 25)]),
    ],
)
def test_only_what_is_new_is_moved(
    regions: list[tuple[int, int]],
    before: list[tuple[int, int]],
    expected: list[tuple[int, int]],
) -> None:
    assert list(huge_pages._outside(regions, before)) == expected


def test_what_a_block_allocates_is_moved_and_keeps_its_numbers() -> None:
    before_kb = huge_kilobytes() if sys.platform == "linux" else 0
    with in_huge_pages():
        memory = mmap.mmap(-1, 8 * HUGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        numbers = np.frombuffer(memory, np.int64)
        numbers[:] = np.arange(len(numbers))
    assert np.array_equal(numbers, np.arange(len(numbers)))
    if MODE.exists() and "[never]" not in MODE.read_text():
        assert huge_kilobytes() - before_kb >= 6 * HUGE_BYTES // 1024


def test_memory_that_was_never_touched_stays_out_of_memory() -> None:
    # Collapsing it would take real memory for nothing.
    with in_huge_pages():
        memory = mmap.mmap(-1, 64 * HUGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory[0] = 1
    if sys.platform == "linux":
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE
        memory.close()
        after = int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE
        assert resident - after <= 4 * HUGE_BYTES
