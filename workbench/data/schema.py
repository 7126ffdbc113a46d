"""What a table's columns must hold, and rows that do not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from workbench.core.errors import DataError, NotFoundError

KINDS = ("integer", "number", "text", "boolean", "timestamp", "numbers")


@dataclass(frozen=True)
class Column:
    """One column.

    ``type`` is ``integer`` (64 bits), ``number`` (finite, double precision), ``text``, ``boolean``,
    ``timestamp`` (ISO 8601; without an offset it is taken as UTC) or ``numbers`` (a list of them).
    ``low`` and ``high`` are inclusive bounds of an integer or a number. ``choices`` empty means
    any value.
    """

    name: str
    type: str = "text"
    nullable: bool = True
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    unique: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "choices", tuple(self.choices))
        if self.type not in KINDS:
            raise DataError(
                f"column {self.name!r} has type {self.type!r}; allowed: {', '.join(KINDS)}",
                hint="use one of the types above",
            )
        bounded = self.low is not None or self.high is not None
        if bounded and self.type not in ("integer", "number"):
            raise DataError(
                f"column {self.name!r} of type {self.type} cannot have bounds",
                hint="only integer and number have `low` and `high`",
            )
        if self.type == "numbers" and (self.choices or self.unique):
            raise DataError(
                f"column {self.name!r} of type numbers cannot have choices or be unique",
                hint="leave both out",
            )


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in order. Columns that it does not name are an error unless
    ``others`` is ``"ignore"``."""

    columns: tuple[Column, ...]
    others: str = "refuse"

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        names = self.names
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice or not names:
            raise DataError(
                f"a schema needs columns with different names, found {twice or 'none'} twice",
                hint="name each column once",
            )
        if self.others not in ("refuse", "ignore"):
            raise DataError(f"others is {self.others!r}", hint="'refuse' or 'ignore'")

    @property
    def names(self) -> list[str]:
        """The columns' names in order."""
        return [column.name for column in self.columns]

    def match(self, names: Iterable[str], *, where: str) -> None:
        """Raise DataError if a table with these columns cannot have this schema."""
        given = list(names)
        missing = [name for name in self.names if name not in given]
        unknown = [name for name in given if name not in self.names]
        if missing or (unknown and self.others == "refuse"):
            said = [f"lacks {missing}"] if missing else []
            said += [f"has unknown {unknown}"] if unknown and self.others == "refuse" else []
            raise DataError(
                f"{where} does not fit its schema: it {' and '.join(said)}",
                hint="correct the header or the schema; others='ignore' leaves columns out",
                missing=missing,
                unknown=unknown,
            )

    def arrow(self) -> Any:
        """The schema as pyarrow states it."""
        import pyarrow as pa

        types = {
            "integer": pa.int64(),
            "number": pa.float64(),
            "text": pa.string(),
            "boolean": pa.bool_(),
            "timestamp": pa.timestamp("us", tz="UTC"),
            "numbers": pa.list_(pa.float64()),
        }
        return pa.schema([(column.name, types[column.type]) for column in self.columns])


@dataclass(frozen=True)
class BadRow:
    """A row that was set aside. ``row`` counts records from 1, ``line`` is its last line in the
    file (0 where a file has no lines), ``raw`` is what stood there."""

    row: int
    line: int
    reason: str
    raw: Any


def schema_from(given: Any) -> Schema:
    """A schema from one of its forms.

    Args:
        given: A ``Schema``, columns, ``{"age": "integer", ...}``, ``{"age": {"type": "integer",
            "low": 0}, ...}``, or the path of a JSON file that holds one of the last two.

    Raises:
        DataError: It is none of these, or names an unknown property.
        NotFoundError: There is no such file.
    """
    if isinstance(given, Schema):
        return given
    if isinstance(given, (str, Path)):
        return schema_from(_read_json(Path(given)))
    if isinstance(given, Mapping):
        return Schema(tuple(_column(str(name), form) for name, form in given.items()))
    columns = tuple(given)
    if not all(isinstance(column, Column) for column in columns):
        raise DataError("a schema is made of columns", hint="Column('age', 'integer', low=0)")
    return Schema(columns)


def _column(name: str, form: Any) -> Column:
    if isinstance(form, str):
        return Column(name, form)
    known = {field.name for field in fields(Column)} - {"name"}
    if not isinstance(form, Mapping) or set(form) - known:
        raise DataError(
            f"column {name!r} is described by {form!r:.80}",
            hint=f"a type, or an object with some of {', '.join(sorted(known))}",
        )
    return Column(name, **form)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(f"there is no schema file {path}", hint=f"ls {path.parent}") from None
    except ValueError as error:
        raise DataError(f"{path} is not JSON: {error}", hint=f"edit {path}") from None


INTEGER = r"^[+-]?[0-9]{1,19}$"
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
# 007 and 00501 are codes: as numbers they would lose their zeros.
CODE = r"^[+-]?0[0-9]"
