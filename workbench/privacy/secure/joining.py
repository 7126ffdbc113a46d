"""Joining two tables of two owners on keys that neither shows the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.progress import progress

from .applying import write_down_begin, write_down_end
from .join_side import LEFT, RIGHT, SideOutcome
from .parties import Parties
from .party import Task
from .results import SEMI_HONEST, Cost, PrivateJoin

SIDES = ("the left side", "the right side")
# Raising a million points takes a side minutes, in which it says nothing.
TIMEOUT_S = 600.0
_LEARNT = (
    "both: how many keys the other has, and which of their own keys it has too; nothing of keys "
    "that one side alone has"
)
_WRITTEN = (".csv", ".parquet")


def join_privately(
    left: Path,
    right: Path,
    *,
    on: Sequence[str],
    out: Path,
    gives: Literal["ids", "tables"] = "tables",
    give: Sequence[str] | None = None,
    overwrite: bool = False,
    timeout_s: float = TIMEOUT_S,
) -> PrivateJoin:
    """Join two tables on the keys that both have, each side a process that reads its own file.

    Keys are compared normalised (``row_keys.normalise``), and each may stand in one row of a table.
    The left side gets the result and writes it.

    Args:
        left: A .csv, .tsv or .parquet file.
        right: Another.
        on: The columns that make the key, of these names in both.
        out: A .csv or .parquet file.
        gives: The rows of both tables, or the key and the numbers of both rows (from 1) alone.
        give: The columns that the right side hands over for the rows that both have; by default
            all.
        overwrite: Take the place of a file that is there.
        timeout_s: How long a side may say nothing.

    Raises:
        NotFoundError: There is no such file or column.
        DataError: A table is empty or broken, or a key stands in two rows.
        ConflictError: ``out`` is there already.
        PeerError: A side died.
    """
    _check_paths(left, right, out, overwrite=overwrite)
    left_task = Task("join", {"file": left, "on": tuple(on), "gives": gives, "out": out})
    right_task = Task("join", {"file": right, "on": tuple(on), "gives": gives, "give": give})
    write_down_begin("private join", on=list(on), gives=gives)
    with progress("private join"), Parties(SIDES, timeout_s=timeout_s) as parties:
        sides: list[SideOutcome] = parties.run([left_task, right_task])
    mine, theirs = sides[LEFT], sides[RIGHT]
    cost = Cost.of((mine.cost, theirs.cost))
    handed = "row numbers" if gives == "ids" else "the right side's columns"
    learnt = f"{_LEARNT}; the left side besides: {handed} of the {mine.matched:,} common rows"
    write_down_end(
        "private join", f"{handed} of {mine.matched} common rows, to the left side", cost,
        matched=mine.matched, left_rows=mine.rows, right_rows=theirs.rows,
    )  # fmt: skip
    return PrivateJoin(
        out=out, on=tuple(on), gives=gives, matched=mine.matched, left_rows=mine.rows,
        right_rows=theirs.rows, left_without_key=mine.without, right_without_key=theirs.without,
        columns=mine.columns, learnt=learnt, security=SEMI_HONEST, cost=cost,
    )  # fmt: skip


def _check_paths(left: Path, right: Path, out: Path, *, overwrite: bool) -> None:
    """What can be refused before any process is started."""
    for file in (left, right):
        if not file.is_file():
            raise NotFoundError(f"there is no file {file}", hint=f"ls {file.parent}")
    if out.suffix.lower() not in _WRITTEN:
        raise InputError(f"{out.name} is of another kind than {' and '.join(_WRITTEN)}")
    if not out.parent.is_dir():
        raise NotFoundError(f"there is no folder {out.parent}", hint=f"mkdir -p {out.parent}")
    if out.exists() and (not overwrite or out.samefile(left) or out.samefile(right)):
        raise ConflictError(f"{out} is there already", hint="name another file, or --overwrite")
