"""What a thread does with a borrowed model: a call's tokens, one piece after the other."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CancelledError, CapabilityError, InputError
from workbench.models.protocol import Chunk
from workbench.models.reply import Reply
from workbench.serving.call import Call, Facts, Piece, Usage
from workbench.serving.tools.compiling import compile_tools, has_tools
from workbench.serving.tools.reader import ToolReader

_EMBED_BATCH = 16  # texts between two looks at whether the client is still there


class Counts:
    """Tokens of one call, counted by the thread that reads them.

    Args:
        facts: Where they are counted.
        rates: Tokens a second of each model, by its name; kept for the next calls.
        model: This call's.
    """

    def __init__(self, facts: Facts, rates: dict[str, float], model: str) -> None:
        self._facts, self._rates, self._model = facts, rates, model

    def prompt(self, tokens: int) -> None:
        """So many were read."""
        self._facts.prompt_tokens += tokens

    def completion(self, tokens: int, *, tokens_per_s: float | None = None) -> None:
        """So many were written."""
        self._facts.completion_tokens += tokens
        if tokens_per_s:
            self._rates[self._model] = tokens_per_s

    def cached(self, tokens: int) -> None:
        """So many of the prompt were known."""
        self._facts.cached_tokens += tokens

    @contextmanager
    def reckoned(self, max_tokens: int) -> Iterator[None]:
        """Reckon what was written, if an answer that comes as a whole is cut off before it does."""
        started_s = time.monotonic()
        try:
            yield
        except CancelledError:
            rate = self._rates.get(self._model, 0.0)
            self.completion(min(max_tokens, int(rate * (time.monotonic() - started_s))))
            raise

    @property
    def total(self) -> int:
        """What a loan is reckoned by."""
        return self._facts.prompt_tokens + self._facts.completion_tokens

    @property
    def usage(self) -> Usage:
        """What the client is told."""
        facts = self._facts
        return Usage(facts.prompt_tokens, facts.completion_tokens, facts.cached_tokens)


def prompts_of(model: Any, call: Call) -> list[list[int]]:
    """The token ids of each prompt of a call, as the model reads them."""
    if call.kind == "chat":
        begun = bool(call.options.get("answer_begun"))
        return [model.chat_ids(call.messages, answer_begun=begun)]
    if call.kind == "completion":
        return [model.prompt_ids(prompt) for prompt in call.prompts]
    return [model.tokenize(prompt) for prompt in call.prompts]


@dataclass(frozen=True)
class Prepared:
    """A call as the model is asked, and what reads tools' calls out of its answer."""

    call: Call
    reader: ToolReader | None = None


def prepare(call: Call) -> Prepared:
    """Make a call one that any model here can answer. What cannot be done is told before a loan.

    Raises:
        InputError: A tool's schema cannot be enforced.
        CapabilityError: Tools are asked for together with what excludes them.
    """
    if not uses_tools(call):
        return Prepared(call)
    if has_tools(call) and call.options.get("answer_begun"):
        raise CapabilityError(
            "an answer that was begun cannot go on with tools: it may be a call of one",
            hint="leave out the tools, or the assistant's last message",
        )
    return Prepared(compile_tools(call), ToolReader(call))


def count_prompt(model: Any, asked: Prepared) -> int:
    """How many tokens a call's prompts have together."""
    return sum(map(len, prompts_of(model, asked.call)))


def decode(model: Any, asked: Prepared, counts: Counts) -> Iterator[Piece]:
    """Each choice of each prompt, one after the other: the prompt is read once for all of them."""
    call, reader = asked.call, asked.reader
    prompts = prompts_of(model, call)
    counts.prompt(sum(map(len, prompts)))
    answer = _stream if call.stream else _whole
    last = len(prompts) * call.n - 1
    for index in range(last + 1):
        sampling = _sampling_of_choice(call, index)
        for piece in answer(model, prompts[index // call.n], sampling, counts):
            usage = counts.usage if piece.finish_reason is not None and index == last else None
            piece = dataclasses.replace(piece, index=index, usage=usage)
            yield from reader.feed(piece) if reader is not None else (piece,)


def _stream(
    model: Any, ids: list[int], sampling: dict[str, Any], counts: Counts
) -> Iterator[Piece]:
    for chunk in model.stream_ids(ids, **sampling):
        counts.completion(len(chunk.ids))
        counts.cached(chunk.cached_tokens or 0)
        yield _piece(chunk)


def _whole(model: Any, ids: list[int], sampling: dict[str, Any], counts: Counts) -> Iterator[Piece]:
    with counts.reckoned(sampling.get("max_tokens") or 0):
        reply = model.answer_ids(ids, **sampling)
    counts.completion(reply.completion_tokens, tokens_per_s=reply.tokens_per_s)
    counts.cached(reply.cached_tokens)
    yield _piece(reply)


def _piece(part: Chunk | Reply) -> Piece:
    return Piece(
        part.text,
        logprobs=part.logprobs,
        finish_reason=part.finish_reason,
        stop_text=part.stop_text,
    )


def uses_tools(call: Call) -> bool:
    """Whether tools are offered or were used, which a template may not know how to say."""
    return bool(call.tools) or any(
        message["role"] == "tool" or message.get("tool_calls") for message in call.messages
    )


def _sampling_of_choice(call: Call, index: int) -> dict[str, Any]:
    """A call's sampling; with a seed, each choice draws from one of its own."""
    sampling = dict(call.sampling)
    if sampling.get("seed") is not None:
        sampling["seed"] = (int(sampling["seed"]) + index) % 2**31
    return sampling


def embed(model: Any, asked: Prepared, counts: Counts) -> Iterator[Piece]:
    """The vector of each text, some at a time."""
    call = asked.call
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
