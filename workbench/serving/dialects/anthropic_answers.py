"""Anthropic's answers, as structs."""

from __future__ import annotations

from typing import Literal

from msgspec import Raw, Struct

from workbench.serving.call import Usage

StopReason = Literal["end_turn", "max_tokens", "stop_sequence", "tool_use"]


class TextAnswer(Struct, tag_field="type", tag="text"):
    """Text of an answer."""

    text: str


class ToolUseAnswer(Struct, tag_field="type", tag="tool_use"):
    """A call that the model asks for."""

    id: str
    name: str
    input: Raw


class UsageAnswer(Struct):
    """Tokens: those read anew, those written, and those of the prompt known from before."""

    input_tokens: int
    output_tokens: int
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0


class MessageAnswer(Struct):
    """A whole answer."""

    id: str
    model: str
    content: list[TextAnswer | ToolUseAnswer]
    usage: UsageAnswer
    stop_reason: StopReason | None = None
    stop_sequence: str | None = None
    role: Literal["assistant"] = "assistant"
    type: Literal["message"] = "message"


def usage_answer(usage: Usage) -> UsageAnswer:
    """The usage as Anthropic tells it: what was cached is not among ``input_tokens``."""
    new = max(0, usage.prompt_tokens - usage.cached_tokens)
    return UsageAnswer(new, usage.completion_tokens, usage.cached_tokens)


def stop_reason(reason: str, stop_text: str | None) -> StopReason:
    """Ours in Anthropic's words; ``cancelled``, which it lacks, is an answer cut short."""
    if reason == "tool_calls":
        return "tool_use"
    if stop_text is not None:
        return "stop_sequence"
    return "end_turn" if reason == "stop" else "max_tokens"
