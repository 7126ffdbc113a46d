"""How many processors there are for this process."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """The cores that this process may use; a container may allow fewer than there are."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on a Mac
    return len(affinity(0)) if affinity else os.cpu_count() or 1
