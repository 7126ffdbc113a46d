"""How two sets of decisions on the same rows differ, with intervals from one bootstrap.

Rows are drawn together with both of their decisions, so what the two have in common cancels. Only
counts over (group, outcome, first decision, second decision) matter, and drawing rows is drawing
those counts from a multinomial (Efron and Tibshirani 1993, chapter 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.fairness.audit.bca import bias, column_quantiles, corrected_levels

from .methods import CONSTRAINTS, DEMOGRAPHIC_PARITY, EQUAL_OPPORTUNITY, EQUALIZED_ODDS
from .result import Change

if TYPE_CHECKING:
    import numpy as np

ACCURACY = "accuracy_score"


def compare_decisions(
    y: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    codes: np.ndarray,
    *,
    groups: int,
    draws: int = 4000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Change]:
    """The change of accuracy and of each constraint's disparity.

    Rows of no group (codes of ``groups`` and above) count for the accuracy alone.

    Args:
        y: 0 or 1, shape [n].
        before: Decisions, 0 or 1, shape [n].
        after: Likewise.
        codes: The group of each row, shape [n].
        groups: How many groups are compared.
        draws: Resamples.
        confidence: Of the intervals, which are percentiles.
        seed: Of the resamples.
    """
    import numpy as np

    cells = np.zeros((groups + 1, 2, 2, 2))
    np.add.at(cells, (np.minimum(codes, groups), y, before, after), 1)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(y), cells.ravel() / len(y), size=draws)
    drawn = drawn.reshape(draws, *cells.shape).astype(float)
    resampled, found = _figures(drawn), {}
    for name, (first, second) in _figures(cells[None]).items():
        change = second - first
        low, high = _ends(change, resampled[name][1] - resampled[name][0], confidence)
        found[name] = Change(name, float(first[0]), float(second[0]), float(change[0]), low, high)
    return found


def _ends(change: np.ndarray, draws: np.ndarray, confidence: float) -> tuple[float, float]:
    """Percentiles moved by the median bias: a distance near 0 is larger in nearly every resample
    (Efron 1987, with an acceleration of 0)."""
    import numpy as np

    kept = draws[np.isfinite(draws)][:, None]
    z0, tail = bias(change, kept), (1 - confidence) / 2
    ordered, flat = np.sort(kept, axis=0), np.zeros(1)
    low, high = (
        column_quantiles(ordered, corrected_levels(level, z0, flat)) for level in (tail, 1 - tail)
    )
    return float(low[0]), float(high[0])


def _figures(cells: np.ndarray) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
    """Each figure of the first and of the second decisions, for ``[draws, group, y, 1st, 2nd]``."""
    first, second = _each_figure(cells.sum(axis=4)), _each_figure(cells.sum(axis=3))
    return {name: (first[name], second[name]) for name in first}


def _each_figure(cells: np.ndarray) -> dict[str, np.ndarray]:
    """Each figure of decisions, for ``[draws, group, y, decision]``: shape [draws]."""
    apart = {metric: _disparity(cells, name) for name, metric in CONSTRAINTS.items()}
    return {ACCURACY: _accuracy(cells), **apart}


def _accuracy(cells: np.ndarray) -> np.ndarray:
    right = cells[:, :, 0, 0].sum(axis=1) + cells[:, :, 1, 1].sum(axis=1)
    share: np.ndarray = right / cells.sum(axis=(1, 2, 3))
    return share


def _disparity(cells: np.ndarray, constraint: str) -> np.ndarray:
    """The largest difference between two groups: shape [draws]."""
    import numpy as np

    own = cells[:, :-1]
    with np.errstate(invalid="ignore"):
        rates = {
            DEMOGRAPHIC_PARITY: [own[..., 1].sum(axis=2) / own.sum(axis=(2, 3))],
            EQUAL_OPPORTUNITY: [own[:, :, 1, 1] / own[:, :, 1].sum(axis=2)],
            EQUALIZED_ODDS: [
                own[:, :, 1, 1] / own[:, :, 1].sum(axis=2),
                own[:, :, 0, 1] / own[:, :, 0].sum(axis=2),
            ],
        }.get(constraint, [own[:, :, 0, 1] / own[:, :, 0].sum(axis=2)])
    spans = [np.nanmax(rate, axis=1) - np.nanmin(rate, axis=1) for rate in rates]
    largest: np.ndarray = np.max(spans, axis=0)
    return largest
