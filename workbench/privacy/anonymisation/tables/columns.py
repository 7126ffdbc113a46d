"""A table's columns for this part: which are asked for, and that they are of use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.core.errors import DataError, InputError, NotFoundError


def check_columns(table: Any, quasi: Sequence[str], sensitive: str | None = None) -> list[str]:
    """The quasi-identifiers, checked against the table (a pandas DataFrame).

    Raises:
        InputError: None is named, one is named twice, or the sensitive column is one of them.
        NotFoundError: There is no such column; near names are given.
        DataError: The table has no rows.
    """
    names = list(quasi)
    if not names:
        raise InputError(
            "no quasi-identifier is named", hint="the columns that others may know of a person"
        )
    if len(set(names)) != len(names):
        raise InputError(f"a quasi-identifier is named twice: {', '.join(names)}")
    known = [str(name) for name in table.columns]
    for name in [*names, *([sensitive] if sensitive is not None else [])]:
        if name not in known:
            raise NotFoundError.among("column", name, known)
    if sensitive in names:
        raise InputError(
            f"{sensitive!r} is sensitive and a quasi-identifier at once",
            hint="what is to be protected cannot be what others know",
        )
    if len(table) == 0:
        raise DataError("the table has no rows", hint="a table has at least one row")
    return names


def class_numbers(table: Any, quasi: Sequence[str]) -> Any:
    """The number of each row's equivalence class: rows that agree in all quasi-identifiers.

    Missing values agree with each other.

    Returns:
        int64 array, shape (rows,), from 0.
    """
    return table.groupby(list(quasi), dropna=False, sort=False, observed=True).ngroup().to_numpy()
