"""What a private table's columns may hold, said without looking at its rows."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DataError, InputError, NotFoundError

if TYPE_CHECKING:
    import numpy as np

_FORM = '{"age": {"low": 17, "high": 90, "bins": 16}, "sex": {"values": ["Female", "Male"]}}'
_MOST_CELLS = 1000  # of a column


@dataclass(frozen=True)
class Column:
    """A column's cells: ``values``, or ``bins`` of equal width between ``low`` and ``high``.

    One cell more is for what is missing, or is in none of them. ``whole`` numbers stay whole.
    """

    name: str
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    bins: int = 0
    whole: bool = True

    def __post_init__(self) -> None:
        if bool(self.values) == bool(self.bins):
            raise InputError(f"column {self.name!r} needs either values or bins", hint=_FORM)
        if len(set(self.values)) != len(self.values):
            raise InputError(f"column {self.name!r} names a value twice", hint=_FORM)
        if self.bins and not (math.isfinite(self.low) and self.low < self.high < math.inf):
            raise InputError(
                f"column {self.name!r} is from {self.low} to {self.high}, no interval", hint=_FORM
            )
        if not 1 <= self.cells - 1 <= _MOST_CELLS:
            raise InputError(f"column {self.name!r} has over {_MOST_CELLS:,} cells", hint=_FORM)

    @property
    def cells(self) -> int:
        """How many there are, with the one for what is missing, which is the last."""
        return (len(self.values) or self.bins) + 1

    def encode(self, given: Sequence[Any]) -> np.ndarray:
        """The cell of each value, ``[n]``; a number beyond the bounds counts as the bound."""
        import numpy as np

        missing = self.cells - 1
        if self.values:
            places = {value: place for place, value in enumerate(self.values)}
            return np.array([places.get(str(each), missing) for each in given], dtype=np.int64)
        numbers = np.array([_number(each, self.name) for each in given], dtype=float)
        known = np.isfinite(numbers)
        share = (np.where(known, numbers, self.low) - self.low) / (self.high - self.low)
        cells = np.clip((share * self.bins).astype(np.int64), 0, self.bins - 1)
        return np.asarray(np.where(known, cells, missing))

    def decode(self, cells: np.ndarray, source: np.random.Generator) -> list[Any]:
        """A value of each cell: of a bin any number in it, None where it is missing."""
        import numpy as np

        missing = self.cells - 1
        if self.values:
            return [None if c == missing else self.values[c] for c in cells.tolist()]
        width = (self.high - self.low) / self.bins
        numbers = self.low + width * (cells + source.random(len(cells)))
        if self.whole:
            # Of the whole numbers in the bin, as ``encode`` puts them there.
            first = np.ceil(self.low + width * cells - 1e-9)
            last = np.maximum(first, np.ceil(self.low + width * (cells + 1) - 1e-9) - 1)
            last = np.where(cells == self.bins - 1, np.floor(self.high), last)
            numbers = first + np.floor(source.random(len(cells)) * (last - first + 1))
        kept: list[Any] = [
            None if cell == missing else (int(each) if self.whole else float(each))
            for cell, each in zip(cells.tolist(), numbers.tolist(), strict=True)
        ]
        return kept


def read_domain(path: Path) -> tuple[Column, ...]:
    """The columns of a JSON file.

    Raises:
        InputError: There is no such file, or a column is not allowed.
        DataError: It is no such JSON.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}", hint=f"a JSON file like {_FORM}")
    try:
        plain = json.loads(path.read_text("utf-8"))
        return tuple(_column(str(name), each) for name, each in plain.items())
    except InputError:
        raise
    except json.JSONDecodeError as error:
        raise DataError(f"{path} is no JSON: {error}", hint=_FORM) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is no domain: {error}", hint=_FORM) from error


def public_domain(rows: Mapping[str, Sequence[Any]], *, bins: int = 16) -> tuple[Column, ...]:
    """The columns as they are in the rows: their values and bounds are thereby told.

    Only for a table whose domain is public anyhow, as a census' or a benchmark's.
    """
    found = []
    for name, given in rows.items():
        known = [each for each in given if each is not None]
        different = sorted({str(each) for each in known})
        if not different:
            raise InputError(f"column {name!r} is empty", hint="leave it out: --columns")
        numeric = all(isinstance(each, (int, float)) and not isinstance(each, bool)
                      for each in known)  # fmt: skip
        if numeric and len(different) > bins:
            whole = all(float(each).is_integer() for each in known)
            found.append(
                Column(name, low=float(min(known)), high=float(max(known)), bins=bins, whole=whole)
            )
        else:
            found.append(Column(name, values=tuple(different)))
    return tuple(found)


def encode_rows(rows: Mapping[str, Sequence[Any]], columns: Sequence[Column]) -> np.ndarray:
    """The cells of all rows, ``[n, columns]``.

    Raises:
        NotFoundError: The table lacks a column.
    """
    import numpy as np

    for column in columns:
        if column.name not in rows:
            raise NotFoundError.among("column", column.name, list(rows))
    return np.stack([column.encode(rows[column.name]) for column in columns], axis=1)


def _column(name: str, plain: Mapping[str, Any]) -> Column:
    odd = sorted(set(plain) - {"values", "low", "high", "bins", "whole"})
    if odd:
        raise InputError(f"column {name!r} has no {odd[0]!r}", hint=_FORM)
    if "values" in plain:
        return Column(name, values=tuple(str(each) for each in plain["values"]))
    whole = bool(plain.get("whole", True))
    lacking = [each for each in ("low", "high", "bins") if each not in plain]
    if lacking:
        raise DataError(
            f"column {name!r} says nothing of {' and '.join(lacking)}; values may stand in their "
            "place",
            hint=_FORM,
        )
    low, high = float(plain["low"]), float(plain["high"])
    return Column(name, low=low, high=high, bins=int(plain["bins"]), whole=whole)


def _number(value: Any, name: str) -> float:
    if value is None or value == "":
        return math.nan
    try:
        return float(value)
    except (TypeError, ValueError):
        raise InputError(f"column {name!r} holds something else than numbers", hint=_FORM) from None
