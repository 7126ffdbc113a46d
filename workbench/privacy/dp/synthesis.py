"""A made table with a private table's marginals: a tree of pairs, measured with Gaussian noise.

McKenna, Miklau and Sheldon (2021), "Winning the NIST contest", arXiv:2108.04978 (MST): measure each
column, choose the pairs of columns that hang together most, a tree of them, measure those, and draw
rows from the one distribution that has these marginals. On a tree it needs no solver: it is a chain
of conditionals. Other than there the pairs are chosen by one Gaussian release of all pairs' scores,
so that the whole costs exactly what one Gaussian mechanism costs; with many columns the paper's
exponential mechanism chooses better.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError

from .calibration import find_noise_multiplier
from .domain import Column, encode_rows
from .mechanisms import GaussianSteps
from .noise import Noise

if TYPE_CHECKING:
    import numpy as np

_MOST_PAIR_CELLS = 1_000_000
_FITTING_ROUNDS = 30


@dataclass(frozen=True)
class TreeModel:
    """Marginals that agree: ``singles[i]`` sums to 1, ``pairs[(i, j)]`` is ``[cells_i, cells_j]``
    and ``i`` nearer to the root, which is column ``order[0]``. ``rows`` is the noisy count."""

    columns: tuple[Column, ...]
    rows: int
    singles: tuple[np.ndarray, ...]
    pairs: Mapping[tuple[int, int], np.ndarray]
    order: tuple[int, ...]


def plan_synthesis(*, epsilon: float, delta: float) -> GaussianSteps:
    """What a synthesis costs, before anything is read: one Gaussian mechanism."""
    noise = find_noise_multiplier(epsilon=epsilon, delta=delta, sampling_rate=1.0, steps=1)
    return GaussianSteps(noise, 1.0, 1)


def measure_tree(
    rows: Mapping[str, Sequence[Any]],
    columns: Sequence[Column],
    *,
    mechanism: GaussianSteps,
    noise: Noise,
    rows_per_unit: int = 1,
) -> TreeModel:
    """Measure a table's columns and a tree of pairs, within the cost of ``mechanism``.

    Three releases, each with a third of it: all columns (a row moves one cell of each by 1), the
    scores of all pairs (a row moves each by at most 1), the pairs of the tree. A unit of several
    rows moves each by as many, all of them in the same cells at worst.

    Args:
        rows: Columns of values, all of a length.
        columns: What they may hold, said without looking.
        mechanism: See ``plan_synthesis``.
        noise: Where it comes from.
        rows_per_unit: The most rows that come or go together.

    Raises:
        InputError: There are too few columns, or a pair has too many cells.
    """
    check_columns(columns)
    cells = encode_rows(rows, columns)
    count = len(columns)
    if rows_per_unit < 1:
        raise InputError(f"rows_per_unit is {rows_per_unit}, which must be 1 or more")
    scale = mechanism.noise_multiplier * math.sqrt(3) * rows_per_unit
    singles = [
        _counts(cells[:, [i]], [columns[i].cells])
        + _draw(noise, [columns[i].cells], scale * math.sqrt(count))
        for i in range(count)
    ]
    total = max(1.0, sum(float(each.sum()) for each in singles) / count)
    told = [_to_simplex(each / total) for each in singles]
    pairs = list(itertools.combinations(range(count), 2))
    scores = _draw(noise, [len(pairs)], scale * math.sqrt(len(pairs)))
    for place, (i, j) in enumerate(pairs):
        check_cancelled()
        found = _counts(cells[:, [i, j]], [columns[i].cells, columns[j].cells])
        # A row moves the L1 distance from what is told already by at most 1.
        scores[place] += abs(found - total * told[i][:, None] * told[j]).sum()
    order, parents = _span(count, pairs, scores)
    measured = {}
    for child, parent in parents.items():
        shape = [columns[parent].cells, columns[child].cells]
        found = _counts(cells[:, [parent, child]], shape)
        found += _draw(noise, shape, scale * math.sqrt(count - 1))
        joint = _to_simplex(found / total)
        measured[parent, child] = _fit(joint, told[parent], told[child])
    return TreeModel(tuple(columns), round(total), tuple(told), measured, tuple(order))


def sample_rows(
    model: TreeModel, *, rows: int | None = None, source: np.random.Generator
) -> dict[str, list[Any]]:
    """Made rows with the model's marginals, by columns.

    Counts are rounded and not drawn, so that sampling adds next to no error of its own.
    """
    import numpy as np

    count = model.rows if rows is None else rows
    drawn = np.zeros((count, len(model.columns)), dtype=np.int64)
    root = model.order[0]
    drawn[:, root] = _apportion(model.singles[root], count, source)
    parents = {child: parent for parent, child in model.pairs}
    for child in model.order[1:]:
        joint = model.pairs[parents[child], child]
        for cell in range(len(joint)):
            members = np.flatnonzero(drawn[:, parents[child]] == cell)
            weights = joint[cell] if joint[cell].sum() > 0 else model.singles[child]
            drawn[members, child] = _apportion(weights, len(members), source)
    shuffled = drawn[source.permutation(count)]
    return {
        column.name: column.decode(shuffled[:, place], source)
        for place, column in enumerate(model.columns)
    }


def check_columns(columns: Sequence[Column]) -> None:
    """Raise InputError for what would be refused, before anything is spent."""
    if len(columns) < 2:
        raise InputError("a table of one column has no pairs", hint="two columns or more")
    most = sorted((each.cells for each in columns), reverse=True)[:2]
    if most[0] * most[1] > _MOST_PAIR_CELLS:
        raise InputError(
            f"a pair of columns has {most[0] * most[1]:,} cells; at most {_MOST_PAIR_CELLS:,} are "
            "measured",
            hint="fewer bins, or leave a column out: --columns",
        )


def _counts(cells: np.ndarray, shape: list[int]) -> np.ndarray:
    """How many rows are in each cell: float64 of ``shape``."""
    import numpy as np

    flat = np.ravel_multi_index(tuple(cells.T), shape)
    return np.bincount(flat, minlength=math.prod(shape)).reshape(shape).astype(float)


def _draw(noise: Noise, shape: list[int], std: float) -> np.ndarray:
    import numpy as np

    return np.asarray(noise.normal(shape, std).double().numpy())


def _to_simplex(shares: np.ndarray) -> np.ndarray:
    """The nearest distribution (Wang and Carreira-Perpinan (2013), arXiv:1309.1541)."""
    import numpy as np

    flat = np.sort(shares.ravel())[::-1]
    sums = np.cumsum(flat) - 1
    last = int(np.flatnonzero(flat - sums / np.arange(1, len(flat) + 1) > 0)[-1])
    return np.asarray(np.maximum(shares - sums[last] / (last + 1), 0))


def _fit(joint: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The joint with the given margins that hangs together as ``joint`` does (iterative
    proportional fitting); what is said to be nothing gets a little, so that it can be filled."""
    import numpy as np

    fitted = 0.999 * joint + 0.001 * rows[:, None] * columns
    for _ in range(_FITTING_ROUNDS):
        sums = fitted.sum(axis=1)
        fitted = fitted * np.divide(rows, sums, out=np.zeros_like(sums), where=sums > 0)[:, None]
        sums = fitted.sum(axis=0)
        fitted = fitted * np.divide(columns, sums, out=np.zeros_like(sums), where=sums > 0)
    return np.asarray(fitted)


def _span(
    count: int, pairs: Sequence[tuple[int, int]], scores: np.ndarray
) -> tuple[list[int], dict[int, int]]:
    """The tree with the highest scores (Prim): columns from the root on, and each one's parent."""
    weight = {pair: float(score) for pair, score in zip(pairs, scores, strict=True)}
    root = max(pairs, key=lambda pair: weight[pair])[0]
    order, parents = [root], {}
    while len(order) < count:
        inside, outside = max(
            ((i, j) for i in order for j in range(count) if j not in order),
            key=lambda edge: weight[min(edge), max(edge)],
        )
        order.append(outside)
        parents[outside] = inside
    return order, parents


def _apportion(weights: np.ndarray, count: int, source: np.random.Generator) -> np.ndarray:
    """``count`` cells in the weights' shares, whole ones first and the rest drawn; shuffled."""
    import numpy as np

    shares = weights / weights.sum()
    whole = np.floor(shares * count).astype(int)
    left = count - int(whole.sum())
    if left:
        rest = shares * count - whole
        rest = np.maximum(rest, 0) + 1e-12
        # As many places are above 0 as are drawn, or rounding left more: then with putting back.
        drawn = source.choice(
            len(shares), size=left, p=rest / rest.sum(), replace=left > len(shares)
        )
        np.add.at(whole, drawn, 1)
    found = np.repeat(np.arange(len(shares)), whole)
    source.shuffle(found)
    return np.asarray(found)
