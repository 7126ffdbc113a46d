"""A threshold for each group, without a lot: Hardt, Price and Srebro (NeurIPS 2016), section 3.2.

For one rate (of acceptance, of true or of false positives) every group can be given the threshold
at which its rate is what it should be. The common rate is the one that gets most rows right. With a
gap allowed, each group may choose the best of its thresholds whose rate lies within it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError

from .methods import DEMOGRAPHIC_PARITY, EQUAL_OPPORTUNITY

if TYPE_CHECKING:
    import numpy as np

_STEPS = 1000  # of the common rate


@dataclass(frozen=True)
class GroupThresholds:
    """Thresholds by group, and the rates and the share of right decisions on the rows given."""

    thresholds: np.ndarray
    rates: np.ndarray
    accuracy: float


def find_thresholds(
    score: np.ndarray,
    y: np.ndarray,
    codes: np.ndarray,
    *,
    groups: int,
    constraint: str,
    gap: float = 0.0,
) -> GroupThresholds:
    """The thresholds under which the groups' rates differ by at most ``gap``.

    A row is accepted if its score is at least its group's threshold. Rows of the group ``groups``
    (all others) get the threshold that gets most of all rows right, and take no part in the
    constraint.

    Args:
        score: Of rows that the model has not learned from, shape [n], between 0 and 1.
        y: 0 or 1, shape [n].
        codes: The group of each row, shape [n].
        groups: How many there are.
        constraint: Which rate shall be equal.
        gap: How far the rates may lie apart.

    Raises:
        InputError: A group has no row that the rate rests on.
    """
    import numpy as np
    from scipy.ndimage import maximum_filter1d

    if not 0 <= gap < 1:
        raise InputError(f"gap is {gap:g}; it must be at least 0 and below 1")
    half = round(gap * _STEPS / 2)
    right = np.empty((groups, _STEPS + 1))
    curves = []
    for group in range(groups):
        mine = codes == group
        curve = _curve(score[mine], y[mine], constraint, group)
        curves.append(curve)
        right[group] = curve.right
    window = np.stack(
        [maximum_filter1d(each, 2 * half + 1, mode="constant", cval=-1.0) for each in right]
    )
    best = int(window.sum(axis=0).argmax())
    low, high = max(0, best - half), min(_STEPS, best + half)
    chosen = [low + int(each[low : high + 1].argmax()) for each in right]
    everyone = _best_threshold(score, y)
    thresholds = [curve.thresholds[at] for curve, at in zip(curves, chosen, strict=True)]
    decided = score >= np.array([*thresholds, everyone])[codes]
    return GroupThresholds(
        np.array([*thresholds, everyone]),
        np.array([curve.rates[at] for curve, at in zip(curves, chosen, strict=True)]),
        float((decided == y).mean()),
    )


@dataclass(frozen=True)
class _Curve:
    """A group's thresholds for each rate asked for: what comes of each."""

    thresholds: np.ndarray
    rates: np.ndarray
    right: np.ndarray


def _curve(score: np.ndarray, y: np.ndarray, constraint: str, group: int) -> _Curve:
    import numpy as np

    counted = {
        DEMOGRAPHIC_PARITY: np.ones(len(y), dtype=bool),
        EQUAL_OPPORTUNITY: y == 1,
    }.get(constraint, y == 0)
    if not counted.any():
        raise InputError(
            f"group {group} has no row that {constraint} rests on",
            hint="raise min_rows, or choose another constraint",
        )
    order = np.argsort(-score, kind="stable")
    ordered, truth = score[order], y[order]
    # After how many rows a threshold may stand: not between rows of the same score.
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)) + 1
    ends = np.concatenate([[0], ends])
    accepted_right = np.concatenate([[0], np.cumsum(truth)])[ends]
    rejected_right = (len(y) - truth.sum()) - (ends - accepted_right)
    right = accepted_right + rejected_right
    rates = np.concatenate([[0], np.cumsum(counted[order])])[ends] / counted.sum()
    values = np.concatenate([[np.inf], ordered[ends[1:] - 1]])
    # Of thresholds with the same rate only the best counts.
    wanted = np.linspace(0, 1, _STEPS + 1)
    after = np.clip(np.searchsorted(rates, wanted), 0, len(rates) - 1)
    before = np.maximum(after - 1, 0)
    nearer = np.where(wanted - rates[before] < rates[after] - wanted, before, after)
    nearer = _best_of_equals(rates, right, nearer)
    return _Curve(values[nearer], rates[nearer], right[nearer].astype(float))


def _best_of_equals(rates: np.ndarray, right: np.ndarray, places: np.ndarray) -> np.ndarray:
    """For each place the one with the same rate that gets most rows right."""
    import numpy as np

    starts = np.searchsorted(rates, rates, side="left")
    order = np.lexsort((-right, starts))
    first = np.searchsorted(starts[order], starts, side="left")
    best: np.ndarray = order[first][places]
    return best


def _best_threshold(score: np.ndarray, y: np.ndarray) -> float:
    curve = _curve(score, y, DEMOGRAPHIC_PARITY, 0)
    return float(curve.thresholds[curve.right.argmax()])
