"""Which record comes from which: the last that two have in common, and lists in order."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

from workbench.core.errors import ConflictError

from .records import Record

Read = Callable[[str], Record]


def common_ancestor(read: Read, one: str, other: str) -> str:
    """The deepest record that both come from, or one of the two itself.

    Raises:
        ConflictError: They have none; they are of two spaces.
    """
    seen: dict[str, int] = {}
    heap: list[tuple[int, str]] = []

    def meet(digest: str, side: int) -> None:
        known = seen.get(digest, 0)
        if known | side != known:
            seen[digest] = known | side
            heapq.heappush(heap, (-read(digest).depth, digest))

    meet(one, 1)
    meet(other, 2)
    while heap:
        _, digest = heapq.heappop(heap)
        sides = seen[digest]
        if sides == 3:  # what is deeper was looked at before
            return digest
        for parent in read(digest).parents:
            meet(parent, sides)
    raise ConflictError(
        "the two have no record in common: they are of two spaces",
        hint="workbench knowledge log NAME says which records a space has",
    )


def first_parents(read: Read, head: str) -> Iterator[tuple[str, Record]]:
    """A record and what was changed to it, back to the first, the newest first."""
    digest: str | None = head
    while digest is not None:
        record = read(digest)
        yield digest, record
        digest = record.parents[0] if record.parents else None


def all_ancestors(read: Read, *heads: str) -> list[tuple[str, Record]]:
    """All that records come from and they themselves, each after its parents."""
    found: dict[str, Record] = {}
    waiting = list(heads)
    while waiting:
        digest = waiting.pop()
        if digest not in found:
            found[digest] = read(digest)
            waiting += found[digest].parents
    return sorted(found.items(), key=lambda each: (each[1].depth, each[0]))
