"""Why a model said what it said of a row: what each column added to its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Contribution:
    """What one column (or group of columns) added.

    ``value`` is what the row has there; of a group it is the columns with theirs, as text.
    ``standard_error`` is that of sampling, None where the value is computed and not sampled.
    """

    feature: str
    value: Any
    contribution: float
    standard_error: float | None = None


@dataclass(frozen=True)
class RowExplanation(Viewable):
    """One row's output, taken apart.

    ``base_value`` is the mean output of the background rows, ``value`` the row's; the contributions
    add up to the difference but for ``additivity_gap``, all in ``unit``. ``exact`` says whether
    they are the exact values of what ``method`` promises, or an estimate. The largest come first.
    """

    model: str
    data: str
    row: int
    output: str
    unit: str
    value: float
    base_value: float
    prediction: Any
    probabilities: dict[str, float]
    truth: Any
    contributions: tuple[Contribution, ...]
    method: str
    exact: bool
    additivity_gap: float
    background_rows: int
    seed: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableExplanation(Viewable):
    """Many rows' outputs, taken apart.

    ``contributions`` and ``standard_errors`` (None if nothing was sampled) have the shape
    ``[rows, players]``, ``values`` ``[rows]``, all in ``unit``. ``additivity_gap`` is the largest
    of any row.
    """

    model: str
    output: str
    unit: str
    features: tuple[str, ...]
    contributions: np.ndarray
    values: np.ndarray
    base_value: float
    method: str
    exact: bool
    additivity_gap: float
    background_rows: int
    seed: int
    standard_errors: np.ndarray | None = None

    def mean_sizes(self) -> dict[str, float]:
        """Each column's mean absolute contribution, the largest first."""
        import numpy as np

        sizes = np.abs(self.contributions).mean(axis=0)
        order = np.argsort(-sizes, kind="stable")
        return {self.features[at]: float(sizes[at]) for at in order}
