"""Which record brought each line and each statement that stands: all of a space in one pass.

It says what ``blame_page`` and ``blame_value`` say of each page and key; those walk back from one,
this goes forward through the records once, reading of each what it changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from workbench.knowledge.shared.ancestry import all_ancestors, first_parents
from workbench.knowledge.shared.blaming import unchanged_lines
from workbench.knowledge.shared.lines import changed_spans, split_lines
from workbench.knowledge.shared.records import Record

from .happenings import Happenings
from .touching import STATEMENTS, TEXTS, Touching


@dataclass(frozen=True)
class TakenLine:
    """A line that a change of what is agreed on took out of a page, named by its id and path."""

    page: str
    path: str
    text: str
    record: str


@dataclass
class Standing:
    """What stands at the head.

    Attributes:
        lines: For each page's id the records that brought its lines, in order.
        facts: For each statement's key the record that last said it so.
        taken: The lines that were taken away and whose text does not stand in their page again.
    """

    lines: dict[str, list[str]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)
    taken: list[TakenLine] = field(default_factory=list)


@dataclass
class _Owners:
    """What a record has otherwise than its first parent."""

    lines: dict[str, list[str]] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)


def standing(done: Happenings) -> Standing:
    """What stands in a space, with the records that brought it."""
    head = done.space.head
    walk = _Walk(done.touching, done.begun)
    line = {digest for digest, _ in first_parents(walk.record, head)}
    for digest, record in all_ancestors(walk.record, head):
        walk.take(digest, record, agreed=digest in line)
    now = walk.record(head).state
    found = Standing(
        {key: walk.lines(head, key) for key in done.now_paths},
        {key: walk.fact(head, key) for key in walk.statements(now)},
    )
    texts = {key: set(split_lines(walk.text(now, key) or "")) for key in done.now_paths}
    found.taken = [each for each in walk.taken if each.text not in texts.get(each.page, ())]
    return found


class _Walk:
    """The records of a space, each after its parents."""

    def __init__(self, touching: Touching, begun: str) -> None:
        self.touching, self.record, self.begun = touching, touching.record, begun
        self.owners: dict[str, _Owners] = {}
        self.taken: list[TakenLine] = []

    def take(self, digest: str, record: Record, *, agreed: bool) -> None:
        """Find out who brought what a record has otherwise than its first parent."""
        owners = self.owners[digest] = _Owners()
        if not record.parents:
            return
        first = self.record(record.parents[0]).state
        for key, path in sorted(self.touching.between(first, record.state).pages):
            if key in owners.lines:
                continue  # it was moved: it stands here by both names
            text, old = self.text(record.state, key), self.text(first, key)
            owners.lines[key] = [] if text is None else self._owned(digest, record, key, text)
            if agreed and old is not None:
                self.taken += _taken(key, path, old, text or "", digest)
        for name, digests in self.touching.files(first, record.state).items():
            if not name.startswith(STATEMENTS):
                continue
            before, after = (self.touching.values_in(name, each) for each in digests)
            for each in after:
                if before.get(each) != after[each]:
                    owners.facts[each] = self._said(digest, record, name, each)

    def lines(self, digest: str, key: str) -> list[str]:
        """The records that brought the lines of a page as it is in a record."""
        while key not in self.owners[digest].lines:
            digest = self.record(digest).parents[0]
        return self.owners[digest].lines[key]

    def fact(self, digest: str, key: str) -> str:
        """The record that said a statement as it is in a record."""
        while key not in self.owners[digest].facts:
            digest = self.record(digest).parents[0]
        return self.owners[digest].facts[key]

    def statements(self, state: str) -> Iterator[str]:
        """The keys of a state's statements."""
        empty = self.record(self.begun).state
        for name, (_, digest) in self.touching.files(empty, state).items():
            if name.startswith(STATEMENTS):
                yield from self.touching.values_in(name, digest)

    def text(self, state: str, key: str) -> str | None:
        """The text of a page in a state; None if it has no such page."""
        path = self.touching.paths(state).get(key)
        digest = None if path is None else self.touching.file(state, f"{TEXTS}{path}")
        return None if digest is None else self.touching.get(digest).decode()

    def _owned(self, digest: str, record: Record, key: str, text: str) -> list[str]:
        """Each line is of the first parent that has it unchanged, or else of the record."""
        owners = [digest] * len(split_lines(text))
        waiting = list(range(len(owners)))
        for parent in record.parents:
            old = self.text(self.record(parent).state, key)
            if old is None or not waiting:
                continue
            handed = self.lines(parent, key)
            found = dict(unchanged_lines(old, text, waiting))
            for line, before in found.items():
                owners[line] = handed[before]
            waiting = [line for line in waiting if line not in found]
        return owners

    def _said(self, digest: str, record: Record, name: str, key: str) -> str:
        """It is of the last parent that says it just so, or else of the record."""
        now = self._value(record.state, name, key)
        for parent in reversed(record.parents):
            if self._value(self.record(parent).state, name, key) == now:
                return self.fact(parent, key)
        return digest

    def _value(self, state: str, name: str, key: str) -> object:
        return self.touching.values_in(name, self.touching.file(state, name)).get(key)


def _taken(key: str, path: str, old: str, new: str, digest: str) -> Iterator[TakenLine]:
    before = split_lines(old)
    for start, stop, _, _ in changed_spans(old, new):
        for text in before[start:stop]:
            yield TakenLine(key, path, text, digest)
