"""A state as a folder to work in: pages as files, statements and decisions as lines of JSON.

``propose`` reads it back. Pages keep who they are: a file that has another name and the same text
is a page that was renamed, and other renames are said.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from workbench.core.errors import AccessError, ConflictError, InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.store import files
from workbench.store.documents import dump_document

from .cases import brought_by
from .contents import Contents
from .decisions import Decision, read_decision
from .pages import case_twins
from .space import By, Space
from .statements import Statement, read_statement

PAGES_FOLDER = "pages"
STATEMENTS_FILE, DECISIONS_FILE = "statements.jsonl", "decisions.jsonl"
_NOTE = ".workbench"
_V = TypeVar("_V", Statement, Decision)


@dataclass(frozen=True)
class Checkout(Viewable):
    """What was written where, and the record that it is of."""

    name: str
    folder: Path
    record: str
    pages: int
    statements: int
    decisions: int


def write_folder(
    space: Space, folder: Path, *, record: str | None = None, by: By = None
) -> Checkout:
    """Write a state to a folder that is not there yet, or is empty.

    Raises:
        AccessError: He may not read one of its pages.
        ConflictError: The folder is not empty, or two names would be one file on some disks.
        StorageError: It cannot be written.
    """
    space.require(by, "read")  # before it is told what is there
    digest = space.head if record is None else space.find(record, by=by)
    contents = space.contents(digest)
    paths = sorted(page.path for page in contents.pages.values())
    require_whole(space, paths, by=by)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConflictError(f"{folder} is there and not empty", hint="name another folder")
    for ways in case_twins(paths).values():
        twins = [written for written in ways if written in paths]
        if len(twins) > 1:
            raise ConflictError(
                f"{twins[0]} and {twins[1]} differ in case alone",
                hint=brought_by(space, *twins[:2])
                or f"workbench knowledge checkout {space.name} FOLDER has what is agreed on now",
            )
    with files.saying_why(folder):
        files.make_folder(folder / PAGES_FOLDER)
        for page in contents.pages.values():
            target = folder / PAGES_FOLDER / page.path
            files.make_folder(target.parent)
            files.write_bytes(target, page.text.encode())
        for name, values in (
            (STATEMENTS_FILE, contents.statements),
            (DECISIONS_FILE, contents.decisions),
        ):
            lines = sorted(dump_document(each.plain(), what=name) for each in values.values())
            files.write_text(folder / name, "".join(f"{line}\n" for line in lines))
        files.write_json(folder / _NOTE, {"space": space.name, "record": digest})
    counts = (len(contents.pages), len(contents.statements), len(contents.decisions))
    return Checkout(space.name, folder, digest, *counts)


def require_whole(space: Space, paths: Iterable[str], *, by: By) -> None:
    """Raise AccessError unless somebody may read the space and all of these pages; what is closed
    to him is not named."""
    space.require(by, "read")
    if not space.may(by, "read", paths):
        raise AccessError(
            f"a part of {space.name!r} is closed to you, and what is written is the whole of it",
            hint=f"somebody who may read all of it can: workbench identity roles list "
            f"--space {space.path}",
            reason="part",
        )


def read_folder(
    space: Space, folder: Path, *, renames: Mapping[str, str] | None = None, by: By = None
) -> tuple[Contents, str]:
    """What a folder says the space shall hold, and the record that it was written from.

    Args:
        space: The space.
        folder: One that ``write_folder`` wrote.
        renames: New paths of pages by old ones, beyond those whose text is the same.
        by: Who asks.

    Raises:
        ConflictError: It is of another space.
        InputError: A file of it is no page, or a line no statement or decision.
        NotFoundError: It was not written from a space, or a part of it is missing.
    """
    note = _read_note(folder)
    if note.get("space") != space.name:
        raise ConflictError(
            f"{folder} was written from the space {note.get('space')!r}",
            hint=f"workbench knowledge checkout {space.name} FOLDER",
        )
    base = space.find(str(note.get("record")), by=by)
    before = space.contents(base)
    texts = _read_pages(folder / PAGES_FOLDER, known={page.path for page in before.pages.values()})
    found = _with_pages(before, texts, renames or {})
    said = _read_lines(folder / STATEMENTS_FILE, read_statement)
    made = _read_lines(folder / DECISIONS_FILE, read_decision)
    _require_once(said)
    _require_once(made)
    return Contents(
        found.pages, {each.key: each for each in said}, {each.key: each for each in made}
    ), base


def _with_pages(base: Contents, texts: Mapping[str, str], renames: Mapping[str, str]) -> Contents:
    for old, new in renames.items():
        if new not in texts or old in texts:
            raise NotFoundError(f"{old} was not renamed to {new}: look at the files")
    moves = dict(renames)
    known = {page.path: page.text for page in base.pages.values()}
    new_by_text = {text: path for path, text in texts.items() if path not in known and text.strip()}
    for path, text in known.items():
        if path not in texts and path not in moves and text in new_by_text:
            moves[path] = new_by_text.pop(text)
    found = base
    for path in known:
        if path not in texts and path not in moves:
            found = found.without_page(path)
    for old, new in moves.items():
        found = found.with_renamed(old, new)
    for path, text in texts.items():
        found = found.with_page(path, text)
    return found


def _read_note(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise NotFoundError(
            f"{folder} was not written from a space",
            hint="workbench knowledge checkout NAME FOLDER",
        )
    return found


def _read_pages(folder: Path, *, known: Container[str]) -> dict[str, str]:
    """The pages' texts by their paths. What is hidden is an editor's, unless it was a page before:
    else it would be missing, and deleted."""
    if not folder.is_dir():
        raise NotFoundError(f"{folder} is not there: every page would be deleted")
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise InputError(f"{name} is a link", hint="put the file itself there")
        hidden = any(part.startswith(".") for part in Path(name).parts)
        if path.is_file() and (not hidden or name in known):
            try:
                found[name] = path.read_bytes().decode()
            except UnicodeDecodeError:
                raise InputError(f"{name} is no text in UTF-8") from None
    return found


def _read_lines(path: Path, read: Callable[[Any], _V]) -> list[_V]:
    if not path.is_file():
        raise NotFoundError(f"{path} is not there: all that it held would be deleted")
    found = []
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if line.strip():
            try:
                found.append(read(json.loads(line.decode())))
            except InputError as error:
                raise InputError(
                    f"{path}, line {number}: {error.message}", hint=error.hint
                ) from None
            except (ValueError, RecursionError) as error:
                raise InputError(
                    f"{path}, line {number}: {error}", hint="a line is one JSON object in UTF-8"
                ) from None
    return found


def _require_once(values: Sequence[Statement] | Sequence[Decision]) -> None:
    counts = Counter(each.key for each in values)
    if twice := sorted(str(each) for each in values if counts[each.key] > 1):
        raise InputError(f"said twice: {twice[0]}", hint="keep one of the lines")
