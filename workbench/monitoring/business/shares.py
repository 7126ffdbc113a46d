"""Shares of good answers from the answers that were rated: Jeffreys intervals and draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.optional import require

if TYPE_CHECKING:
    import numpy as np

CONFIDENCE = 0.9


@dataclass(frozen=True)
class Estimate:
    """A figure that is estimated, with its 90% interval."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Estimate:
        """In another unit; the factor is above 0."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor)

    @classmethod
    def of_draws(cls, draws: np.ndarray, value: float | None = None) -> Estimate:
        """Median (or a stated value) and the middle 90% of draws."""
        import numpy as np

        low, middle, high = np.quantile(draws, [0.05, 0.5, 0.95])
        return cls(float(middle) if value is None else value, float(low), float(high))


def share(liked: int, rated: int) -> Estimate | None:
    """The share of good answers among the rated ones; None where none was rated.

    Jeffreys' interval (Brown, Cai and DasGupta 2001, section 4.3): the Beta(1/2, 1/2) posterior's
    middle 90%, drawn out to 0 and 1 at the ends.
    """
    if rated == 0:
        return None
    beta = require("scipy.stats", extra="data").beta
    low, high = beta.ppf([0.05, 0.95], liked + 0.5, rated - liked + 0.5)
    return Estimate(
        liked / rated,
        0.0 if liked == 0 else float(low),
        1.0 if liked == rated else float(high),
    )


def draw_share(liked: int, rated: int, random: np.random.Generator, count: int) -> np.ndarray:
    """Draws of a share's posterior; without ratings anything from 0 to 1 is as likely."""
    if rated == 0:
        return random.uniform(0.0, 1.0, count)
    return random.beta(liked + 0.5, rated - liked + 0.5, count)
