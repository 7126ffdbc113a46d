"""Who wrote each line of a page, and who said a statement or made a decision as it stands."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise

from workbench.core.errors import NotFoundError

from .former_names import no_page
from .glances import PageGlance, ValueGlance
from .lines import changed_spans, split_lines
from .records import Record
from .space import By, Space

LEAST_KEY = 4  # digits of a key by which it can be meant


@dataclass(frozen=True)
class BlamedLine:
    """A line with the record that brought it."""

    line: int
    text: str
    record: str
    author: str
    time_us: int
    proposal: int | None


@dataclass(frozen=True)
class BlamedValue:
    """A statement or decision from a record on; ``said`` is empty where it was taken away."""

    key: str
    said: str
    record: str
    author: str
    time_us: int
    proposal: int | None


def blame_page(
    space: Space, path: str, *, record: str | None = None, by: By = None
) -> list[BlamedLine]:
    """The lines of a page with who wrote each, also from before it was renamed.

    A line that both sides of a merge have is of the side that it was merged into.

    Args:
        space: The space.
        path: The page's path in that record.
        record: Of which state, by default the head's.
        by: Who asks.

    Raises:
        AccessError: He may not read it.
        NotFoundError: There is no such page.
    """
    space.require(by, "read", [path])
    head = record or space.head
    contents = space.contents(head)
    found = contents.page_at(path)
    if found is None:
        raise no_page(space, path, contents, by=by)
    key, page = found
    lines = split_lines(page.text)
    owners = _owners(space, key, head, len(lines))
    return [
        BlamedLine(number, line, digest, *_of(space.record(digest)))
        for number, (line, digest) in enumerate(zip(lines, owners, strict=True), start=1)
    ]


def blame_value(space: Space, key: str, *, by: By = None) -> list[BlamedValue]:
    """What a statement or decision was, the newest first, with who made each change of it.

    Args:
        space: The space.
        key: Its key, or the beginning of it.
        by: Who asks.

    Raises:
        AccessError: He may not read it.
        NotFoundError: Nothing that is agreed on was ever named so.
    """
    space.require(by, "read")
    found: list[BlamedValue] = []
    glance = ValueGlance(space.shelf.get, key)
    line = list(space.line()) if len(key) >= LEAST_KEY else []
    for (digest, record), (_, older) in pairwise(line):
        new = glance.said(record.state)
        old = glance.said(older.state)
        new = new or glance.said(record.state)  # of a key that only the older one told whole
        if new == old:
            continue
        origin = _origin(space, digest, glance, new)
        found.append(BlamedValue(glance.key, new, origin, *_of(space.record(origin))))
    if not found:
        raise NotFoundError(
            f"nothing that {space.name} agreed on has the key {key[:16]}",
            hint=f"workbench knowledge log {space.name}",
        )
    return found


def _owners(space: Space, key: str, head: str, count: int) -> list[str]:
    """For each line of a page the record that brought it: the deepest records hand them down."""
    owners = [""] * count
    glance = PageGlance(space.shelf.get, key)
    pending: dict[str, dict[int, list[int]]] = {head: {line: [line] for line in range(count)}}
    heap = [(-space.record(head).depth, head)]
    while heap:
        _, digest = heapq.heappop(heap)
        waiting = pending.pop(digest, None)
        if waiting is None:
            continue
        record = space.record(digest)
        text = glance.text(record.state) or ""
        for parent in record.parents:
            before = glance.text(space.record(parent).state)
            if before is None or not waiting:
                continue
            if parent not in pending:
                heapq.heappush(heap, (-space.record(parent).depth, parent))
            below = pending.setdefault(parent, {})
            for line, old in unchanged_lines(before, text, [*waiting]):
                below.setdefault(old, []).extend(waiting.pop(line))
        for lines in waiting.values():
            for line in lines:
                owners[line] = digest
    return owners


def unchanged_lines(old: str, new: str, lines: list[int]) -> list[tuple[int, int]]:
    """For those lines of the new text that stand in the old one, both numbers from 0."""
    if old == new:
        return [(line, line) for line in lines]
    spans = changed_spans(old, new)
    found, place, shift = [], 0, 0
    for line in sorted(lines):
        while place < len(spans) and spans[place][3] <= line:
            shift = spans[place][1] - spans[place][3]
            place += 1
        if place == len(spans) or line < spans[place][2]:
            found.append((line, line + shift))
    return found


def _origin(space: Space, digest: str, glance: ValueGlance, said: str) -> str:
    """The record that first said it so: of a merge, one of what was merged."""
    while True:
        parents = space.record(digest).parents
        same = [each for each in parents if glance.said(space.record(each).state) == said]
        if not same:
            return digest
        digest = same[-1]


def _of(record: Record) -> tuple[str, int, int | None]:
    return record.author, record.time_us, record.proposal
