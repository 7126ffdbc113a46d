"""Which data set is meant: a name, a file or a sha256, always known by its content."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError

from .domain import Column, read_domain
from .domain import public_domain as take_domain
from .file_names import find_noted, noted_names
from .users import check_users


def find_sha256(dataset: str) -> str:
    """The sha256 of a data set's content: for a name of the catalogue that of all its splits.

    Raises:
        NotFoundError: It is neither.
    """
    from workbench import data
    from workbench.store.files import hash_file

    if len(dataset) == 64 and not set(dataset) - set("0123456789abcdef"):
        return dataset
    entry = data.entries().get(dataset)
    if entry is not None:
        return data.fingerprint(data.load(dataset))
    path = _file_of(dataset)
    if path is not None:
        return hash_file(path)
    raise NotFoundError.among("data set", dataset, data.entries(), hint="workbench data list")


def _file_of(dataset: str) -> Path | None:
    """The file that is meant: a path, or the name that a budget of it is shown by."""
    return Path(dataset) if Path(dataset).is_file() else find_noted(dataset)


def read_rows(dataset: str, *, columns: Sequence[str] = ()) -> dict[str, list[Any]]:
    """All rows of a data set of the catalogue (all its splits) or of a file, by columns.

    Args:
        dataset: A name of the catalogue, or a file.
        columns: Those that are wanted; all where none is named.

    Raises:
        NotFoundError: There is no such data set, or no such column.
    """
    parts = _parts(dataset)
    names = parts[0].column_names
    for column in columns:
        if column not in names:
            raise NotFoundError.among("column", column, names)
    return {name: [each for part in parts for each in part[name]] for name in columns or names}


def read_table(
    dataset: str,
    *,
    domain: Path | None,
    public_domain: bool,
    columns: Sequence[str] = (),
    user_column: str | None = None,
) -> tuple[dict[str, list[Any]], tuple[Column, ...]]:
    """Rows, and what their columns may hold: as a file says, or the rows where that is public.

    Args:
        dataset: A name of the catalogue, or a file.
        domain: A file of columns; those are read.
        public_domain: Take what the columns may hold from the rows.
        columns: Of a public domain: those that are read; all if none is named.
        user_column: Whose each row is. It is read as well, and is none of the columns.

    Raises:
        InputError: Neither domain nor public_domain is given, or both, or the user is described.
        NotFoundError: There is no such data set, or no such column.
    """
    if (domain is None) == (not public_domain):
        raise InputError(
            "what the columns may hold must not come from the rows: one of domain and "
            "public_domain is needed",
            hint="--domain FILE (domain=), or --public-domain where values and bounds are public",
        )
    said = read_domain(domain) if domain is not None else ()
    wanted = [each.name for each in said] or list(columns)
    if user_column in wanted:
        raise InputError(
            f"{user_column!r} says whose a row is, so it is nothing to learn or to make",
            hint="leave it out of the columns",
        )
    also = [user_column] if user_column is not None and wanted else []
    rows = read_rows(dataset, columns=[*wanted, *also])
    if user_column is not None and user_column not in rows:
        raise NotFoundError.among("column", user_column, list(rows))
    told = {name: values for name, values in rows.items() if name != user_column}
    return rows, said or take_domain(told)


def known_names() -> dict[str, str]:
    """Names by the sha256 of their content: of the catalogue, as it states it, and of files that a
    budget was set for or that were asked (``note_file``). Nothing is read for it."""
    from workbench import data

    found = noted_names()
    for name, entry in data.entries().items():
        parts = [f"{split}={each}" for split, each in sorted(entry.fingerprints.items())]
        if len(parts) == 1:
            found[next(iter(entry.fingerprints.values()))] = name
        elif parts:
            found[hashlib.sha256("\n".join(["splits", *parts]).encode()).hexdigest()] = name
    return found


def read_column(dataset: str, column: str) -> list[Any]:
    """A column of a data set of the catalogue (all its splits) or of a file, without empty values.

    Raises:
        NotFoundError: There is no such data set, or no such column.
    """
    parts = _parts(dataset)
    names = parts[0].column_names
    if column not in names:
        raise NotFoundError.among("column", column, names)
    return [each for part in parts for each in part[column] if each is not None]


def check_numbers(values: Sequence[Any], column: str, figure: str) -> None:
    """Raise InputError where a figure of numbers is asked of what is none; no value is told."""
    for each in values:
        try:
            number = float(each)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise InputError(
                f"column {column!r} holds something else than numbers: there is no {figure} of it",
                hint="--figure count, or --figure histogram with --bins",
            )


def read_user_column(dataset: str, column: str, *, user_column: str) -> tuple[list[Any], list[Any]]:
    """A column's values that are not empty, and whose each is.

    Raises:
        NotFoundError: There is no such data set, or no such column.
        InputError: A row with a value is nobody's, or all are one user's.
    """
    rows = read_rows(dataset, columns=[column, user_column])
    pairs = [
        (value, user)
        for value, user in zip(rows[column], rows[user_column], strict=True)
        if value is not None
    ]
    check_users([user for _, user in pairs], column=user_column, columns=list(rows))
    return [value for value, _ in pairs], [user for _, user in pairs]


def _parts(dataset: str) -> list[Any]:
    from workbench import data

    if dataset in data.entries():
        loaded = data.load(dataset)
        return list(loaded.values()) if isinstance(loaded, dict) else [loaded]
    path = _file_of(dataset)
    if path is not None:
        return [data.load_file(path).dataset]
    raise NotFoundError.among("data set", dataset, data.entries(), hint="workbench data list")
