"""What a writer's thread tells reaches the loop, in few knocks, and hurts nobody who is gone."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from workbench.core.errors import StorageError
from workbench.serving.confirmations import Confirmations


def in_a_thread(call: Any) -> None:
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def test_a_batch_knocks_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        loop, confirmations, knocks = asyncio.get_running_loop(), Confirmations(), []
        real = loop.call_soon_threadsafe

        def counted(*given: Any) -> Any:
            knocks.append(1)
            return real(*given)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        for batch in range(1, 3):
            pairs = [confirmations.make() for _ in range(10)]
            outcomes: list[Any] = [True, False, StorageError("the disk is full")] + [True] * 7
            in_a_thread(lambda: [tell(o) for (_, tell), o in zip(pairs, outcomes, strict=True)])  # noqa: B023
            found = await asyncio.gather(*(each for each, _ in pairs), return_exceptions=True)
            assert found == outcomes
            assert len(knocks) == batch

    asyncio.run(play())


def test_who_has_gone_is_passed_over() -> None:
    async def play() -> None:
        confirmations = Confirmations()
        (gone, tell_gone), (stays, tell) = confirmations.make(), confirmations.make()
        gone.cancel()
        in_a_thread(lambda: (tell_gone(True), tell(True)))
        assert await stays is True

    asyncio.run(play())


def test_a_loop_that_has_ended_is_no_fault_and_spoils_no_other() -> None:
    confirmations = Confirmations()

    async def make() -> Any:
        return confirmations.make()[1]

    tell = asyncio.run(make())
    in_a_thread(lambda: tell(True))

    async def play() -> None:
        future, tell = confirmations.make()
        in_a_thread(lambda: tell(True))
        assert await asyncio.wait_for(future, 10) is True

    asyncio.run(play())
