"""How much of a prompt the last conversation already covers."""

from __future__ import annotations

from collections.abc import Sequence


def shared_length(first: Sequence[int], second: Sequence[int]) -> int:
    """How many ids two sequences have in common at their beginning."""
    for place, (left, right) in enumerate(zip(first, second, strict=False)):
        if left != right:
            return place
    return min(len(first), len(second))
