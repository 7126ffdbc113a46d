"""Estimators whose decisions were changed after they were fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .grouping import GroupReader

if TYPE_CHECKING:
    import numpy as np

_LEAST = 1e-9  # a probability of 0 or 1 has no logit


@dataclass(frozen=True)
class ByGroup:
    """An estimator with a threshold for each group.

    Its probability of 1 is the base's with its logit moved so that the group's threshold lies at
    one half. Decision and probability then agree, and whoever explains the probability explains the
    decision, the group's part included (fairlearn #818).

    ``base`` reads the first ``width`` columns, the groups are read from all of them.
    """

    base: Any
    width: int
    groups: GroupReader
    thresholds: np.ndarray

    def predict_proba(self, numbers: np.ndarray) -> np.ndarray:
        """Probabilities of 0 and 1: ``[rows, 2]``."""
        import numpy as np

        score = self.base.predict_proba(numbers[:, : self.width])[:, 1]
        limits = self.thresholds[self.groups.codes(numbers)]
        # At the threshold itself a row is accepted, whatever rounding does to the logits.
        moved = 1 / (1 + np.exp(_logit(limits) - _logit(score)))
        moved = np.where(score >= limits, np.maximum(moved, 0.5), np.minimum(moved, 0.5 - 1e-12))
        return np.column_stack([1 - moved, moved])

    def predict(self, numbers: np.ndarray) -> np.ndarray:
        """0 or 1: ``[rows]``."""
        import numpy as np

        score = self.base.predict_proba(numbers[:, : self.width])[:, 1]
        decided: np.ndarray = score >= self.thresholds[self.groups.codes(numbers)]
        return decided.astype(np.int64)


@dataclass(frozen=True)
class ByLot:
    """An estimator whose decision is drawn with the probability that it states.

    The lot of a row is drawn from ``seed`` and the row's own numbers: the same row gets the same
    decision from the same model, and two rows are independent.
    """

    probability: Any
    seed: int
    is_drawn: bool = True

    def predict_proba(self, numbers: np.ndarray) -> np.ndarray:
        """Probabilities of 0 and 1: ``[rows, 2]``."""
        import numpy as np

        chance = np.clip(np.asarray(self.probability(numbers), dtype=float), 0.0, 1.0)
        return np.column_stack([1 - chance, chance])

    def predict(self, numbers: np.ndarray) -> np.ndarray:
        """0 or 1: ``[rows]``; where nothing is drawn, 1 from one half on."""
        import numpy as np

        chance = self.predict_proba(numbers)[:, 1]
        if not self.is_drawn:
            return (chance >= 0.5).astype(np.int64)
        return (_lots(numbers, self.seed) < chance).astype(np.int64)


def _lots(numbers: np.ndarray, seed: int) -> np.ndarray:
    """A number from 0 to 1 for each row, by a hash of its content."""
    import hashlib

    import numpy as np

    rows = np.ascontiguousarray(numbers, dtype="<f8")
    key = seed.to_bytes(8, "little", signed=True)
    drawn = [
        int.from_bytes(hashlib.blake2b(row.tobytes(), digest_size=8, key=key).digest(), "little")
        for row in rows
    ]
    return np.array(drawn, dtype=float) / 2.0**64


def _logit(chance: np.ndarray) -> np.ndarray:
    import numpy as np

    within = np.clip(chance, _LEAST, 1 - _LEAST)
    found: np.ndarray = np.log(within) - np.log1p(-within)
    return found
