"""The models of this machine as a backend: loans of the pool, read by threads."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from typing import Any, Protocol

from workbench.core.cancellation import CancelToken, cancellable
from workbench.serving.backends.crossing import Crossing
from workbench.serving.backends.work import Counts, count_prompt, decode, embed, prepare
from workbench.serving.call import Call, Facts, Piece, Usage

_WISHES = ("priority", "deadline_s", "keep_alive_s", "swap", "tenant", "tokens")
Work = Callable[[Any], Iterator[Piece]]


class Pool(Protocol):
    """What is needed of ``workbench.models.pool.ModelPool``."""

    def ask(self, name: str, **wishes: Any) -> Future[Any]:
        """A future of a loan."""
        ...


class LocalBackend:
    """Answers with models that are loaded here.

    Args:
        pool: Lends the models.
        threads: How many answers are read at a time; who waits for a loan takes none.
    """

    name = "local"

    def __init__(self, pool: Pool, *, threads: int = 32) -> None:
        self._pool = pool
        self._rates: dict[str, float] = {}
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="serving-model")

    def close(self) -> None:
        """Let the threads end; answers in work go on to their end first."""
        self._threads.shutdown(wait=True)

    async def answer(self, call: Call, facts: Facts) -> AsyncGenerator[Piece, None]:
        """See ``Backend.answer``."""
        facts.backend, facts.served_by = self.name, call.model
        asked = prepare(call)
        loan = await self._borrow(call, facts)
        counts = Counts(facts, self._rates, call.model)
        work = embed if call.kind == "embedding" else decode
        pieces = self._run(loan, lambda model: work(model, asked, counts), counts)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def count_tokens(self, call: Call, facts: Facts) -> int:
        """How many tokens the prompt has, exactly; the model is loaded for it."""
        asked = prepare(call)
        loan = await self._borrow(call, facts)

        def count(model: Any) -> Iterator[Piece]:
            yield Piece(usage=Usage(prompt_tokens=count_prompt(model, asked)))

        total = 0
        async for piece in self._run(loan, count, Counts(Facts(), {}, call.model)):
            total = piece.usage.prompt_tokens if piece.usage else 0
        return total

    async def _borrow(self, call: Call, facts: Facts) -> Any:
        asked_s = asyncio.get_running_loop().time()
        wishes = {name: call.options[name] for name in _WISHES if name in call.options}
        capability = "embed" if call.kind == "embedding" else "chat"
        future = self._pool.ask(call.model, capability=capability, **wishes)
        try:
            loan = await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            # Between the future's being set and our being told, the loan may be ours already.
            future.add_done_callback(_give_back_unwanted)
            raise
        facts.queue_s += asyncio.get_running_loop().time() - asked_s
        facts.loaded = facts.loaded or loan.loaded
        return loan

    async def _run(self, loan: Any, work: Work, counts: Counts) -> AsyncGenerator[Piece, None]:
        loop = asyncio.get_running_loop()
        crossing: Crossing[Piece] = Crossing(loop)
        token = CancelToken()

        def read() -> None:
            error: BaseException | None = None
            try:
                with cancellable(token):
                    for piece in work(loan.model):
                        crossing.put(piece)
            except BaseException as found:  # noqa: BLE001 - it is raised where the answer is read
                error = found
            try:
                loan.give_back(tokens=counts.total)
            finally:
                crossing.end(error)

        done = loop.run_in_executor(self._threads, read)
        try:
            async for batch in crossing.batches():
                for piece in merged(batch):
                    yield piece
        finally:
            token.cancel("nobody reads the answer any more")
            # The loan goes back and the count is final only when the thread has ended.
            await asyncio.shield(done)


def _give_back_unwanted(future: Future[Any]) -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().give_back(tokens=0)


def merged(batch: list[Piece]) -> list[Piece]:
    """Pieces that came together as one, where they are nothing but text of the same choice."""
    if len(batch) == 1:
        return batch
    found: list[Piece] = []
    for piece in batch:
        before = found[-1] if found else None
        if before is not None and before.index == piece.index and _is_text(before, piece):
            found[-1] = dataclasses.replace(piece, text=before.text + piece.text)
        else:
            found.append(piece)
    return found


def _is_text(before: Piece, piece: Piece) -> bool:
    plain = before.finish_reason is None and before.usage is None and before.vector is None
    bare = not (before.logprobs or before.tool_calls or piece.logprobs or piece.tool_calls)
    return plain and bare and piece.vector is None
