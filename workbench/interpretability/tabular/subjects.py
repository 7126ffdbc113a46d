"""What an operation is about: a data set by name or path, and a model fitted to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError
from workbench.models.tabular.fitting import fit_tabular
from workbench.models.tabular.model import TabularModel
from workbench.models.tabular.parts import TableParts, load_parts, outline_of


@dataclass(frozen=True)
class Subject:
    """A data set in two parts, and a model of its training rows."""

    parts: TableParts
    model: TabularModel

    def part(self, name: str) -> Any:
        """The training rows or the test rows."""
        return self.parts.train if name == "train" else self.parts.test

    def row(self, part: str, row: int) -> Any:
        """One row of a part, as a table.

        Raises:
            InputError: There is no such row.
        """
        rows = self.part(part)
        if not 0 <= row < rows.num_rows:
            raise InputError(
                f"there is no row {row}: the {part} part of {self.parts.name} has the rows "
                f"0 to {rows.num_rows - 1}",
                hint="count from 0",
                row=row,
            )
        return rows.select([row])

    def rows(self, part: str, count: int, *, seed: int) -> Any:
        """At most ``count`` rows of a part, drawn."""
        import numpy as np

        rows = self.part(part)
        if count >= rows.num_rows:
            return rows
        random = np.random.default_rng(seed)
        return rows.select(np.sort(random.choice(rows.num_rows, count, replace=False)))


def fit_subject(
    dataset: str,
    model: str,
    *,
    target: str | None,
    exclude: Sequence[str] | None,
    seed: int,
    named: Iterable[str] = (),
) -> Subject:
    """Load a data set and fit a model to its training rows.

    ``named`` are further columns that the request is about: where the catalogue knows better, they
    are refused before anything is fetched.

    Raises:
        NotFoundError: There is no such data set, model or column.
        InputError, DataError: The table cannot be learned; see ``fit_tabular``.
    """
    outline_of(dataset, target, model=model, columns=[*(exclude or ()), *named])
    parts = load_parts(dataset, target, seed=seed)
    fitted = fit_tabular(parts.train, parts.target, model=model, exclude=exclude or (), seed=seed)
    return Subject(parts, fitted)


def read_groups(given: Sequence[str] | None) -> dict[str, list[str]]:
    """Groups as they are typed, ``NAME=COLUMN,COLUMN``.

    Raises:
        InputError: One is written otherwise, or two have the same name.
    """
    groups: dict[str, list[str]] = {}
    for text in given or ():
        name, sign, columns = text.partition("=")
        members = [column.strip() for column in columns.split(",") if column.strip()]
        if not sign or not name.strip() or not members:
            raise InputError(
                f"{text!r} is no group of columns", hint="school=education,education_num"
            )
        if name.strip() in groups:
            raise InputError(f"there are two groups {name.strip()!r}")
        groups[name.strip()] = members
    return groups


def read_directions(given: Sequence[str] | None) -> dict[str, str]:
    """Directions as they are typed, ``COLUMN=up``. Raises InputError for anything else."""
    found = {}
    for text in given or ():
        name, _, way = text.partition("=")
        if way not in ("up", "down"):
            raise InputError(f"{text!r} is no direction", hint="age=up, or debts=down")
        found[name] = way
    return found
