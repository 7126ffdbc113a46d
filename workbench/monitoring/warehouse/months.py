"""Which months of a warehouse are built anew, wherever it stands: those that are not as they were.

A settlement that stands in two months' files counts in the earlier one. So months are gone through
in their order, and what changed in one may change a later one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from workbench.core.progress import track


class Builder(Protocol):
    """What makes the months of a warehouse, each from its usage file."""

    def build(self, month: str, path: Path, state: list[int]) -> dict[str, Any]:
        """Make one month; what there is to say of it, with its ``source`` (the state) and whether
        rows of it count ``elsewhere``, in an earlier month."""

    def shares_settlements(self, month: str, known: dict[str, Any], earlier: Sequence[str]) -> bool:
        """Whether a month that stands has a settlement which now counts in an earlier one."""

    def forget(self, month: str) -> None:
        """Take away a month whose file is gone."""


def bring_up_to_date(
    builder: Builder,
    *,
    found: Mapping[str, Path],
    old: Mapping[str, dict[str, Any]],
    kept: dict[str, dict[str, Any]],
) -> list[str]:
    """Build the months that are not as they were; which these are.

    Args:
        builder: Makes them.
        found: The usage file of each month, in order.
        old: The months that stand; one whose ``source`` is None is made anew in any case.
        kept: Takes all months that there will be.
    """
    moved = [month for month in old if month not in found]
    for month in moved:
        builder.forget(month)
    written = []
    for month, path in track(list(found.items()), "Building the warehouse"):
        state, known = state_of(path), old.get(month)
        if known and known["source"] == state and not _is_touched(builder, month, known, moved):
            kept[month] = known
            continue
        kept[month] = builder.build(month, path, state)
        written.append(month)
        moved.append(month)
    return written


def _is_touched(builder: Builder, month: str, known: dict[str, Any], moved: Sequence[str]) -> bool:
    """Whether a month whose own file is as it was changes because an earlier one did."""
    earlier = [each for each in moved if each < month]
    if not earlier or known["elsewhere"]:
        return bool(earlier)
    return builder.shares_settlements(month, known, earlier)


def state_of(path: Path) -> list[int]:
    """What tells a changed file from one that is as it was."""
    about = path.stat()
    return [about.st_size, about.st_mtime_ns, about.st_ino]
