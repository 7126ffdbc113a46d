"""Numbers as counts between the edges of a reference: sketches of days that merge by adding.

The edges are the reference's quantiles, so a sketch of any other rows on the same edges tells both
distribution functions exactly at the edges. Between two edges nothing is known but that both rise:
the distance of Kolmogorov and Smirnov is told with the most that it can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    import numpy as np

BINS = 512


@dataclass(frozen=True, eq=False)
class NumberSketch:
    """``counts[i]`` rows lie in ``(edges[i - 1], edges[i]]``, the first and last bin being open.

    Infinities are in the outer bins and counted apart as well; ``missing`` rows (null, NaN) are in
    no bin.
    """

    edges: np.ndarray
    counts: np.ndarray
    missing: int = 0
    below_infinite: int = 0
    above_infinite: int = 0

    @property
    def rows(self) -> int:
        """Those with a value."""
        return int(self.counts.sum())

    def __add__(self, other: NumberSketch) -> NumberSketch:
        """The sketch of the rows of both, exactly.

        Raises:
            InputError: They have different edges.
        """
        check_same_edges(self, other)
        return NumberSketch(
            self.edges,
            self.counts + other.counts,
            self.missing + other.missing,
            self.below_infinite + other.below_infinite,
            self.above_infinite + other.above_infinite,
        )


@dataclass(frozen=True)
class SketchedDistance(Viewable):
    """The distance of two distribution functions: ``low`` is seen at an edge, and the distance of
    the rows themselves is at most ``high``."""

    low: float
    high: float
    p_value: float
    first_rows: int
    second_rows: int


def reference_edges(values: Any, *, bins: int = BINS) -> np.ndarray:
    """Edges for sketches: the quantiles of reference values, each heavy value in a bin of its own.

    Where there are no more different values than half the bins each has its own, and nothing is
    lost. Rows outside the range of the reference fall into bins where it has none.

    Args:
        values: Shape ``[n]``; what is not finite is passed over.
        bins: At most so many between the least and the greatest; a heavy value may add one.

    Returns:
        Shape ``[edges]``, strictly rising; without a finite value one edge at 0.
    """
    import numpy as np

    if bins < 2:
        raise InputError(f"{bins} bins", hint="two at least; 512 if in doubt")
    given = np.asarray(values, dtype=float)
    finite = np.sort(given[np.isfinite(given)])
    if not len(finite):
        return np.zeros(1)
    starts = np.flatnonzero(np.concatenate([[True], finite[1:] != finite[:-1]]))
    if len(starts) <= bins // 2:  # each value alone: nothing is lost
        inner = np.concatenate([finite[starts], np.nextafter(finite[starts], -np.inf)])
    elif len(starts) <= bins:
        inner = finite[starts]
    else:
        at = finite[(np.arange(1, bins) * len(finite)) // bins]
        heavy = at[1:][at[1:] == at[:-1]]
        inner = np.concatenate([at, np.nextafter(heavy, -np.inf), finite[-1:]])
    edges: np.ndarray = np.unique(np.concatenate([inner, np.nextafter(finite[:1], -np.inf)]))
    return edges


def sketch_numbers(values: Any, edges: Any) -> NumberSketch:
    """Count values between edges.

    Args:
        values: Shape ``[n]``, whatever numbers; NaN is missing.
        edges: Shape ``[edges]``, from ``reference_edges``.
    """
    import numpy as np

    given, limits = np.asarray(values, dtype=float).ravel(), np.asarray(edges, dtype=float)
    known = given[~np.isnan(given)]
    counts = np.bincount(np.searchsorted(limits, known), minlength=len(limits) + 1)
    return NumberSketch(
        limits,
        counts.astype(np.int64),
        len(given) - len(known),
        int(np.isneginf(known).sum()),
        int(np.isposinf(known).sum()),
    )


def sketched_distance(first: NumberSketch, second: NumberSketch) -> SketchedDistance:
    """The two-sample distance of Kolmogorov and Smirnov, from sketches on the same edges.

    The p-value is that of ``low`` by the asymptotic distribution of the statistic with Stephens'
    (1970) correction for few rows; for values that repeat it is too large rather than too small.

    Raises:
        InputError: A sketch has no rows, or their edges differ.
    """
    import math

    import numpy as np
    from scipy.special import kolmogorov

    check_same_edges(first, second)
    n, m = first.rows, second.rows
    if not n or not m:
        raise InputError("a sketch holds no value", hint="leave the column out")
    one = np.concatenate([[0], np.cumsum(first.counts)]) / n
    other = np.concatenate([[0], np.cumsum(second.counts)]) / m
    low = float(np.abs(one - other).max())
    # A bin that holds one number only hides nothing between its edges.
    wide = np.concatenate(
        [[True], np.nextafter(first.edges[1:], -np.inf) > first.edges[:-1], [True]]
    )
    gaps = np.maximum(one[1:] - other[:-1], other[1:] - one[:-1])[wide]
    high = max(low, float(gaps.max()))
    root = math.sqrt(n * m / (n + m))
    p_value = float(kolmogorov((root + 0.12 + 0.11 / root) * low))
    return SketchedDistance(low, high, p_value, n, m)


def coarse_groups(counts: Any, groups: int) -> np.ndarray:
    """Which of some groups of about equal weight each fine bin belongs to.

    Args:
        counts: Shape ``[bins]``, of the reference.
        groups: How many at most.

    Returns:
        Shape ``[bins]``, rising from 0, without a gap.
    """
    import numpy as np

    rows = np.asarray(counts, dtype=float)
    middle = np.cumsum(rows) - rows / 2
    group = np.minimum((middle * groups / max(rows.sum(), 1)).astype(int), groups - 1)
    found: np.ndarray = np.unique(np.maximum.accumulate(group), return_inverse=True)[1]
    return found


def check_same_edges(first: NumberSketch, second: NumberSketch) -> None:
    """Refuse sketches that were counted differently."""
    import numpy as np

    if not np.array_equal(first.edges, second.edges):
        raise InputError(
            f"sketches with {len(first.edges)} and {len(second.edges)} edges do not belong "
            "together",
            hint="sketch both on the edges of one reference",
        )
