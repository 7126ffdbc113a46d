"""Reserve before, settle after: the same for each store."""

from __future__ import annotations

from typing import Any

import pytest

from workbench.core.errors import InputError, LimitError
from workbench.serving.limits import LimitUse
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

from .conftest import START_S, Stores, key


async def refused(store: Any, principal: Any, **asked: Any) -> dict[str, Any]:
    with pytest.raises(LimitError) as told:
        await store.reserve(principal, **asked)
    return told.value.context


def test_tokens_are_held_then_counted(stores: Stores) -> None:
    async def play(store: Any) -> None:
        principal = key(tokens_per_minute=100)
        held = await store.reserve(principal, tokens=60, now_s=START_S)
        assert await refused(store, principal, tokens=41, now_s=START_S) == {
            "limit": "tokens_per_minute",
            "allowed": 100,
            "used": 60,
            "asked": 41,
            "retry_after_s": 2.0,
            "free_in_s": 2.0,
        }
        await store.settle(held, tokens=20, now_s=START_S)
        await store.settle(held, tokens=20, now_s=START_S)  # once
        await store.release(held)
        other = await store.reserve(principal, tokens=80, now_s=START_S)
        assert [(left.limit, left.left) for left in other.left] == [("tokens_per_minute", 0)]
        await store.release(other)
        await store.release(other)
        found = await refused(store, principal, tokens=81, now_s=START_S + 59.9)
        assert found["retry_after_s"] == pytest.approx(1.1)
        await store.reserve(principal, tokens=100, now_s=START_S + 61)

    stores.run(play)


def test_a_call_that_used_more_than_it_held_counts_in_full(stores: Stores) -> None:
    async def play(store: Any) -> None:
        principal = key(tokens_per_minute=100)
        held = await store.reserve(principal, tokens=10, now_s=START_S)
        await store.settle(held, tokens=500, now_s=START_S)
        assert (await refused(store, principal, tokens=0, now_s=START_S))["used"] == 500

    stores.run(play)


def test_requests_count_from_their_start_also_when_released(stores: Stores) -> None:
    async def play(store: Any) -> None:
        principal = key(requests_per_minute=3)
        for second in (0, 10, 20):
            await store.release(await store.reserve(principal, tokens=1, now_s=START_S + second))
        found = await refused(store, principal, tokens=1, now_s=START_S + 30)
        assert (found["used"], found["asked"]) == (3, 1)
        assert found["retry_after_s"] == pytest.approx(31.0)
        await refused(store, principal, tokens=1, now_s=START_S + 60.9)
        await store.reserve(principal, tokens=1, now_s=START_S + 61)
        await refused(store, principal, tokens=1, now_s=START_S + 70.9)
        await store.reserve(principal, tokens=1, now_s=START_S + 71)

    stores.run(play)


def test_streams_are_leases(stores: Stores) -> None:
    async def play(store: Any) -> None:
        principal = key(concurrent_streams=2)
        held = [
            await store.reserve(principal, tokens=1, stream=True, now_s=START_S) for _ in range(2)
        ]
        found = await refused(store, principal, tokens=1, stream=True, now_s=START_S)
        assert (found["limit"], found["used"]) == ("concurrent_streams", 2)
        await store.reserve(principal, tokens=1, stream=False, now_s=START_S)  # is no stream
        await store.settle(held[0], tokens=1, now_s=START_S)
        await store.reserve(principal, tokens=1, stream=True, now_s=START_S)
        # Nobody settles what is left; a process that died does not renew it either.
        await refused(store, principal, tokens=1, stream=True, now_s=START_S + 29.9)
        await store.reserve(principal, tokens=1, stream=True, now_s=START_S + 30)

    stores.run(play, lease_s=30.0)


def test_what_is_settled_after_its_lease_still_counts_once(stores: Stores) -> None:
    async def play(store: Any) -> None:
        principal = key(tokens_per_minute=100)
        held = await store.reserve(principal, tokens=90, now_s=START_S)
        later_s = START_S + 100  # the laptop slept
        other = await store.reserve(principal, tokens=90, now_s=later_s)
        await store.release(other)
        for _ in range(2):
            await store.settle(held, tokens=70, now_s=later_s)
        assert (await refused(store, principal, tokens=31, now_s=later_s))["used"] == 70

    stores.run(play, lease_s=30.0)


def test_leases_are_renewed_while_the_process_lives(stores: Stores) -> None:
    async def play(store: Any) -> None:
        principal, now_s = key(concurrent_streams=2), stores.now_s()
        # Both were made 29 s ago, and one is nobody's any more.
        held, dead = [
            await store.reserve(principal, tokens=1, stream=True, now_s=now_s - 29)
            for _ in range(2)
        ]
        store._renewals.drop(dead)
        await store._renewals.renew()
        later_s = now_s + 10
        await store.reserve(principal, tokens=1, stream=True, now_s=later_s)
        await refused(store, principal, tokens=1, stream=True, now_s=later_s)
        await store.settle(held, tokens=1, now_s=later_s)
        await store._renewals.renew()  # is gone, and stays so
        await store.reserve(principal, tokens=1, stream=True, now_s=later_s)

    stores.run(play, lease_s=30.0)


def test_money_is_exact(stores: Stores) -> None:
    async def play(store: Any) -> None:
        principal = key(budget_usd_day=1.0)
        for _ in range(10):  # 0.1 ten times is less than 1.0 in floating point
            held = await store.reserve(principal, tokens=1, usd=0.1, now_s=START_S)
            await store.settle(held, tokens=1, usd=0.1, now_s=START_S)
        found = await refused(store, principal, tokens=1, usd=1e-9, now_s=START_S)
        assert (found["used"], found["allowed"], found["asked"]) == (1.0, 1.0, 1e-9)
        await store.reserve(principal, tokens=1, usd=0.0, now_s=START_S)

    stores.run(play)


@pytest.mark.parametrize(
    ("limits", "wait_s"),
    [
        # START_S is 2026-11-25 09:46:40 UTC.
        ({"budget_tokens_day": 100}, 51_200.0),
        ({"budget_tokens_month": 100}, 51_200.0 + 5 * 86_400),
        ({"budget_usd_day": 0.1}, 51_200.0),
        ({"budget_usd_month": 0.1}, 51_200.0 + 5 * 86_400),
    ],
)
def test_budgets_begin_anew_with_the_day_and_the_month(
    stores: Stores, limits: dict[str, Any], wait_s: float
) -> None:
    async def play(store: Any) -> None:
        principal = key(**limits)
        held = await store.reserve(principal, tokens=100, usd=0.1, now_s=START_S)
        more = {"tokens": 1, "usd": 0.001}
        # All of it is only held: it may come back soon.
        assert (await refused(store, principal, **more, now_s=START_S))["retry_after_s"] == 2.0
        await store.settle(held, tokens=100, usd=0.1, now_s=START_S)
        found = await refused(store, principal, **more, now_s=START_S)
        assert found["limit"] == next(iter(limits))
        assert found["retry_after_s"] == pytest.approx(wait_s)
        await refused(store, principal, **more, now_s=START_S + wait_s - 1)
        await store.reserve(principal, **more, now_s=START_S + wait_s)

    stores.run(play)


def test_of_several_limits_the_one_that_lasts_longest_is_named(stores: Stores) -> None:
    async def play(store: Any) -> None:
        principal = key(tokens_per_minute=10, budget_tokens_day=10, requests_per_minute=1)
        held = await store.reserve(principal, tokens=10, now_s=START_S)
        await store.settle(held, tokens=10, now_s=START_S)
        found = await refused(store, principal, tokens=5, now_s=START_S)
        assert found["limit"] == "budget_tokens_day"
        found = await refused(store, principal, tokens=11, now_s=START_S)
        assert found["retry_after_s"] is None  # waiting does not help

    stores.run(play)


def test_keys_do_not_share(stores: Stores) -> None:
    async def play(store: Any) -> None:
        for name in ("key_1", "key_2", "key_'; DROP TABLE open; --", "key {x} * \n"):
            principal = key(name, tokens_per_minute=10, budget_tokens_day=10)
            await store.reserve(principal, tokens=10, now_s=START_S)
            await refused(store, principal, tokens=1, now_s=START_S)

    stores.run(play)


def test_a_key_without_limits_costs_nothing(stores: Stores) -> None:
    async def play(store: Any) -> None:
        held = await store.reserve(key(), tokens=10**12, usd=10.0, stream=True)
        assert (held.held, held.left) == (False, ())
        await store.settle(held, tokens=5)
        await store.release(held)
        assert await store.usage("key_1") == LimitUse("key_1")

    stores.run(play)


@pytest.mark.parametrize(
    "asked", [{"tokens": -1}, {"tokens": 1, "usd": -0.1}, {"tokens": 1, "usd": float("nan")}]
)
def test_what_makes_no_sense_is_refused(stores: Stores, asked: dict[str, Any]) -> None:
    async def play(store: Any) -> None:
        with pytest.raises(InputError):
            await store.reserve(key(tokens_per_minute=10), **asked)

    stores.run(play)


def test_the_words_of_a_refusal(stores: Stores) -> None:
    async def play(store: Any) -> None:
        principal = key(tokens_per_minute=1000)
        await store.settle(
            await store.reserve(principal, tokens=900, now_s=START_S), tokens=900, now_s=START_S
        )
        with pytest.raises(LimitError) as told:
            await store.reserve(principal, tokens=256, now_s=START_S + 49)
        assert str(told.value) == (
            "key 'ci': tokens a minute: 900 of 1000 are used or reserved, and this request may "
            "need 256"
        )
        assert (
            told.value.hint
            == "try again in 12 s, or ask for at most 100 tokens, prompt and answer together"
        )

    stores.run(play)


def test_budgets_are_counted_from_the_usage_log(stores: Stores) -> None:
    """What was settled before the store knew of it, in its loss, and while calls are open."""

    def row(tokens: int, **values: Any) -> UsageRow:
        about = {"request_id": "r", "key_id": "key_1", "user": "u", "model_asked": "m"}
        return UsageRow(**{**about, "prompt_tokens": tokens, "cost_usd": tokens / 1000, **values})

    async def play(store: Any) -> None:
        log = UsageLog()
        log.settle(row(30, time_s=START_S)).result()
        log.settle(row(5, time_s=START_S - 86_400)).result()  # yesterday, this month
        log.settle(row(7, time_s=START_S - 40 * 86_400)).result()  # last month
        log.settle(row(9, time_s=START_S, key_id="key_2")).result()
        principal = key(budget_tokens_day=100, budget_tokens_month=100, budget_usd_month=0.5)
        found = await refused(store, principal, tokens=71, now_s=START_S)
        assert (found["limit"], found["used"]) == ("budget_tokens_month", 35)
        held = await store.reserve(principal, tokens=60, now_s=START_S)
        # In the log, and not settled here yet: counted from both it would be double, and left out
        # it would be missing if its process has died in between.
        log.settle(row(50, time_s=START_S, settlement_id=held.id)).result()
        await store.rebuild()
        for _ in range(2):
            found = await refused(store, principal, tokens=16, now_s=START_S)
            assert found["used"] == 85
            await store.settle(held, tokens=50, usd=0.05, now_s=START_S)
        await store.rebuild()
        assert (await refused(store, principal, tokens=16, now_s=START_S))["used"] == 85
        await store.reserve(principal, tokens=15, now_s=START_S)
        log.close()

    stores.run(play)


def test_usage_says_what_is_used_and_held(stores: Stores) -> None:
    async def play(store: Any) -> None:
        principal = key(tokens_per_minute=1000, budget_usd_day=1.0)
        await store.reserve(principal, tokens=30, usd=0.3, stream=True)
        held = await store.reserve(principal, tokens=20, usd=0.2)
        await store.settle(held, tokens=15, usd=0.15)
        found = await store.usage("key_1")
        assert (found.requests_minute, found.tokens_minute, found.streams) == (2, 15, 1)
        assert (found.reserved_tokens, found.reserved_usd) == (30, 0.3)
        assert (found.tokens_day, found.usd_day, found.usd_month) == (15, 0.15, 0.15)

    stores.run(play)


def test_the_first_request_is_back_after_its_window_too(stores: Stores) -> None:
    async def play(store: Any) -> None:
        held = await store.reserve(key(requests_per_minute=2), tokens=1, now_s=START_S)
        (left,) = held.left
        assert (left.left, left.reset_s) == (1, pytest.approx(61.0))

    stores.run(play)
