"""Made histories of folders: sequences of adds, edits, renames, deletes and merges, and of what the
graph's space agrees on and takes back.

The sentences are made so that documents share paragraphs, define short forms that others use,
contradict each other, speak of two things by one name, and cannot be read.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from workbench.core.errors import ConflictError, NotFoundError
from workbench.knowledge.building import build_graph, delete_document
from workbench.knowledge.dumping import dump_bytes
from workbench.knowledge.extraction.patterns import PatternExtractor
from workbench.knowledge.extraction.tables import TableExtractor
from workbench.knowledge.graphs import Graph
from workbench.knowledge.ingesting import ingest
from workbench.knowledge.merging import merge_entities, unmerge_entities
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.bringing import bring
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.decisions import Decision
from workbench.knowledge.shared.landing import merge_proposal, revert
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.shelf import SqliteShelf
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement
from workbench.knowledge.states import State

SENTENCES = (
    "The World Health Organization (WHO) is located in Geneva.",
    "WHO was founded by the United Nations in 1948.",
    "Walkers Homes Office (WHO) is part of Acme.",
    "Artificial Intelligence (AI) is part of Science. AI met WHO.",
    "Ada Lovelace was born in London. She met Charles Babbage.",
    "Ada Lovelace was born in Paris.",
    "Jane Roe was president of Acme from 1990 to 1995.",
    "Geneva is a city in Switzerland.",
    "AI married WHO.",
    "Mercury is a planet with an orbit around the Sun.",
    "Mercury is a metal with a toxic vapour. Ada Lovelace met Mercury.",
)
# A row of a table for each sentence: names that sentences have, one twice, one without a name.
ROWS = (
    ("Ada Lovelace", "Jane Roe", "Acme"),
    ("WHO", "United Nations", ""),
    ("Jane Roe", "Charles Babbage", "Acme"),
    ("Ada Lovelace", "Charles Babbage", "London"),
    ("", "Jane Roe", "Geneva"),
    ("AI", "WHO", "Science; Acme"),
    ("Charles Babbage", "n/a", "London"),
    ("Geneva", "Jane Roe", "Switzerland"),
    ("Mercury", "Ada Lovelace", "12"),
    ("Acme", "WHO", "2011"),
    ("World Health Organization", "Ada Lovelace", "Geneva"),
)
PATHS = (
    "people.csv",
    "people.md",
    "people.htm",
    "a.txt",
    "b.md",
    "in/c.txt",
    "d.csv",
    "e.ipynb",
    "f.html",
    "g.py",
    "Mercury (planet).md",
    "Mercury (metal).txt",
)
NAMES = ("WHO", "AI", "Acme", "Ada Lovelace", "World Health Organization", "Geneva", "London")

STATEMENTS = (
    Statement("Ada Lovelace", "wrote", "Notes", "1843", sources=("Taylor",)),
    Statement("Ada Lovelace", "born_in", "London", sources=("a register",), note="by hand"),
    Statement("WHO", "located_in", "Geneva"),
    Statement("Mercury (planet)", "part_of", "Science"),
    Statement("Acme", "has_population", "12"),
)
DECISIONS = (
    Decision("fact", ("Ada Lovelace", "born_in London"), "wrong"),
    Decision("fact", ("WHO", "located_in Geneva"), "wrong"),
    Decision("pair", ("Ada Lovelace", "Charles Babbage"), "one"),
    Decision("pair", ("Acme", "Geneva"), "two"),
    Decision("sense", ("Mercury", "a.txt"), "planet"),
)

Where = tuple[int, str]
Step = tuple[object, ...]


def make_history(number: int) -> list[Step]:
    """The history of a number: documents are written and taken in, then changed now and then."""
    chance = random.Random(number)
    there: set[Where] = set()
    steps: list[Step] = [_write(chance, there) for _ in range(chance.randint(2, 5))]
    steps.append(("update",))
    for _ in range(chance.randint(3, 8)):
        steps.append(_change(chance, there))
        if chance.random() < 0.5:
            steps.append(("update",))
    return _with_agreement(random.Random(-1 - number), steps)


def _with_agreement(chance: random.Random, steps: list[Step]) -> list[Step]:
    """The steps with others among them: what is agreed on, taken back, and brought over."""
    found = list(steps)
    for _ in range(chance.choice((0, 0, 2, 4, 6))):
        kind = chance.choice(("state", "state", "decide", "decide", "take_back", "bring"))
        values = {"state": STATEMENTS, "decide": DECISIONS}.get(kind, ())
        step: Step = (kind, chance.randrange(len(values))) if values else (kind,)
        found.insert(chance.randint(0, len(found)), step)
    return found


def _write(chance: random.Random, there: set[Where]) -> Step:
    where = (chance.choice((0, 0, 0, 1)), chance.choice(PATHS))
    there.add(where)
    return "write", where, chance.choices(range(len(SENTENCES)), k=chance.randint(0, 4))


def _change(chance: random.Random, there: set[Where]) -> Step:
    what = chance.choice(
        (
            "write",
            "write",
            "edit",
            "edit",
            "remove",
            "remove",
            "delete",
            "rename",
            "break",
            "merge",
            "merge",
            "unmerge",
        )
    )
    if what in ("merge", "unmerge"):
        return (what, *chance.sample(NAMES, 2))
    if what == "write" or not there:
        return _write(chance, there)
    where = chance.choice(sorted(there))
    if what == "edit":
        return "write", where, chance.choices(range(len(SENTENCES)), k=chance.randint(1, 4))
    if what == "delete":
        return "delete", where, chance.random() < 0.5
    if what == "rename":
        to = (chance.choice((0, 1)), chance.choice(PATHS))
        there.discard(where)
        there.add(to)
        return "rename", where, to
    if what == "remove":
        there.discard(where)
    return what, where


class History:
    """Two folders and a graph of them that goes through a sequence of changes.

    Args:
        base: Where all of it goes; what was there is removed.
        trusting: Whether files that look as they did are not hashed again.
    """

    def __init__(self, base: Path, *, trusting: bool) -> None:
        shutil.rmtree(base, ignore_errors=True)
        self.roots = [base / "one", base / "two"]
        for root in self.roots:
            root.mkdir(parents=True)
        self.base, self.ticks = base, 0
        self.space: Space | None = None
        self.graph = self._graph("grown", ahead_ns=3_600_000_000_000 if trusting else 0)

    def run(self, steps: Sequence[Step]) -> None:
        """Take the steps; the graph is brought up to date by `update` and at the end alone."""
        self._ingest(self.graph)
        for what, *given in steps:
            getattr(self, f"_{what}")(*given)
        self._update()
        self._bring()

    def dump(self) -> bytes:
        return dump_bytes(State(self.graph))

    def fresh_dump(self) -> bytes:
        """That of a graph which is built now, with the merges that stand."""
        fresh = self._graph("fresh")
        self._ingest(fresh)
        events = self.graph.database.read("SELECT * FROM events ORDER BY number")
        with fresh.database.transaction() as connection:
            connection.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", [tuple(row) for row in events]
            )
        if self.space is not None:
            bring(fresh, self.space)
        found = dump_bytes(State(fresh))
        fresh.database.close()
        return found

    def close(self) -> None:
        self.graph.database.close()
        if self.space is not None:
            self.space.shelf.close()

    def _graph(self, name: str, *, ahead_ns: int = 0) -> Graph:
        graph = Graph(name, home=self.base, durable=False)
        real = graph.clock
        graph.clock = lambda: real() + ahead_ns
        return graph

    def _ingest(self, graph: Graph) -> None:
        build_graph(graph, self.roots, extractors=[PatternExtractor(), TableExtractor()])

    def _update(self) -> None:
        ingest(self.graph, extractors=[PatternExtractor(), TableExtractor()], batch_documents=2)

    def _full(self, where: Where) -> Path:
        return self.roots[where[0]] / where[1]

    def _write(self, where: Where, words: Sequence[int]) -> None:
        self._put(where, written(where[1], [SENTENCES[word] for word in words]))

    def _break(self, where: Where) -> None:
        self._put(where, bytes(range(256)) * 4)

    def _put(self, where: Where, content: bytes) -> None:
        full = self._full(where)
        full.parent.mkdir(exist_ok=True)
        full.write_bytes(content)
        self.ticks += 1  # as if a tick of the file system's clock lay between two writes
        os.utime(full, ns=(self.ticks, self.ticks))

    def _remove(self, where: Where) -> None:
        self._full(where).unlink(missing_ok=True)

    def _delete(self, where: Where, forget: bool) -> None:
        try:
            delete_document(self.graph, str(self._full(where)), forget=forget)
        except NotFoundError:
            return

    def _rename(self, where: Where, to: Where) -> None:
        if self._full(where).exists():
            self._full(to).parent.mkdir(exist_ok=True)
            self._full(where).rename(self._full(to))

    def _state(self, number: int) -> None:
        """A statement that is there is taken away."""
        said, held = STATEMENTS[number], self._agreed_on().contents()
        there = said.key in held.statements
        self._agree(held.without_statement(said.key) if there else held.with_statement(said))

    def _decide(self, number: int) -> None:
        made, held = DECISIONS[number], self._agreed_on().contents()
        there = made.key in held.decisions
        self._agree(held.without_decision(made.key) if there else held.with_decision(made))

    def _take_back(self) -> None:
        space = self._agreed_on()
        if space.record(space.head).parents:
            revert(space, space.head)

    def _bring(self) -> None:
        if self.space is not None:
            bring(self.graph, self.space)

    def _agreed_on(self) -> Space:
        if self.space is None:
            shelf = SqliteShelf(self.base / "space.sqlite", durable=False)
            self.space = Space("grown", shelf=shelf)
            self.space.begin()
            set_rule(self.space, approvals=0, checks=(), by=None)
        return self.space

    def _agree(self, contents: Contents) -> None:
        space = self._agreed_on()
        merge_proposal(space, open_proposal(space, contents, title="a change").number)

    def _merge(self, first: str, second: str) -> None:
        try:
            merge_entities(self.graph, first, second, actor="ann", reason="")
        except (NotFoundError, ConflictError):
            return

    def _unmerge(self, first: str, second: str) -> None:
        try:
            unmerge_entities(self.graph, first, second, actor="ann", reason="")
        except NotFoundError:
            return


def written(path: str, sentences: Sequence[str]) -> bytes:
    """Sentences as a document of a path's format; of *people* the rows beside them."""
    if path.startswith("people."):
        heads, rows = ("name", "manager", "team"), [ROWS[SENTENCES.index(s)] for s in sentences]
        return _table(path, [heads, *rows]).encode()
    if path.endswith(".csv"):
        return "\n".join(["said", *(f'"{each}"' for each in sentences)]).encode()
    if path.endswith(".ipynb"):
        cells = ",".join(f'{{"cell_type": "markdown", "source": "{each}"}}' for each in sentences)
        return f'{{"cells": [{cells}]}}'.encode()
    if path.endswith(".html"):
        return "".join(f"<p>{each}</p>" for each in sentences).encode("utf-16")
    return "\n\n".join(sentences).encode()


def _table(path: str, rows: Sequence[Sequence[str]]) -> str:
    if path.endswith(".csv"):
        return "\n".join(",".join(row) for row in rows)
    if path.endswith(".md"):
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join(["Jane Roe met WHO.", "", lines[0], "|---|---|---|", *lines[1:]])
    cells = ["".join(f"<th>{each}" for each in rows[0])]
    cells += ["".join(f"<td>{each}" for each in row) for row in rows[1:]]
    return "<table>" + "".join(f"<tr>{each}</tr>" for each in cells) + "</table>"


def orphans(connection: sqlite3.Connection) -> list[str]:
    """Values of a graph's file that nothing holds any more, or that hold what is not there."""
    found = [f"{row[0]} of {row[2]}" for row in connection.execute("PRAGMA foreign_key_check")]
    for table, owner in (("extractions", "passages"), ("aliases", "passages")):
        row = connection.execute(
            f"SELECT count(*) FROM {table} WHERE passage_id NOT IN (SELECT id FROM {owner})"
        ).fetchone()
        found += [f"{row[0]} orphans in {table}"] if row[0] else []
    return found
