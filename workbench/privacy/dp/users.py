"""Whose the rows are, where a user with all their rows is what is protected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from workbench.core.errors import InputError, NotFoundError


def check_users(users: Sequence[Any], *, column: str, columns: Sequence[str]) -> None:
    """Refuse a column that does not tell users apart.

    Args:
        users: Whose each row is.
        column: What their column is called.
        columns: Those that the table has.

    Raises:
        NotFoundError: There is no such column.
        InputError: A row is nobody's, or all are one user's.
    """
    if column not in columns:
        raise NotFoundError.among("column", column, columns)
    nobodys = sum(user is None or user == "" for user in users)
    if nobodys:
        raise InputError(
            f"{nobodys:,} {'row has' if nobodys == 1 else 'rows have'} nothing in {column!r}: "
            "whose each is must be known",
            hint="leave such rows out of the file",
        )
    if len(set(users)) < 2:
        raise InputError(
            f"all rows have the same {column!r}: one user cannot hide among others",
            hint="name the column that tells users apart",
        )


def check_rows_per_user(user_column: str | None, rows_per_user: int | None) -> None:
    """Raise InputError for a bound on rows of users that nobody named."""
    if user_column is None and rows_per_user is not None:
        raise InputError(
            "rows_per_user says nothing without user_column", hint="--user-column COLUMN"
        )
