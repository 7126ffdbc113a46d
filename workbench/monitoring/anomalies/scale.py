"""The scale on which a series is judged: as it is, by square roots, or by logarithms.

Load has hours that are so many *times* as busy as others, and its noise grows with it; memory has
hours that hold so many bytes *more*. Which it is, is read from the series itself: of the
transformations of Box and Cox (1964) the one of the greatest likelihood, with a robust spread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

POWERS = (1.0, 0.5, 0.0)
_NAMES = {1.0: "as it is", 0.5: "square roots", 0.0: "logarithms"}


@dataclass(frozen=True)
class Scale:
    """``power`` 1, .5 or 0 (logarithms); ``offset`` is added before, so that 0 has a place."""

    power: float
    offset: float

    @property
    def name(self) -> str:
        """In words."""
        return _NAMES[self.power]

    def forward(self, values: Any) -> Any:
        """Values on this scale."""
        import numpy as np

        if self.power == 1:
            return values
        moved = np.maximum(values + self.offset, self.offset)
        return np.log(moved) if self.power == 0 else 2 * np.sqrt(moved)

    def back(self, scaled: Any) -> Any:
        """The values that stand at these places of the scale."""
        import numpy as np

        if self.power == 1:
            return scaled
        if self.power == 0:
            return np.exp(np.minimum(scaled, 700)) - self.offset
        return (np.maximum(scaled, 0) / 2) ** 2 - self.offset


def choose_scale(values: Any, spread: Callable[[Any], float]) -> Scale:
    """The scale of the greatest likelihood.

    Args:
        values: Those that were observed ([steps]).
        spread: How widely scaled values, in the order of the given ones, lie about their profile.
    """
    import numpy as np

    if values.min() < 0 or (values > 0).sum() < 2:
        return Scale(1.0, 0.0)
    positive = values[values > 0]
    # A quarter of a low value: less would throw an hour of nothing out of every proportion.
    offset = float(max(np.quantile(positive, 0.05) / 4, positive.max() * 1e-9))
    logs = float(np.log(values + offset).mean())
    best, most = Scale(1.0, 0.0), -np.inf
    for power in POWERS:
        scale = Scale(power, offset if power < 1 else 0.0)
        wide = spread(scale.forward(values))
        likelihood = -np.log(max(wide, 1e-300)) + (power - 1) * logs
        if likelihood > most:
            best, most = scale, likelihood
    return best
