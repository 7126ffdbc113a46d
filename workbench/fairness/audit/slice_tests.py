"""Whether a slice has more error than chance would give to as many rows drawn at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.evaluation.wilson import wilson_interval

if TYPE_CHECKING:
    import numpy as np


class ExcessTest:
    """The test of one set of losses [n] for any slice: is its mean higher than a random slice's?

    Losses of 0 and 1 are tested exactly: the errors among m rows drawn without replacement are
    hypergeometric. Other losses are tested by normal scores (van der Waerden), whose sum over m
    random rows is normal to a good approximation, also far out and for m = 30, where that of skewed
    losses is not.
    """

    def __init__(self, losses: Any) -> None:
        import numpy as np
        from scipy.stats import rankdata

        self.losses = np.asarray(losses, float)
        self.is_binary = bool(np.isin(self.losses, (0.0, 1.0)).all())
        if self.is_binary:
            self.scores = self.losses
        else:
            from scipy.special import ndtri

            self.scores = ndtri(rankdata(self.losses) / (len(self.losses) + 1))

    def p_values(self, sizes: np.ndarray, sums: np.ndarray) -> np.ndarray:
        """One-sided p-values of slices from their sizes and the sums of their ``scores``."""
        import numpy as np
        from scipy.special import ndtr
        from scipy.stats import hypergeom

        rows = len(self.scores)
        if self.is_binary:
            found = hypergeom.sf(np.round(sums) - 1, rows, round(self.scores.sum()), sizes)
            return np.clip(found, np.finfo(float).tiny, 1.0)  # far out the tail underflows
        variance = self.scores.var() * sizes * (rows - sizes) / (rows - 1)
        above = sums - sizes * self.scores.mean()
        return ndtr(
            -np.divide(above, np.sqrt(variance), out=np.zeros(len(sums)), where=variance > 0)
        )

    def interval(self, inside: np.ndarray, confidence: float) -> tuple[float, float]:
        """The interval of the mean loss of the rows ``inside`` [n]: Wilson's, or Student's."""
        import numpy as np
        from scipy.stats import t as student

        losses = self.losses[inside]
        size, mean = len(losses), float(losses.mean())
        if self.is_binary:
            return wilson_interval(mean, size, confidence=confidence)
        level = (1 + confidence) / 2
        half = float(student.ppf(level, size - 1) * losses.std(ddof=1) / np.sqrt(size))
        return mean - half, mean + half
