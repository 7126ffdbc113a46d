"""Identical calls at once: one run, many readers, whoever of them goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from workbench.core.errors import DeadlineError, EngineError, LimitError
from workbench.serving.cache.answers import AnswerCache
from workbench.serving.call import Piece

from .conftest import Caches, Got, Model, answer, ask, identify, key


async def until(true: Callable[[], bool]) -> None:
    """Let the loop go on until something is so."""
    for _ in range(10_000):
        if true():
            return
        await asyncio.sleep(0)
    pytest.fail("it did not come to be")


def start(cache: AnswerCache, model: Model, *, who: str = "key_1") -> asyncio.Task[Got]:
    return asyncio.create_task(Caches.get(cache, model, ask(), key(who)))


def held(*texts: str) -> Model:
    return Model(answer(*texts), gate=asyncio.Event())


def test_one_run_answers_all() -> None:
    async def play() -> None:
        cache, model = AnswerCache(identify), held("Par", "is")
        tasks = [start(cache, model) for _ in range(50)]
        await until(lambda: model.runs == 1)
        model.gate.set()  # type: ignore[union-attr]
        got = await asyncio.gather(*tasks)
        assert {each.text for each in got} == {"Paris"}
        assert [each.facts.cache for each in got] == [None] + ["flight"] * 49
        assert {each.facts.served_by for each in got} == {"smollm2-135m"}
        assert (model.runs, model.free_runs) == (1, 49)
        assert (await Caches.get(cache, model)).facts.cache == "exact"
        assert (await cache.figures()).joined == 49

    asyncio.run(play())


def test_who_comes_later_gets_it_from_the_beginning_as_it_comes() -> None:
    async def play() -> None:
        cache, model = AnswerCache(identify), Model([Piece(each) for each in "abc"])
        steps: asyncio.Queue[None] = asyncio.Queue()

        async def paid(call, principal, facts):  # type: ignore[no-untyped-def]
            async for piece in model.paid(call, principal, facts):
                await steps.get()
                yield piece

        def read() -> tuple[list[str], asyncio.Task[None]]:
            seen: list[str] = []

            async def go() -> None:
                from workbench.serving.call import Facts

                found = cache.answer(ask(), key(), Facts(), paid=paid, free=model.free)
                async for piece in found:
                    seen.append(piece.text)  # noqa: PERF401 - it is looked at meanwhile

            return seen, asyncio.create_task(go())

        first, one = read()
        await until(lambda: model.runs == 1)
        steps.put_nowait(None)
        await until(lambda: first == ["a"])
        late, two = read()
        await until(lambda: late == ["a"])
        for _ in "bc":
            steps.put_nowait(None)
        await asyncio.gather(one, two)
        assert first == late == ["a", "b", "c"]
        assert model.runs == 1

    asyncio.run(play())


def test_the_run_goes_on_when_its_beginner_goes_away() -> None:
    async def play() -> None:
        cache, model = AnswerCache(identify), held("Paris")
        beginner = start(cache, model)
        await until(lambda: model.runs == 1)
        follower = start(cache, model)
        await asyncio.sleep(0.001)
        beginner.cancel()
        with pytest.raises(asyncio.CancelledError):
            await beginner
        model.gate.set()  # type: ignore[union-attr]
        got = await follower
        assert (got.text, got.facts.cache, model.cancelled) == ("Paris", "flight", 0)
        assert (await Caches.get(cache, Model())).text == "Paris"

    asyncio.run(play())


def test_the_run_ends_when_all_have_gone_and_nothing_is_kept() -> None:
    async def play() -> None:
        cache, model = AnswerCache(identify), held("Paris")
        tasks = [start(cache, model) for _ in range(3)]
        await until(lambda: model.runs == 1)
        await asyncio.sleep(0.001)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert model.cancelled == 1
        assert (await cache.figures()).in_flight == 0
        again = Model()
        assert (await Caches.get(cache, again)).facts.cache is None
        assert again.runs == 1

    asyncio.run(play())


@pytest.mark.parametrize("error", [LimitError("spent"), DeadlineError("late")])
def test_a_fault_of_the_beginner_is_his_own(error: Exception) -> None:
    async def play() -> None:
        cache, first, second = AnswerCache(identify), held("x"), Model()
        first.error = error
        beginner = start(cache, first)
        await until(lambda: first.runs == 1)
        follower = start(cache, second)
        await asyncio.sleep(0.001)
        first.gate.set()  # type: ignore[union-attr]
        with pytest.raises(type(error)):
            await beginner
        got = await follower
        assert (got.text, got.facts.cache, second.runs) == ("Paris.", None, 1)

    asyncio.run(play())


@pytest.mark.parametrize(("after", "error"), [(0, EngineError("it broke")), (1, LimitError("x"))])
def test_any_other_fault_is_told_to_all(after: int, error: Exception) -> None:
    async def play() -> None:
        cache, first, second = AnswerCache(identify), held("a", "b"), Model()
        first.error, first.fail_after = error, after
        tasks = [start(cache, first)]
        await until(lambda: first.runs == 1)
        tasks.append(start(cache, second))
        await asyncio.sleep(0.001)
        first.gate.set()  # type: ignore[union-attr]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in found] == [type(error)] * 2
        assert second.runs == 0

    asyncio.run(play())


def test_keys_do_not_fly_together() -> None:
    async def play() -> None:
        cache, model = AnswerCache(identify), held("x")
        tasks = [start(cache, model, who="key_1"), start(cache, model, who="key_2")]
        await until(lambda: model.runs == 2)
        model.gate.set()  # type: ignore[union-attr]
        await asyncio.gather(*tasks)

    asyncio.run(play())


def test_closing_ends_what_is_under_way() -> None:
    async def play() -> None:
        cache, model = AnswerCache(identify), held("x")
        task = start(cache, model)
        await until(lambda: model.runs == 1)
        await cache.close()
        with pytest.raises(Exception, match="the gateway ended the answer"):
            await task
        assert model.cancelled == 1

    asyncio.run(play())
