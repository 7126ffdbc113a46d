"""A chat's answer as OpenAI's events; what does not change from one to the next is encoded once."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from workbench.serving.call import Call, Facts, Piece, ToolCall, Usage
from workbench.serving.dialects.openai_answers import (
    AnnotationAnswer,
    FinishReason,
    LogprobsAnswer,
    OwnAnswer,
    UsageAnswer,
    finish_reason,
    message_annotations,
    own_answer,
    token_answers,
    usage_answer,
)
from workbench.serving.dialects.openai_errors import error_answer
from workbench.serving.dialects.sse import DONE, encode
from workbench.serving.http_errors import HttpError


class FunctionDelta(Struct, omit_defaults=True):
    """A part of a call: the name comes first, then the arguments as they grow."""

    name: str | UnsetType = UNSET
    arguments: str | UnsetType = UNSET


class ToolDelta(Struct):
    """A part of one of the calls, which ``index`` numbers."""

    index: int
    function: FunctionDelta
    id: str | UnsetType = UNSET
    type: Literal["function"] | UnsetType = UNSET


class Delta(Struct):
    """What came."""

    role: Literal["assistant"] | UnsetType = UNSET
    content: str | UnsetType | None = UNSET
    annotations: list[AnnotationAnswer] | UnsetType = UNSET
    tool_calls: list[ToolDelta] | UnsetType = UNSET


class ChoiceChunk(Struct):
    """What came of one of ``n`` answers."""

    index: int
    delta: Delta
    finish_reason: FinishReason | None = None
    logprobs: LogprobsAnswer | UnsetType | None = UNSET


class ChatChunk(Struct):
    """One event of a streamed answer. Only the last, if asked for, has a usage."""

    id: str
    created: int
    model: str
    choices: list[ChoiceChunk]
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    usage: UsageAnswer | UnsetType | None = UNSET
    workbench: OwnAnswer | UnsetType = UNSET


class ToolNumbers:
    """Which number each call of one choice has, and what is told of its parts."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, part: ToolCall) -> tuple[int, bool]:
        """The number of a part's call, and whether the call begins with it."""
        if part.name:
            self._numbers[part.id] = len(self._numbers)
            return self._numbers[part.id], True
        return self._numbers[part.id], False


class ChatWriter:
    """Writes one stream."""

    def __init__(self, call: Call, facts: Facts, created_s: float) -> None:
        head = {
            "id": f"chatcmpl-{call.request_id}",
            "object": "chat.completion.chunk",
            "created": int(created_s),
            "model": facts.served_by or call.model,
        }
        self._head = b"data: " + encode(head)[:-1]
        self._tail = b'],"usage":null}\n\n' if call.include_usage else b"]}\n\n"
        self._include_usage = call.include_usage
        self._logprobs = "logprobs" in call.sampling
        self._tools: dict[int, ToolNumbers] = {}
        self._usage = Usage()

    def write(self, piece: Piece) -> bytes:
        """See ``Writer.write``."""
        written = b""
        tools = self._tools.get(piece.index)
        if tools is None:
            tools = self._tools[piece.index] = ToolNumbers()
            content = None if piece.tool_calls else ""
            written = self._event(ChoiceChunk(piece.index, Delta("assistant", content)))
        if piece.text or piece.logprobs:
            if self._logprobs:
                chunk = ChoiceChunk(piece.index, Delta(content=piece.text))
                chunk.logprobs = LogprobsAnswer(token_answers(piece.logprobs))
                written += self._event(chunk)
            else:
                written += self._text_event(piece.index, piece.text)
        if piece.citations:
            delta = Delta(annotations=message_annotations(piece.citations))
            written += self._event(ChoiceChunk(piece.index, delta))
        if piece.tool_calls:
            delta = Delta(tool_calls=[tool_delta(part, tools) for part in piece.tool_calls])
            written += self._event(ChoiceChunk(piece.index, delta))
        if piece.finish_reason is not None:
            reason = finish_reason(piece.finish_reason)
            written += self._event(ChoiceChunk(piece.index, Delta(), reason), _own(piece))
        if piece.usage is not None:
            self._usage = piece.usage
        return written

    def finish(self) -> bytes:
        """See ``Writer.finish``."""
        if not self._include_usage:
            return DONE
        usage = encode(usage_answer(self._usage))
        return self._head + b',"choices":[],"usage":' + usage + b"}\n\n" + DONE

    def break_off(self, error: HttpError) -> bytes:
        """See ``Writer.break_off``; no ``[DONE]`` follows, for it is not done."""
        return b"data: " + encode(error_answer(error)) + b"\n\n"

    def _event(self, choice: ChoiceChunk, more: bytes = b"") -> bytes:
        told = self._head + b',"choices":[' + msgspec.json.encode(choice)
        return told + (b"]" + more + self._tail[1:] if more else self._tail)

    def _text_event(self, index: int, text: str) -> bytes:
        return b"".join(
            (
                self._head,
                b',"choices":[{"index":%d,"delta":{"content":' % index,
                encode(text),
                b'},"finish_reason":null}',
                self._tail,
            )
        )


def _own(piece: Piece) -> bytes:
    """What only some models say, as another field of an event."""
    own = own_answer(piece.abstained)
    return b"" if own is UNSET else b',"workbench":' + encode(own)


def tool_delta(part: ToolCall, tools: ToolNumbers) -> ToolDelta:
    """A part of a call as an event tells it."""
    number, begins = tools.number(part)
    if begins:
        return ToolDelta(number, FunctionDelta(part.name, part.arguments), part.id, "function")
    return ToolDelta(number, FunctionDelta(arguments=part.arguments))
