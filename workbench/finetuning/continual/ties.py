"""TIES: trim small changes, elect a sign for each weight, average those that agree.

Yadav and others (2023), arXiv:2306.01708, algorithm 1, weight by weight tensor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def merge_ties(
    changes: Sequence[torch.Tensor], *, density: float, scale: float = 1.0
) -> torch.Tensor:
    """One change of several tasks' changes of the same weight.

    Args:
        changes: Of one shape, one a task.
        density: The share of each that is kept, the largest.
        scale: The paper's lambda.
    """
    import torch

    stacked = torch.stack([_trim(each, density) for each in changes])
    elected = torch.where(stacked.sum(dim=0) >= 0, 1.0, -1.0)
    agree = stacked.sign() == elected
    return scale * (stacked * agree).sum(dim=0) / agree.sum(dim=0).clamp(min=1)


def _trim(change: torch.Tensor, density: float) -> torch.Tensor:
    import torch

    flat = change.reshape(-1)
    kept = flat.abs().topk(int(density * flat.numel())).indices
    return torch.zeros_like(flat).scatter(0, kept, flat[kept]).reshape(change.shape)
