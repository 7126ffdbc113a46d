"""Virtual models behind the gateway: one that computes keeps no other answer waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import pytest

from workbench.core.errors import EngineError
from workbench.models.pool import current_pool
from workbench.models.reply import Reply
from workbench.models.virtual import Deliberation, Messages, Outcome, Question
from workbench.serving.backends.virtual import VirtualBackend
from workbench.serving.call import Call, Facts, Piece
from workbench.serving.settings import Price

POOL: Any = object()


class Chain:
    """Answers every question with its model's name."""

    async def answer(self, call: Call, facts: Facts) -> AsyncGenerator[Piece, None]:
        facts.backend, facts.served_by, facts.completion_tokens = "chain", call.model, 3
        yield Piece(text=f"I am {call.model}", finish_reason="stop")


class Waiting:
    """A model that goes on when somebody else was answered meanwhile.

    Args:
        blocking: Whether it says that it computes.
        patience_s: How long it waits for that.
    """

    name, members = "waiting/one", ("small",)

    def __init__(self, *, blocking: bool, patience_s: float) -> None:
        self.blocking, self.patience_s = blocking, patience_s
        self.others = threading.Event()
        self.pools: list[Any] = []

    def deliberate(self, messages: Messages, sampling: Mapping[str, Any]) -> Deliberation:
        self.pools.append(current_pool())
        if not self.others.wait(self.patience_s):
            raise EngineError("nobody else was answered meanwhile")
        (reply,) = yield (Question("small", messages),)
        self.pools.append(current_pool())
        assert isinstance(reply, Reply)
        return Outcome(reply, "it was asked")

    def most_tokens(self, prompt_tokens: int, answer_tokens: int) -> tuple[int, int]:
        return prompt_tokens, answer_tokens


async def answer(model: Waiting) -> tuple[str, Facts]:
    """What it answers while another task lives."""
    chain: Any = Chain()
    made = VirtualBackend(chain, price=lambda *_: Price(0.0, 0.0), find=lambda _: model, pool=POOL)
    facts = Facts()

    async def another() -> None:
        await asyncio.sleep(0.02)
        model.others.set()

    beside = asyncio.create_task(another())
    await asyncio.sleep(0)
    asked = Call("r1", "chat", model.name, messages=({"role": "user", "content": "hello"},))
    pieces = [piece async for piece in made.answer(asked, facts)]
    assert model.pools == [POOL, POOL]  # what it loads is borrowed there, in whichever thread
    assert current_pool() is None
    await beside
    return pieces[0].text, facts


def test_what_computes_keeps_no_other_answer_waiting() -> None:
    text, facts = asyncio.run(answer(Waiting(blocking=True, patience_s=30)))
    assert text == "I am small"
    assert (facts.route, facts.route_reason) == ("waiting", "small: it was asked")
    assert facts.completion_tokens == 3


def test_one_that_does_not_say_so_holds_all_up_and_its_error_is_the_answer() -> None:
    with pytest.raises(EngineError, match="nobody else was answered"):
        asyncio.run(answer(Waiting(blocking=False, patience_s=0.2)))
