"""What programs ask of a way to share secrets; two servers and three parties each have their own.

A program is written once against this, and must not depend on a secret: which steps are done, and
how large they are, follows from public shapes. That is why it can be planned beforehand.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from .mesh import Mesh
from .shared import Shared


class Scheme(ABC):
    """A party's end of a way to share secrets.

    Args:
        mesh: Its lines to the others, which count rounds and bytes.
    """

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self.me = mesh.me

    @abstractmethod
    def share(self, words: np.ndarray | None, *, owner: int, shape: tuple[int, ...]) -> Shared:
        """Share the owner's words; every other party passes None."""

    @abstractmethod
    def open(self, secret: Shared, *, to: int | None = None) -> np.ndarray | None:
        """Make a secret known to one party, or to all; None for who is not told. One round."""

    @abstractmethod
    def add_public(self, secret: Shared, words: np.ndarray | np.uint64) -> Shared:
        """Plus public words; no message."""

    @abstractmethod
    def multiply(self, x: Shared, y: Shared) -> Shared:
        """Entry by entry in the ring, of equal shapes. One round."""

    @abstractmethod
    def matmul(self, x: Shared, y: Shared) -> Shared:
        """The matrix product ``[n, k] @ [k, m]`` in the ring. One round."""

    @abstractmethod
    def truncate(self, x: Shared, bits: int) -> Shared:
        """x / 2^bits for |x| < 2^62 as signed words: rounded down or up, less than one off."""

    @abstractmethod
    def compare(self, x: Shared) -> tuple[Shared, Shared]:
        """Whether each entry is below zero, as 0 or 1, and max(x, 0). Exact for all words."""
