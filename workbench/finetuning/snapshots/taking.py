"""Data to learn from by what a user calls it: a file, or a snapshot's name or sha256."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.core import events
from workbench.core.errors import InputError, NotFoundError
from workbench.finetuning.examples import Example
from workbench.privacy.dp.users import check_users

from .checking import DataReport, check_examples
from .findings import Policy
from .reading import read_examples
from .rows import Row
from .set_aside import keep_blocked, tell_rows
from .snapshot import Snapshot, find_snapshot, keep_snapshot, list_snapshots
from .splitting import HELD_OUT, TRAIN

log = logging.getLogger(__name__)

NOT_STATED = "not stated"


@dataclass(frozen=True)
class Taken:
    """What may be learnt, and the snapshot in which it is kept.

    ``rows`` were given; ``left_out`` are those that may not be learnt, by reason. A row that is
    left out for several reasons counts under each.
    """

    snapshot: Snapshot
    examples: tuple[Example, ...]
    held_out: tuple[Example, ...]
    rows: int
    rows_left_out: int
    left_out: dict[str, int]


def find_source(said: str | Path) -> Path | Snapshot:
    """The file of that name if there is one, else the snapshot.

    Raises:
        NotFoundError: There is neither.
    """
    path = Path(said).expanduser()
    if path.is_file():
        return path
    try:
        return find_snapshot(str(said))
    except NotFoundError as error:
        names = sorted({each.reference.partition("@")[0] for each in list_snapshots()})
        why = f", and {error.message}" if names else ""
        known = f"snapshots are {', '.join(names)}" if names else "there is no snapshot yet, either"
        raise NotFoundError(f"there is no file {said}{why}", hint=known) from None


def read_source(said: str | Path) -> tuple[Example, ...]:
    """The examples of a file, or those of a snapshot that are for learning."""
    found = find_source(said)
    return found.examples() if isinstance(found, Snapshot) else read_examples(found)[0]


def check_file(
    file: Path,
    *,
    policy: Policy | None = None,
    known: str | Path | None = None,
    heldout: str | Path | None = None,
    count_tokens: Callable[[Example], int] | None = None,
    embed: Any = None,
    user_column: str | None = None,
) -> tuple[tuple[Example, ...], DataReport]:
    """Read and check a file, and set aside what is blocked; see ``check_examples``.

    Args:
        file: A .jsonl, .ndjson, .csv, .tsv or .parquet file.
        policy: What is done about what is found.
        known: A file or snapshot that is trusted.
        heldout: A file or snapshot that the model will be tested with.
        count_tokens: Of an example, by the model's own tokenizer.
        embed: Texts to vectors.
        user_column: Whose each row is.

    Raises:
        NotFoundError: There is no such file or column.
        InputError: A row that may be learnt is nobody's, or all are one user's.
        StorageError: What is set aside cannot be written.
    """
    places: list[str] = []
    examples, quarantine = read_examples(file, user_column=user_column, places=places)

    def count(row: Row) -> int:
        assert count_tokens is not None
        return count_tokens(examples[row.place])

    kept, report = check_examples(
        examples,
        policy=policy,
        known=read_source(known) if known else (),
        heldout=read_source(heldout) if heldout else (),
        source=file.name,
        quarantine=quarantine,
        count_tokens=count if count_tokens else None,
        embed=embed,
        places=places,
    )
    report = keep_blocked(file, examples, report)
    if user_column is not None and kept:
        check_users([each.user for each in kept], column=user_column, columns=[user_column])
    return kept, report


def take_data(
    said: str | Path,
    *,
    name: str,
    license: str = NOT_STATED,
    consent: str = NOT_STATED,
    policy: Policy | None = None,
    context_tokens: int | None = None,
    known: str | Path | None = None,
    heldout: str | Path | None = None,
    count_tokens: Callable[[Example], int] | None = None,
    user_column: str | None = None,
) -> Taken:
    """Check a file and keep what may be learnt of it as a snapshot; a snapshot is taken as it is.

    Args:
        said: The file, or the snapshot's name or sha256.
        name: Of the snapshot that is made of a file.
        license: Under which the rows may be used.
        consent: On what ground.
        policy: What is done about what is found.
        context_tokens: The longest row, if that is less than the policy's.
        known: See ``check_file``.
        heldout: See ``check_file``.
        count_tokens: See ``check_file``.
        user_column: Whose each row is; a snapshot must have been made with it.

    Raises:
        NotFoundError: There is no such file, snapshot or column.
        InputError: A row is nobody's, or all are one user's, or a snapshot does not say whose its
            rows are.
        DataError: The file is refused: no row may be used, or too many are blocked.
        StorageError: The disk is full; nothing is left behind.
    """
    from workbench.store.files import hash_file

    found = find_source(said)
    if isinstance(found, Snapshot):
        _check_users_of(found, user_column)
        return _taken(found)
    strict = policy or Policy()
    if context_tokens is not None:
        strict = replace(strict, context_tokens=min(strict.context_tokens, context_tokens))
    examples, report = check_file(
        found, policy=strict, known=known, heldout=heldout, count_tokens=count_tokens,
        user_column=user_column,
    )  # fmt: skip
    trusted = find_source(known) if known else None
    taken = _taken(
        keep_snapshot(
            examples,
            [TRAIN] * len(examples),
            name=name,
            license=license,
            consent=consent,
            sources={found.name: hash_file(found)},
            report=report,
            parents=[trusted] if isinstance(trusted, Snapshot) else [],
            user_column=user_column,
        )
    )
    _tell(taken, report)
    return taken


def _tell(taken: Taken, report: DataReport) -> None:
    """Say which rows of a file are left out."""
    if taken.rows_left_out:
        told = ", ".join(f"{reason}: {rows}" for reason, rows in taken.left_out.items())
        log.warning(
            "%s: %d of %d rows are left out (%s): %s",
            report.source,
            taken.rows_left_out,
            taken.rows,
            told,
            tell_rows(report),
        )
    events.emit("finetuning.taken", snapshot=taken.snapshot.id, left_out=taken.left_out)


def _check_users_of(snapshot: Snapshot, user_column: str | None) -> None:
    """Raise for a snapshot that does not say what it is asked: whose its rows are."""
    if user_column is None:
        return
    if snapshot.user_column is None:
        raise InputError(
            f"the snapshot {snapshot.reference} does not say whose its rows are",
            hint=f"workbench finetuning snapshot FILE NAME --user-column {user_column}, or give "
            "the file itself",
        )
    if snapshot.user_column != user_column:
        raise NotFoundError.among("column", user_column, [snapshot.user_column])


def _taken(snapshot: Snapshot) -> Taken:
    report = snapshot.report
    reasons = Counter((report["quarantine"] or {}).get("reasons", {}))
    for found in report["findings"]:
        if found["severity"] == "block":
            reasons[found["kind"]] += len(found["rows"])
    return Taken(
        snapshot,
        snapshot.examples(),
        snapshot.examples(HELD_OUT),
        report["rows"],
        report["rows"] - report["kept_rows"],
        dict(sorted(reasons.items())),
    )
