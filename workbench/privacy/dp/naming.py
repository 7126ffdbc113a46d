"""Which data set is meant: a name, a file or a sha256, always known by its content."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError, NotFoundError


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
    path = Path(dataset)
    if path.is_file():
        return hash_file(path)
    raise NotFoundError.among("data set", dataset, data.entries(), hint="workbench data list")


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


def known_names() -> dict[str, str]:
    """Names of the catalogue by the sha256 of their content, as the catalogue states it: nothing is
    read for it. It is what ``find_sha256`` finds."""
    from workbench import data

    found = {}
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


def read_user_column(dataset: str, column: str, *, user_column: str) -> tuple[list[Any], list[Any]]:
    """A column's values that are not empty, and whose each is.

    Raises:
        NotFoundError: There is no such data set, or no such column.
        InputError: A row with a value is nobody's.
    """
    rows = read_rows(dataset, columns=[column, user_column])
    pairs = [
        (value, user)
        for value, user in zip(rows[column], rows[user_column], strict=True)
        if value is not None
    ]
    nobodys = sum(user is None or user == "" for _, user in pairs)
    if nobodys:
        raise InputError(
            f"{nobodys:,} rows have nothing in {user_column!r}: whose they are must be known",
            hint="leave such rows out of the file",
        )
    return [value for value, _ in pairs], [user for _, user in pairs]


def _parts(dataset: str) -> list[Any]:
    from workbench import data

    if dataset in data.entries():
        loaded = data.load(dataset)
        return list(loaded.values()) if isinstance(loaded, dict) else [loaded]
    if Path(dataset).is_file():
        return [data.load_file(Path(dataset)).dataset]
    raise NotFoundError.among("data set", dataset, data.entries(), hint="workbench data list")
