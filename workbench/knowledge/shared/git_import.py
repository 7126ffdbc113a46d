"""A space from a git repository that an export wrote, each digest worked out anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, InputError, IntegrityError, NotFoundError
from workbench.core.optional import require
from workbench.core.progress import progress
from workbench.core.viewers import Viewable
from workbench.knowledge.states import told_time
from workbench.store.database import open_database
from workbench.store.ledger import Ledger

from .contents import contents_of
from .event_forms import check_event
from .events import MOVES_HEAD, Event, event_of, fingerprint
from .git_export import EVENTS, EVENTS_FILE, MAIN, PROPOSALS, TAGS, record_of_commit
from .lines import EXTRA
from .proposals import proposals_of
from .space import By, Space
from .states import state_digest, write_files

_MOST_BYTES = 1 << 30
_MOST_ENTRIES = 1 << 20  # of one commit; a tree that has itself often is small, and has no end
_MOST_PATH_CHARS = 4096


@dataclass(frozen=True)
class Import(Viewable):
    """What was taken in. ``sha256`` is of all events, and by what they name of all states."""

    name: str
    records: int
    events: int
    authors: tuple[str, ...]
    head: str
    sha256: str


def import_git(space: Space, path: Path, *, by: By = None) -> Import:
    """Take a space in, with all states, authors, proposals and releases; whole or not at all.

    Args:
        space: The space; there is nothing in it yet.
        path: The repository.
        by: Who asks; he must administer the space.

    Raises:
        AccessError: He may not.
        ConflictError: There is something in the space already.
        DependencyError: pygit2 is not installed.
        IntegrityError: Something is missing, or is not what its digest says.
        NotFoundError: There is no repository of an export.
    """
    git = require("pygit2", extra=EXTRA)
    actor = space.require(by, "administer")
    try:
        repository = git.Repository(str(path), git.enums.RepositoryOpenFlag.NO_SEARCH)
    except git.GitError:
        raise NotFoundError(
            f"{path} is no git repository", hint="ls, or git clone --bare"
        ) from None
    try:
        return _take(space, _Repository(git, repository), actor)
    except (git.GitError, KeyError, UnicodeDecodeError, RecursionError) as error:
        raise IntegrityError(
            f"the repository is damaged: {error}", hint=f"git -C {path} fsck"
        ) from None
    finally:
        repository.free()


def _take(space: Space, found: _Repository, actor: str) -> Import:
    events = found.events()
    with space.changing():
        if space.shelf.events():
            raise ConflictError(
                f"the space {space.name!r} is not empty", hint="import into one of another name"
            )
        commits = found.commits()
        known: dict[str, str] = {}
        with progress("Taking commits in", total=len(commits), unit="records") as task:
            for commit in commits:
                digest = _take_commit(space, found, commit, known)
                known[str(commit.id)] = digest
                task.advance()
        _check_events(events, {*known.values()})
        _check_references(found, events, known)
        for event in events:
            space.shelf.add(event)
        space.shelf.note_imported(len(events))
        head = space.head
        _tell_ledger(space, events, actor)
    authors = sorted({each.actor for each in events} | {r.author for _, r in space.history()})
    return Import(space.name, len(known), len(events), tuple(authors), head, fingerprint(events))


def _tell_ledger(space: Space, events: list[Event], actor: str) -> None:
    """Enter in this home's ledger who took the space in, and not what its events say that others
    did: they did it elsewhere, if at all. A kill right after leaves an entry of what was not kept.
    """
    data = {"events": len(events), "sha256": fingerprint(events)}
    Ledger(open_database()).append("shared.imported", space.name, actor=actor, data=data)
    space.shelf.note_told(events[-1].number)


def _take_commit(space: Space, found: _Repository, commit: Any, known: Mapping[str, str]) -> str:
    record = record_of_commit(commit)
    try:
        told_time(record.time_us)
    except (ValueError, OverflowError, OSError):
        raise IntegrityError(f"commit {commit.id} has a time that no calendar has") from None
    parents = tuple(known[str(each)] for each in commit.parent_ids)
    deepest = max((space.record(each).depth for each in parents), default=-1)
    if parents != record.parents or record.depth != deepest + 1:
        raise IntegrityError(f"commit {commit.id} has other parents than its record")
    files = found.files(commit.tree)
    if state_digest(contents_of(files)) != record.state:
        raise IntegrityError(f"the files of commit {commit.id} are not the state of its record")
    write_files(files, space.shelf.put)
    return space.shelf.put(record.content())


class _Repository:
    """What an export wrote, read."""

    def __init__(self, git: Any, repository: Any) -> None:
        self._git, self._repository = git, repository

    def target(self, name: str) -> Any:
        """The commit of a reference."""
        if name not in self._repository.references:
            raise NotFoundError(
                f"the repository has no {name}: it is no export of a space, or not all of one"
            )
        return self._repository.references[name].peel(self._git.Commit)

    def events(self) -> list[Event]:
        """The events."""
        files = self.files(self.target(EVENTS).tree)
        if {*files} != {EVENTS_FILE}:
            raise IntegrityError(f"the branch events has {', '.join(sorted(files)) or 'nothing'}")
        try:
            lines = files[EVENTS_FILE].decode().split("\n")
        except UnicodeDecodeError:
            raise IntegrityError("the events are no text") from None
        if lines.pop():
            raise IntegrityError("the last event is cut off")
        return [event_of(line) for line in lines]

    def commits(self) -> list[Any]:
        """The commits of the space and of its proposals, each after its parents."""
        sort = self._git.enums.SortMode
        walk = self._repository.walk(None, sort.TOPOLOGICAL | sort.REVERSE)
        walk.push(self.target(MAIN).id)
        for name in self._repository.references:
            if name.startswith((PROPOSALS, TAGS)):
                walk.push(self.target(name).id)
        return list(walk)

    def files(self, tree: Any) -> dict[str, bytes]:
        """The files below a tree, by their paths."""
        found, size_bytes = {}, 0
        for path, blob in self._walk(tree):
            size_bytes += self._repository.odb.read_header(blob.id)[1]  # before it is unpacked
            if size_bytes > _MOST_BYTES:
                raise InputError(f"a commit has over {_MOST_BYTES >> 20} MB of files")
            found[path] = bytes(blob.data)
        return found

    def _walk(self, whole: Any) -> Iterator[tuple[str, Any]]:
        plain = self._git.enums.FileMode.BLOB
        waiting, entries = [("", whole)], 0
        while waiting:
            above, tree = waiting.pop()
            for entry in tree:
                path, entries = f"{above}{entry.name}", entries + 1
                if entries > _MOST_ENTRIES or len(path) > _MOST_PATH_CHARS:
                    raise IntegrityError(
                        f"a commit has over {_MOST_ENTRIES:,} files and folders, or a path of over "
                        f"{_MOST_PATH_CHARS:,} characters"
                    )
                if isinstance(entry, self._git.Tree):
                    waiting.append((f"{path}/", entry))
                elif isinstance(entry, self._git.Blob) and entry.filemode == plain:
                    yield path, entry
                else:
                    raise IntegrityError(f"{path} is no plain file")


def _check_events(events: list[Event], records: set[str]) -> None:
    """Raise IntegrityError unless they are the events of a space with just these records."""
    if not events or [each.number for each in events] != [*range(1, len(events) + 1)]:
        raise IntegrityError("the events are not numbered from 1 without a gap")
    if events[0].kind != "begun" or any(each.kind == "begun" for each in events[1:]):
        raise IntegrityError("the events do not begin with the space")
    for each in events:
        check_event(each)
    named = {each.record for each in events if each.record is not None}
    if missing := sorted(named - records):
        raise IntegrityError(f"the record {missing[0][:12]} of an event is not there")
    try:
        proposals_of(events)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(f"the events tell of no proposals that can be: {error}") from error


def _check_references(found: _Repository, events: list[Event], known: Mapping[str, str]) -> None:
    heads = [each.record for each in events if each.kind in MOVES_HEAD]
    if known[str(found.target(MAIN).id)] != heads[-1]:
        raise IntegrityError("the branch main is not what the events say is agreed on")
