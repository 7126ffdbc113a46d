"""DARE: drop most of each change at random, magnify the rest, add up.

Yu and others (2023), arXiv:2311.03099, equation 3, with task arithmetic (arXiv:2212.04089).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def merge_dare(
    changes: Sequence[torch.Tensor],
    *,
    density: float,
    weight: float = 1.0,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """One change of several tasks' changes of the same weight.

    Args:
        changes: Of one shape, one a task.
        density: The chance of each number to be kept; it is then divided by it.
        weight: What each task counts for.
        generator: Decides what is kept; by default torch's own.
    """
    import torch

    kept = [
        each * torch.bernoulli(torch.full_like(each, density), generator=generator) / density
        for each in changes
    ]
    return weight * torch.stack(kept).sum(dim=0)
