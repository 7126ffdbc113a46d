"""What only the SQLite file can suffer: a held lock, damage, a full disk, a restart."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import BusyError, LimitError, StorageError
from workbench.serving.limits import SqliteLimits, sqlite_store
from workbench.serving.limits.sqlite_sheets import Sheets
from workbench.store.database import Database, close_all

from .conftest import key


@pytest.fixture(autouse=True)
def _close(home: Path) -> Iterator[None]:
    yield
    close_all()


def run(
    play: Callable[[Any], Awaitable[Any]], kind: type[SqliteLimits] = SqliteLimits, **given: Any
) -> Any:
    async def all_of_it() -> Any:
        store = kind(**{"lease_s": 3600.0, **given})
        try:
            return await play(store)
        finally:
            await store.close()

    return asyncio.run(all_of_it())


def hold(path: Path) -> sqlite3.Connection:
    """Take the write lock, as a process that was stopped in a transaction does."""
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


class WaitsInTheLoop(SqliteLimits):
    """Makes a step that must wait for the file where the loop runs."""

    async def _make(self, step: Any) -> Any:
        return self._run_patiently(step)


@pytest.mark.parametrize("kind", [SqliteLimits, WaitsInTheLoop])
def test_a_held_file_does_not_hold_up_the_loop(
    monkeypatch: pytest.MonkeyPatch, kind: type[SqliteLimits]
) -> None:
    """The lock is let go by the loop itself: were that blocked, it would never be."""
    if kind is WaitsInTheLoop:
        monkeypatch.setattr(sqlite_store, "_THREAD_WAIT_S", 0.1)  # it waits for itself in vain

    async def play(store: SqliteLimits) -> None:
        held = await store.reserve(key(tokens_per_minute=100), tokens=50)
        other = hold(store.path)
        turns = 0

        async def let_go_after_a_while() -> None:
            nonlocal turns
            while turns < 20:
                turns += 1
                await asyncio.sleep(0.001)
            other.execute("COMMIT")
            other.close()

        waiting = asyncio.create_task(let_go_after_a_while())
        if kind is WaitsInTheLoop:
            with pytest.raises(BusyError):
                await store.reserve(key(tokens_per_minute=100), tokens=50)
            assert turns == 1  # that in which all who ask are gathered
            await waiting
            return
        more = await store.reserve(key(tokens_per_minute=100), tokens=50)
        assert turns == 20
        await waiting
        await store.settle(held, tokens=10)
        await store.settle(more, tokens=10)
        assert (await store.usage("key_1")).tokens_minute == 20

    run(play, kind=kind)


def test_a_file_that_is_held_for_good_refuses_and_settles_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite_store, "_THREAD_WAIT_S", 0.02)

    async def play(store: SqliteLimits) -> None:
        limits = key(tokens_per_minute=100)
        held, unused = [await store.reserve(limits, tokens=50) for _ in range(2)]
        other = hold(store.path)
        with pytest.raises(BusyError, match="held by another process") as told:
            await store.reserve(limits, tokens=1)
        assert told.value.context["http_status"] == 503
        await store.settle(held, tokens=30)
        await store.release(unused)
        other.execute("ROLLBACK")
        other.close()
        await store.reserve(limits, tokens=70)  # both were made up for
        with pytest.raises(LimitError):
            await store.reserve(limits, tokens=1)
        assert store._late == {}

    run(play)


def test_a_cancelled_reservation_is_given_back() -> None:
    async def play(store: SqliteLimits) -> None:
        limits = key(tokens_per_minute=100)
        await store.release(await store.reserve(limits, tokens=1))
        other = hold(store.path)
        task = asyncio.create_task(store.reserve(limits, tokens=90))
        await asyncio.sleep(0.01)  # it waits in the thread now
        task.cancel()
        other.execute("COMMIT")
        other.close()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.get_running_loop().run_in_executor(store._thread, lambda: None)
        await store.reserve(limits, tokens=90)

    run(play)


def test_a_full_disk_refuses_and_settles_later(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Database.transaction

    def full(self: Database) -> Any:
        raise StorageError("the disk is full")

    async def play(store: SqliteLimits) -> None:
        limits = key(tokens_per_minute=100)
        held = await store.reserve(limits, tokens=50)
        monkeypatch.setattr(Database, "transaction", full)
        with pytest.raises(StorageError):
            await store.reserve(limits, tokens=1)
        await store.settle(held, tokens=30)
        monkeypatch.setattr(Database, "transaction", real)
        assert (await store.usage("key_1")).tokens_minute == 30

    run(play)


def test_the_wall_clock_moves_no_window_and_no_lease() -> None:
    wall_s, steady_s = 1_795_600_000.0, 5000.0

    async def play(store: SqliteLimits) -> None:
        nonlocal wall_s, steady_s
        limits = key(tokens_per_minute=100, concurrent_streams=1, budget_tokens_day=150)
        held = await store.reserve(limits, tokens=50, stream=True)
        await store.settle(held, tokens=50)
        last = await store.reserve(limits, tokens=50, stream=True)
        for jump_s in (-86_400.0 * 3, 7200.0, 86_400.0 * 3, -7200.0):
            wall_s += jump_s
            with pytest.raises(LimitError):
                await store.reserve(limits, tokens=1)
            with pytest.raises(LimitError):
                await store.reserve(limits, tokens=0, stream=True)
        await store.release(last)
        steady_s += 61
        await store.reserve(limits, tokens=100)
        with pytest.raises(LimitError) as told:
            await store.reserve(limits, tokens=1)
        assert told.value.context["used"] == 100

    run(play, clock=lambda: wall_s, steady=lambda: steady_s, lease_s=3600.0)


def test_after_a_restart_nothing_is_let_through_and_nothing_sticks() -> None:
    """The monotonic clock begins anew: what is in the file seems to come from the future."""
    steady_s = 900_000.0

    async def before(store: SqliteLimits) -> None:
        limits = key(tokens_per_minute=100, concurrent_streams=1, requests_per_minute=9)
        held = await store.reserve(limits, tokens=60, stream=True)
        await store.settle(held, tokens=60)
        await store.reserve(limits, tokens=40, stream=True)  # and the power goes

    async def after(store: SqliteLimits) -> None:
        nonlocal steady_s
        limits = key(tokens_per_minute=100, concurrent_streams=1, requests_per_minute=9)
        with pytest.raises(LimitError):
            await store.reserve(limits, tokens=1)
        steady_s += 29
        with pytest.raises(LimitError):
            await store.reserve(limits, tokens=0, stream=True)
        steady_s += 1
        await store.release(await store.reserve(limits, tokens=0, stream=True))
        with pytest.raises(LimitError):
            await store.reserve(limits, tokens=41)
        steady_s += 32
        await store.reserve(limits, tokens=100)
        assert (await store.usage("key_1")).requests_minute == 2

    run(before, steady=lambda: steady_s, lease_s=30.0)
    steady_s = 12.0
    run(after, steady=lambda: steady_s, lease_s=30.0)


@pytest.mark.parametrize("damage", ["bytes", "newer"])
def test_a_file_that_cannot_be_used_is_moved_aside(
    home: Path, caplog: pytest.LogCaptureFixture, damage: str
) -> None:
    async def play(store: SqliteLimits) -> None:
        await store.reserve(key(tokens_per_minute=100), tokens=50)

    run(play)
    path = home / "limits.sqlite"
    if damage == "bytes":
        for name in ("limits.sqlite-wal", "limits.sqlite-shm"):
            (home / name).unlink(missing_ok=True)
        path.write_bytes(b"\0garbage" * 2000)
    else:
        with sqlite3.connect(path) as raw:
            raw.execute("INSERT INTO schema_migrations VALUES (99, 'later', 'x', 0)")
        raw.close()
    run(play)
    assert "counted anew" in caplog.text
    assert (home / "limits.sqlite.damaged").exists()


def test_old_rows_are_dropped_and_the_wal_is_cut_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_store, "_TIDY_STEPS", 10)
    steady_s = 5000.0

    async def play(store: SqliteLimits) -> None:
        nonlocal steady_s
        for number in range(300):
            steady_s += 10
            limits = key(f"key_{number}", tokens_per_minute=100, budget_tokens_day=100)
            await store.settle(await store.reserve(limits, tokens=1), tokens=1)
        await asyncio.get_running_loop().run_in_executor(store._thread, store._tidy)
        count = store._patient.read("SELECT count(*) FROM buckets")[0][0]
        assert count <= 8

    run(play, steady=lambda: steady_s)


class OverlooksOthers(Sheets):
    """Believes its sheets whoever wrote to the file since."""

    def begin(self, connection: sqlite3.Connection) -> None:
        self.connection = connection


@pytest.mark.parametrize("kind", [Sheets, OverlooksOthers])
def test_what_another_process_holds_is_seen_at_once(
    monkeypatch: pytest.MonkeyPatch, kind: type[Sheets]
) -> None:
    """Two stores by turns, each with sheets of its own, share what there is."""
    monkeypatch.setattr(sqlite_store, "Sheets", kind)

    async def play(store: SqliteLimits) -> None:
        other = SqliteLimits(lease_s=3600.0)
        limits = key(tokens_per_minute=100, budget_tokens_day=100)
        let_in = 0
        for number in range(20):
            asked = (store, other)[number % 2]
            try:
                held = await asked.reserve(limits, tokens=10)
            except LimitError:
                continue
            let_in += 1
            if number < 4:  # what is settled counts as what is held does
                await asked.settle(held, tokens=10)
        await other.close()
        assert let_in == 10 if kind is Sheets else let_in > 10

    run(play)


def test_a_step_that_fails_leaves_nothing_in_the_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Sheets.write

    def broken(self: Sheets, connection: sqlite3.Connection) -> None:
        real(self, connection)
        raise sqlite3.OperationalError("disk I/O error")

    async def play(store: SqliteLimits) -> None:
        limits = key(tokens_per_minute=100, requests_per_minute=3)
        held = await store.reserve(limits, tokens=40)
        monkeypatch.setattr(Sheets, "write", broken)
        for _ in range(5):
            with pytest.raises(sqlite3.OperationalError):
                await store.reserve(limits, tokens=50)
        monkeypatch.setattr(Sheets, "write", real)
        await store.settle(held, tokens=40)
        await store.reserve(limits, tokens=60)
        assert (await store.usage("key_1")).requests_minute == 2

    run(play)


def test_those_who_ask_at_once_share_a_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    real, begun = Database.transaction, []

    def counted(self: Database) -> Any:
        begun.append(1)
        return real(self)

    async def play(store: SqliteLimits) -> None:
        limits = key(tokens_per_minute=100)
        await store.reserve(limits, tokens=0)
        monkeypatch.setattr(Database, "transaction", counted)
        asked = (store.reserve(limits, tokens=10) for _ in range(20))
        found = await asyncio.gather(*asked, return_exceptions=True)
        refused = [each for each in found if isinstance(each, LimitError)]
        assert (len(begun), len(refused)) == (1, 10)  # judged one after the other all the same

    run(play)
