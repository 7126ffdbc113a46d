"""The columns of a table that stay as they are, and which of them say whom a row is of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def risk_by_each(table: Any, names: Sequence[str]) -> dict[str, float]:
    """The mean risk that a row is found by one column alone: its values over the rows, from 0 to 1.

    A name in each row gives 1, a number that three rows of a person share a third. It is the mean
    of the prosecutor's risk of each row, over classes that are the column's values.

    Args:
        table: A pandas DataFrame with at least one row.
        names: Of its columns.
    """
    return {name: int(table[name].nunique(dropna=False)) / len(table) for name in names}
