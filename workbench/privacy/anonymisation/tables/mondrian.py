"""Mondrian (LeFevre, DeWitt and Ramakrishnan 2006): strict multidimensional k-anonymity.

The table is cut in two at the median of the column that spreads most, and each half again, as long
as both halves keep k rows (and, if asked, their l-diversity and t-closeness); along a hierarchy,
where two of its coarsest names part that the rows have. Then the values of
each part become what they have in common: a range of numbers, a name of a hierarchy, a set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.core.progress import progress

from .columns import check_columns
from .hierarchies import Hierarchy
from .quasi_columns import Cell, QuasiColumn, encode

_LOOK_EACH = 64


@dataclass(frozen=True)
class Recoding:
    """A table made coarser, and of what its cells tell.

    ``parts`` is the number of each row's part, shape (rows,); ``cells[column][part]`` what its rows
    are given there.
    """

    table: Any
    parts: Any
    cells: Mapping[str, Sequence[Cell]]

    @property
    def loss(self) -> dict[str, float]:
        """The mean loss of each column's cells over the rows, from 0 to 1; see ``Cell``."""
        import numpy as np

        rows = np.bincount(self.parts)
        return {
            name: float(np.dot([cell.loss for cell in cells], rows) / rows.sum())
            for name, cells in self.cells.items()
        }


def recode(
    table: Any,
    quasi: Sequence[str],
    *,
    k: int,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    allowed: Callable[[Any], bool] | None = None,
) -> Recoding:
    """The table with its quasi-identifiers made coarser until each row is one of at least k.

    No row is dropped.

    Args:
        table: A pandas DataFrame.
        quasi: The columns that others may know of a person.
        k: At least so many rows agree in all of them.
        hierarchies: Of columns that are made coarser along one; other numbers become ranges, other
            names sets.
        allowed: Of the rows of a part (an array of their numbers): whether it may be one.

    Raises:
        DataError: There are fewer than k rows, or the whole table is not allowed.
        InputError: k is below 1, or a hierarchy lacks a value.
        NotFoundError: There is no such column, or a hierarchy is of no quasi-identifier.
    """
    import numpy as np

    names, trees = check_columns(table, quasi), dict(hierarchies or {})
    for name in trees:
        if name not in names:
            raise NotFoundError.among("quasi-identifier", name, names)
    if k < 1:
        raise InputError(f"k is {k}", hint="at least 1")
    if len(table) < k:
        raise DataError(
            f"{len(table)} rows cannot be made {k}-anonymous", hint=f"k of at most {len(table)}"
        )
    columns = [encode(table[name], trees.get(name)) for name in names]
    everything = np.arange(len(table))
    if allowed is not None and not allowed(everything):
        raise DataError(
            "the table as a whole does not meet the diversity or closeness that is asked for",
            hint="ask for less: a part can be no more diverse than the whole",
        )
    parts = _cut(_Stacked(columns), everything, k, allowed)
    return _recoded(table, columns, parts)


def _cut(stacked: _Stacked, rows: Any, k: int, allowed: Callable[[Any], bool] | None) -> list[Any]:
    """The parts that cannot be cut any further."""
    waiting, done, looked = [rows], [], 0
    with progress("cut the table", total=len(rows), unit="rows") as task:
        while waiting:
            looked += 1
            if looked % _LOOK_EACH == 0:
                check_cancelled()
            part = waiting.pop()
            halves = _halves(stacked, part, k, allowed) if len(part) >= 2 * k else None
            if halves is None:
                done.append(part)
                task.advance(len(part))
            else:
                waiting.extend(halves)
    return done


def _halves(
    stacked: _Stacked, part: Any, k: int, allowed: Callable[[Any], bool] | None
) -> tuple[Any, Any] | None:
    """The part cut at the median of the widest column where both halves may stand."""
    taken = stacked.codes[part]
    widths = stacked.widths(taken)
    for number in (-widths).argsort(kind="stable").tolist():
        if not widths[number]:
            return None
        side = _median_side(taken[:, number], k, stacked.columns[number].shared)
        if side is None:
            continue
        left, right = part[side], part[~side]
        if allowed is None or (allowed(left) and allowed(right)):
            return left, right
    return None


class _Stacked:
    """All columns' codes side by side, so that a part's are taken in one go."""

    def __init__(self, columns: list[QuasiColumn]) -> None:
        import numpy as np

        self.columns = columns
        self.codes = np.stack([column.codes for column in columns], axis=1)
        self._number = np.arange(len(columns))
        self._at = np.zeros((len(columns), max(len(column.at) for column in columns)))
        for number, column in enumerate(columns):
            self._at[number, : len(column.at)] = column.at

    def widths(self, taken: Any) -> Any:
        """How far each column's values lie apart in a part, shape (columns,): 0 if they agree."""
        low, high = taken.min(axis=0), taken.max(axis=0)
        return self._at[self._number, high] - self._at[self._number, low] + (low != high) * 1e-9


def _median_side(codes: Any, k: int, shared: Any = None) -> Any:
    """Which rows lie on the left: the cut between two values that is nearest to the median and
    leaves k rows on both sides; None where there is none. Along a hierarchy the cut is between
    names as coarse as can be parted, so that both sides keep a name of their own."""
    import numpy as np

    lowest = codes.min()
    counts = np.bincount(codes - lowest)
    left = np.cumsum(counts)[:-1]
    fits = np.flatnonzero((left >= k) & (len(codes) - left >= k))
    if not len(fits):
        return None
    if shared is not None:
        names = shared[fits + lowest]
        fits = fits[names == names.min()]
    cut = fits[np.abs(left[fits] - len(codes) / 2).argmin()]
    return codes <= cut + lowest


def _recoded(table: Any, columns: list[QuasiColumn], parts: list[Any]) -> Recoding:
    import numpy as np

    made = table.copy()
    number = np.empty(len(table), dtype=np.int64)
    for at, part in enumerate(parts):
        number[part] = at
    cells: dict[str, list[Cell]] = {}
    for column in columns:
        known: dict[bytes, Cell] = {}
        cells[column.name] = []
        for codes in _present(column, number):
            key = codes.tobytes()
            if key not in known:
                known[key] = column.cell(codes)
            cells[column.name].append(known[key])
        said = np.array([cell.said for cell in cells[column.name]], dtype=object)
        made[column.name] = said[number]
    return Recoding(made, number, cells)


def _present(column: QuasiColumn, number: Any) -> list[Any]:
    """The codes that each part has, ascending; of all parts by one sort."""
    import numpy as np

    levels = len(column.levels)
    pairs = np.unique(number * levels + column.codes)
    ends = (np.flatnonzero(np.diff(pairs // levels)) + 1).tolist()
    codes = pairs % levels
    return [codes[low:high] for low, high in zip([0, *ends], [*ends, len(codes)], strict=True)]
