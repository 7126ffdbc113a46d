"""A linear classifier on fixed vectors, trained by plain gradient descent that keeps checkpoints.

Influence by checkpoints needs the steps of the training itself, so no solver that takes others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.core.progress import track

if TYPE_CHECKING:
    import numpy as np

ITERATIONS = 400
CHECKPOINTS = 8


@dataclass(frozen=True)
class SoftmaxHead:
    """Weights ``[checkpoints, labels, d + 1]`` (the last column is the bias), oldest first.

    ``reach`` is how far one row's gradient moved the weights while a checkpoint stands for them:
    the step size, divided by the rows, times the iterations a checkpoint.
    """

    checkpoints: np.ndarray
    reach: float

    def probabilities(self, vectors: np.ndarray) -> np.ndarray:
        """The last checkpoint's probabilities of each label: ``[n, labels]``."""
        return softmax(add_constant(vectors) @ self.checkpoints[-1].T)


def train_head(
    vectors: np.ndarray,
    labels: np.ndarray,
    *,
    iterations: int = ITERATIONS,
    checkpoints: int = CHECKPOINTS,
) -> SoftmaxHead:
    """Minimise the mean cross-entropy from zero weights, all rows at each step.

    Args:
        vectors: Float ``[n, d]``.
        labels: Whole numbers from 0 ``[n]``.
        iterations: How many steps.
        checkpoints: How many of the weights on the way are kept, at equal distances.

    Raises:
        InputError: There are fewer than two labels, or fewer iterations than checkpoints.
    """
    import numpy as np

    if not 1 <= checkpoints <= iterations:
        raise InputError(f"{checkpoints} checkpoints of {iterations} iterations", hint="8 of 400")
    count = int(labels.max()) + 1 if len(labels) else 0
    if count < 2:
        raise InputError("a classifier needs two labels or more", hint="another label column")
    rows = add_constant(vectors)
    wanted = np.eye(count)[labels]
    # The loss's curvature is at most half of the largest squared length: no step overshoots.
    step_size = 2.0 / float((rows**2).sum(axis=1).max())
    weights = np.zeros((count, rows.shape[1]))
    due = {round(iterations * place / checkpoints) for place in range(1, checkpoints + 1)}
    kept = []
    for number in track(range(1, iterations + 1), "train the linear head", unit="steps"):
        errors = softmax(rows @ weights.T) - wanted
        weights = weights - step_size * errors.T @ rows / len(rows)
        if number in due:
            kept.append(weights)
    return SoftmaxHead(np.stack(kept), step_size / len(rows) * iterations / checkpoints)


def predict_held_out(vectors: np.ndarray, labels: np.ndarray, *, folds: int = 5) -> np.ndarray:
    """What heads that have not seen a row give each label: ``[n, labels]``.

    A head that has seen a wrong label believes it after some hundred steps. Row ``i`` is in fold
    ``i % folds``; a label that no other fold has gets what the head starts with.
    """
    import numpy as np

    count = int(labels.max()) + 1
    fold = np.arange(len(labels)) % min(folds, len(labels))
    found = np.full((len(labels), count), 1 / count)
    for number in range(int(fold.max()) + 1):
        seen = fold != number
        if len(np.unique(labels[seen])) > 1:
            likely = train_head(vectors[seen], labels[seen]).probabilities(vectors[~seen])
            found[~seen] = 0
            found[~seen, : likely.shape[1]] = likely
    return found


def add_constant(vectors: np.ndarray) -> np.ndarray:
    """The vectors with a column of ones, for the bias, in float64."""
    import numpy as np

    return np.hstack([vectors, np.ones((len(vectors), 1))]).astype(np.float64)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities along the last axis."""
    import numpy as np

    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    found: np.ndarray = powers / powers.sum(axis=-1, keepdims=True)
    return found
