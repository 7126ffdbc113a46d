"""What makes two calls the same call, as a sha256.

Everything goes in that can change the answer, and nothing that cannot: who streams and who does
not share an answer. The order inside a JSON schema or a tool's parameters is kept, because an
engine writes the fields in that order; the order of a message's own fields says nothing.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from workbench.core.errors import InputError
from workbench.serving.call import Call

WISHES = ("off", "on", "exact", "semantic", "refresh")
# The gateway's own options that change who answers when, and never what. One that is not named
# here, as one that comes to be later, makes another key.
WITHOUT_EFFECT = frozenset(
    {
        "asked",  # the version that it stood for is the model
        "cache",
        "deadline_s",
        "ends_s",
        "keep_alive_s",
        "may_use",
        "prefer",
        "priority",
        "strict_routing",
        "swap",
        "tenant",
        "timeout_s",
        "tokens",
    }
)
_FORMAT = 1  # goes up when the canonical form or what is stored of an answer changes
_encode = msgspec.msgpack.Encoder().encode


def wish_of(call: Call) -> str | None:
    """What a request says of the cache; None if it says nothing.

    Raises:
        InputError: It is none of the words.
    """
    wish = call.options.get("cache")
    if wish is None or wish in WISHES:
        return wish
    raise InputError(
        f"cache is {wish!r}; it must be one of {', '.join(WISHES)}",
        hint="X-Workbench-Cache: on",
        parameter="cache",
    )


def is_repeatable(call: Call, default_temperature: float | None) -> bool:
    """Whether the same call would be answered the same again: greedy, or a vector.

    Args:
        call: With the sampling that the client set.
        default_temperature: The model's own, used where the client set none; None if unknown.
    """
    if call.kind == "embedding":
        return True
    told = call.sampling.get("temperature")
    return (default_temperature if told is None else told) == 0


def exact_key(call: Call, *, tenant: str, identity: str) -> bytes | None:
    """The key of a call; None if it holds something that has no canonical form.

    Args:
        call: With the model as resolved.
        tenant: Whose answers they are.
        identity: Which weights, template and settings stand behind the model's name.
    """
    return _digest(call, tenant, identity, call.messages, call.prompts)


def class_key(call: Call, *, tenant: str, identity: str) -> bytes | None:
    """The key of all calls that differ in the text of their last user message alone.

    None where there is no such text, or other words than it could matter: tools, several prompts.
    """
    if call.tools or call.kind == "embedding" or last_text(call) is None:
        return None
    if call.kind == "completion":
        return _digest(call, tenant, identity, (), ("",))
    *before, last = call.messages
    return _digest(call, tenant, identity, (*before, {**last, "content": ""}), ())


def last_text(call: Call) -> str | None:
    """The text that a semantic match compares: the last user message, or the only prompt."""
    if call.kind == "completion":
        return call.prompts[0] if len(call.prompts) == 1 else None
    if call.kind != "chat" or not call.messages or call.messages[-1].get("role") != "user":
        return None
    content = call.messages[-1].get("content")
    return content if isinstance(content, str) and content.strip() else None


def _digest(
    call: Call, tenant: str, identity: str, messages: Any, prompts: tuple[str, ...]
) -> bytes | None:
    options = {name: value for name, value in call.options.items() if name not in WITHOUT_EFFECT}
    canonical = (
        _FORMAT,
        tenant,
        call.model,
        identity,
        call.kind,
        [_fields(message) for message in messages],
        prompts,
        _fields(call.sampling),
        [(tool.name, tool.description, tool.parameters) for tool in call.tools],
        (call.tool_choice, call.parallel_tool_calls) if call.tools else None,
        call.n,
        _fields(options),
    )
    try:
        return hashlib.sha256(_encode(canonical)).digest()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return None


def _fields(given: Any) -> list[tuple[str, Any]]:
    """What is set of a mapping, by name."""
    return sorted((name, value) for name, value in given.items() if value is not None)
