"""Reweighing: Kamiran and Calders, Knowledge and Information Systems 33 (2012), section 4.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def reweigh(codes: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A weight for each row under which outcome and group are independent.

    It is P(group) P(outcome) / P(group and outcome); the weights sum to the number of rows. A group
    in which an outcome does not occur cannot be made independent of it: nothing is there to weigh.

    Args:
        codes: The group of each row, shape [n].
        y: The outcome of each row, whole numbers from 0, shape [n].
    """
    import numpy as np

    both = np.zeros((int(codes.max()) + 1, int(y.max()) + 1))
    np.add.at(both, (codes, y), 1.0)
    expected = both.sum(axis=1, keepdims=True) * both.sum(axis=0, keepdims=True) / len(y)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = np.where(both > 0, expected / both, 0.0)
    found: np.ndarray = weights[codes, y]
    return found * (len(y) / found.sum())
