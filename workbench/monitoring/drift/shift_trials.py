"""Accuracy estimated without labels on made shifts of Adult, against the truth put away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.viewers import Viewable

from .estimation import EstimatedAccuracy, estimate_accuracy
from .made_shifts import KINDS, SIZES, draw_shifted


@dataclass(frozen=True)
class ShiftTrial(Viewable):
    """One shift: what is true, what is estimated, and what is said where nothing is weighted.
    ``unchanged`` is the reference's accuracy: the estimate of who does not look."""

    kind: str
    size: float
    truth: float
    weighted: EstimatedAccuracy
    by_score: float
    unchanged: float

    @property
    def error_points(self) -> float:
        """Of the weighted estimate, in percentage points."""
        return 100 * (self.weighted.accuracy - self.truth)


def try_shifts(
    *,
    model: str = "gradient_boosting",
    kinds: Sequence[str] = KINDS,
    sizes: Sequence[float] = SIZES,
    draws: int = 4000,
    seed: int = 0,
) -> tuple[ShiftTrial, ...]:
    """Fit a model to Adult's training rows; half the test rows are the reference, the other half is
    drawn from with unequal chances, and their truth is looked at last.

    Args:
        model: A kind of model of tables.
        kinds: Of shift.
        sizes: Of each.
        draws: Rows of each shifted sample.
        seed: Of the halves, the draws and the fit.
    """
    import numpy as np

    from workbench.models.tabular import fit_tabular, load_parts, to_frame
    from workbench.models.tabular.features import encode

    parts = load_parts("adult", None, seed=seed)
    fitted = fit_tabular(parts.train, parts.target, model=model, seed=seed)
    numbers, _ = encode(fitted.columns, parts.test)
    scores = fitted.proba_numbers(numbers)[:, fitted.place_of(">50K")]
    frame = to_frame(parts.test)
    truth = (frame[parts.target] == ">50K").to_numpy(float)
    order = np.random.default_rng(seed).permutation(len(truth))
    known, later = np.array_split(order, 2)
    found = []
    for kind in kinds:
        for size in sizes if kind != "none" else sizes[:1]:
            drawn = later[draw_shifted(frame.iloc[later], kind, size, draws=draws, seed=seed)]
            options: dict[str, Any] = {"reference_rows": numbers[known], "rows": numbers[drawn]}
            given = scores[known], truth[known], scores[drawn]
            weighted = estimate_accuracy(*given, **options, seed=seed)
            plain = estimate_accuracy(*given, draws=1, seed=seed)
            right = float(((scores[drawn] >= 0.5) == (truth[drawn] == 1)).mean())
            found.append(
                ShiftTrial(kind, size, right, weighted, plain.accuracy, weighted.reference_accuracy)
            )
    return tuple(found)
