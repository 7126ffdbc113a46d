"""What an upstream answers, read into pieces. What it has beside what is read here is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from workbench.core.errors import EngineError
from workbench.models.protocol import TokenLogprob
from workbench.serving.call import Call, Piece, ToolCall, Usage

_REASONS = {"function_call": "tool_calls", "content_filter": "stop"}


class FunctionPart(Struct):
    """A called function, whole or in part."""

    name: str | None = None
    arguments: str | None = None


class ToolPart(Struct):
    """A tool call, whole or in part; ``index`` numbers them in a stream."""

    index: int | None = None
    id: str | None = None
    function: FunctionPart | None = None


class MessagePart(Struct):
    """A message, whole or in part."""

    content: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolPart] | None = None


class TopToken(Struct):
    """An alternative."""

    token: str
    logprob: float


class TokenPart(Struct):
    """A token of a chat's answer."""

    token: str
    logprob: float
    top_logprobs: list[TopToken] | None = None


class Logprobs(Struct):
    """Log-probabilities, in the shape of chats or in that of completions."""

    content: list[TokenPart] | None = None
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float] | None] | None = None


class ChoicePart(Struct):
    """A choice, whole or in part."""

    index: int = 0
    message: MessagePart | None = None
    delta: MessagePart | None = None
    text: str | None = None
    logprobs: Logprobs | None = None
    finish_reason: str | None = None


class CachedPart(Struct):
    """What of a prompt was known from before."""

    cached_tokens: int | None = None


class UsagePart(Struct):
    """Tokens."""

    prompt_tokens: int = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: CachedPart | None = None


class Answer(Struct):
    """An answer, or one event of a streamed one."""

    choices: list[ChoicePart] = []
    usage: UsagePart | None = None
    error: Any = None


class Vector(Struct):
    """One text's embedding."""

    index: int
    embedding: list[float]


class Vectors(Struct):
    """An answer to texts that are to be embedded."""

    data: list[Vector]
    usage: UsagePart | None = None


_ANSWER = msgspec.json.Decoder(Answer)
_VECTORS = msgspec.json.Decoder(Vectors)


def decode_answer(body: bytes, upstream: str) -> Answer:
    """An answer or an event. Raises EngineError if it is none."""
    try:
        return _ANSWER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_understood(upstream, error) from None


def embedding_pieces(body: bytes, call: Call, upstream: str) -> Iterator[Piece]:
    """The vectors in the order of their texts."""
    try:
        answer = _VECTORS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_understood(upstream, error) from None
    rows = sorted(answer.data, key=lambda row: row.index)
    if [row.index for row in rows] != list(range(len(call.prompts))):
        raise EngineError(
            f"upstream {upstream!r} gave {len(rows)} vectors for {len(call.prompts)} texts",
            http_status=502,
        )
    usage = read_usage(answer.usage)
    for row in rows:
        last = row.index == len(rows) - 1
        yield Piece(
            index=row.index,
            vector=tuple(row.embedding),
            finish_reason="stop",
            usage=(usage or Usage()) if last else None,
        )


class PieceReader:
    """Turns the choices of one answer into pieces, in a stream event by event."""

    def __init__(self) -> None:
        self._tool_ids: dict[tuple[int, int], str] = {}

    def read(self, choice: ChoicePart, usage: Usage | None = None) -> Piece | None:
        """The piece of a choice, with the usage if it is the last one; None if nothing came."""
        part = choice.delta or choice.message
        text = choice.text or ""
        tool_calls: tuple[ToolCall, ...] = ()
        if part is not None:
            text = part.content or part.refusal or ""
            if part.tool_calls:
                tool_calls = self._read_tools(choice.index, part.tool_calls)
        logprobs = read_logprobs(choice.logprobs) if choice.logprobs is not None else ()
        reason = choice.finish_reason
        if not (text or tool_calls or logprobs or reason):
            return None
        if reason is not None:
            reason = _REASONS.get(reason, reason)
        return Piece(text, choice.index, tool_calls, logprobs, finish_reason=reason, usage=usage)

    def _read_tools(self, index: int, parts: Sequence[ToolPart]) -> tuple[ToolCall, ...]:
        read = []
        for place, part in enumerate(parts):
            number = (index, place if part.index is None else part.index)
            function = part.function or FunctionPart()
            begins = number not in self._tool_ids
            if begins:
                self._tool_ids[number] = part.id or f"call_{index}_{number[1]}"
            name = (function.name or "") if begins else ""
            read.append(ToolCall(self._tool_ids[number], name, function.arguments or ""))
        return tuple(read)


def read_logprobs(told: Logprobs) -> tuple[TokenLogprob, ...]:
    """Tokens with their log-probabilities; an upstream tells no ids."""
    if told.content is not None:
        return tuple(
            TokenLogprob(
                -1,
                each.token,
                each.logprob,
                tuple((top.token, top.logprob) for top in each.top_logprobs or ()),
            )
            for each in told.content
        )
    tops = told.top_logprobs or [None] * len(told.tokens or ())
    return tuple(
        TokenLogprob(-1, token, value or 0.0, tuple((top or {}).items()))
        for token, value, top in zip(
            told.tokens or (), told.token_logprobs or (), tops, strict=False
        )
    )


def read_usage(told: UsagePart | None) -> Usage | None:
    """What it says was used."""
    if told is None:
        return None
    cached = told.prompt_tokens_details.cached_tokens if told.prompt_tokens_details else 0
    return Usage(told.prompt_tokens, told.completion_tokens or 0, cached or 0)


def _not_understood(upstream: str, error: Exception) -> EngineError:
    # msgspec's words name a place and a type, never a value.
    return EngineError(
        f"upstream {upstream!r} sent what is no answer of OpenAI's dialect: {error}",
        hint="look at its url under [upstreams] in workbench.toml",
        http_status=502,
    )
