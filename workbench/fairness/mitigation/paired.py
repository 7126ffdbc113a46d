"""How two sets of decisions on the same rows differ, with intervals from one bootstrap.

Rows are drawn together with both of their decisions, so what the two have in common cancels. Only
counts over (group, outcome, first decision, second decision) matter, and drawing rows is drawing
those counts from a multinomial (Efron and Tibshirani 1993, chapter 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

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
    found = {}
    for name, (first, second) in _figures(cells[None]).items():
        firsts, seconds = _figures(drawn)[name]
        tail = (1 - confidence) / 2
        low, high = np.nanquantile(seconds - firsts, [tail, 1 - tail])
        found[name] = Change(
            name,
            float(first[0]),
            float(second[0]),
            float(second[0] - first[0]),
            float(low),
            float(high),
        )
    return found


def measure_decisions(
    y: np.ndarray,
    decided: np.ndarray,
    codes: np.ndarray,
    *,
    groups: int,
    draws: int = 4000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, tuple[float, float, float]]:
    """Accuracy and each constraint's disparity: value, low and high. As ``compare_decisions``."""
    import numpy as np

    cells = np.zeros((groups + 1, 2, 2))
    np.add.at(cells, (np.minimum(codes, groups), y, decided), 1)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(y), cells.ravel() / len(y), size=draws)
    drawn = drawn.reshape(draws, *cells.shape).astype(float)
    tail = (1 - confidence) / 2
    found = {}
    resampled = _each_figure(drawn)
    for name, value in _each_figure(cells[None]).items():
        low, high = np.nanquantile(resampled[name], [tail, 1 - tail])
        found[name] = (float(value[0]), float(low), float(high))
    return found


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
