"""l-diversity (Machanavajjhala et al. 2007): the values of the sensitive column in a class."""

from __future__ import annotations

from typing import Any


def value_counts(classes: Any, values: Any) -> Any:
    """How often each class has each value: int64 array, shape (classes, values)."""
    import numpy as np

    counts = np.zeros((int(classes.max()) + 1, int(values.max()) + 1), dtype=np.int64)
    np.add.at(counts, (classes, values), 1)
    return counts


def distinct_l(counts: Any) -> int:
    """The least number of different values in a class."""
    return int((counts > 0).sum(axis=1).min())


def entropy_l(counts: Any) -> float:
    """The exponential of the least entropy of a class, which is at most its distinct values."""
    import numpy as np

    shares = counts / counts.sum(axis=1, keepdims=True)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return float(np.exp((-(shares * logs).sum(axis=1)).min()))


def told_rows(counts: Any) -> int:
    """The rows of classes that have one value only: who finds the class knows it."""
    return int(counts[(counts > 0).sum(axis=1) == 1].sum())
