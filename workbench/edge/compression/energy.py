"""The energy that the processor took, where the machine tells it: Linux's powercap counters (RAPL).

They count whole packages, so whatever else runs is in them; reading them may take a right that only
root has. Elsewhere, and on a Mac, nothing is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path("/sys/class/powercap")
_PACKAGE = re.compile(r"[a-z]+-rapl:\d+")  # with one number more it is a part of one


@dataclass
class Energy:
    """``joules`` of a block that has ended; None where the machine does not tell."""

    joules: float | None = None


@contextmanager
def counting(root: Path = _ROOT) -> Iterator[Energy]:
    """Count the energy of a block, at most as long as a counter takes to come round (minutes)."""
    found, before = Energy(), _read(root)
    yield found
    after = _read(root)
    if before and before.keys() == after.keys():
        spent = 0
        for name, (start, range_uj) in before.items():
            end = after[name][0]
            spent += end - start if end >= start else end + range_uj - start
        found.joules = spent / 1e6


def _read(root: Path) -> dict[str, tuple[int, int]]:
    """Microjoules so far, and where the counter begins anew, of each package."""
    found = {}
    try:
        for zone in sorted(root.iterdir()):
            if _PACKAGE.fullmatch(zone.name):
                counted = int((zone / "energy_uj").read_text())
                found[zone.name] = (counted, int((zone / "max_energy_range_uj").read_text()))
    except (OSError, ValueError):
        return {}
    return found
