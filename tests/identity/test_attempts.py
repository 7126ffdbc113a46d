"""Waits after failed attempts: they stop guessing, and shut nobody else out."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from workbench.core.errors import LimitError
from workbench.identity import attempts as module
from workbench.identity.attempts import Attempts, Seen, source_of
from workbench.store.database import Database
from workbench.store.ledger import Ledger

from .conftest import Clock

DAY_S = 86_400.0


@pytest.fixture
def attempts(database: Database, clock: Clock) -> Attempts:
    return Attempts(clock=clock)


def fails(attempts: Attempts, user: str, source: str, device: bytes | None = None) -> float:
    """Try and fail: 0 if the attempt was taken, else how long to wait."""
    try:
        attempts.begin(user, source, device=device)
    except LimitError as refused:
        return float(refused.context["retry_after_s"])
    return 0.0


def test_waits_grow_and_end_at_a_quarter_of_an_hour(attempts: Attempts, clock: Clock) -> None:
    waits = []
    for _ in range(20):
        wait_s = fails(attempts, "ann", "s")
        waits.append(wait_s)
        clock.time_s += wait_s
        if wait_s:
            assert fails(attempts, "ann", "s") == 0  # what was waited for is taken
    assert waits[:9] == [0, 0, 0, 0, 0, 1.0, 2.0, 4.0, 8.0]
    assert waits[13:17] == [256.0, 512.0, 900.0, 900.0]


def test_an_attempt_while_one_waits_is_not_counted(attempts: Attempts, clock: Clock) -> None:
    for _ in range(5):
        assert fails(attempts, "ann", "s") == 0
    for _ in range(50):
        assert fails(attempts, "ann", "s") == 1.0
    clock.time_s += 0.5
    assert fails(attempts, "ann", "s") == 0.5
    clock.time_s += 0.5
    assert fails(attempts, "ann", "s") == 0
    assert fails(attempts, "ann", "s") == 2.0


def test_a_name_that_is_not_there_waits_as_one_that_is(attempts: Attempts) -> None:
    assert [fails(attempts, "nobody", "s") for _ in range(7)] == [0, 0, 0, 0, 0, 1.0, 1.0]


def test_one_source_has_a_hundred_guesses_a_day(attempts: Attempts, clock: Clock) -> None:
    end_s, taken = clock.time_s + DAY_S, 0
    while clock.time_s < end_s:
        wait_s = fails(attempts, "ann", "s")
        taken += wait_s == 0
        clock.time_s += wait_s
    assert 90 < taken < 115


def attacked(attempts: Attempts, clock: Clock, user: str = "ann", sources: int = 40) -> None:
    """Guess for one user from many sources, as often as each is let."""
    for number in range(sources):
        fails(attempts, user, f"10.0.0.{number}")


def shut_out_s(attempts: Attempts, clock: Clock) -> float:
    """How long the real user is kept out under attack, if his first attempt has a slip in it.

    At each second the attackers are first.
    """
    for _ in range(3):
        attacked(attempts, clock)
    start_s, slips = clock.time_s, 1
    while clock.time_s - start_s < 3 * 900:
        attacked(attempts, clock)
        if fails(attempts, "ann", "home") == 0:
            if not slips:
                return clock.time_s - start_s
            slips -= 1
        clock.time_s += 30.0
    return float("inf")


def test_an_attack_from_everywhere_shuts_a_user_out_for_a_wait_of_his_own_at_most(
    attempts: Attempts, clock: Clock
) -> None:
    attacked(attempts, clock)
    assert fails(attempts, "ann", "home") == 0  # the first from a source is always taken
    clock.time_s += 2 * DAY_S
    assert 0 < shut_out_s(attempts, clock) <= 900


def test_the_look_sees_a_wait_that_others_prolong(
    attempts: Attempts, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual lockout, by the user's last failure from anywhere: he never gets in."""

    def by_user(seen: tuple[Seen, ...], now_s: float) -> float:
        in_all = next(each for each in seen if each.kind == "user")
        return module._growing(in_all.failures - 5, 900.0) - (now_s - in_all.last_s)

    monkeypatch.setattr(module, "_wait_s", by_user)
    assert shut_out_s(attempts, clock) == float("inf")


def test_many_sources_have_one_guess_each_and_few_after_it(
    attempts: Attempts, clock: Clock
) -> None:
    end_s, taken = clock.time_s + 3600.0, 0
    while clock.time_s < end_s:
        for number in range(20):
            taken += fails(attempts, "ann", f"10.0.0.{number}") == 0
        clock.time_s += 20.0
    # Beside one from each and 4 rounds an hour, some while the waits are still short.
    assert 20 * 4 <= taken <= 20 * 9


def test_a_known_device_waits_for_itself_alone(attempts: Attempts, clock: Clock) -> None:
    device = b"d" * 32
    for _ in range(100):
        fails(attempts, "ann", "shared")
        clock.time_s += 1.0
    assert fails(attempts, "ann", "shared") > 0
    taken = attempts.begin("ann", "shared", device=device)
    attempts.succeeded(taken)
    waits = [fails(attempts, "ann", "shared", device) for _ in range(7)]
    assert waits == [0, 0, 0, 0, 0, 1.0, 1.0]
    assert fails(attempts, "bob", "elsewhere", device) == 0  # counted with its user


def test_a_source_that_tries_many_users_waits_a_minute_at_most(
    attempts: Attempts, clock: Clock
) -> None:
    waits = [fails(attempts, f"user{number}", "s") for number in range(40)]
    assert waits[:20] == [0] * 20
    assert waits[20:] == [1.0] * 20
    assert fails(attempts, "ann", "t") == 0
    end_s, taken = clock.time_s + 3600.0, 0
    while clock.time_s < end_s:
        taken += fails(attempts, f"more{taken}", "s") == 0
        clock.time_s += 5.0
    assert taken < 70


def test_a_success_wipes_ones_own_slate_and_no_other(attempts: Attempts) -> None:
    for number in range(19):
        assert fails(attempts, f"user{number}", "s") == 0
    for _ in range(3):  # an account of the attacker's own
        attempts.succeeded(attempts.begin("eve", "s"))
    assert fails(attempts, "user20", "s") == 0
    assert fails(attempts, "user21", "s") == 1.0


def test_a_success_makes_the_next_slips_free_again(attempts: Attempts) -> None:
    for _ in range(4):
        assert fails(attempts, "ann", "s") == 0
    attempts.succeeded(attempts.begin("ann", "s"))
    assert [fails(attempts, "ann", "s") for _ in range(5)] == [0] * 5


def test_failures_are_forgotten_after_a_day(attempts: Attempts, clock: Clock) -> None:
    for _ in range(5):
        fails(attempts, "ann", "s")
    clock.time_s += DAY_S + 1
    assert [fails(attempts, "ann", "s") for _ in range(5)] == [0] * 5


@pytest.mark.parametrize("shift_s", [-3600.0, 3600.0, -40 * DAY_S])
def test_a_clock_that_is_put_right_makes_no_wait_longer(
    shift_s: float, attempts: Attempts, clock: Clock
) -> None:
    for _ in range(5):
        fails(attempts, "ann", "s")
    clock.time_s += shift_s
    wait_s = fails(attempts, "ann", "s")
    assert wait_s <= 1.0
    clock.time_s += wait_s
    assert wait_s == 0 or fails(attempts, "ann", "s") == 0


def all_at_once(begin: Callable[[], object], count: int) -> int:
    """How many of so many attempts at the same moment are taken."""
    barrier, taken = threading.Barrier(count), []

    def one() -> None:
        barrier.wait()
        try:
            begin()
            taken.append(1)
        except LimitError:
            return

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(taken)


def test_attempts_at_the_same_moment_are_counted_one_by_one(attempts: Attempts) -> None:
    assert all_at_once(lambda: attempts.begin("ann", "s"), 12) == 5


def test_names_that_were_typed_are_not_kept(attempts: Attempts, database: Database) -> None:
    attempts.begin("my secret password", "192.0.2.7")
    rows = database.read("SELECT * FROM sign_in_failures")
    assert len(rows) == 3
    assert "secret" not in repr([tuple(row) for row in rows])
    assert "192.0.2.7" not in repr([tuple(row) for row in rows])


def test_all_can_be_forgotten_from_the_machine(attempts: Attempts) -> None:
    for _ in range(5):
        fails(attempts, "ann", "s")
    assert attempts.clear() == 3
    assert fails(attempts, "ann", "s") == 0
    assert Ledger().entries()[0].action == "sign_in.failures_forgotten"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("unix:", "terminal", False),
    ],
)
def test_what_counts_as_one_source(one: str, other: str, same: bool) -> None:
    assert (source_of(one) == source_of(other)) is same
