"""The models of this machine as a backend: loans of the pool, read by threads."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

from workbench.core.cancellation import CancelToken, cancellable, check_cancelled
from workbench.core.errors import InputError
from workbench.serving.backends.crossing import Crossing
from workbench.serving.call import Call, Facts, Piece, Usage
from workbench.serving.tools import ToolReader, compile_tools

_EMBED_BATCH = 16  # texts between two looks at whether the client is still there
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
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="serving-model")

    def close(self) -> None:
        """Let the threads end; answers in work go on to their end first."""
        self._threads.shutdown(wait=True)

    async def answer(self, call: Call, facts: Facts) -> AsyncGenerator[Piece, None]:
        """See ``Backend.answer``."""
        facts.backend, facts.served_by = self.name, call.model
        plain, reader = compile_tools(call), ToolReader(call)
        loan = await self._borrow(call, facts)
        counts = _Counts(facts)
        work = _embed if call.kind == "embedding" else _decode
        async for piece in self._run(loan, lambda model: work(model, plain, counts), counts):
            for told in reader.feed(piece):
                yield told

    async def count_tokens(self, call: Call, facts: Facts) -> int:
        """How many tokens the prompt has, exactly; the model is loaded for it."""
        plain = compile_tools(call)
        loan = await self._borrow(call, facts)

        def count(model: Any) -> Iterator[Piece]:
            yield Piece(usage=Usage(prompt_tokens=sum(map(len, prompts_of(model, plain)))))

        total = 0
        async for piece in self._run(loan, count, _Counts(facts)):
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

    async def _run(self, loan: Any, work: Work, counts: _Counts) -> AsyncGenerator[Piece, None]:
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
            finally:
                loan.give_back(tokens=counts.total)
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


class _Counts:
    """Tokens of one call, counted by the thread that reads them."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def prompt(self, tokens: int) -> None:
        self._facts.prompt_tokens += tokens

    def completion(self, tokens: int) -> None:
        self._facts.completion_tokens += tokens

    @property
    def total(self) -> int:
        return self._facts.prompt_tokens + self._facts.completion_tokens

    @property
    def usage(self) -> Usage:
        return Usage(self._facts.prompt_tokens, self._facts.completion_tokens)


def _give_back_unwanted(future: Future[Any]) -> None:
    if not future.cancelled() and future.exception() is None:
        future.result().give_back(tokens=0)


def prompts_of(model: Any, call: Call) -> list[list[int]]:
    """The token ids of each prompt of a call, as the model reads them."""
    if call.kind == "chat":
        begun = bool(call.options.get("answer_begun"))
        return [model.chat_ids(call.messages, answer_begun=begun)]
    if call.kind == "completion":
        return [model.prompt_ids(prompt) for prompt in call.prompts]
    return [model.tokenize(prompt) for prompt in call.prompts]


def _decode(model: Any, call: Call, counts: _Counts) -> Iterator[Piece]:
    """Each choice of each prompt, one after the other: the prompt is read once for all of them."""
    prompts = prompts_of(model, call)
    counts.prompt(sum(map(len, prompts)))
    last = len(prompts) * call.n - 1
    for index in range(last + 1):
        sampling = _sampling_of_choice(call, index)
        for chunk in model.stream_ids(prompts[index // call.n], **sampling):
            counts.completion(len(chunk.ids))
            ended = chunk.finish_reason is not None
            yield Piece(
                text=chunk.text,
                index=index,
                logprobs=chunk.logprobs,
                finish_reason=chunk.finish_reason,
                usage=counts.usage if ended and index == last else None,
            )


def _sampling_of_choice(call: Call, index: int) -> dict[str, Any]:
    """A call's sampling; with a seed, each choice draws from one of its own."""
    sampling = dict(call.sampling)
    if sampling.get("seed") is not None:
        sampling["seed"] = (int(sampling["seed"]) + index) % 2**31
    return sampling


def _embed(model: Any, call: Call, counts: _Counts) -> Iterator[Piece]:
    if not call.prompts:
        raise InputError("there is no text to embed")
    counts.prompt(sum(map(len, prompts_of(model, call))))
    last = len(call.prompts) - 1
    for start in range(0, last + 1, _EMBED_BATCH):
        check_cancelled()
        vectors = model.embed(list(call.prompts[start : start + _EMBED_BATCH]))
        for place, vector in enumerate(vectors.tolist(), start=start):
            usage = counts.usage if place == last else None
            yield Piece(index=place, vector=tuple(vector), finish_reason="stop", usage=usage)


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
