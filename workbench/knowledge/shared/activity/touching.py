"""What a change touched: pages by id and path, and statements; told from the files that differ.

A whole state is never read for it, so a look at thousands of events stays cheap.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from workbench.knowledge.shared.contents import DECISIONS, PAGES
from workbench.knowledge.shared.decisions import Decision, read_decision
from workbench.knowledge.shared.records import Record, record_of
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement, read_statement
from workbench.knowledge.shared.states import changed_files, changed_parts, file_digest

TEXTS, STATEMENTS = "pages/", "statements/"


@dataclass(frozen=True)
class Touched:
    """What a change touched.

    Attributes:
        pages: Id and path of each page, by its old and its new path.
        facts: Whether statements or decisions changed.
    """

    pages: frozenset[tuple[str, str]] = frozenset()
    facts: bool = False

    @property
    def ids(self) -> frozenset[str]:
        """The pages' ids."""
        return frozenset(key for key, _ in self.pages)

    @property
    def paths(self) -> frozenset[str]:
        """The pages' paths, and the empty one for the space itself where facts changed."""
        found = {path for _, path in self.pages}
        return frozenset(found | ({""} if self.facts else set()))

    def __or__(self, other: Touched) -> Touched:
        return Touched(self.pages | other.pages, self.facts or other.facts)


@dataclass(frozen=True)
class ChangedValue:
    """A statement or decision before and after; one is None where it came or went."""

    old: Statement | Decision | None
    new: Statement | Decision | None

    def __str__(self) -> str:
        sign = "+" if self.old is None else "-" if self.new is None else "~"
        return f"{sign} {self.new or self.old}"


class Touching:
    """What changed between states of a space, with what was read of them kept.

    Args:
        space: The space.
    """

    def __init__(self, space: Space) -> None:
        self.space = space
        self._fetched: dict[str, bytes] = {}
        self.get = lru_cache(maxsize=1 << 13)(self._get)
        self.record = lru_cache(maxsize=1 << 14)(self._record)
        self.between = lru_cache(maxsize=1 << 12)(self._between)
        self._paths_of_list = lru_cache(maxsize=1 << 10)(self._read_list)

    def fetch(self, changes: Iterable[tuple[str, str | None]]) -> None:
        """Read in few questions what tells what many records changed, each beside its base.

        Records, lists of parts and of pages, and statements: no text of a page.
        """
        wanted = list(changes)
        found = self._fetched
        found |= self.space.shelf.get_many(each for each, _ in wanted)
        befores = (base or next(iter(self.record(each).parents), None) for each, base in wanted)
        found |= self.space.shelf.get_many(each for each in befores if each is not None)
        pairs = {self.states(*each) for each in wanted}
        found |= self.space.shelf.get_many(state for pair in pairs for state in pair)
        parts = {part for pair in pairs for part in changed_parts(*pair, self.get)}
        found |= self.space.shelf.get_many(parts)
        named = (item for pair in pairs for item in self.files(*pair).items())
        told = (digests for name, digests in named if name == PAGES or name.startswith(STATEMENTS))
        found |= self.space.shelf.get_many(each for pair in told for each in pair if each)

    def of(self, record: str, base: str | None = None) -> Touched:
        """What a record changed of another's state, by default its first parent's."""
        old, new = self.states(record, base)
        return self.between(old, new)

    def states(self, record: str, base: str | None = None) -> tuple[str, str]:
        """The digests of the states before and after; the first record has itself before."""
        found = self.record(record)
        before = base or (found.parents[0] if found.parents else record)
        return self.record(before).state, found.state

    def files(self, old: str, new: str) -> dict[str, tuple[str | None, str | None]]:
        """The files of two states that differ."""
        return changed_files(old, new, self.get)

    def paths(self, state: str) -> Mapping[str, str]:
        """The paths of a state's pages by their ids."""
        digest = file_digest(state, PAGES, self.get)
        return {} if digest is None else self._paths_of_list(digest)

    def file(self, state: str, name: str) -> str | None:
        """The digest of one file of a state."""
        return file_digest(state, name, self.get)

    def id_of(self, state: str, path: str) -> str | None:
        """The id of the page at a path of a state."""
        return next((key for key, found in self.paths(state).items() if found == path), None)

    def values(self, record: str, base: str | None = None) -> list[ChangedValue]:
        """The statements and decisions that a record changed, in order of their keys."""
        old, new = self.states(record, base)
        found: list[ChangedValue] = []
        for name, digests in sorted(self.files(old, new).items()):
            if name.startswith(STATEMENTS) or name == DECISIONS:
                before, after = (self.values_in(name, each) for each in digests)
                found += [
                    ChangedValue(before.get(key), after.get(key))
                    for key in sorted({*before, *after})
                    if before.get(key) != after.get(key)
                ]
        return found

    def values_in(self, name: str, digest: str | None) -> dict[str, Statement | Decision]:
        """The statements or decisions of a file, by key."""
        if digest is None:
            return {}
        read = read_decision if name == DECISIONS else read_statement
        said = [read(json.loads(line)) for line in self.get(digest).decode().split("\n") if line]
        return {each.key: each for each in said}

    def _get(self, digest: str) -> bytes:
        return self._fetched.get(digest) or self.space.shelf.get(digest)

    def _record(self, digest: str) -> Record:
        return record_of(self.get(digest))

    def _between(self, old: str, new: str) -> Touched:
        if old == new:
            return Touched()
        names = self.files(old, new)
        facts = any(name.startswith(STATEMENTS) or name == DECISIONS for name in names)
        before, after = self.paths(old), self.paths(new)
        changed = {name.removeprefix(TEXTS) for name in names if name.startswith(TEXTS)}
        moved = {
            key for key in ({*before, *after} if PAGES in names else ())
            if before.get(key) != after.get(key)
        }  # fmt: skip
        pages = {
            (key, path)
            for known in (before, after)
            for key, path in known.items()
            if path in changed or key in moved
        }
        return Touched(frozenset(pages), facts)

    def _read_list(self, digest: str) -> Mapping[str, str]:
        rows = [json.loads(line) for line in self.get(digest).decode().split("\n") if line]
        return {row["id"]: row["path"] for row in rows}


def base_of_revision(record: Record, before: str) -> str:
    """What a revision was made from: what is agreed on that it has, else what that before had."""
    return record.parents[1] if len(record.parents) > 1 else before
