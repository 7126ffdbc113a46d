"""t-closeness (Li, Li and Venkatasubramanian 2007): how far a class lies from the whole table."""

from __future__ import annotations

from typing import Any


def measure_t(counts: Any, *, ordered: bool) -> float:
    """The greatest earth mover's distance of a class's values from those of the table.

    Args:
        counts: Shape (classes, values); for ordered values in their order.
        ordered: Values lie on a line, a step from one to the next being 1 / (values - 1); else any
            value is at distance 1 from any other.

    Returns:
        From 0 (each class is as the table) to 1.
    """
    import numpy as np

    whole = counts.sum(axis=0) / counts.sum()
    parts = counts / counts.sum(axis=1, keepdims=True)
    apart = parts - whole
    if ordered and counts.shape[1] > 1:
        distances = np.abs(np.cumsum(apart, axis=1)).sum(axis=1) / (counts.shape[1] - 1)
    else:
        distances = np.abs(apart).sum(axis=1) / 2
    return float(distances.max())
