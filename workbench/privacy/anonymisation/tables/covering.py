"""Whom a coarser row may stand for: the rows of a population that its cells allow."""

from __future__ import annotations

from typing import Any

from .columns import check_columns
from .mondrian import Recoding
from .quasi_columns import Cell, as_text


def covered_rows(recoding: Recoding, population: Any) -> Any:
    """How many rows of a population each part's cells allow.

    A population that was not made coarser is compared cell by cell: whether its value lies in the
    range, is one of the set, or stands below the name.

    Args:
        recoding: Of a table.
        population: A pandas DataFrame with the same quasi-identifiers, with its values as they are.

    Returns:
        int64 array, shape (parts,).

    Raises:
        NotFoundError: The population lacks a column.
        DataError: It has no rows.
    """
    import numpy as np

    names = check_columns(population, list(recoding.cells))
    sides = [_Side(population[name], recoding.cells[name]) for name in names]
    parts = len(recoding.cells[names[0]])
    found = np.empty(parts, dtype=np.int64)
    for part in range(parts):
        rows = np.arange(len(population))
        for name, side in zip(names, sides, strict=True):
            rows = rows[side.allows(recoding.cells[name][part], rows)]
        found[part] = len(rows)
    return found


class _Side:
    """A column of the population, ready to be compared."""

    def __init__(self, values: Any, cells: Any) -> None:
        import numpy as np
        import pandas as pd

        self.missing = values.isna().to_numpy()
        self.numeric = any(cell.low is not None for cell in cells)
        if self.numeric:
            self.values = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
        else:
            codes, levels = pd.factorize(as_text(values))
            self.codes, self.levels = np.asarray(codes), [str(level) for level in levels]

    def allows(self, cell: Cell, rows: Any) -> Any:
        """Whether the cell may stand for each of these rows."""
        import numpy as np

        missing = self.missing[rows]
        if self.numeric:
            if cell.low is None:
                return missing
            values = self.values[rows]
            inside = (values >= cell.low) & (values <= cell.high)
        else:
            table = np.array([*(level in cell.values for level in self.levels), False])
            inside = table[self.codes[rows]]  # a missing one has code -1
        return np.where(missing, cell.missing, inside)
