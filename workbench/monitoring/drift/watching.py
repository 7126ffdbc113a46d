"""A stream watched hour by hour: an alarm whose chance to be false holds for the whole watch.

At each hour the last 1, 2, 4, ... hours are compared with the reference, column by column. All
these looks together have the stated level: a p-value alarms at the level over the number of
columns, windows and hours of the watch (Bonferroni; windows overlap, so it is less than that). When
the change began is where the likelihood of a change is greatest, with all that has come since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable
from workbench.evaluation.category_sketch import CategorySketch
from workbench.evaluation.number_sketch import NumberSketch, coarse_groups

from .comparing import GROUPS

if TYPE_CHECKING:
    import numpy as np

WINDOWS_H = (1, 2, 4, 8, 16, 32, 64)
_LEAST_ROWS = 20  # of a window; with fewer the tail of the test is not to be trusted
_LEAST_SHARE = 0.01  # of a cell in the reference; rarer ones go together
_LIKELIHOOD = 3.0  # nats below the greatest at which an hour may still be the first one


@dataclass(frozen=True)
class StreamAlarm(Viewable):
    """``hour`` raised it, after so many hours of the watch; the change began at ``began_hour``,
    likely between ``began_first`` and ``began_last``. ``p_value`` is corrected for every look."""

    column: str
    hour: int
    window_h: int
    p_value: float
    psi: float
    began_hour: int
    began_first: int
    began_last: int


def watch_hours(
    reference: Mapping[str, Any],
    hours: Sequence[Mapping[str, Any]],
    *,
    level: float = 0.05,
    horizon_h: int | None = None,
    corrected: bool = True,
) -> StreamAlarm | None:
    """The first alarm of a watch, or None.

    Args:
        reference: A sketch by column, numbers or categories.
        hours: The same of each hour in turn, on the same grids.
        level: The chance that a watch of ``horizon_h`` hours alarms though nothing changes.
        horizon_h: How long is watched until the level is spent; by default as many as are given.
        corrected: False shows what comes of looking often without counting the looks.

    Raises:
        InputError: There is no hour, or the watch is longer than its horizon.
    """
    horizon = len(hours) if horizon_h is None else horizon_h
    if not hours or horizon < len(hours):
        raise InputError(
            f"{len(hours)} hours in a watch of {horizon}", hint="begin a new watch when it is over"
        )
    looks = len(reference) * len(WINDOWS_H) * horizon if corrected else 1
    first: tuple[int, float, str, int] | None = None
    for name, whole in reference.items():
        found = _first_look(cells_of(whole, [each[name] for each in hours]), level / looks)
        if found is not None and (first is None or found < (first[0], first[1])):
            first = (found[0], found[1], name, found[2])
    if first is None:
        return None
    hour, p_value, name, window = first
    counts = cells_of(reference[name], [each[name] for each in hours])
    seen = counts[1][max(0, hour - window + 1) : hour + 1].sum(0)
    began, low, high = locate_change(*counts, until=hour)
    return StreamAlarm(
        name, hour, window, min(1.0, p_value * looks), _index(counts[0], seen), began, low, high
    )


def locate_change(reference: Any, hours: Any, *, until: int | None = None) -> tuple[int, int, int]:
    """The hour at which counts most likely changed, with the first and last hour that may be it.

    Args:
        reference: Shape ``[cells]``.
        hours: Shape ``[hours, cells]``.
        until: Look at no later hour; the change lies before its end.

    Returns:
        Of the profile likelihood: where it is greatest, and where it is less by 3 nats.
    """
    import numpy as np
    from scipy.special import xlogy

    counts = np.asarray(hours, dtype=float)[: None if until is None else until + 1]
    before = np.asarray(reference, dtype=float) + 0.5
    # What lies before the change is of the reference's kind, what lies behind it of its own.
    tail = np.cumsum(counts[::-1], axis=0)[::-1]
    rows = np.maximum(tail.sum(1, keepdims=True), 1)
    gain = xlogy(tail, tail / rows).sum(1) - (tail * np.log(before / before.sum())).sum(1)
    near = np.flatnonzero(gain >= gain.max() - _LIKELIHOOD)
    return int(gain.argmax()), int(near[0]), int(near[-1])


def cells_of(reference: Any, hours: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Counts of the reference, ``[cells]``, and of each hour, ``[hours, cells]``.

    A cell that holds less than a hundredth of the reference goes together with its like, and with
    what the reference has not.
    """
    import numpy as np

    if isinstance(reference, NumberSketch):
        groups = coarse_groups(reference.counts, GROUPS)
        table = np.array([np.bincount(groups, each.counts) for each in (reference, *hours)])
    elif isinstance(reference, CategorySketch):
        names = list(reference.named)
        table = np.array(
            [[*(each.named[n] for n in names), sum(each.buckets)] for each in (reference, *hours)]
        )
    else:
        raise InputError("an hour holds too few embeddings to be watched", hint="compare days")
    missing = np.array([[each.missing] for each in (reference, *hours)])
    table = np.concatenate([table, missing], axis=1)
    common = table[0] >= _LEAST_SHARE * table[0].sum()
    rest = table[:, ~common].sum(1, keepdims=True)
    table = np.concatenate([table[:, common], rest], axis=1) if rest.any() else table[:, common]
    return table[0], table[1:]


def _first_look(
    counts: tuple[np.ndarray, np.ndarray], threshold: float
) -> tuple[int, float, int] | None:
    """The first hour whose trailing window is refused, its p-value and the window's length."""
    import numpy as np

    reference, hours = counts
    sums = np.concatenate([np.zeros((1, hours.shape[1])), np.cumsum(hours, axis=0)])
    best: tuple[int, float, int] | None = None
    for window in WINDOWS_H:
        seen = sums[1:] - sums[np.maximum(np.arange(1, len(sums)) - window, 0)]
        p_values = _p_values(reference, seen)
        at = np.flatnonzero(p_values <= threshold)
        if len(at) and (best is None or (at[0], p_values[at[0]]) < best[:2]):
            best = (int(at[0]), float(p_values[at[0]]), window)
    return best


def _p_values(reference: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The G-test with Williams' correction of each row of counts against the reference."""
    import numpy as np
    from scipy.special import xlogy
    from scipy.stats import chi2

    n, m = reference.sum(), seen.sum(1)
    tested = m >= _LEAST_ROWS
    found = np.ones(len(seen))
    if seen.shape[1] < 2 or not tested.any():
        return found
    seen, m = seen[tested], m[tested][:, None]
    pooled = seen + reference
    filled = np.maximum(pooled, 0.5)
    rows = n + m
    g = 2 * (
        xlogy(seen, np.maximum(seen, 0.5) * rows / (filled * m)).sum(1)
        + xlogy(reference, np.maximum(reference, 0.5) * rows / (filled * n)).sum(1)
    )
    freedom = seen.shape[1] - 1
    sides = rows / n + rows / m - 1
    williams = 1 + sides[:, 0] * ((rows / filled).sum(1) - 1) / (6 * rows[:, 0] * freedom)
    found[tested] = chi2.sf(g / williams, freedom)
    return found


def _index(reference: np.ndarray, seen: np.ndarray) -> float:
    import numpy as np

    p, q = ((each + 0.5) / (each + 0.5).sum() for each in (reference, seen))
    return float(((q - p) * np.log(q / p)).sum())
