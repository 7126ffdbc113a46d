"""Models that are made of others, answered through the chain: each of their questions is a call.

So members may be models here or elsewhere, wait in the same fair queues, and have fallbacks.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from workbench.core.errors import CapabilityError, InputError, WorkbenchError
from workbench.models.pool import ModelPool, lending_from
from workbench.models.reply import Reply
from workbench.models.virtual import (
    Answered,
    Deliberation,
    Outcome,
    Question,
    VirtualModel,
    find_virtual,
)
from workbench.serving.call import Backend, Call, Facts, Piece, Usage
from workbench.serving.settings import Price

_NOT_FOR_MEMBERS = ("cache", "prefer")


class VirtualBackend:
    """Answers for ``ensemble/NAME`` and its like. A stream comes in one piece, at the end.

    Args:
        chain: Answers the questions.
        price: What tokens of a backend's model cost.
        find: Gives the virtual models.
        pool: What they load themselves counts against its budget.
    """

    name = "virtual"
    continues = False

    def __init__(
        self,
        chain: Backend,
        *,
        price: Callable[[str, str], Price],
        find: Callable[[str], VirtualModel] = find_virtual,
        pool: ModelPool | None = None,
    ) -> None:
        self._chain, self._price, self._find, self._pool = chain, price, find, pool

    async def answer(self, call: Call, facts: Facts) -> AsyncGenerator[Piece, None]:
        """See ``Backend.answer``."""
        self._check(call)
        facts.backend, facts.served_by = self.name, call.model
        made = self._find(call.model)
        deliberation = made.deliberate(call.messages, call.sampling)
        answers: tuple[Answered, ...] | None = None
        while True:
            # One that computes before it asks must not keep the others' answers waiting.
            if getattr(made, "blocking", False):
                step = await asyncio.to_thread(self._next_step, deliberation, answers)
            else:
                step = self._next_step(deliberation, answers)
            if isinstance(step, Outcome):
                outcome = step
                break
            answers = await self._ask_all(step, call, facts)
        facts.route = call.model.partition("/")[0]
        facts.route_reason = f"{outcome.reply.model}: {outcome.reason}"
        wanted = call.sampling.get("logprobs") is not None
        yield Piece(
            text=outcome.reply.text,
            logprobs=outcome.reply.logprobs if wanted else (),
            finish_reason=outcome.reply.finish_reason,
            usage=Usage(facts.prompt_tokens, facts.completion_tokens, facts.cached_tokens),
            citations=outcome.citations,
            abstained=outcome.abstained,
        )

    def _next_step(
        self, deliberation: Deliberation, answers: tuple[Answered, ...] | None
    ) -> tuple[Question, ...] | Outcome:
        """The questions that come next, or what it came to: a StopIteration passes no await."""
        with lending_from(self._pool):
            try:
                return next(deliberation) if answers is None else deliberation.send(answers)
            except StopIteration as ended:
                outcome: Outcome = ended.value
                return outcome

    def _check(self, call: Call) -> None:
        if call.kind != "chat":
            raise CapabilityError(
                f"{call.model} is made of several models: it can only chat",
                hint="ask one of its members",
            )
        if call.tools and call.tool_choice != "none":
            raise CapabilityError(
                f"{call.model} is made of several models: it calls no tools",
                hint="ask one of its members",
            )
        if call.n > 1:
            raise InputError(f"{call.model} gives one answer: n is {call.n}, it must be 1")

    async def _ask_all(
        self, questions: tuple[Question, ...], call: Call, facts: Facts
    ) -> tuple[Answered, ...]:
        """Ask at once; a member's error is its answer."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._ask(each, call, facts)) for each in questions]
        return tuple(task.result() for task in tasks)

    async def _ask(self, question: Question, call: Call, facts: Facts) -> Answered:
        mine = Facts()
        started_s = time.perf_counter()
        try:
            async with aclosing(self._chain.answer(_member_call(question, call), mine)) as answer:
                pieces = [piece async for piece in answer]
        except WorkbenchError as error:
            said = f"{question.model} of {call.model} did not answer: {error.message}"
            if said not in facts.warnings:
                facts.warnings += (said,)
            return error
        finally:
            self._count(mine, facts)
        return _reply(pieces, mine, question, duration_s=time.perf_counter() - started_s)

    def _count(self, mine: Facts, facts: Facts) -> None:
        """Add what one question used."""
        facts.prompt_tokens += mine.prompt_tokens
        facts.completion_tokens += mine.completion_tokens
        facts.cached_tokens += mine.cached_tokens
        facts.queue_s = max(facts.queue_s, mine.queue_s)
        facts.loaded = facts.loaded or mine.loaded
        price = self._price(mine.backend, mine.served_by)
        used = price.usd(mine.prompt_tokens, mine.completion_tokens)
        facts.cost_usd = (facts.cost_usd or 0.0) + used


def _member_call(question: Question, call: Call) -> Call:
    sampling: Mapping[str, Any] = {
        "max_tokens": call.sampling.get("max_tokens"),
        **question.sampling,
    }
    options = {name: value for name, value in call.options.items() if name not in _NOT_FOR_MEMBERS}
    return dataclasses.replace(
        call,
        model=question.model,
        messages=tuple(question.messages),
        sampling=sampling,
        tools=(),
        stream=False,
        include_usage=False,
        options=options,
    )


def _reply(pieces: list[Piece], mine: Facts, question: Question, *, duration_s: float) -> Reply:
    reasons = [piece.finish_reason for piece in pieces if piece.finish_reason]
    return Reply(
        text="".join(piece.text for piece in pieces),
        model=mine.served_by or question.model,
        engine=mine.backend,
        prompt_tokens=mine.prompt_tokens,
        completion_tokens=mine.completion_tokens,
        tokens_per_s=None,
        finish_reason=reasons[-1] if reasons else "stop",
        seed=int(question.sampling.get("seed") or 0),
        duration_s=duration_s,
        time_to_first_token_s=duration_s,
        logprobs=tuple(entry for piece in pieces for entry in piece.logprobs),
        cached_tokens=mine.cached_tokens,
    )
