"""OpenAI's tools: what is offered, what must be called, what was called before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import Struct

from workbench.core.errors import InputError
from workbench.serving.call import Tool, ToolCall
from workbench.serving.dialects.reading import check_depth

_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


class FunctionOffered(Struct, forbid_unknown_fields=True):
    """A function that the model may ask for. ``parameters`` is a JSON schema, always enforced."""

    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class FunctionTool(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    """The one kind of tool that there is here."""

    function: FunctionOffered


class FunctionNamed(Struct, forbid_unknown_fields=True):
    """A function's name."""

    name: str


class ToolNamed(Struct, tag_field="type", tag="function", forbid_unknown_fields=True):
    """The tool that must be called."""

    function: FunctionNamed


ToolChoice = Literal["none", "auto", "required"] | ToolNamed


class FunctionCalled(Struct):
    """A function with the arguments of a call, JSON in a text."""

    name: str
    arguments: str


class ToolCalled(Struct):
    """A call that the model asked for."""

    id: str
    function: FunctionCalled
    type: Literal["function"] = "function"


def check_tools(tools: Iterable[Tool]) -> tuple[Tool, ...]:
    """The tools, if their names are names and no two are the same.

    Raises:
        InputError: They are not.
    """
    checked = tuple(tools)
    seen: set[str] = set()
    for place, tool in enumerate(checked):
        if not _NAME.fullmatch(tool.name):
            raise InputError(
                f"tools[{place}] is named {tool.name[:80]!r}; a name has 1 to 128 letters, "
                "digits, '_', '-', '.' and ':'",
                parameter=f"tools[{place}]",
            )
        if tool.name in seen:
            raise InputError(f"two tools are named {tool.name!r}", parameter=f"tools[{place}]")
        seen.add(tool.name)
        check_depth(tool.parameters, f"tools[{place}]")
    return checked


def check_choice(choice: str, named: str | None, tools: Sequence[Tool]) -> str:
    """The call's ``tool_choice``: ``choice``, or the name of the tool that must be called.

    Raises:
        InputError: No tool has that name, or one must be called and there is none.
    """
    if named is not None:
        if all(tool.name != named for tool in tools):
            known = ", ".join(tool.name for tool in tools) or "none"
            raise InputError(
                f"tool_choice names {named!r}, which is not among the tools: {known}",
                parameter="tool_choice",
            )
        return named
    if choice == "required" and not tools:
        raise InputError("tool_choice asks for a tool, and there are none", parameter="tools")
    return choice


def read_tools(tools: Sequence[FunctionTool] | None) -> tuple[Tool, ...]:
    """The tools of a request."""
    if not tools:
        return ()
    return check_tools(
        Tool(tool.function.name, tool.function.description or "", tool.function.parameters or {})
        for tool in tools
    )


def read_choice(choice: ToolChoice | None, tools: Sequence[Tool]) -> str:
    """The tool choice of a request."""
    if choice is None:
        return "auto"
    if isinstance(choice, ToolNamed):
        return check_choice("auto", choice.function.name, tools)
    return check_choice(choice, None, tools)


def plain_call(call: ToolCalled) -> dict[str, Any]:
    """A call of an earlier turn, as ``Call.messages`` hold it."""
    function = {"name": call.function.name, "arguments": call.function.arguments}
    return {"id": call.id, "type": "function", "function": function}


def called(call: ToolCall) -> ToolCalled:
    """A call of this answer, as it is written."""
    return ToolCalled(call.id, FunctionCalled(call.name, call.arguments))
