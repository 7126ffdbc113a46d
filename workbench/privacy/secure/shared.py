"""What a party holds of a secret array, and what it may do with it alone.

One part in additive sharing (the secret is the sum of both servers' parts), two of three in
replicated sharing. Sums, differences, products with public words and everything that only moves
entries about are done on the parts, without a message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Shared:
    """A party's parts: uint64 arrays of the secret's shape (or uint8 rows of sliced bits)."""

    parts: tuple[np.ndarray, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the secret."""
        return self.parts[0].shape

    @property
    def size(self) -> int:
        """How many entries the secret has."""
        return self.parts[0].size

    def map(self, change: Callable[[np.ndarray], np.ndarray]) -> Shared:
        """A linear change, or a move of entries, on each part."""
        return Shared(tuple(change(part) for part in self.parts))

    def with_other(self, other: Shared, join: Callable[..., np.ndarray]) -> Shared:
        """A linear function of both, part by part."""
        return Shared(tuple(join(a, b) for a, b in zip(self.parts, other.parts, strict=True)))

    def __add__(self, other: Shared) -> Shared:
        return self.with_other(other, np.add)

    def __sub__(self, other: Shared) -> Shared:
        return self.with_other(other, np.subtract)

    def __xor__(self, other: Shared) -> Shared:
        return self.with_other(other, np.bitwise_xor)

    def times(self, public: np.ndarray | np.uint64) -> Shared:
        """Times public words of the ring (broadcast)."""
        return self.map(lambda part: part * public)

    def __getitem__(self, key: Any) -> Shared:
        return self.map(lambda part: part[key])

    def reshape(self, *shape: int) -> Shared:
        """In another shape."""
        return self.map(lambda part: part.reshape(shape))

    def sum(self, axis: int) -> Shared:
        """Summed in the ring along an axis, which stays with length 1."""
        return self.map(lambda part: part.sum(axis=axis, keepdims=True, dtype=np.uint64))

    def broadcast_to(self, shape: tuple[int, ...]) -> Shared:
        """Repeated up to a shape."""
        return self.map(lambda part: np.ascontiguousarray(np.broadcast_to(part, shape)))


def concatenate(pieces: Sequence[Shared], axis: int = 0) -> Shared:
    """Several secrets behind each other."""
    return Shared(
        tuple(
            np.concatenate(parts, axis=axis)
            for parts in zip(*(piece.parts for piece in pieces), strict=True)
        )
    )
