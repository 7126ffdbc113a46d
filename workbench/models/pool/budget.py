"""How much memory models may take, if nobody says."""

from __future__ import annotations

from workbench.core import settings

SHARE = 0.6  # of what is free when the pool is made; the rest is for the user and the page cache


def default_budget_bytes() -> int:
    """The setting ``memory_budget_bytes``, or 60% of the memory that is free now."""
    import psutil

    told = int(settings.get("memory_budget_bytes"))
    return told or int(SHARE * psutil.virtual_memory().available)
