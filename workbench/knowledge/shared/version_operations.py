"""What a user can ask of a space's states: the log, blame, reverts, releases, export and import."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.knowledge.states import told_time

from .activity.happenings import Happenings
from .blaming import BlamedLine, BlamedValue, blame_page, blame_value
from .bringing import bring_to_graph
from .folders import Checkout, write_folder
from .git_export import Export, export_git
from .git_import import Import, import_git
from .landing import Landed, release, revert
from .opening import opened_space
from .records import RecordKind
from .space import Space

CLOCK_OFF_US = 60_000_000


@dataclass(frozen=True)
class LogLine(Viewable):
    """One record of what is agreed on.

    ``clock_ahead`` says that its clock was a minute or more ahead of that of the record after it:
    the order is right.
    """

    record: str
    kind: RecordKind
    author: str
    time: str
    words: str
    proposal: int | None
    written_by: tuple[str, ...]
    releases: tuple[str, ...]
    clock_ahead: bool


@dataclass(frozen=True)
class Blame(Viewable):
    """Who wrote what: a page's lines, or what a statement or decision was, the newest first."""

    name: str
    what: str
    lines: tuple[BlamedLine, ...] = ()
    values: tuple[BlamedValue, ...] = ()


@dataclass(frozen=True)
class Release(Viewable):
    """A state with a name."""

    name: str
    release: str
    record: str


@operation("knowledge.checkout", title="Write a state to a folder", produces="checkout")
def checkout(
    name: str, folder: Path, *, record: str | None = None, user: str | None = None
) -> Checkout:
    """Write pages, statements and decisions to a folder, to change them there and propose.

    Args:
        name: The space.
        folder: It is not there yet, or empty.
        record: A record or a release, by default what is agreed on now.
        user: Who asks; his roles decide. By default this machine's own user.
    """
    with opened_space(name) as space:
        return write_folder(space, folder, record=record, by=user)


@operation("knowledge.log", title="List what was agreed on", produces="table")
def log(
    name: str, *, limit: Annotated[int, limits.Ge(1)] = 20, user: str | None = None
) -> list[LogLine]:
    """List the records that a space came to be by, the newest first, in the order of what they are
    made from and not of clocks. What touched a page that is closed to who asks is left out.

    Args:
        name: The space.
        limit: At most so many.
        user: Who asks; his roles decide.
    """
    with opened_space(name) as space, space.shelf.snapshot():
        space.require(user, "read")
        named: dict[str, list[str]] = {}
        writers: dict[int, set[str]] = {}
        for event in space.shelf.events(kinds=("released", "opened", "revised")):
            if event.kind == "released":
                named.setdefault(str(event.record), []).append(event.data["name"])
            if event.kind in ("opened", "revised") and event.proposal is not None:
                writers.setdefault(event.proposal, set()).add(event.actor)
        found: list[LogLine] = []
        done = Happenings(space, user)
        later_us: int | None = None
        for digest, record in space.line():
            ahead = later_us is not None and record.time_us - later_us >= CLOCK_OFF_US
            later_us = record.time_us
            if len(found) == limit:
                break
            if not done.may_see_record(digest):
                continue
            found.append(
                LogLine(
                    digest, record.kind, record.author, told_time(record.time_us), record.words,
                    record.proposal, tuple(sorted(writers.get(record.proposal or 0, ()))),
                    tuple(named.get(digest, ())), ahead,
                )
            )  # fmt: skip
        return found


@operation("knowledge.blame", title="Show who wrote what", produces="blame")
def blame(
    name: str,
    what: str,
    *,
    value: bool = False,
    record: str | None = None,
    user: str | None = None,
) -> Blame:
    """Show who wrote each line of a page, or who said a statement or made a decision as it stands.

    Args:
        name: The space.
        what: The page's path, or with --value the key of a statement or decision.
        value: That it is a key.
        record: Of a page: as it was in a record or release.
        user: Who asks; his roles decide.
    """
    with opened_space(name) as space, space.shelf.snapshot():
        if value:
            return Blame(name, what, values=tuple(blame_value(space, what, by=user)))
        found = None if record is None else space.find(record, by=user)
        return Blame(name, what, tuple(blame_page(space, what, record=found, by=user)))


@operation("knowledge.revert", title="Take a merge back", produces="landed")
def revert_one(name: str, record: str, *, reason: str = "", user: str | None = None) -> Landed:
    """Take back what a record of the log brought; what came after it stays.

    Args:
        name: The space.
        record: A record, or the beginning of its name.
        reason: Why.
        user: Who takes it back; his roles decide.
    """
    with opened_space(name) as space:
        return revert(space, record, words=reason, by=user)


@operation("knowledge.release", title="Name a state", produces="release")
def release_one(
    name: str, release_name: str, *, record: str | None = None, user: str | None = None
) -> Release:
    """Give a state that is agreed on a name, for good.

    Args:
        name: The space.
        release_name: The name.
        record: Which record, by default what is agreed on now.
        user: Who names it; his roles decide.
    """
    with opened_space(name) as space:
        found = release(space, release_name, record=record, by=user)
        return Release(name, release_name, found)


@operation("knowledge.export", title="Export a space to git", produces="export")
def export(name: str, folder: Path, *, user: str | None = None) -> Export:
    """Write all states, authors, proposals and releases to a bare git repository; again, what is
    new.

    Args:
        name: The space.
        folder: The repository's folder.
        user: Who asks; he must be allowed to read all of it.
    """
    with opened_space(name) as space:
        return export_git(space, folder, by=user)


@operation("knowledge.import", title="Import a space from git", produces="import")
def import_one(name: str, folder: Path, *, user: str | None = None) -> Import:
    """Take in a space that was exported, as one of a new name; each digest is worked out anew.

    Args:
        name: What to call it here.
        folder: The repository.
        user: Who asks; he must administer the space.
    """
    space = Space(name)
    with closing(space.shelf):
        made = import_git(space, folder, by=user)
        bring_to_graph(space)
        return made
