"""The norm of a gradient of which each process has a part.

A norm of the part alone is too small, and clips too little; one that counts what several have alike
is too large. Adam hides both from the loss, so the norm is compared for itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    import torch.distributed as dist

_LEAST = 1e-6  # as torch's clip_grad_norm_ adds to the norm


def measure_norm(
    trained: Sequence[torch.nn.Parameter],
    *,
    counted: Sequence[bool] | None = None,
    group: Any = None,
) -> float:
    """The Euclidean norm of the whole gradient, the same in every process.

    Args:
        trained: The process's parameters; of those that are ``DTensor`` it has a shard.
        counted: Whether each counts here, where another process has it too.
        group: Processes that have other parameters, whose squares are added.
    """
    import torch
    import torch.distributed as dist

    squares: dict[tuple[Any, ...], torch.Tensor] = {}
    for number, parameter in enumerate(trained):
        if parameter.grad is None or not (counted is None or counted[number]):
            continue
        local, groups = _own_part(parameter.grad)
        found = local.double().square().sum()
        squares[groups] = squares.get(groups, torch.zeros((), dtype=torch.float64)) + found
    total = torch.zeros((), dtype=torch.float64)
    for groups, summed in squares.items():
        for each in groups:
            dist.all_reduce(summed, group=each)
        total += summed
    if group is not None:
        dist.all_reduce(total, group=group)
    return math.sqrt(float(total))


def shorten(trained: Sequence[torch.nn.Parameter], norm: float, most: float) -> None:
    """Scale the gradient so that its norm is at most ``most``; 0 is no limit."""
    factor = most / (norm + _LEAST) if most else 1.0
    if factor < 1:
        for parameter in trained:
            if parameter.grad is not None:
                _own_part(parameter.grad)[0].mul_(factor)


def _own_part(gradient: torch.Tensor) -> tuple[torch.Tensor, tuple[dist.ProcessGroup, ...]]:
    """What this process has of a gradient, and the groups in which it is cut up."""
    from torch.distributed.tensor import DTensor

    if not isinstance(gradient, DTensor):
        return gradient, ()
    if any(each.is_partial() for each in gradient.placements):
        raise RuntimeError("a gradient that is not summed up yet has no norm")
    cut = [
        gradient.device_mesh.get_group(dimension)
        for dimension, placement in enumerate(gradient.placements)
        if not placement.is_replicate()
    ]
    return gradient.to_local(), tuple(cut)
