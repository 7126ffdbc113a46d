"""A space as a git repository: each record a commit, its state the commit's files.

``main`` is what is agreed on, ``proposals/N`` what is proposed, ``events`` the list of what was
done, releases are tags. A commit's message ends in the record itself, so that nothing is lost to
what git knows of a commit. Two exports of one space have the same commits.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, InputError, IntegrityError
from workbench.core.optional import require
from workbench.core.progress import progress
from workbench.core.viewers import Viewable
from workbench.store import files

from .events import Event, fingerprint
from .folders import require_whole
from .lines import EXTRA
from .proposals import proposals_of
from .records import Record, record_of
from .space import By, Space
from .states import read_names

MAIN, EVENTS = "refs/heads/main", "refs/heads/events"
PROPOSALS, TAGS = "refs/heads/proposals/", "refs/tags/"
EVENTS_FILE = "events.jsonl"
MARK = "Workbench-Record: "
_NOTE = ".workbench"
_FORM = b"a space of shared knowledge, written by workbench\n"
_NOWHERE = "users.invalid"


@dataclass(frozen=True)
class Export(Viewable):
    """What was written where. ``head`` is the space's record, ``commit`` git's name for it.

    ``sha256`` is of all events, which name all records, which name all states: of equal ones all
    is equal.
    """

    name: str
    path: Path
    records: int
    proposals: int
    releases: int
    head: str
    commit: str
    sha256: str


def export_git(space: Space, path: Path, *, by: By = None) -> Export:
    """Write a space to a bare git repository, or what is new of it to one that was written before.

    Args:
        space: The space.
        path: The repository's folder.
        by: Who asks; what he may not read is not left out, so he must be allowed to read all.

    Raises:
        AccessError: He may not read the space or one of its pages.
        ConflictError: There is something else, or another space.
        DependencyError: pygit2 is not installed.
        StorageError: The folder cannot be written.
    """
    git = require("pygit2", extra=EXTRA)
    with space.shelf.snapshot():
        events, history, head = space.shelf.events(), space.history(), space.head
        _require_all(space, by)
        with files.saying_why(path):
            repository = _open(git, path)
        try:
            return _write(git, repository, space, path, events, history, head)
        finally:
            repository.free()


def _write(
    git: Any,
    repository: Any,
    space: Space,
    path: Path,
    events: list[Event],
    history: list[tuple[str, Record]],
    head: str,
) -> Export:
    commits: dict[str, Any] = {}
    blobs: dict[str, Any] = {}  # git's names of what was written, by ours
    _require_same(git, repository, dict(history))
    with progress("Writing commits", total=len(history), unit="records") as task:
        for digest, record in history:
            names = read_names(record.state, space.shelf.get)
            for each in {*names.values()} - {*blobs}:
                blobs[each] = repository.create_blob(space.shelf.get(each))
            files_of_it = {name: blobs[each] for name, each in names.items()}
            tree = _write_tree(git, repository, files_of_it)
            commits[digest] = _write_commit(git, repository, record, tree, commits)
            task.advance()
    heads = {number: made.head for number, made in proposals_of(events).items()}
    releases = {each.data["name"]: str(each.record) for each in events if each.kind == "released"}
    references = {MAIN: commits[head]}
    references |= {f"{PROPOSALS}{number}": commits[each] for number, each in heads.items()}
    references |= {f"{TAGS}{name}": commits[each] for name, each in releases.items()}
    references[EVENTS] = _write_events(git, repository, events)
    for name, commit in references.items():
        repository.references.create(name, commit, force=True)
    repository.set_head(MAIN)
    counts = (len(history), len(heads), len(releases))
    return Export(space.name, path, *counts, head, str(commits[head]), fingerprint(events))


def _require_all(space: Space, by: By) -> None:
    """Who asks may read every page that any state has."""
    if by is None:
        return
    states = {record.state for _, record in space.history()}
    paths = {page.path for each in states for page in space.contents_of_state(each).pages.values()}
    require_whole(space, paths, by=by)


def _open(git: Any, path: Path) -> Any:
    if path.exists() and not path.is_dir():
        raise ConflictError(f"{path} is a file", hint="name a folder that is not there")
    if path.is_dir() and any(path.iterdir()):
        if not (path / _NOTE).is_file() or (path / _NOTE).read_bytes() != _FORM:
            raise ConflictError(
                f"{path} is not empty, and was not written by an export",
                hint="name a folder that is not there",
            )
        if (path / "HEAD").is_file():
            return git.Repository(str(path))
    files.make_folder(path)
    files.write_bytes(path / _NOTE, _FORM)  # first: who is killed now can be gone on with
    return git.init_repository(str(path), bare=True, initial_head="main")


def _require_same(git: Any, repository: Any, known: Container[str]) -> None:
    """Raise ConflictError if what was written there before is not all of this space's: another
    space, or one of two that were one and were gone on with apart. Its branches would be lost."""
    if MAIN not in repository.references:
        return
    last = repository.references[MAIN].peel(git.Commit)
    if record_of_commit(last).digest not in known:
        raise ConflictError(
            "another space was written there, or records that this one does not have",
            hint="name another folder",
        )


def _write_tree(git: Any, repository: Any, blobs: Mapping[str, Any]) -> Any:
    index = git.Index()
    for name, blob in blobs.items():
        try:
            index.add(git.IndexEntry(name, blob, git.enums.FileMode.BLOB))
        except (git.GitError, ValueError, OSError) as error:
            raise InputError(f"git cannot have a file {name!r}: {error}") from None
    return index.write_tree(repository)


def _write_commit(
    git: Any, repository: Any, record: Record, tree: Any, commits: Mapping[str, Any]
) -> Any:
    by = git.Signature(
        _plain(record.author), f"{_plain(record.author)}@{_NOWHERE}", _second(record.time_us), 0
    )
    message = f"{record.words.rstrip()}\n\n{MARK}{record.content().decode()}\n"
    parents = [commits[each] for each in record.parents]
    return repository.create_commit(None, by, by, message, tree, parents)


def _write_events(git: Any, repository: Any, events: list[Event]) -> Any:
    content = "".join(f"{each.line()}\n" for each in events).encode()
    tree = _write_tree(git, repository, {EVENTS_FILE: repository.create_blob(content)})
    by = git.Signature("workbench", f"workbench@{_NOWHERE}", _second(events[-1].time_us), 0)
    return repository.create_commit(None, by, by, f"{len(events)} events\n", tree, [])


def record_of_commit(commit: Any) -> Record:
    """The record that a commit is of. Raises IntegrityError if its message has none."""
    last = commit.raw_message.rstrip(b"\n").rpartition(b"\n")[2]
    if not last.startswith(MARK.encode()):
        raise IntegrityError(f"commit {commit.id} has no record in its message")
    return record_of(last.removeprefix(MARK.encode()))


def _plain(name: str) -> str:
    """A name as git can have it; the record has it as it is."""
    kept = "".join(each for each in name if each not in "<>\n\0").strip(" .,:;\"'")
    return kept or "nobody"


def _second(time_us: int) -> int:
    return max(0, time_us // 1_000_000)
