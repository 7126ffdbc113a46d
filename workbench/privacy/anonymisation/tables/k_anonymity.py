"""k-anonymity (Sweeney 2002): the least number of rows that agree in all quasi-identifiers."""

from __future__ import annotations

from typing import Any


def class_sizes(classes: Any) -> Any:
    """The rows of each class, int64 array of shape (classes,)."""
    import numpy as np

    return np.bincount(classes)


def measure_k(classes: Any) -> int:
    """The k of a table by its class numbers."""
    return int(class_sizes(classes).min())


def discernibility(classes: Any) -> int:
    """The sum of the squares of the classes' sizes (Bayardo and Agrawal 2005): less is better."""
    sizes = class_sizes(classes)
    return int((sizes * sizes).sum())
