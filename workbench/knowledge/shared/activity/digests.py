"""A digest: what happened of what somebody watches since he was last told, in a few lines."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.core.viewers import Viewable
from workbench.knowledge.extraction.names import name_key
from workbench.knowledge.shared.space import By, Space
from workbench.knowledge.states import told_time

from .entities import keys_of, names_of
from .feed import is_about, shown
from .happenings import Happening, Happenings
from .watches import Watch, Watches

LINES, LEAST_LINES = 30, 5
_NARROWEST = ("proposal", "page", "entity", "space")
_MARKS = re.compile(r"([\\`*_\[\]<|])")
_TITLE_CHARS = 80


@dataclass(frozen=True)
class Item:
    """What happened of one proposal, or one thing that is of none.

    Attributes:
        proposal: Its number, with title and author.
        did: What was done, with who did it, in order: ``("approved", ("bob", "cur"))``.
        pages: The pages that it is about.
        facts: How many statements and decisions it changes.
        words: Of what is of no proposal: what was said, named or taken back.
        time: Of the last of it.
    """

    proposal: int | None
    title: str | None
    author: str | None
    did: tuple[tuple[str, tuple[str, ...]], ...]
    pages: tuple[str, ...]
    facts: int
    words: str
    time: str


@dataclass(frozen=True)
class Group:
    """What happened of one thing that is watched, the newest first."""

    kind: str
    what: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Digest(Viewable):
    """What happened of what is watched.

    Attributes:
        watched: How many things are watched.
        entries: How much was done of them.
        groups: Of each that something happened of; each thing done stands once, with the narrowest.
        left_out: How many items had no room.
        markdown: It to be read, of at most so many lines as were asked for.
        seen: Whether it is kept that he was told.
    """

    name: str
    user: str
    watched: int
    entries: int
    groups: tuple[Group, ...]
    left_out: int
    markdown: str
    seen: bool


def digest(
    space: Space,
    watches: Watches,
    *,
    since_us: int | None = None,
    most_lines: int = LINES,
    own: bool = False,
    mark: bool = False,
    by: By = None,
) -> Digest:
    """What happened of what somebody watches.

    Args:
        space: The space.
        watches: Where it is kept who watches what.
        since_us: Since then, by the clocks of who did it, in place of since he was last told.
        most_lines: The Markdown has at most so many.
        own: Also what he did himself.
        mark: Keep that he was told; otherwise the next digest tells it again.
        by: Who reads.

    Raises:
        AccessError: He may read nothing of the space.
    """
    with space.shelf.snapshot():
        done = Happenings(space, by)
        watched = watches.of(done)
        if any(each.kind in ("page", "entity") for each in watched) or not done.sight.sees_all:
            done.look_through()
        seen = watches.seen(done)
        found: defaultdict[Watch, list[Happening]] = defaultdict(list)
        ordered = sorted(watched, key=lambda each: _NARROWEST.index(each.kind))
        for each in done.all if watched else ():
            if each.actor == done.sight.user and not own:
                continue
            new = [one for one in ordered if _is_new(each, one, since_us, seen)]
            if new and done.may_see(each):
                match = next((one for one in new if _is_of(done, each, one)), None)
                if match is not None:
                    found[match].append(each)
        whole = [
            Group(each.kind, each.what, tuple(_items(done, found[each])))
            for each in watched
            if each in found
        ]
    groups, left_out = _fitted(whole, most_lines)
    if mark:
        watches.note_seen(done)
    count = sum(map(len, found.values()))
    said = _markdown(space.name, count, len(watched), groups, left_out)
    return Digest(
        space.name, done.sight.user, len(watched), count, tuple(groups), left_out, said, mark
    )


def _is_new(each: Happening, watch: Watch, since_us: int | None, seen: tuple[int, int]) -> bool:
    if since_us is not None:
        return each.time_us >= since_us
    event, role = max(watch.after_event, seen[0]), max(watch.after_role, seen[1])
    return each.number > (event if each.role is None else role)


def _is_of(done: Happenings, each: Happening, watch: Watch) -> bool:
    """Whether something that was done is of what is watched."""
    if watch.kind == "space":
        return True
    if watch.kind == "page":
        return is_about(done, each, key=watch.key, path=watch.what)
    event = each.event
    if event is None or event.record is None:
        return False
    if watch.kind == "proposal":
        return event.proposal == int(watch.key)
    touched = done.touched(event)
    if not touched.facts or event.kind in ("begun", "released"):
        return False
    record = event.record
    if event.kind == "commented" and "statement" in event.data:
        said = done.space.contents(record).statements.get(event.data["statement"])
        return said is not None and watch.key in map(name_key, names_of(said))
    return any(
        watch.key in keys_of(one) for one in done.touching.values(record, done.base_of(event))
    )


def _items(done: Happenings, found: Iterable[Happening]) -> list[Item]:
    """One for each proposal and each thing of none, the newest first."""
    parts: defaultdict[object, list[Happening]] = defaultdict(list)
    for each in found:
        proposal = None if each.event is None else each.event.proposal
        parts[each.order if proposal is None else proposal].append(each)
    newest = sorted(parts.values(), key=lambda each: each[-1].order, reverse=True)
    return [_item(done, each) for each in newest]


def _item(done: Happenings, found: list[Happening]) -> Item:
    did: dict[str, list[str]] = {}
    for each in found:
        did.setdefault(each.kind, []).append(each.actor)
    entries = [shown(done, each) for each in found]
    last = entries[-1]
    proposal = None if last.proposal is None else done.proposals[last.proposal]
    return Item(
        last.proposal,
        last.title,
        None if proposal is None else proposal.author,
        tuple((kind, tuple(who)) for kind, who in did.items()),
        tuple(sorted({path for each in entries for path in each.pages})),
        max(len(each.facts) for each in entries),
        "" if proposal is not None else last.words,
        told_time(found[-1].time_us),
    )


def _fitted(groups: list[Group], most_lines: int) -> tuple[list[Group], int]:
    """The groups with as many items as there is room for: each line of Markdown is counted."""
    total = sum(len(each.items) for each in groups)
    room = max(most_lines, LEAST_LINES) - 2  # the title, and what was left out
    kept: list[Group] = []
    for each in groups:
        if room < 2:
            break
        items = each.items[: room - 1]
        kept.append(Group(each.kind, each.what, items))
        room -= 1 + len(items)
    return kept, total - sum(len(each.items) for each in kept)


def _markdown(name: str, count: int, watched: int, groups: list[Group], left_out: int) -> str:
    things = "1 thing" if count == 1 else f"{count:,} things"
    lines = [f"# {_plain(name)}: {things} done of {watched:,} watched"]
    for group in groups:
        kind = "" if group.kind == "space" else f"{group.kind} "
        lines.append(f"## {kind}{_plain(group.what)}")
        lines += [_line(item) for item in group.items]
    if left_out:
        lines.append(f"*and {left_out:,} more*")
    return "\n".join(lines) + "\n"


def _line(item: Item) -> str:
    did = "; ".join(f"{kind} by {_people(who)}" for kind, who in item.did)
    about = [f"`{path}`" for path in item.pages[:3]]
    if len(item.pages) > 3:
        about.append(f"{len(item.pages) - 3:,} more pages")
    if item.facts:
        about.append("1 fact" if item.facts == 1 else f"{item.facts:,} facts")
    told = f" ({', '.join(about)})" if about else ""
    day = item.time[:16].replace("T", " ")
    if item.proposal is None:
        words = f": {_plain(item.words)}" if item.words else ""
        return f"- {day} {did}{words}{told}"
    return f"- {day} proposal {item.proposal}, {_plain(item.title or '')}: {did}{told}"


def _people(who: Iterable[str]) -> str:
    return ", ".join(_plain(each) for each in dict.fromkeys(who))


def _plain(text: str) -> str:
    """A text on one line that Markdown shows as it is."""
    short = " ".join(text.split())
    short = short if len(short) <= _TITLE_CHARS else f"{short[: _TITLE_CHARS - 3]}..."
    return _MARKS.sub(r"\\\1", short)
