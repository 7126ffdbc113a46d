"""Tools and what came of them as text, for a model that knows only roles and contents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from workbench.core.errors import InputError

TOOL, ARGUMENTS, ANSWER = "tool", "arguments", "answer"
_CALL = f'{{"{TOOL}": "NAME", "{ARGUMENTS}": {{...}}}}'


class Offered(Protocol):
    """A tool that may be called. ``parameters`` is a JSON schema."""

    @property
    def name(self) -> str:
        """What it is called by."""
        ...

    @property
    def description(self) -> str:
        """What it does; may be empty."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The schema of its arguments; may be empty."""
        ...


def describe_tools(tools: Sequence[Offered], *, choice: str, parallel: bool) -> str:
    """The section of the system prompt that offers tools and says how to call them."""
    lines = ["You can use these tools:"]
    for tool in tools:
        about = f"- {tool.name}: {tool.description}" if tool.description else f"- {tool.name}"
        lines.append(about)
        if tool.parameters:
            lines.append(f"  arguments: {_json(tool.parameters)}")
    lines.append(f"To use a tool, write {_CALL} and nothing else.")
    if parallel:
        lines.append(f"To use several at once, write a list of them: [{_CALL}, {_CALL}]")
    if choice == "auto":
        lines.append(f'If no tool is needed, write {{"{ANSWER}": "your answer"}}.')
    elif choice == "required":
        lines.append("You must use a tool now.")
    else:
        lines.append(f"You must use the tool {choice} now.")
    return "\n".join(lines)


def add_to_system(
    messages: Sequence[Mapping[str, Any]], section: str
) -> tuple[Mapping[str, Any], ...]:
    """The messages with a section at the end of the system prompt, which is made if need be."""
    if messages and messages[0]["role"] == "system":
        first = {"role": "system", "content": f"{messages[0]['content']}\n\n{section}"}
        return (first, *messages[1:])
    return ({"role": "system", "content": section}, *messages)


def write_calls(calls: Iterable[tuple[str, str]]) -> str:
    """Calls, each a name and its arguments as JSON text, as a model writes them itself."""
    written = [
        f'{{"{TOOL}": {_json(name)}, "{ARGUMENTS}": {arguments.strip() or "{}"}}}'
        for name, arguments in calls
    ]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"


def plain_messages(messages: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The messages with calls and results as text: a call as the model writes it itself.

    Raises:
        InputError: A result belongs to no call before it.
    """
    names: dict[str, str] = {}
    found: list[Mapping[str, Any]] = []
    results: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            results.append(_result(message, names))
            continue
        if results:
            found.append({"role": "user", "content": "\n".join(results)})
            results = []
        found.append(_with_calls(message, names) if message.get("tool_calls") else message)
    if results:
        found.append({"role": "user", "content": "\n".join(results)})
    return found


def _with_calls(message: Mapping[str, Any], names: dict[str, str]) -> Mapping[str, Any]:
    made = []
    for call in message["tool_calls"]:
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        names[call["id"]] = name
        made.append((name, arguments))
    calls = write_calls(made)
    text = message["content"]
    return {"role": message["role"], "content": f"{text}\n{calls}" if text else calls}


def _result(message: Mapping[str, Any], names: Mapping[str, str]) -> str:
    name = names.get(message["tool_call_id"])
    if name is None:
        raise InputError(
            f"a tool's result has the tool_call_id {message['tool_call_id'][:80]!r}, "
            "and no call before it has that id",
            hint="send the assistant's message with its tool_calls before the results",
            parameter="messages",
        )
    head = f"The tool {name} failed" if message.get("is_error") else f"Result of {name}"
    return f"{head}: {message['content']}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
