"""After any sequence of adds, edits and deletes the graph is what a fresh build gives, to the byte.

The check is one function, which variants that leave something behind must fail.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from workbench.core.errors import StorageError
from workbench.knowledge import queries, senses, states
from workbench.store.database import close_all

from .made_histories import History, make_history, orphans

OPEN_DOCUMENTS = f"(SELECT id, reading_id FROM documents WHERE {queries.OPEN})"
ALL_DOCUMENTS = "(SELECT id, reading_id FROM documents)"


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where histories go: a disk in memory where there is one, for each syncs a dozen files."""
    memory = Path("/dev/shm")
    place = Path(mkdtemp(dir=memory)) if os.access(memory, os.W_OK) else tmp_path
    monkeypatch.setenv("WORKBENCH_HOME", str(place / "home"))
    yield place / "history"
    close_all()
    shutil.rmtree(place)


def check(base: Path, *, histories: int) -> None:
    """Go through made histories and compare; the first that differs is an error."""
    for number in range(histories):
        steps = make_history(number)
        history = History(base, trusting=number % 2 == 0)
        try:
            history.run(steps)
            grown, fresh = history.dump(), history.fresh_dump()
            left = orphans(history.graph.database.connection())
        finally:
            history.close()
        assert grown == fresh, f"history {number} differs: {steps}"
        assert left == [], f"history {number} leaves something: {steps}"


@pytest.mark.slow
@pytest.mark.soak
def test_five_hundred_histories_end_as_a_fresh_build(base: Path, scale: int) -> None:
    check(base, histories=500 * scale)


@pytest.mark.parametrize("query", ["ALIASES", "MENTIONS", "ASSERTIONS", "CHUNKS"])
def test_one_thing_left_behind_is_seen(
    base: Path, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """Each variant still counts what withdrawn documents said, of one kind: an orphan alias, ..."""
    right = getattr(states, query)
    assert OPEN_DOCUMENTS in right
    broken = right.replace(OPEN_DOCUMENTS, ALL_DOCUMENTS)
    monkeypatch.setattr(
        states, query, broken + " AND ?1 > 0" if " WHERE " in broken else broken + " WHERE ?1 > 0"
    )
    with pytest.raises((AssertionError, KeyError)):
        check(base, histories=60)


@pytest.mark.parametrize(
    ("where", "broken"),
    [
        ("stating.close_statement", lambda *_, **__: None),
        ("states.State._is_wrong", lambda state, row: False),
        ("shared.bringing._touched", lambda space, head, since: set() if since else None),
    ],
)
def test_what_was_agreed_on_and_is_told_wrongly_is_seen(
    base: Path, monkeypatch: pytest.MonkeyPatch, where: str, broken: Callable[..., object]
) -> None:
    """Each variant is one of the graph that grew; the fresh build is right."""
    with pytest.raises((AssertionError, sqlite3.IntegrityError, StorageError)):
        for number in range(120):
            steps = make_history(number)
            history = History(base, trusting=False)
            try:
                with monkeypatch.context() as patch:
                    patch.setattr(f"workbench.knowledge.{where}", broken)
                    history.run(steps)
                    grown = history.dump()
                assert grown == history.fresh_dump(), f"history {number} differs: {steps}"
            finally:
                history.close()


def test_a_sense_that_outlives_its_title_is_seen(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variant: titles of documents that are gone still tell senses apart."""
    steps = [
        ("write", (0, "Mercury (planet).md"), [9]),
        ("write", (0, "Mercury (metal).txt"), [10]),
        ("update",),
        ("remove", (0, "Mercury (metal).txt")),
    ]
    for dumps_agree in (True, False):
        history = History(base, trusting=False)
        history.run(steps)
        assert (history.dump() == history.fresh_dump()) == dumps_agree
        history.close()
        open_ones = "(SELECT id, reading_id, path FROM documents WHERE " + queries.OPEN + ")"
        every_one = "(SELECT id, reading_id, path FROM documents WHERE ?1 > 0)"
        assert open_ones in queries.TITLES
        monkeypatch.setattr(senses, "TITLES", queries.TITLES.replace(open_ones, every_one))


def test_an_orphan_alias_alone_is_seen(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plainest history: who defined the short form is gone, who uses it is there."""
    steps = [
        ("write", (0, "a.txt"), [0]),
        ("write", (0, "b.md"), [1]),
        ("update",),
        ("remove", (0, "a.txt")),
    ]
    history = History(base, trusting=False)
    history.run(steps)
    assert history.dump() == history.fresh_dump()
    history.close()
    monkeypatch.setattr(states, "ALIASES", queries.ALIASES.replace(OPEN_DOCUMENTS, ALL_DOCUMENTS))
    history = History(base, trusting=False)
    history.run(steps)
    assert history.dump() != history.fresh_dump()
    history.close()


def test_a_file_that_is_trusted_too_soon_is_seen(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variant that goes by the file's name alone."""
    monkeypatch.setattr("workbench.knowledge.scanning.Look.is_as", lambda look, row: True)
    with pytest.raises(AssertionError):
        check(base, histories=60)
