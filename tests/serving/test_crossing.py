"""What a thread hands over arrives whole, in order and with its error."""

from __future__ import annotations

import asyncio
import threading

import pytest

from workbench.serving.backends.crossing import Crossing


async def read(crossing: Crossing[int]) -> list[list[int]]:
    return [batch async for batch in crossing.batches()]


@pytest.mark.parametrize("pause", [False, True])
def test_all_that_is_put_arrives_in_order(pause: bool) -> None:
    async def run() -> list[list[int]]:
        loop = asyncio.get_running_loop()
        crossing: Crossing[int] = Crossing(loop)
        read_on = threading.Event()

        def work() -> None:
            for number in range(2000):
                crossing.put(number)
                if pause and number % 500 == 0:
                    read_on.wait(0.01)
            crossing.end()

        thread = threading.Thread(target=work)
        thread.start()
        batches = await read(crossing)
        thread.join()
        return batches

    batches = asyncio.run(run())
    assert [number for batch in batches for number in batch] == list(range(2000))
    assert all(batches), "an empty batch says nothing"


def test_what_came_before_an_error_is_read_first() -> None:
    async def run() -> list[int]:
        crossing: Crossing[int] = Crossing(asyncio.get_running_loop())
        crossing.put(1)
        crossing.end(ValueError("broke"))
        seen = []
        with pytest.raises(ValueError, match="broke"):
            async for batch in crossing.batches():
                seen += batch
        return seen

    assert asyncio.run(run()) == [1]


def test_one_knock_for_all_that_comes_before_the_loop_looks() -> None:
    class Counting(asyncio.SelectorEventLoop):
        knocks = 0

        def call_soon_threadsafe(self, *args: object, **more: object) -> object:  # type: ignore[override]
            self.knocks += 1
            return super().call_soon_threadsafe(*args, **more)  # type: ignore[arg-type]

    async def run(loop: Counting) -> int:
        crossing: Crossing[int] = Crossing(loop)
        for number in range(100):
            crossing.put(number)
        crossing.end()
        knocks = loop.knocks
        assert await read(crossing) == [list(range(100))]
        return knocks

    with asyncio.Runner(loop_factory=Counting) as runner:
        assert runner.run(run(runner.get_loop())) == 1  # type: ignore[arg-type]
