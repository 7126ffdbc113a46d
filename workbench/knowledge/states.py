"""The state of a graph at a time: documents, chunks, entities and facts, joined and linked.

Nothing here is stored. What no open document supports is not joined; see docs/adr/0054.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError

from .agreed import AGREED, agreed_decisions
from .events import merged_pairs
from .extraction.names import name_key
from .extraction.protocol import DATE
from .graphs import Graph
from .linking import Links
from .naming import whole_labels
from .queries import (
    ALIASES,
    ASSERTIONS,
    CHUNKS,
    DOCUMENTS,
    HELD,
    MENTIONS,
    PASSAGE_KEYS,
    SHARED_PATHS,
)
from .senses import read_senses

_Said = tuple[str, str, str, str | None, str | None]
_FOREVER_US = (1 << 63) - 1
_READ_BATCH = 500
_LISTED = "SELECT value FROM json_each(?2)"
_ARTICLES = frozenset(("The", "An", "Our"))
_NOWHERE = -1  # no document: a name that stands by itself


@dataclass(frozen=True)
class Support:
    """Where a fact is said: characters ``start`` to ``end`` of a document's normalised text.

    ``words`` are these characters, where they were asked for.
    """

    document: str
    start: int
    end: int
    extractor: str
    version: str
    confidence: float
    words: str = ""


@dataclass(frozen=True)
class Fact:
    """What documents say of two entities, with each place that says it.

    ``assertions`` are the keys of what they say in their own words.
    """

    subject: str
    relation: str
    object: str
    valid_from: str | None
    valid_to: str | None
    support: tuple[Support, ...]
    assertions: tuple[str, ...] = ()

    @property
    def confidence(self) -> float:
        """That of its best support."""
        return max(each.confidence for each in self.support)


@dataclass(frozen=True)
class Entity:
    """One thing: what it is called, all its names, and what extractors take it for."""

    key: str
    name: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    mentions: int


class State:
    """A graph as it was recorded at a time.

    Args:
        graph: The graph.
        recorded_us: The time in microseconds since 1970; by default now.
        valid: Only facts that hold at that date, as much of ``YYYY-MM-DD`` as is asked.

    Raises:
        InputError: ``valid`` is no date.
    """

    def __init__(
        self, graph: Graph, *, recorded_us: int | None = None, valid: str | None = None
    ) -> None:
        if valid is not None and not is_date(valid):
            raise InputError(f"{valid!r} is no date", hint="1995, 1995-06 or 1995-06-30")
        self.graph, self.valid = graph, valid
        self.recorded_us = _FOREVER_US - 1 if recorded_us is None else recorded_us

    @contextmanager
    def frozen(self) -> Iterator[State]:
        """A block in which all that is asked is of one moment, whoever writes meanwhile."""
        with self.graph.database.snapshot():
            yield self

    @cached_property
    def documents(self) -> dict[int, dict[str, Any]]:
        """The documents that could be read, by their ids.

        ``path`` is what a document is called: ``relative``, its path in its folder, or ``whole``,
        with what tells the folders apart, where several of them hold one path.
        """
        rows = self.read(DOCUMENTS)
        roots = self.graph.folders()
        labels: Mapping[int, str] = {}
        if len(roots) > 1:
            named = ((row["folder_id"], row["path"]) for row in rows)
            labels = whole_labels(roots, (each for each in named if each[0] in roots))
        found = {}
        for row in rows:
            path, label = row["path"], labels.get(row["folder_id"])
            whole = path if label is None else f"{label}/{path}"
            shown = whole if path in self.shared_paths else path
            found[row["id"]] = {**dict(row), "path": shown, "relative": path, "whole": whole}
        return found

    @cached_property
    def shared_paths(self) -> frozenset[str]:
        """The paths that stand in several folders; who compares states has them be those of all."""
        if len(self.graph.folders()) < 2:
            return frozenset()
        return frozenset(row["path"] for row in self.read(SHARED_PATHS))

    def chunks(self) -> list[sqlite3.Row]:
        """The chunks of all documents, with text, place and passage."""
        return self.read(CHUNKS)

    def chunks_of(self, passage_keys: Sequence[str]) -> list[sqlite3.Row]:
        """The chunks of some passages, without reading the others."""
        found: list[sqlite3.Row] = []
        for start in range(0, len(passage_keys), _READ_BATCH):
            part = passage_keys[start : start + _READ_BATCH]
            wanted = f"{CHUNKS} WHERE key IN ({','.join('?' * len(part))})"
            found += self.graph.database.read(wanted, (self.recorded_us, *part))
        return found

    def passage_keys(self) -> set[str]:
        """The keys of all passages that stand in a document."""
        return {row["key"] for row in self.read(PASSAGE_KEYS)}

    @cached_property
    def links(self) -> Links:
        """Which entity each name is."""
        merges = merged_pairs(self.graph, until_us=self.recorded_us)
        aliases = ((row[0], row[1], row[2]) for row in self.read(ALIASES))
        return Links(aliases, merges, senses=self.senses)

    @cached_property
    def senses(self) -> Mapping[tuple[int, str], str]:
        """For a document and the key of a homonym the sense that it has there."""
        return read_senses(self)

    @cached_property
    def mention_rows(self) -> list[sqlite3.Row]:
        """Each mention as it stands, with its name and not yet an entity."""
        return self.read(MENTIONS)

    @cached_property
    def mentions(self) -> list[tuple[str, sqlite3.Row]]:
        """Each mention with the key of its entity."""
        links = self.links
        return [(links.entity(row["document"], row["name"]), row) for row in self.mention_rows]

    @cached_property
    def entities(self) -> dict[str, Entity]:
        """All entities by their keys, in the order of these."""
        names: dict[str, Counter[str]] = defaultdict(Counter)
        kinds: dict[str, set[str]] = defaultdict(set)
        for key, row in self.mentions:
            names[key][row["name"]] += 1
            kinds[key].add(row["kind"])
        return {
            key: Entity(
                key,
                _chosen_name(key, names[key]),
                tuple(sorted(names[key])),
                tuple(sorted(kinds[key])),
                names[key].total(),
            )
            for key in sorted(names)
        }

    def name_of(self, key: str) -> str:
        """What an entity is called; its key, if no extractor mentions it by itself: a date."""
        known = self.entities.get(key)
        return key if known is None else known.name

    @cached_property
    def facts(self) -> list[Fact]:
        """All facts in order.

        One whose ends are one entity says nothing, and is left out; so is one that the graph's
        space agreed to be wrong, unless it agreed on it as a statement, too.
        """
        return self._joined(self.read(ASSERTIONS))

    def facts_of(self, relations: Iterable[str]) -> list[Fact]:
        """The facts of some relations, without reading the others."""
        wanted = json.dumps(sorted(relations))
        return self._joined(self.read(f"{ASSERTIONS} AND relation IN ({_LISTED})", wanted))

    def _joined(self, rows: Iterable[sqlite3.Row]) -> list[Fact]:
        found: dict[_Said, set[Support]] = defaultdict(set)
        keys: dict[_Said, set[str]] = defaultdict(set)
        for row in rows:
            if not holds_at(self.valid, row["valid_from"], row["valid_to"]):
                continue
            subject = self.links.entity(row["document"], row["subject"])
            thing = self.links.entity(row["document"], row["object"])
            if subject != thing and not self._is_wrong(row):
                what = (subject, row["relation"], thing, row["valid_from"], row["valid_to"])
                keys[what].add(row["key"])
                path = self.documents[row["document"]]["path"]
                place = (path, row["start"], row["stop"])
                found[what].add(
                    Support(*place, row["extractor"], row["version"], row["confidence"])
                )
        return [
            Fact(*what, tuple(sorted(found[what], key=_order_of)), tuple(sorted(keys[what])))
            for what in sorted(found, key=repr)
        ]

    @cached_property
    def _wrong(self) -> set[tuple[str, str, str]]:
        """Subject, relation and object of what was agreed to be wrong, at any time."""
        found = set()
        for first, second, verdict in agreed_decisions(
            self.graph, "fact", until_us=self.recorded_us
        ):
            if verdict == "wrong":
                relation, _, thing = second.partition(" ")
                ends = [self.links.entity(_NOWHERE, name) for name in (first, thing)]
                found.add((ends[0], relation, ends[1]))
        return found

    @cached_property
    def wrong_places(self) -> frozenset[tuple[str, int, int]]:
        """Document, start and end of each place that says what was agreed to be wrong."""
        relations = sorted({relation for _, relation, _ in self._wrong})
        if not relations:
            return frozenset()
        found = set()
        for row in self.read(f"{ASSERTIONS} AND relation IN ({_LISTED})", json.dumps(relations)):
            if self._is_wrong(row):
                path = str(self.documents[row["document"]]["path"])
                found.add((path, int(row["start"]), int(row["stop"])))
        return frozenset(found)

    def _is_wrong(self, row: sqlite3.Row) -> bool:
        """Whether documents say it, and it was agreed to be wrong."""
        if not self._wrong or row["extractor"] == AGREED:
            return False
        subject, thing = (
            self.links.entity(row["document"], row[name]) for name in ("subject", "object")
        )
        return (subject, row["relation"], thing) in self._wrong

    def recorded_spans(self) -> dict[str, tuple[int, int | None]]:
        """Since and until when each assertion of this state was held without a gap, by its key.

        In microseconds since 1970; until is None for what is held to this day.
        """
        held: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for row in self.graph.database.read(HELD, (_FOREVER_US,)):
            spans = held[row["key"]]
            if spans and row["since"] <= spans[-1][1]:  # they overlap, or one begins as one ends
                spans[-1] = (spans[-1][0], max(spans[-1][1], row["until"]))
            else:
                spans.append((row["since"], row["until"]))
        return {
            key: (since, None if until == _FOREVER_US else until)
            for key, spans in held.items()
            for since, until in spans
            if since <= self.recorded_us < until
        }

    def read(self, sql: str, *more: Any) -> list[sqlite3.Row]:
        """The rows of one of `queries`, as of this state's recorded time.

        Raises:
            CancelledError: The caller stopped what this is part of.
        """
        check_cancelled()
        return self.graph.database.read(sql, (self.recorded_us, *more))


def _chosen_name(key: str, names: Counter[str]) -> str:
    """What an entity is called: a proper name before a common noun that was merged with it (*the
    company*), then by its own key before short forms, then most often."""

    def order(name: str) -> tuple[bool, bool, int, str]:
        return (not _is_proper(name), name_key(name) != key, -names[name], name)

    return min(names, key=order)


def _is_proper(name: str) -> bool:
    """Whether a word begins with a capital and goes on in small letters: short forms do not."""
    words = (word for word in name.split() if word not in _ARTICLES)
    return any(word[0].isupper() and any(map(str.islower, word[1:])) for word in words)


def _order_of(support: Support) -> tuple[Any, ...]:
    return (
        *(support.document, support.start, support.end),
        *(support.extractor, support.version, support.confidence),
    )


def is_date(text: str) -> bool:
    """Whether it is as much of ``YYYY-MM-DD`` as is known, of a day that there is.

    >>> is_date("1899-12"), is_date("1899-13"), is_date("-0044-03-15"), is_date("2012-02-30")
    (True, False, True, False)
    """
    if not DATE.fullmatch(text):
        return False
    year, month, day = ([*text.removeprefix("-").split("-"), "1", "1"])[:3]
    leap = 2000 + int(year) % 400  # the calendar repeats; datetime knows no year 0 or before
    try:
        dt.date(leap, int(month), int(day))
    except ValueError:
        return False
    return True


def holds_at(valid: str | None, first: str | None, last: str | None) -> bool:
    """Whether a span of time holds at a date; what is known less exactly may hold."""
    if valid is None:
        return True
    starts = first is None or first[: len(valid)] <= valid[: len(first)]
    return starts and (last is None or valid[: len(last)] <= last[: len(valid)])


def place_of(row: sqlite3.Row) -> dict[str, Any]:
    """Where a chunk stands, in words of its format."""
    found: dict[str, Any] = json.loads(row["place"])
    return found


def recorded_of(fact: Fact, spans: dict[str, tuple[int, int | None]]) -> dict[str, str | None]:
    """Since and until when a fact was held: what says it in its own words, taken together."""
    held = [spans[key] for key in fact.assertions]
    ends = [until for _, until in held]
    last = None if None in ends else max(end for end in ends if end is not None)
    return {
        "recorded_from": told_time(min(since for since, _ in held)),
        "recorded_to": None if last is None else told_time(last),
    }


def told_time(time_us: int) -> str:
    """A recorded time as it is shown, in UTC."""
    found = dt.datetime.fromtimestamp(time_us / 1e6, dt.UTC)
    return found.isoformat(timespec="microseconds")
