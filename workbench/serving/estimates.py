"""How many tokens a call may need at most, before a tokenizer has seen it."""

from __future__ import annotations

import math

import msgspec

from workbench.models.tool_words import describe_tools
from workbench.serving.call import Call

# A template's words around a message, and around a conversation, are fewer.
_MESSAGE_TOKENS = 16
_CHAT_TOKENS = 64
_RESULT_BYTES = 160  # "Result of NAME: ", of a tool whose name may have 128


def most_prompt_tokens(call: Call, *, least_bytes_per_token: float = 1.0) -> int:
    """At least as many tokens as the prompt has.

    No tokenizer makes more tokens of a text than it has bytes.
    """
    if call.kind != "chat":
        size = sum(byte_count(text) for text in call.prompts)
        return math.ceil(size / least_bytes_per_token) + 2 * len(call.prompts)
    size = 0
    for message in call.messages:
        size += byte_count(message["content"])
        if message.get("tool_calls"):
            size += len(msgspec.json.encode(message["tool_calls"]))
        elif message["role"] == "tool":
            size += _RESULT_BYTES
    if call.tools:
        native = sum(
            2 * len(msgspec.json.encode(tool.parameters)) + byte_count(tool.description) + 200
            for tool in call.tools
        )
        parallel = call.parallel_tool_calls
        told = describe_tools(call.tools, choice=call.tool_choice, parallel=parallel)
        size += max(native, byte_count(told))
    tokens = math.ceil(size / least_bytes_per_token)
    return tokens + _MESSAGE_TOKENS * len(call.messages) + _CHAT_TOKENS


def most_completion_tokens(call: Call) -> int:
    """As many tokens as the answers may have; ``max_tokens`` is set by now."""
    if call.kind == "embedding":
        return 0
    prompts = len(call.prompts) if call.kind == "completion" else 1
    return int(call.sampling["max_tokens"]) * call.n * prompts


def prompt_chars(call: Call) -> int:
    """How long the prompt is."""
    size = 0
    for message in call.messages:
        size += len(message["content"])
    return size + sum(map(len, call.prompts))


def byte_count(text: str) -> int:
    """The bytes of a text in UTF-8."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
