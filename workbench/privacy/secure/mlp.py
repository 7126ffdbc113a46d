"""The network that private inference asks: 64 pixels, 32 units of ReLU, 10 digits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from workbench.core.errors import InputError

from .fixed_point import FRACTION_BITS, MOST

HIDDEN = 32
_EPOCHS = 300


@dataclass(frozen=True, eq=False)
class Mlp:
    """Weights of one hidden layer: ``[d, h]``, ``[h]``, ``[h, k]``, ``[k]``, float64."""

    w1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The plain model on rows ``[n, d]``: int64 ``[n]``."""
        hidden = np.maximum(x @ self.w1 + self.b1, 0)
        return np.asarray((hidden @ self.w2 + self.b2).argmax(axis=1))

    def check_range(self, most_input: float) -> None:
        """Refuse weights with which rows up to ``most_input`` could leave the range, unseen.

        Raises:
            InputError: Some sum could.
        """
        reach = np.abs(self.w1).sum(axis=0) * most_input + np.abs(self.b1)
        last = reach @ np.abs(self.w2) + np.abs(self.b2)
        # The tournament takes differences of two outputs.
        worst = max(float(reach.max()), 2 * float(last.max()))
        if worst >= MOST:
            raise InputError(
                f"the model's sums could reach {worst:,.0f} on rows up to {most_input:g}; shared "
                f"numbers with {FRACTION_BITS} bits behind the point lie below {MOST:,.0f}",
                hint="scale the rows, or the weights",
            )


@lru_cache(maxsize=4)
def train_digits_mlp(seed: int) -> tuple[Mlp, np.ndarray, np.ndarray]:
    """The network learnt from sklearn's digits, and the frozen test part: pixels 0 to 1, labels."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    from workbench import data
    from workbench.privacy.dp.digits import split_rows

    table = data.load("digits")
    pixels = np.asarray(table["pixels"], dtype=np.float64) / 16.0
    labels = np.asarray(table["label"])
    train, kept, test = split_rows(labels)
    learnt = np.concatenate([train, kept])
    model = MLPClassifier((HIDDEN,), max_iter=_EPOCHS, random_state=seed)
    with warnings.catch_warnings():
        # So many epochs are enough, whatever the loss still does in its fifth digit.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(pixels[learnt], labels[learnt])
    (w1, w2), (b1, b2) = model.coefs_, model.intercepts_
    return Mlp(w1, b1, w2, b2), pixels[test], labels[test]
