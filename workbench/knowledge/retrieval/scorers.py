"""Linear scorers over named features, and their weights: small JSON files, each with its sha256."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from workbench.core.errors import IntegrityError
from workbench.core.frozen import read_frozen_file

from .digests import WEIGHTS

if TYPE_CHECKING:
    import numpy as np

PACKAGE = "workbench.knowledge.retrieval"


@dataclass(frozen=True)
class Scorer:
    """``bias + features @ weights``, for features in the order of their names."""

    features: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float = 0.0

    def scores(self, table: np.ndarray) -> np.ndarray:
        """Scores of rows, shape (rows,); of a table of shape (rows, features)."""
        import numpy as np

        return np.asarray(table @ np.array(self.weights) + self.bias)

    def chances(self, table: np.ndarray) -> np.ndarray:
        """The scores as probabilities, by the logistic function."""
        import numpy as np

        return np.asarray(1 / (1 + np.exp(-np.clip(self.scores(table), -50, 50))))

    def told(self) -> dict[str, Any]:
        """What is written down of it, each weight in five digits."""
        return {
            "features": list(self.features),
            "weights": [float(f"{weight:.5g}") for weight in self.weights],
            "bias": float(f"{self.bias:.5g}"),
        }


@lru_cache(maxsize=8)
def read_weights(name: str) -> Mapping[str, Any]:
    """What stands in one file of weights.

    Raises:
        IntegrityError: Its file was changed after it was written.
    """
    found: Mapping[str, Any] = read_frozen_file(PACKAGE, name, WEIGHTS)
    return found


def scorer_of(told: Mapping[str, Any], features: Sequence[str]) -> Scorer:
    """A scorer as ``Scorer.told`` wrote it down.

    Raises:
        IntegrityError: It was trained for other features than the code has now.
    """
    if tuple(told["features"]) != tuple(features):
        raise IntegrityError(
            "the weights were trained for other features than these",
            hint="python tools/retrieval_weights.py trains them again",
        )
    return Scorer(tuple(features), tuple(told["weights"]), told["bias"])
