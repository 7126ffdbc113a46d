"""Merging by singular values: the sum of the changes, and of it the largest directions.

The best approximation of a rank is the truncated decomposition (Eckart and Young 1936).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def merge_svd(changes: Sequence[torch.Tensor], *, rank: int, weight: float = 1.0) -> torch.Tensor:
    """One change of several tasks' changes; what is no matrix is only added up.

    Args:
        changes: Of one shape, one a task.
        rank: How many directions are left.
        weight: What each task counts for.
    """
    import torch

    total = weight * torch.stack(list(changes)).sum(dim=0)
    if total.dim() != 2:
        return total
    left, right = factor(total, rank)
    return left @ right


def factor(change: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    """``[out, rank]`` and ``[rank, in]`` whose product is nearest to a change ``[out, in]``."""
    import torch

    left, values, right = torch.linalg.svd(change, full_matrices=False)
    root = values[:rank].sqrt()
    return left[:, :rank] * root, root[:, None] * right[:rank]
