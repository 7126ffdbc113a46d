"""The feed of a space: who did what when to which page, fact or proposal, the newest first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workbench.core.errors import InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.knowledge.shared.space import By, Space
from workbench.knowledge.states import told_time

from .happenings import Happening, Happenings, Kind

MOST_SHOWN = 1000
_PLACE = re.compile(r"(\d{1,18})\.(\d{1,18})")


@dataclass(frozen=True)
class Entry(Viewable):
    """One thing that somebody did.

    Attributes:
        id: ``e12`` for the space's event 12, ``r7`` for entry 7 of the home's ledger.
        kind: What; ``role`` where a role was given or taken.
        proposal: The proposal's number, with its title.
        pages: The pages that it is about, by path.
        facts: Statements and decisions that it changes: ``+`` new, ``-`` gone, ``~`` changed.
        words: What was said, or the name, rule, role or record that it is of.
        record: The record that came of it or that it is about.
        clock_behind: That its time is before that of what was done before it: the order is right.
    """

    id: str
    kind: Kind
    actor: str
    time: str
    proposal: int | None
    title: str | None
    pages: tuple[str, ...]
    facts: tuple[str, ...]
    words: str
    record: str | None
    clock_behind: bool


@dataclass(frozen=True)
class Feed(Viewable):
    """A page of the feed; ``before`` asks for the next one, and is None where nothing is older."""

    name: str
    entries: tuple[Entry, ...]
    before: str | None


@dataclass(frozen=True)
class Filter:
    """What is asked for; what is not named is not asked.

    Attributes:
        person: Who did it.
        page: A page by its path, also from when it was named otherwise, or a folder of pages.
        proposal: A proposal's number.
        kind: What was done.
        since_us: Not before this, by the clock of who did it.
    """

    person: str | None = None
    page: str | None = None
    proposal: int | None = None
    kind: Kind | None = None
    since_us: int | None = None


def activity(
    space: Space,
    *,
    asked: Filter = Filter(),
    before: str | None = None,
    limit: int = 20,
    by: By = None,
) -> Feed:
    """What was done, the newest first, as far as the reader may see it.

    Args:
        space: The space.
        asked: Only such.
        before: Where a page of the feed ended; what was done since does not move the next.
        limit: At most so many.
        by: Who reads.

    Raises:
        AccessError: He may read nothing of the space.
        InputError: ``before`` is no such place, or the limit is none.
        NotFoundError: There is no such person, page or proposal that he may see.
    """
    if not 1 <= limit <= MOST_SHOWN:
        raise InputError(f"{limit} entries cannot be shown: 1 to {MOST_SHOWN:,}")
    with space.shelf.snapshot():
        done = Happenings(space, by)
        if asked.page is not None:
            done.look_through()
        event, role = _read_place(before, done)
        fits = matcher(done, asked)
        found: list[Happening] = []
        left = None
        for each in reversed(done.all):
            if each.number >= (event if each.role is None else role):
                continue
            if fits(each) and done.may_see(each):
                if len(found) == limit:
                    left = f"{event}.{role}"
                    break
                found.append(each)
            if each.role is None:
                event = each.number
            else:
                role = each.number
        if not found and before is None:
            _require_known(done, asked)
        return Feed(space.name, tuple(shown(done, each) for each in found), left)


def matcher(done: Happenings, asked: Filter) -> Callable[[Happening], bool]:
    """Whether something that was done is asked for; rights are another matter."""
    key = next((key for key, path in done.now_paths.items() if path == asked.page), None)

    def fits(each: Happening) -> bool:
        if (asked.person or each.actor) != each.actor or (asked.kind or each.kind) != each.kind:
            return False
        if asked.since_us is not None and each.time_us < asked.since_us:
            return False
        number = None if each.event is None else each.event.proposal
        if asked.proposal is not None and number != asked.proposal:
            return False
        return asked.page is None or is_about(done, each, key=key, path=asked.page)

    return fits


def is_about(done: Happenings, each: Happening, *, key: str | None, path: str) -> bool:
    """Whether something that was done is about the page of an id, or of a path, or in a folder."""
    if each.event is None:
        return each.role is not None and _within(each.role.place, done.space.place(path))
    if each.event.kind == "ruled":
        return _within(each.event.data["path"], path)
    found = done.touched(each.event)
    return key in found.ids or any(_within(other, path) for other in found.paths)


def shown(done: Happenings, found: Happening) -> Entry:
    """It as it is shown."""
    event, role = found.event, found.role
    when, behind = told_time(found.time_us), found.behind_us > 0
    if role is not None:
        said = (None, None, (), (), role.said, None)
        return Entry(f"r{found.number}", "role", found.actor, when, *said, behind)
    assert event is not None
    title = None if event.proposal is None else done.proposals[event.proposal].title
    pages = sorted(path for path in done.touched(event).paths if path)
    facts: Iterable[object] = ()
    if event.kind in ("opened", "revised", "merged", "reverted") and event.record is not None:
        facts = done.touching.values(event.record, done.base_of(event))
    return Entry(
        f"e{event.number}", found.kind, event.actor, when, event.proposal, title, tuple(pages),
        tuple(map(str, facts)), _words(done, found), event.record, behind,
    )  # fmt: skip


def _words(done: Happenings, found: Happening) -> str:
    event = found.event
    assert event is not None
    if event.kind == "ruled":
        where, checks = event.data["path"] or "the space", ", ".join(event.data["checks"])
        return f"{where}: {event.data['approvals']} approvals, checks: {checks or 'none'}"
    if event.kind == "reverted":
        return done.touching.record(str(event.record)).words
    if event.kind == "settled":
        return f"comment {event.data['comment']}"
    line = f"line {event.data['line']}: " if "line" in event.data else ""
    return line + str(event.data.get("words") or event.data.get("name") or "")


def _within(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}/")


def _read_place(before: str | None, done: Happenings) -> tuple[int, int]:
    """The numbers that the page's events and role changes are below."""
    if before is None:  # what is done from now on is above both
        events = [each.number for each in done.all if each.role is None]
        return max(events) + 1, max(each.number for each in done.all) + 1
    found = _PLACE.fullmatch(before)
    if found is None:
        raise InputError(
            f"{before!r:.80} is no place in a feed",
            hint=f"what `workbench knowledge activity {done.space.name} --json` gives as `before`",
        )
    return int(found[1]), int(found[2])


def _require_known(done: Happenings, asked: Filter) -> None:
    """Raise NotFoundError for a person, page or proposal of whom the reader can see nothing."""
    if asked.proposal is not None:
        require_proposal(done, asked.proposal)
    seen = [each for each in done.all if done.may_see(each)]
    if asked.person is not None and all(each.actor != asked.person for each in seen):
        raise NotFoundError.among("person", asked.person, {each.actor for each in seen})
    if asked.page is not None and not any(_within(path, asked.page) for path in _paths(done, seen)):
        raise NotFoundError.among("page", asked.page, _paths(done, seen))


def require_proposal(done: Happenings, number: int) -> None:
    """Raise NotFoundError unless there is such a proposal that the reader may see."""
    found = done.proposal(number)
    if found is None or not done.may_see_traced(found):
        raise NotFoundError(
            f"{done.space.name} has no proposal {number} that {done.sight.user!r} may see",
            hint=f"workbench knowledge proposals list {done.space.name}",
        )


def _paths(done: Happenings, seen: Iterable[Happening]) -> set[str]:
    told = (done.touched(each.event).paths for each in seen if each.event is not None)
    return {path for paths in told for path in paths if path} | set(done.sight.pages())
