"""Mondrian (LeFevre, DeWitt and Ramakrishnan 2006): strict multidimensional k-anonymity.

The table is cut in two at the median of the column that spreads most, and each half again, as long
as both halves keep k rows (and, if asked, their l-diversity and t-closeness). Then the values of
each part become what they have in common: a range of numbers, a name of a hierarchy, a set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import DataError, InputError
from workbench.core.progress import progress

from .columns import check_columns
from .hierarchies import Hierarchy, set_name

MISSING = "missing"
_LOOK_EACH = 64


@dataclass(frozen=True)
class _Column:
    """A quasi-identifier by codes: ``levels[code]`` is the value; code 0 is a missing one if any.

    ``at`` are the places of the levels on the column's scale, from 0 to 1.
    """

    name: str
    codes: Any
    levels: list[Any]
    at: Any
    numeric: bool
    hierarchy: Hierarchy | None


def recode(
    table: Any,
    quasi: Sequence[str],
    *,
    k: int,
    hierarchies: Mapping[str, Hierarchy] | None = None,
    allowed: Callable[[Any], bool] | None = None,
) -> Any:
    """The table with its quasi-identifiers made coarser until each row is one of at least k.

    No row is dropped.

    Args:
        table: A pandas DataFrame.
        quasi: The columns that others may know of a person.
        k: At least so many rows agree in all of them.
        hierarchies: Of categorical columns; others become sets.
        allowed: Of the rows of a part (an array of their numbers): whether it may be one.

    Raises:
        DataError: There are fewer than k rows, or the whole table is not allowed.
        InputError: k is below 1, or a hierarchy lacks a value.
        NotFoundError: There is no such column.
    """
    import numpy as np

    names = check_columns(table, quasi)
    if k < 1:
        raise InputError(f"k is {k}", hint="at least 1")
    if len(table) < k:
        raise DataError(
            f"{len(table)} rows cannot be made {k}-anonymous", hint=f"k of at most {len(table)}"
        )
    columns = [_encode(table[name], (hierarchies or {}).get(name)) for name in names]
    everything = np.arange(len(table))
    if allowed is not None and not allowed(everything):
        raise DataError(
            "the table as a whole does not meet the diversity or closeness that is asked for",
            hint="ask for less: a part can be no more diverse than the whole",
        )
    parts = _cut(columns, everything, k, allowed)
    return _recoded(table, columns, parts)


def _encode(values: Any, hierarchy: Hierarchy | None) -> _Column:
    import numpy as np
    import pandas as pd

    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    missing = values.isna().to_numpy()
    if numeric:
        plain = values.to_numpy(dtype=float, na_value=np.nan)
        if np.isinf(plain).any():
            raise DataError(f"column {values.name!r} holds infinities", hint="they are no quantity")
        known, codes = np.unique(plain[~missing], return_inverse=True)
        span = float(known[-1] - known[0]) if len(known) else 0.0
        at = (known - known[0]) / span if span else np.zeros(len(known))
        found: list[Any] = known.tolist()
    else:
        text = values.astype("string").where(~values.isna())
        found = sorted(text.dropna().unique().tolist())
        if hierarchy is not None:
            found = hierarchy.order(found)
        place = {value: number for number, value in enumerate(found)}
        codes = text[~missing].map(place).to_numpy(dtype=np.int64)
        at = np.arange(len(found)) / max(1, len(found) - 1)
    full = np.zeros(len(values), dtype=np.int64)
    if missing.any():  # a missing value is one more level, below all others
        full[~missing] = codes + 1
        found = [None, *found]
        at = np.concatenate([[0.0], at])
    else:
        full[:] = codes
    return _Column(str(values.name), full, found, at, numeric, hierarchy)


def _cut(
    columns: list[_Column], rows: Any, k: int, allowed: Callable[[Any], bool] | None
) -> list[Any]:
    """The parts that cannot be cut any further."""
    waiting, done, looked = [rows], [], 0
    with progress("cut the table", total=len(rows), unit="rows") as task:
        while waiting:
            looked += 1
            if looked % _LOOK_EACH == 0:
                check_cancelled()
            part = waiting.pop()
            halves = _halves(columns, part, k, allowed) if len(part) >= 2 * k else None
            if halves is None:
                done.append(part)
                task.advance(len(part))
            else:
                waiting.extend(halves)
    return done


def _halves(
    columns: list[_Column], part: Any, k: int, allowed: Callable[[Any], bool] | None
) -> tuple[Any, Any] | None:
    """The part cut at the median of the widest column where both halves may stand."""
    taken = [column.codes[part] for column in columns]
    widths = []
    for column, codes in zip(columns, taken, strict=True):
        low, high = int(codes.min()), int(codes.max())
        widths.append(float(column.at[high] - column.at[low]) + (low != high) * 1e-9)
    for number in sorted(range(len(columns)), key=lambda at: -widths[at]):
        if not widths[number]:
            return None
        side = _median_side(taken[number], k)
        if side is None:
            continue
        left, right = part[side], part[~side]
        if allowed is None or (allowed(left) and allowed(right)):
            return left, right
    return None


def _median_side(codes: Any, k: int) -> Any:
    """Which rows lie on the left: the cut between two values that is nearest to the median and
    leaves k rows on both sides; None where there is none."""
    import numpy as np

    counts = np.bincount(codes - codes.min())
    left = np.cumsum(counts)[:-1]
    fits = np.flatnonzero((left >= k) & (len(codes) - left >= k))
    if not len(fits):
        return None
    cut = fits[np.abs(left[fits] - len(codes) / 2).argmin()]
    return codes <= cut + codes.min()


def _recoded(table: Any, columns: list[_Column], parts: list[Any]) -> Any:
    import numpy as np

    made = table.copy()
    number = np.empty(len(table), dtype=np.int64)
    for at, part in enumerate(parts):
        number[part] = at
    for column in columns:
        said = np.array(
            [_common(column, np.unique(column.codes[part])) for part in parts], dtype=object
        )
        made[column.name] = said[number]
    return made


def _common(column: _Column, codes: Any) -> str:
    """What the values of a part have in common, as text."""
    values = [column.levels[code] for code in codes]
    missing = values[0] is None
    values = values[1:] if missing else values
    if not values:
        return MISSING
    if column.numeric:
        low, high = (f"{value:.12g}" for value in (values[0], values[-1]))
        said = low if low == high else f"{low}..{high}"
    elif column.hierarchy is not None:
        said = column.hierarchy.common(values)
    else:
        said = set_name(values)
    return f"{said}|{MISSING}" if missing else said
