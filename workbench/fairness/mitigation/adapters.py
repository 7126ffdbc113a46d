"""Between a model of a table, whose classes have places, and methods that know 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class AsPositive:
    """An estimator of two classes as one of 0 and 1, where 1 is the class at ``place``."""

    estimator: Any
    place: int

    def predict(self, numbers: np.ndarray) -> np.ndarray:
        """0 or 1: ``[rows]``."""
        import numpy as np

        found: np.ndarray = np.asarray(self.estimator.predict(numbers)) == self.place
        return found.astype(np.int64)

    def predict_proba(self, numbers: np.ndarray) -> np.ndarray:
        """Probabilities of 0 and 1: ``[rows, 2]``."""
        import numpy as np

        found: np.ndarray = np.asarray(self.estimator.predict_proba(numbers))
        return found if self.place == 1 else found[:, ::-1]


@dataclass(frozen=True)
class AsPlaces:
    """The way back: an estimator of 0 and 1 as one of the two classes of a table."""

    estimator: Any
    place: int

    def predict(self, numbers: np.ndarray) -> np.ndarray:
        """Places of classes: ``[rows]``."""
        import numpy as np

        found = np.asarray(self.estimator.predict(numbers)).astype(np.int64)
        return found if self.place == 1 else 1 - found

    def predict_proba(self, numbers: np.ndarray) -> np.ndarray:
        """Probabilities of the classes in their places: ``[rows, 2]``."""
        import numpy as np

        found: np.ndarray = np.asarray(self.estimator.predict_proba(numbers))
        return found if self.place == 1 else found[:, ::-1]
