"""A private table in, a made one out: the budget first, then the rows, then a file."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.seeds import derive_seed
from workbench.core.viewers import Viewable
from workbench.privacy.ledger.recording import record
from workbench.store.files import replacing

from .accounting import epsilon_by_pld
from .budget import Budgets
from .domain import Column
from .mechanisms import Unit
from .noise import Noise, SeededNoise, SystemNoise
from .statistics import bound_users
from .synthesis import check_columns, measure_tree, plan_synthesis, sample_rows
from .users import check_users


@dataclass(frozen=True)
class Synthesis(Viewable):
    """A made table: where it is, what it cost, and the pairs of columns whose marginals it has.

    ``unit`` is what epsilon protects: a row, or a user with ``rows_per_user`` rows at most.

    Nothing in it says how near the made rows are to the real ones: that would tell of those.
    """

    path: Path
    rows: int
    columns: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    epsilon: float
    delta: float
    noise_multiplier: float
    noise: str
    unit: Unit = "example"
    rows_per_user: int | None = None


def synthesise_table(
    rows: Mapping[str, Sequence[Any]],
    columns: Sequence[Column],
    *,
    dataset_sha256: str,
    out: Path,
    epsilon: float,
    delta: float,
    count: int | None = None,
    user_column: str | None = None,
    rows_per_user: int = 1,
    seed: int | None = None,
    budgets: Budgets | None = None,
) -> Synthesis:
    """Write a made table as CSV; a row of the private one is what is protected, or a user.

    Args:
        rows: The private table, by columns.
        columns: What they may hold.
        dataset_sha256: Whose budget it is.
        out: The file; one that is there is written anew when all is done.
        epsilon: What it may cost.
        delta: The probability with which more may be lost.
        count: Of made rows; by default as many as the private table has, told with noise.
        user_column: Whose each row is: then a user with all their rows is protected.
        rows_per_user: So many of a user's rows count at most, drawn from theirs.
        seed: The noise can be repeated, for experiments; None for what is released.
        budgets: By default those of WORKBENCH_HOME.

    Raises:
        LimitError: The data set's budget has not so much left.
        InputError: See ``measure_tree`` and ``check_users``; or there is no folder for the file.
    """
    import numpy as np

    check_columns(columns)
    if not out.parent.is_dir():
        raise InputError(f"there is no folder {out.parent}", hint="make it first")
    unit: Unit = "example" if user_column is None else "user"
    if user_column is not None:
        rows = _bounded(rows, user_column, most=rows_per_user, seed=seed)
    mechanism = plan_synthesis(epsilon=epsilon, delta=delta)
    noise: Noise = SystemNoise() if seed is None else SeededNoise(seed)
    places = np.random.default_rng(None if seed is None else derive_seed(seed, "synthetic rows"))
    kept = budgets or Budgets()
    spend = kept.spend(dataset_sha256, mechanism, purpose="a synthetic table", unit=unit)
    try:
        model = measure_tree(
            rows, columns, mechanism=mechanism, noise=noise, rows_per_unit=rows_per_user
        )
        made = sample_rows(model, rows=count, source=places)
        about = {"what": "a synthetic table", "epsilon": epsilon, "delta": delta, "unit": unit}
        record("release", dataset_sha256, data=about, database=kept.database)
        _write(out, made)
    finally:
        kept.end(spend)
    names = tuple(column.name for column in columns)
    return Synthesis(
        path=out,
        rows=len(made[names[0]]),
        columns=names,
        pairs=tuple((names[parent], names[child]) for parent, child in model.pairs),
        epsilon=epsilon_by_pld([mechanism], delta=delta),
        delta=delta,
        noise_multiplier=mechanism.noise_multiplier,
        noise=noise.told,
        unit=unit,
        rows_per_user=None if user_column is None else rows_per_user,
    )


def _bounded(
    rows: Mapping[str, Sequence[Any]], user_column: str, *, most: int, seed: int | None
) -> dict[str, list[Any]]:
    """The rows with at most ``most`` of each user."""
    users = list(rows.get(user_column, ()))
    check_users(users, column=user_column, columns=list(rows))
    drawn = None if seed is None else random.Random(derive_seed(seed, "rows of users"))
    kept = bound_users(range(len(users)), users, most=most, source=drawn)
    return {name: [values[row] for row in kept] for name, values in rows.items()}


def _write(path: Path, made: Mapping[str, Sequence[Any]]) -> None:
    """All of the file or none."""
    with replacing(path, text=True) as file:
        writer = csv.writer(file)
        writer.writerow(made)
        writer.writerows(zip(*made.values(), strict=True))
