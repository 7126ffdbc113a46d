"""Slices from the lattice of conditions: every combination of up to three columns' values.

As in SliceFinder (Chung et al., "Slice Finder", ICDE 2019) the slices are conjunctions, so that
each can be read. All are tested, and the correction is for all that were: what is found is not what
was bound to turn up among thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled

from .slice_items import Items
from .slice_tests import ExcessTest

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Lattice:
    """The slices that are large enough: their conditions [S, depth] (-1 for none), sizes [S] and
    p-values [S]."""

    conditions: np.ndarray
    sizes: np.ndarray
    p_values: np.ndarray

    def rows(self, items: Items, which: int) -> np.ndarray:
        """The rows of one slice, shape [n], true or false."""
        own = [at for at in self.conditions[which] if at >= 0]
        found: Any = items.meets[:, own].all(axis=1)
        return found


def search_lattice(items: Items, test: ExcessTest, *, depth: int, min_rows: int) -> Lattice:
    """Every slice of one to ``depth`` conditions on different columns with ``min_rows`` or more.

    Args:
        items: M conditions.
        test: Of the losses.
        depth: 1, 2 or 3.
        min_rows: The least size; a slice of all but so many rows is none either.
    """
    import numpy as np

    meets = items.meets.astype(np.float32)
    conditions, sizes, sums = [], [], []

    def add(found: np.ndarray, size: np.ndarray, total: np.ndarray) -> None:
        fits = (size >= min_rows) & (size <= len(meets) - min_rows)
        padded = np.full((int(fits.sum()), depth), -1)
        padded[:, : found.shape[1]] = found[fits]
        conditions.append(padded)
        sizes.append(size[fits])
        sums.append(total[fits])

    places = np.arange(meets.shape[1])[:, None]
    add(places, items.meets.sum(axis=0), test.scores @ items.meets)
    if depth >= 2:
        add(*_pairs(items, meets, test.scores, np.arange(len(meets)), places[:0, 0]))
    if depth >= 3:
        for first in range(meets.shape[1]):
            check_cancelled()
            rows = np.flatnonzero(items.meets[:, first])
            found, size, total = _pairs(items, meets, test.scores, rows, places[: first + 1, 0])
            other = np.array([c != items.columns[first] for c in items.columns])
            fresh = other[found].all(axis=1)
            triple = np.column_stack([np.full(int(fresh.sum()), first), found[fresh]])
            add(triple, size[fresh], total[fresh])
    size = np.concatenate(sizes)
    p_values = test.p_values(size, np.concatenate(sums))
    return Lattice(np.concatenate(conditions), size, p_values)


def _pairs(
    items: Items, meets: np.ndarray, scores: np.ndarray, rows: np.ndarray, without: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of conditions on different columns among ``rows``, with sizes and sums of scores."""
    import numpy as np

    own = meets[rows]
    sizes = (own.T @ own).round().astype(np.int64)
    # In double precision: a sum of errors must come out whole.
    weighted = own * scores[rows, None].astype(np.float64)
    sums = own.T.astype(np.float64) @ weighted
    first, second = np.triu_indices(meets.shape[1], k=1)
    names = np.array(items.columns)
    allowed = names[first] != names[second]
    allowed &= ~np.isin(first, without) & ~np.isin(second, without)
    pairs = np.column_stack([first[allowed], second[allowed]])
    return pairs, sizes[pairs[:, 0], pairs[:, 1]], sums[pairs[:, 0], pairs[:, 1]]
