"""A quasi-identifier by codes, and what a part of its values have in common."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from workbench.core.errors import DataError, InputError

from .hierarchies import Hierarchy, set_name

MISSING = "missing"


@dataclass(frozen=True)
class Cell:
    """What a part's rows are given in one column.

    ``loss`` is what is no longer known of a value, from 0 (it stands there) to 1 (anything): the
    width of a range over that of the column, or the other values that a name or set stands for over
    all others (the normalised certainty penalty, Xu et al. 2006, section 2.2). A range that may
    also be missing counts as 1.
    """

    said: str
    loss: float
    low: float | None = None
    high: float | None = None
    values: frozenset[str] = frozenset()
    missing: bool = False


@dataclass(frozen=True)
class QuasiColumn:
    """``levels[code]`` is the value; code 0 is a missing one if there is any.

    ``at`` are the places of the levels on the column's scale, from 0 to 1. Along a hierarchy
    ``shared`` says how many names a level shares with the next, shape (levels - 1,).
    """

    name: str
    codes: Any
    levels: list[Any]
    at: Any
    numeric: bool
    hierarchy: Hierarchy | None
    shared: Any = None

    def cell(self, codes: Any) -> Cell:
        """What the values with these codes, ascending, have in common."""
        values = [self.levels[code] for code in codes]
        missing = values[0] is None
        values = values[1:] if missing else values
        if not values:
            return Cell(MISSING, 0.0, missing=True)
        if self.numeric:
            return self._range(values, codes, missing)
        return self._names(values, missing)

    def _range(self, values: list[Any], codes: Any, missing: bool) -> Cell:
        low, high = (f"{value:.12g}" for value in (values[0], values[-1]))
        said = low if low == high else f"{low}..{high}"
        if missing:
            return Cell(f"{said}|{MISSING}", 1.0, values[0], values[-1], missing=True)
        width = float(self.at[codes[-1]] - self.at[codes[0]])
        return Cell(said, width, values[0], values[-1])

    def _names(self, values: list[str], missing: bool) -> Cell:
        if self.hierarchy is not None:
            said, covered = self.hierarchy.common(values)
            known = len(self.hierarchy.above)
        else:
            said, covered = set_name(values), frozenset(values)
            known = sum(level is not None for level in self.levels)
        others = known - 1 + (self.levels[0] is None)
        loss = (len(covered) - 1 + missing) / others if others else 0.0
        said = f"{said}|{MISSING}" if missing else said
        return Cell(said, loss, values=covered, missing=missing)


def is_quantity(values: Any, hierarchy: Hierarchy | None) -> bool:
    """Whether a column is made coarser as ranges: numbers for which no hierarchy was given."""
    import pandas as pd

    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return hierarchy is None and numeric


def as_text(values: Any) -> Any:
    """A column as the text by which hierarchies and sets name its values; missing stays missing."""
    import pandas as pd

    if pd.api.types.is_float_dtype(values):  # 12.0 is written as 12
        return values.map(lambda value: f"{value:.12g}", na_action="ignore").astype("string")
    return values.astype("string").where(~values.isna())


def encode(values: Any, hierarchy: Hierarchy | None) -> QuasiColumn:
    """A column (a pandas Series) by codes.

    Raises:
        DataError: It holds infinities.
        InputError: The hierarchy lacks a value.
    """
    import numpy as np
    import pandas as pd

    numeric = is_quantity(values, hierarchy)
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
        seen, uniques = pd.factorize(as_text(values))  # a missing value has code -1
        spelt = [str(value) for value in uniques]
        found = sorted(spelt)
        if hierarchy is not None:
            try:
                found = hierarchy.order(found)
            except InputError as error:
                raise InputError(f"column {values.name!r}: {error}", hint=error.hint) from None
        place = {value: number for number, value in enumerate(found)}
        codes = np.array([place[value] for value in spelt], dtype=np.int64)[seen[~missing]]
        at = np.arange(len(found)) / max(1, len(found) - 1)
    full = np.zeros(len(values), dtype=np.int64)
    if missing.any():  # a missing value is one more level, below all others
        full[~missing] = codes + 1
        found = [None, *found]
        at = np.concatenate([[0.0], at])
    else:
        full[:] = codes
    shared = None if hierarchy is None else _shared_names(found, hierarchy)
    return QuasiColumn(str(values.name), full, found, at, numeric, hierarchy, shared)


def _shared_names(levels: list[Any], hierarchy: Hierarchy) -> Any:
    """How many names each level shares with the next; a missing value shares none."""
    import numpy as np

    paths = [() if level is None else tuple(hierarchy.above[level]) for level in levels]
    alike = (
        sum(a == b for a, b in zip(one, other, strict=False)) for one, other in pairwise(paths)
    )
    return np.fromiter(alike, dtype=np.int64, count=max(0, len(paths) - 1))
