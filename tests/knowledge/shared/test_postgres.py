"""A real Postgres keeps a space as SQLite does: to the digest, whole or not at all."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from workbench.core.errors import AccessError, ConfigError, ConflictError, FetchError
from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.events import MOVES_HEAD, fingerprint
from workbench.knowledge.shared.git_export import export_git
from workbench.knowledge.shared.git_import import import_git
from workbench.knowledge.shared.landing import merge_proposal, release, revert
from workbench.knowledge.shared.postgres_shelf import SCHEMA, PostgresShelf
from workbench.knowledge.shared.proposals import proposals_of
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.reviewing import approve, comment
from workbench.knowledge.shared.shelf import SqliteShelf, list_spaces, place_of
from workbench.knowledge.shared.space import Space, open_space
from workbench.store.database import close_all, open_database

from ...monitoring.warehouse.postgres_servers import PASSWORD, PostgresServer
from .made_pairs import draw_pair


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as started:
        yield started


@pytest.fixture
def url(server: PostgresServer, home: Path) -> Iterator[str]:
    """The address of an empty database; the home's store is closed afterwards."""
    yield server.new_database()
    close_all()


def opened(url: str, name: str = "leads") -> Space:
    return Space(name, shelf=PostgresShelf(url, name))


def work_on(space: Space) -> None:
    """Proposals that are drawn, merged, refused, approved and taken back, the same each time."""
    chance = random.Random(5)
    with open_database().transaction():
        space.begin()
        set_rule(space, approvals=0, checks=(), by=None)
        for number in range(12):
            pair, base = draw_pair(chance, loud=number % 3 == 2), space.head
            for contents in (pair.ours, pair.theirs):
                if contents == space.contents(base):
                    continue
                made = open_proposal(space, contents, title=str(number), base=base, by="ann")
                comment(space, made.number, "so?\0"[:3], by="bob")
                approve(space, made.number, by="bob")
                try:
                    merge_proposal(space, made.number, by="bob")
                except ConflictError:
                    continue
        revert(space, space.head, by="bob")
        release(space, "v1", by="bob")


def people(*names: str) -> None:
    for name in names:
        Users().add(name)
        Grants().give(name, "admin", space="/knowledge")


def ticking() -> Any:
    moments = iter(range(10**18, 2 * 10**18, 10**9))
    return lambda: next(moments)


@pytest.mark.slow
def test_both_hold_the_same_to_the_digest(url: str, tmp_path: Path) -> None:
    people("ann", "bob")
    file = SqliteShelf(place_of("leads"), durable=False)
    shelves = (file, PostgresShelf(url, "leads"))
    spaces = [Space("leads", shelf=shelf, clock=ticking()) for shelf in shelves]
    for space in spaces:
        work_on(space)
    one, other = (space.shelf.events() for space in spaces)
    assert one == other and len(one) > 60
    assert fingerprint(one) == fingerprint(other)
    for asked in (
        {"proposal": 3},
        {"kinds": ("opened", "ruled")},
        {"kinds": MOVES_HEAD, "after": 9},
    ):
        found = [space.shelf.events(**asked) for space in spaces]
        assert found[0] == found[1] != []
    assert [space.shelf.events(proposal=99) for space in spaces] == [[], []]
    for kinds in ((), MOVES_HEAD, ("released",), ("declined",)):
        last = [space.shelf.last(kinds) for space in spaces]
        assert last[0] == last[1] and (last[0] is None) == (kinds == ("declined",))
    assert spaces[0].history() == spaces[1].history()
    for _, record in spaces[0].history():
        held = [space.contents_of_state(record.state) for space in spaces]
        assert held[0] == held[1]
    # And by way of git, from each into the other.
    commits = {export_git(space, tmp_path / str(n)).commit for n, space in enumerate(spaces)}
    assert len(commits) == 1
    there, back = opened(url, "there"), Space("back", home=tmp_path)
    assert import_git(there, tmp_path / "0").sha256 == fingerprint(one)
    assert import_git(back, tmp_path / "1").sha256 == fingerprint(one)
    assert there.history() == back.history() == spaces[0].history()
    assert there.shelf.imported() == back.shelf.imported() == len(one)
    assert [space.shelf.imported() for space in spaces] == [0, 0]
    # Spaces of one database do not mix.
    assert len(there.shelf.events()) == len(one)
    for space in (*spaces, there, back):
        space.shelf.close()


def test_a_database_of_before_imports_were_noted_is_brought_up(url: str) -> None:
    space = opened(url)
    space.begin()
    space.shelf.close()
    with psycopg.connect(url) as connection:
        connection.execute(f"DROP TABLE {SCHEMA}.imported")
        connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS 'workbench shared knowledge 1'")
    with (
        closing(PostgresShelf(url, "leads")) as shelf,
        closing(PostgresShelf(url, "other")) as other,
    ):
        assert shelf.imported() == 0 and len(shelf.events()) == 1
        for number in (7, 3):
            shelf.note_imported(number)
        assert (shelf.imported(), other.imported()) == (7, 0)
    with psycopg.connect(url) as connection:
        connection.execute(f"COMMENT ON SCHEMA {SCHEMA} IS 'workbench shared knowledge 9'")
    with pytest.raises(ConflictError, match="another release"):
        PostgresShelf(url, "leads").imported()


def test_who_waited_for_another_reads_what_he_wrote_whatever_the_servers_default(url: str) -> None:
    """Where a transaction's first look is all that it sees, the wait for the lock is that look."""
    strict = psycopg.conninfo.make_conninfo(
        url, options="-c default_transaction_isolation=serializable"
    )
    space = opened(strict)
    space.begin()
    head, faults = space.head, []

    def write() -> None:
        other = opened(strict)
        try:
            with other.shelf.transaction():
                other.add_event("released", "ann", record=head, name="v2")
        except BaseException as error:  # noqa: BLE001 - looked at below
            faults.append(error)
        finally:
            other.shelf.close()

    thread = threading.Thread(target=write)
    with psycopg.connect(url, autocommit=True) as watching, space.shelf.transaction():
        thread.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
        while not watching.execute(waiting).fetchall()[0][0]:
            assert thread.is_alive()
            time.sleep(0.02)
        space.add_event("released", "ann", record=head, name="v1")
    thread.join()
    assert faults == []
    assert [each.number for each in space.shelf.events()] == [1, 2, 3]
    space.shelf.close()


def test_a_setting_moves_the_spaces_there(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_SHARED_URL", url)
    space = Space("leads")
    space.begin()
    assert list_spaces() == ["leads"]
    with closing(open_space("leads").shelf) as shelf:
        assert [each.kind for each in shelf.events()] == ["begun"]
    assert not place_of("leads").exists()
    with pytest.raises(ConflictError, match="there already"):
        space.begin()
    space.shelf.close()
    monkeypatch.setenv("WORKBENCH_SHARED_URL", "postgresql://lab:secret words@[")
    with pytest.raises(ConfigError) as error:
        list_spaces()
    assert "secret" not in str(error.value)


def test_nothing_is_changed_past_the_program(url: str, server: PostgresServer) -> None:
    space = opened(url)
    space.begin()
    for text in (
        f"UPDATE {SCHEMA}.events SET actor = 'eve'",
        f"DELETE FROM {SCHEMA}.events",
        f"DELETE FROM {SCHEMA}.objects",
        f"UPDATE {SCHEMA}.objects SET content = ''",
        f"INSERT INTO {SCHEMA}.events VALUES ('leads', 7, 'merged', 'eve', 1, NULL, NULL, '{{}}')",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            server.do(text, url)
    space.shelf.close()


def begun(url: str) -> tuple[Space, list[int]]:
    """A space with a page and two proposals that change other lines of it."""
    space = opened(url)
    space.begin()
    base = Contents().with_page("a.md", "a\nb\nc\nd\ne\n")
    merge_proposal(space, open_proposal(space, base, title="base").number)
    texts = ("A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n")
    return space, [
        open_proposal(space, base.with_page("a.md", text), title="t").number for text in texts
    ]


def _merge(url: str, number: int, start: Any, results: Any) -> None:
    space = opened(url)
    space.shelf.events()
    start.wait()
    results.put((number, merge_proposal(space, number).state))


def test_two_merges_at_once(url: str) -> None:
    space, numbers = begun(url)
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(2), context.Queue()
    workers = [
        context.Process(target=_merge, args=(url, number, start, results)) for number in numbers
    ]
    for worker in workers:
        worker.start()
    assert {results.get(timeout=120)[0] for _ in workers} == {*numbers}
    for worker in workers:
        worker.join()
    page = space.contents().page_at("a.md")
    assert page is not None and page[1].text == "A\nb\nc\nd\nE\n"
    space.shelf.close()


def test_a_client_that_is_killed_leaves_before_or_after(url: str) -> None:
    chance, seen = random.Random(2), Counter[str]()
    space, _ = begun(url)
    for number in range(14):
        changed = space.contents().with_page(f"{number}.md", "# N\n")
        proposal = open_proposal(space, changed, title="t").number
        before = space.record(space.head).state
        begin_s = time.monotonic()
        space.merged(space.head, proposals_of(space.shelf.events())[proposal].head)
        took_s = time.monotonic() - begin_s
        child = os.fork()
        if child == 0:
            merge_proposal(opened(url), proposal)
            os._exit(0)
        time.sleep(chance.uniform(0, 0.08 + 3 * took_s))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        # The server ends what was begun once it sees that nobody is there; a writer waits for it.
        with space.shelf.transaction():
            state = proposals_of(space.shelf.events())[proposal].state
            now = space.record(space.head).state
        killed = os.waitstatus_to_exitcode(status) == -signal.SIGKILL
        seen[f"{'killed' if killed else 'done'}, {state}"] += 1
        assert (state == "merged") == (now != before)
        moves = [each for each in space.shelf.events() if each.kind in MOVES_HEAD]
        assert moves[-1].record == space.head
        for digest, record in space.history():
            assert record.digest == digest
    print(seen)
    assert seen["killed, open"] >= 2
    space.shelf.close()


def test_a_server_that_ends_a_merge_leaves_it_undone(url: str, server: PostgresServer) -> None:
    space, numbers = begun(url)
    head = space.head
    with pytest.raises(FetchError, match="was lost"), space.shelf.transaction():
        space.add_event("merged", "local", proposal=numbers[0], record=head)
        server.do(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'workbench %'"
        )
        space.shelf.events()
    assert space.head == head  # it connects anew
    assert merge_proposal(space, numbers[0]).before == head
    space.shelf.close()


def test_whoever_cannot_be_reached_is_named_without_a_password(server: PostgresServer) -> None:
    wrong = server.url(password="other")
    with pytest.raises(AccessError) as refused:
        PostgresShelf(wrong, "leads").events()
    with pytest.raises(FetchError) as away:
        PostgresShelf("postgresql://lab:secret@127.0.0.1:1/x", "leads").events()
    for each in (refused, away):
        assert "secret" not in str(each.value) and PASSWORD not in str(each.value)
