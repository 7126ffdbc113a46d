"""What a private classifier learns and is tested on, and whose its examples are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .mechanisms import Unit

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class ClassifierTask:
    """Features ``[n, d]`` of length 1 at most and labels ``[n]``, to learn from and to test on.

    ``sha256`` is the data set's, by which its budget is kept. ``users`` says whose each example to
    learn from is, ``[n]``, at most ``rows_per_user`` of each; None where each example is a unit.
    """

    name: str
    train_x: np.ndarray
    train_y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray
    classes: int
    sha256: str
    users: Sequence[Any] | None = None
    rows_per_user: int | None = None

    @property
    def unit(self) -> Unit:
        """What may be added or taken away."""
        return "example" if self.users is None else "user"
