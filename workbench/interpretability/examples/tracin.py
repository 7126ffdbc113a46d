"""TracIn by checkpoints on the last layer: Pruthi, Liu, Kale and Sundararajan 2020, "Estimating
Training Data Influence by Tracing Gradient Descent" (arXiv 2002.08484), sections 3, 4, appendix F.

The gradient of a row's loss by a linear head's weights is its error times its vector, so a dot
product of two of them is the product of two dot products, and no gradient is ever written out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled
from workbench.interpretability.examples.softmax_head import SoftmaxHead, add_constant, softmax

if TYPE_CHECKING:
    import numpy as np


def influence(
    head: SoftmaxHead,
    vectors: np.ndarray,
    labels: np.ndarray,
    *,
    query: np.ndarray,
    query_labels: np.ndarray,
) -> np.ndarray:
    """How far each training row's steps lowered the loss of each query, in nats, to first order:
    ``[queries, n]``.

    Positive: the row helped (a proponent); negative: it stood in the way (an opponent).

    Args:
        head: Trained on the rows.
        vectors: Of the training rows ``[n, d]``.
        labels: Of the training rows ``[n]``.
        query: Vectors ``[queries, d]``.
        query_labels: The label whose loss is traced, for each query ``[queries]``.
    """
    rows, asked = add_constant(vectors), add_constant(query)
    alike = asked @ rows.T
    total = 0.0 * alike
    for weights in head.checkpoints:
        check_cancelled()
        ours = _errors(rows, labels, weights)
        theirs = _errors(asked, query_labels, weights)
        total += head.reach * alike * (theirs @ ours.T)
    return total


def self_influence(head: SoftmaxHead, vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How far each row's own steps lowered its own loss ``[n]``: high for rows that the others
    contradict, so the mislabelled come first (section 5.1 of the paper)."""
    rows = add_constant(vectors)
    lengths = (rows**2).sum(axis=1)
    steps = [(_errors(rows, labels, weights) ** 2).sum(axis=1) for weights in head.checkpoints]
    found: np.ndarray = head.reach * lengths * sum(steps)
    return found


def _errors(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The loss's gradient by the logits: ``[n, labels]``."""
    import numpy as np

    errors = softmax(rows @ weights.T)
    errors[np.arange(len(rows)), labels] -= 1
    return errors
