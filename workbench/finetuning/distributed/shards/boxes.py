"""Which part of a whole tensor a process has: a box, by its first corner and its lengths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

Slices = tuple[slice, ...]


@dataclass(frozen=True)
class Box:
    """A part of a tensor: from ``start`` on, ``shape`` long."""

    start: tuple[int, ...]
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many numbers are in it."""
        return math.prod(self.shape)

    def overlap(self, other: Box) -> tuple[Slices, Slices] | None:
        """Where what both have lies in this one and in the other; None if that is nothing."""
        here, there = [], []
        for a, long_a, b, long_b in zip(
            self.start, self.shape, other.start, other.shape, strict=True
        ):
            first, end = max(a, b), min(a + long_a, b + long_b)
            if first >= end:
                return None
            here.append(slice(first - a, end - a))
            there.append(slice(first - b, end - b))
        return tuple(here), tuple(there)


def whole_box(shape: Sequence[int]) -> Box:
    """All of a tensor."""
    return Box((0,) * len(shape), tuple(shape))


def find_box(value: torch.Tensor) -> Box:
    """What this process has of a tensor; of one that is no ``DTensor`` all."""
    from torch.distributed.tensor import DTensor
    from torch.distributed.tensor._utils import compute_local_shape_and_global_offset

    if not isinstance(value, DTensor):
        return whole_box(value.shape)
    shape, start = compute_local_shape_and_global_offset(
        value.shape, value.device_mesh, value.placements
    )
    return Box(tuple(start), tuple(shape))


def local_part(value: torch.Tensor) -> torch.Tensor:
    """The numbers of that box, in place: what is written into them is the tensor's."""
    from torch.distributed.tensor import DTensor

    value = value.detach()
    return value.to_local() if isinstance(value, DTensor) else value
