"""A table as a task for private training: features that no row decided, and a split.

Each column is the cell that its value falls into (``domain``), so a row is as many ones as there
are columns, brought to length 1: bounds come from what was said of the columns, not from the rows.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.seeds import derive_seed

from .digits import load_digits_task
from .domain import Column, encode_rows
from .naming import find_sha256, read_table
from .statistics import bound_users
from .task import ClassifierTask
from .users import check_rows_per_user, check_users

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

DIGITS = "digits"
ROWS_PER_USER = 10
_LEAST_ROWS = 20
_HELD_OUT = 0.25


def load_task(
    dataset: str,
    *,
    target: str | None = None,
    domain: Path | None = None,
    public_domain: bool = False,
    user_column: str | None = None,
    rows_per_user: int | None = None,
    seed: int | None = None,
) -> ClassifierTask:
    """The digits, or a table of the catalogue or of a file; see ``make_table_task``.

    Raises:
        NotFoundError: There is no such data set or column.
        InputError: An option belongs to another kind of data set, or see ``make_table_task``.
    """
    check_rows_per_user(user_column, rows_per_user)
    if dataset == DIGITS:
        _refuse_for_digits(target=target, domain=domain, public_domain=public_domain)
        if user_column is not None:
            raise NotFoundError.among("column", user_column, ["pixels", "label"])
        return load_digits_task()
    dataset_sha256 = find_sha256(dataset)  # says first if there is no such data set
    if target is None:
        raise InputError(
            f"which column of {dataset} is foretold was not said", hint="--target COLUMN"
        )
    rows, columns = read_table(
        dataset, domain=domain, public_domain=public_domain, user_column=user_column
    )
    return make_table_task(
        rows, columns, target=target, name=Path(dataset).name, dataset_sha256=dataset_sha256,
        user_column=user_column, rows_per_user=rows_per_user or ROWS_PER_USER, seed=seed,
    )  # fmt: skip


def make_table_task(
    rows: Mapping[str, Sequence[Any]],
    columns: Sequence[Column],
    *,
    target: str,
    name: str,
    dataset_sha256: str,
    user_column: str | None = None,
    rows_per_user: int = ROWS_PER_USER,
    seed: int | None = None,
) -> ClassifierTask:
    """A classifier's task of a table: one of the columns is foretold from the others.

    About a quarter of the rows is held out for the test; with ``user_column`` of the users, so that
    nobody is learnt from and tested on. Rows whose target is none of its values are left
    out.

    Args:
        rows: The table, by columns.
        columns: What they may hold; the target's is among them and has values.
        target: The column that is foretold.
        name: What the task is called.
        dataset_sha256: Whose budget it is.
        user_column: Whose each row is: then a user is the unit.
        rows_per_user: So many rows of a user are learnt from at most, drawn from theirs.
        seed: Of the split and of what is drawn; None takes the system's generator.

    Raises:
        NotFoundError: There is no such column.
        InputError: A column is not fit for its part, or there are too few rows or users.
    """
    import numpy as np

    wanted, others = _parts(columns, target, user_column)
    labels = encode_rows(rows, [wanted])[:, 0]
    known = np.flatnonzero(labels < len(wanted.values))
    if len(known) < _LEAST_ROWS:
        raise InputError(
            f"{len(known)} rows have a {target!r} of those that are named; at least {_LEAST_ROWS} "
            "are needed",
            hint="name the target's values in the domain as the table has them",
        )
    owners: dict[int, Any] = {}
    if user_column is not None:
        given = rows.get(user_column, ())
        owners = {row: given[row] for row in known.tolist() if given}
        check_users(list(owners.values()), column=user_column, columns=list(rows))
    learnt, asked = _split(known.tolist(), owners, seed)
    if owners:
        theirs = [owners[row] for row in learnt]
        drawn = None if seed is None else random.Random(derive_seed(seed, "rows of users"))
        learnt = bound_users(learnt, theirs, most=rows_per_user, source=drawn)
    features = one_hot(rows, others)
    return ClassifierTask(
        name, features[learnt], labels[learnt], features[asked], labels[asked],
        len(wanted.values), dataset_sha256,
        [owners[row] for row in learnt] if owners else None,
        rows_per_user if owners else None,
    )  # fmt: skip


def one_hot(rows: Mapping[str, Sequence[Any]], columns: Sequence[Column]) -> np.ndarray:
    """Features of length 1, float32 ``[n, cells of all columns]``."""
    import numpy as np

    cells = encode_rows(rows, columns)
    parts = [
        np.eye(column.cells, dtype=np.float32)[cells[:, at]] for at, column in enumerate(columns)
    ]
    return np.asarray(np.concatenate(parts, axis=1) / np.float32(math.sqrt(len(columns))))


def _parts(
    columns: Sequence[Column], target: str, user_column: str | None
) -> tuple[Column, list[Column]]:
    """The target's column, and those that it is foretold from."""
    names = [column.name for column in columns]
    if target not in names:
        raise NotFoundError.among("column of the domain", target, names)
    if user_column in names:
        raise InputError(
            f"{user_column!r} says whose a row is; a model that reads it knows users by name",
            hint="leave it out of the domain",
        )
    wanted = columns[names.index(target)]
    others = [column for column in columns if column.name != target]
    if len(wanted.values) < 2:
        raise InputError(
            f"the target {target!r} needs at least two values that are named",
            hint='{"income": {"values": ["<=50K", ">50K"]}}',
        )
    if not others:
        raise InputError("there is no column to foretell the target from", hint="name more columns")
    return wanted, others


def _split(
    rows: list[int], owners: Mapping[int, Any], seed: int | None
) -> tuple[list[int], list[int]]:
    """Rows to learn from and rows to test on, in the table's order; a user's are not parted.

    Each unit is held out by a coin of its own: who comes or goes moves nobody else from one part to
    the other, which a draw of so many among all would.
    """
    units = {owners.get(row, row) for row in rows}
    out = {unit for unit in units if _coin(unit, seed) < _HELD_OUT}
    held = {row for row in rows if owners.get(row, row) in out}
    learnt, asked = [row for row in rows if row not in held], [row for row in rows if row in held]
    if not learnt or not asked:
        raise InputError(
            f"of {len(units)} users or rows none came to one of the parts, to learn from and to "
            "test on",
            hint="more of them, or another seed",
        )
    return learnt, asked


def _coin(unit: Any, seed: int | None) -> float:
    """From 0 to 1, by the unit itself where there is a seed."""
    if seed is None:
        return random.SystemRandom().random()
    return random.Random(derive_seed(seed, "held out", str(unit))).random()


def _refuse_for_digits(**given: object) -> None:
    """Raise InputError for what only a table has."""
    odd = [name for name, value in given.items() if value]
    if odd:
        raise InputError(
            f"{odd[0]} is for a table; the digits have their own", hint="--dataset FILE"
        )
