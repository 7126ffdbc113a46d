"""The forms that a row to learn from may have, and why a row is none of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import InputError
from workbench.finetuning.examples import ROLES, Example, Preference

FIELDS = ("prompt", "response", "messages", "system", "chosen", "rejected", "id", "task", "group",
          "weight", "consent")  # fmt: skip
# Other names under which files carry the same.
_ALSO = {"group": ("fact",), "task": ("domain",), "id": ("request_id",)}
_HINT = 'give {"prompt": ..., "response": ...} or {"messages": [...]}'

Messages = tuple[tuple[str, str], ...]


def to_example(row: Mapping[str, Any], *, identity: str) -> Example:
    """An example of ``{"prompt", "response"}`` or ``{"messages"}``.

    Args:
        row: The fields by name; what it lacks is None.
        identity: What to call it where it has no ``id``.

    Raises:
        InputError: The row is neither; the message says what was found.
    """
    messages = _conversation(row)
    if row.get("messages") is not None:
        if messages[-1][0] != "assistant":
            raise InputError("the last message is no answer of the assistant", hint=_HINT)
    else:
        messages = (*messages, ("assistant", _text(row, "response")))
    identity, task, group = _names(row, identity)
    return Example(messages, identity, task, _weight(row.get("weight")), group)


def to_preference(row: Mapping[str, Any], *, identity: str) -> Preference:
    """A preference of ``{"prompt" or "messages", "chosen", "rejected"}``; see ``to_example``."""
    if row.get("response") is not None:
        raise InputError("a preference has chosen and rejected, no response", hint=_HINT)
    question = _conversation(row)
    chosen, rejected = _text(row, "chosen"), _text(row, "rejected")
    return Preference(question, chosen, rejected, *_names(row, identity))


def text_of(value: Any, *, what: str) -> str:
    """A value that must be text that can be written down.

    Raises:
        InputError: It is missing, no text, empty, or holds half a character.
    """
    if value is None:
        raise InputError(f"{what} is missing or null", hint=_HINT)
    if not isinstance(value, str):
        raise InputError(f"{what} is {_kind(value)}, not text", hint=_HINT)
    if not value.strip():
        raise InputError(f"{what} is empty", hint=_HINT)
    if "\x00" in value:
        raise InputError(f"{what} holds a NUL character", hint=_HINT)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(f"{what} holds half of a surrogate pair", hint=_HINT) from None
    return value


def messages_of(given: Any) -> Messages:
    """Messages of a chat as pairs of role and content.

    Raises:
        InputError: They are no list of objects with a role and a text.
    """
    if isinstance(given, str):  # a table's cell
        try:
            given = json.loads(given)
        except ValueError as error:
            raise InputError(f"messages is no JSON: {error}", hint=_HINT) from None
    if given == []:
        raise InputError("messages is an empty list: there is nothing to learn", hint=_HINT)
    if not isinstance(given, list):
        raise InputError(f"messages is {_kind(given)}, not a list of messages", hint=_HINT)
    found = []
    for number, each in enumerate(given, start=1):
        if not isinstance(each, Mapping):
            raise InputError(f"message {number} is {_kind(each)}, not an object", hint=_HINT)
        role = text_of(each.get("role"), what=f"the role of message {number}")
        if role not in ROLES:
            raise InputError(f"message {number} has the unknown role {role!r:.40}", hint=_HINT)
        found.append((role, text_of(each.get("content"), what=f"the content of message {number}")))
        if role == "system" and number > 1:
            raise InputError(f"message {number} is of the system; it must come first", hint=_HINT)
    return tuple(found)


def _conversation(row: Mapping[str, Any]) -> Messages:
    """All messages, or system and prompt as messages."""
    if row.get("messages") is not None:
        both = [name for name in ("prompt", "response", "system") if row.get(name) is not None]
        if both:
            raise InputError(f"both forms at once: messages and {', '.join(both)}", hint=_HINT)
        return messages_of(row["messages"])
    question: Messages = (("user", _text(row, "prompt")),)
    if row.get("system") is not None:
        question = (("system", _text(row, "system")), *question)
    return question


def _names(row: Mapping[str, Any], identity: str) -> tuple[str, str, str]:
    """Identity, task and group; numbers are taken as their digits."""
    found = []
    for name, default in (("id", identity), ("task", ""), ("group", "")):
        value = row.get(name)
        for also in _ALSO[name]:
            value = row.get(also) if value is None else value
        if value is None or value == "":
            value = default
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise InputError(f"{name} is {_kind(value)}, not text", hint=_HINT)
        text_of(str(value) or "-", what=name)
        found.append(str(value))
    return found[0], found[1], found[2]


def _text(row: Mapping[str, Any], name: str) -> str:
    return text_of(row.get(name), what=name)


def _weight(given: Any) -> float:
    if given is None:
        return 1.0
    try:
        weight = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError):
        weight = math.nan
    if not 0 < weight < math.inf:
        raise InputError(f"weight is {given!r:.40}; it must be a number above 0", hint=_HINT)
    return weight


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    for kind, said in ((bool, "a boolean"), ((int, float), "a number"), (str, "text")):
        if isinstance(value, kind):
            return said
    return "a list" if isinstance(value, list) else "an object"
