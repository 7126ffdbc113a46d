"""A user's files as examples and preferences; what cannot be used is set aside with its reason."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from workbench.core import events, settings
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.data.quarantine import Quarantine, QuarantineWriter
from workbench.data.reading import UTF8_HINT, Layout, Reader, open_reader
from workbench.data.schema import BadRow
from workbench.finetuning.examples import Example, Preference
from workbench.store import files

from .forms import FIELDS, to_example, to_preference
from .judged_rows import (
    TEACH_NOTHING,
    check_consent,
    is_judged,
    of_feedback,
    to_judged_preference,
)
from .set_aside import FOLDER, name_rows, quarantine_name

log = logging.getLogger(__name__)
T = TypeVar("T")


def read_examples(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    layout: Layout | None = None,
    on_bad: str = "quarantine",
    user_column: str | None = None,
    places: list[str] | None = None,
) -> tuple[tuple[Example, ...], Quarantine]:
    """The examples of a file, in its order, and what was set aside of it.

    A row is ``{"prompt", "response"}`` (and ``system`` if it has one) or ``{"messages"}``; besides
    it may have ``id``, ``task`` (or ``domain``), ``group`` (or ``fact``), ``weight`` and
    ``consent``. Other fields are passed over. A row with ``answer`` and ``score`` is a judged
    answer, and is learnt only if its ``consent`` is true; see ``read_feedback``.

    Args:
        path: A .jsonl, .ndjson, .csv, .tsv or .parquet file.
        columns: Where the file has other names: field to column, ``{"prompt": "Question"}``.
        layout: Of a CSV file.
        on_bad: ``quarantine`` sets bad rows aside with a warning, ``raise`` stops at the first.
        user_column: Whose each row is, by the file's own name for it; no column is read for that
            otherwise.
        places: Takes where each example stands, ``line 7``, in their order.

    Raises:
        NotFoundError: There is no such file or column.
        DataError: The file is empty, cannot be read, or no row of it is good.
    """
    take: Callable[[Mapping[str, Any], str], Example] = example_of
    if user_column is not None:
        names = open_reader(Path(path), layout=layout).names
        if user_column not in names:
            raise NotFoundError.among("column", user_column, names)
        take = _with_user(_renamed(names, columns or {})[user_column])
    if places is not None:
        take = _noting(take, places)
    return _read(Path(path), take, columns=columns, layout=layout, on_bad=on_bad)


def read_preferences(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    layout: Layout | None = None,
    on_bad: str = "quarantine",
    most_unread_share: float = 1.0,
) -> tuple[tuple[Preference, ...], Quarantine]:
    """The preferences of a file of ``{"prompt", "chosen", "rejected"}``; see ``read_examples``.

    A judged answer is one where it was called bad and there is a corrected one.

    Args:
        path: See ``read_examples``, as the next three.
        columns: Field to column.
        layout: Of a CSV file.
        on_bad: ``quarantine`` or ``raise``.
        most_unread_share: Of all rows; a file of which more cannot be read is refused. Judged
            answers that hold no preference were read, and do not count.

    Raises:
        NotFoundError: There is no such file or column.
        DataError: No row is good, or too many cannot be read.
    """
    path = Path(path)
    good, aside = _read(path, _preference_of, columns=columns, layout=layout, on_bad=on_bad)
    unread = sum(many for why, many in aside.reasons.items() if why not in TEACH_NOTHING)
    total = len(good) + aside.rows
    if unread > most_unread_share * total:
        raise DataError(
            f"{path}: {unread} of {total} rows cannot be read, more than the allowed "
            f"{most_unread_share:.0%}: {_tell(aside)}",
            hint=f"mend them (all stand in {aside.path}), or learn the {len(good)} others with "
            "--most-unread-share 1",
        )
    return good, aside


def records(
    path: Path, *, columns: Mapping[str, str] | None = None, layout: Layout | None = None
) -> Iterator[tuple[BadRow, Mapping[str, Any] | None]]:
    """Each row of a file with its number and line; the fields are None where it is broken."""
    if path.suffix.lower() in (".json", ".xlsx"):
        raise InputError(
            f"{path.name} is one whole document, not rows",
            hint="one JSON object a line (.jsonl), or a .csv or .parquet table",
        )
    reader = open_reader(path, layout=layout)
    return _rows(reader, _renamed(reader.names, columns or {}))


def _rows(
    reader: Reader, names: Mapping[str, str]
) -> Iterator[tuple[BadRow, Mapping[str, Any] | None]]:
    for chunk in reader.chunks():
        check_cancelled()
        cells = {
            names.get(name, name): found if isinstance(found, list) else found.to_pylist()
            for name, found in chunk.columns.items()
        }
        found_rows: list[tuple[BadRow, Mapping[str, Any] | None]] = [(b, None) for b in chunk.bad]
        for index, (row, line) in enumerate(zip(chunk.rows, chunk.lines, strict=True)):
            fields = {name: column[index] for name, column in cells.items()}
            found_rows.append((BadRow(row, line, "", fields), fields))
        yield from sorted(found_rows, key=lambda pair: pair[0].row)


def sifted(
    path: Path,
    take: Callable[[Mapping[str, Any], str], T],
    found_rows: Iterator[tuple[BadRow, Mapping[str, Any] | None]],
    *,
    on_bad: str = "quarantine",
) -> tuple[tuple[T, ...], Quarantine]:
    """What ``take`` makes of each row, and the rows of which it makes nothing, on the disk.

    Raises:
        DataError: No row is good, or ``on_bad`` is "raise" and one is bad.
    """
    if on_bad not in ("quarantine", "raise"):
        raise InputError(f"on_bad is {on_bad!r}", hint="'quarantine' or 'raise'")
    good: list[T] = []
    folder, name = settings.home() / FOLDER, quarantine_name(path)
    with files.drafting(folder, name, text=True) as draft:
        os.fchmod(draft.file.fileno(), 0o600)  # as the store's: rows are the user's alone
        writer = QuarantineWriter(draft.file, on_bad=on_bad, where=str(path))
        for place, fields in found_rows:
            reason = place.reason
            if fields is not None:
                try:
                    good.append(take(fields, f"line {place.line}" if place.line
                                     else f"row {place.row}"))  # fmt: skip
                    continue
                except InputError as error:
                    reason = error.message
            writer.add(BadRow(place.row, place.line, reason, place.raw), kind=_kind(reason))
        quarantine = writer.result(folder / name, kept_rows=len(good))
        if not good:
            raise DataError(
                f"no row of {path} is good: {_tell(quarantine)}", hint=_hint(path, quarantine)
            )
        if quarantine.rows:
            draft.publish(folder / name)
    if quarantine.rows:
        log.warning(
            "%s: %d of %d rows cannot be read and were set aside: %s. All stand in %s",
            path, quarantine.rows, quarantine.rows + len(good), _tell(quarantine), quarantine.path,
        )  # fmt: skip
        events.emit("data.quarantined", file=str(path), rows=quarantine.rows)
    return tuple(good), quarantine


def _read(
    path: Path,
    take: Callable[[Mapping[str, Any], str], T],
    *,
    columns: Mapping[str, str] | None,
    layout: Layout | None,
    on_bad: str,
) -> tuple[tuple[T, ...], Quarantine]:
    return sifted(path, take, records(path, columns=columns, layout=layout), on_bad=on_bad)


def example_of(row: Mapping[str, Any], identity: str) -> Example:
    """What a row of whatever form teaches; ``identity`` names it where it has no name.

    Raises:
        InputError: Nothing; the message says why.
    """
    if is_judged(row):
        return of_feedback(row, identity)[0]
    check_consent(row, needed=False)
    return to_example(row, identity=identity)


def _noting(
    take: Callable[[Mapping[str, Any], str], Example], places: list[str]
) -> Callable[[Mapping[str, Any], str], Example]:
    """As ``take``, noting where each example stood; rows of which nothing comes are not noted."""

    def one(row: Mapping[str, Any], identity: str) -> Example:
        example = take(row, identity)
        places.append(identity)
        return example

    return one


def _with_user(column: str) -> Callable[[Mapping[str, Any], str], Example]:
    """As ``example_of``, with whose row it is; nobody's where nothing stands there."""

    def take(row: Mapping[str, Any], identity: str) -> Example:
        user = row.get(column)
        if isinstance(user, bool) or not isinstance(user, (str, int, type(None))):
            raise InputError(f"whose row it is ({column}) is neither text nor a whole number")
        return replace(example_of(row, identity), user="" if user is None else str(user).strip())

    return take


def _preference_of(row: Mapping[str, Any], identity: str) -> Preference:
    if is_judged(row):
        return to_judged_preference(row, identity)
    check_consent(row, needed=False)
    return to_preference(row, identity=identity)


def _renamed(names: list[str], columns: Mapping[str, str]) -> dict[str, str]:
    """Column to field, checked against what the file has."""
    for field, column in columns.items():
        if field not in FIELDS:
            raise NotFoundError.among("field", field, FIELDS)
        if column not in names:
            raise NotFoundError.among("column", column, names)
    taken = {column: field for field, column in columns.items()}
    # A column that carries a field's own name and is not the one that is meant is out of the way.
    return {name: taken.get(name, f"_{name}" if name in columns else name) for name in names}


def _tell(quarantine: Quarantine) -> str:
    named = [(f"line {b.line}" if b.line else f"row {b.row}", b.reason) for b in quarantine.first]
    return name_rows(named, rows=quarantine.rows)


def _hint(path: Path, quarantine: Quarantine) -> str:
    if any(reason.startswith("not utf-8") for reason in quarantine.reasons):
        return f"{UTF8_HINT.format(path.name)}, if it is Latin-1"
    return (
        'a line is {"prompt": ..., "response": ...} or {"messages": [...]}; other names are given '
        "as columns"
    )


def _kind(reason: str) -> str:
    """The reason without what differs from row to row."""
    reason = re.sub(r"\d+", "N", reason.partition(": line ")[0])
    return re.sub(r"( at)? column N.*", "", reason)[:80]
