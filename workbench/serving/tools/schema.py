"""One JSON schema for all that a model may write when it has tools: calls, or a plain answer."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from workbench.core.errors import CapabilityError, InputError
from workbench.core.optional import require
from workbench.models.tool_words import ANSWER, ARGUMENTS, TOOL
from workbench.serving.call import Tool

MOST_CALLS = 8  # in one answer: a small model that may go on would never stop
# Values in which "$ref" and the like are data and no part of the schema.
_DATA = frozenset({"const", "default", "enum", "example", "examples"})
# Maps from names to schemas: their keys are the user's own words.
_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"})
_COMPOSED = ("allOf", "anyOf", "oneOf", "$ref")
# What a whole document says of itself, and a part of another may not.
_ROOT_ONLY = frozenset({"$schema", "$id", "id"})


def answer_schema(
    tools: Sequence[Tool],
    *,
    choice: str,
    parallel: bool,
    answer: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The schema of an answer.

    Args:
        tools: What may be called, at least one.
        choice: ``auto`` (a call or a plain answer), ``required``, or a tool's name.
        parallel: Whether several may be called at once.
        answer: The schema of a plain answer; text if there is none.

    Raises:
        InputError: A tool's parameters are no schema of an object, or cannot be enforced; the
            message says which tool and which keyword.
        CapabilityError: They refer to another document.
    """
    callable_tools = [tool for tool in tools if choice in ("auto", "required", tool.name)]
    definitions = {
        f"tool{place}": _move(_parameters(tool), f"tool{place}", tool.name)
        for place, tool in enumerate(callable_tools)
    }
    calls = [_call(tool.name, f"tool{n}") for n, tool in enumerate(callable_tools)]
    ways: list[dict[str, Any]] = []
    if choice == "auto":
        plain: dict[str, Any] = {"type": "string"}
        if answer is not None:
            definitions[ANSWER] = _move(answer, ANSWER, "response_format")
            plain = {"$ref": f"#/$defs/{ANSWER}"}
        ways.append(_object({ANSWER: plain}))
    ways += calls
    if parallel:
        several = {"type": "array", "items": _any(calls), "minItems": 2, "maxItems": MOST_CALLS}
        ways.append(several)
    return {**_any(ways), "$defs": definitions}


def _call(name: str, definition: str) -> dict[str, Any]:
    return _object({TOOL: {"const": name}, ARGUMENTS: {"$ref": f"#/$defs/{definition}"}})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _any(ways: list[dict[str, Any]]) -> dict[str, Any]:
    return ways[0] if len(ways) == 1 else {"anyOf": ways}


def _parameters(tool: Tool) -> Mapping[str, Any]:
    """A tool's parameters, checked by themselves so that a fault is told with the tool's name."""
    given = tool.parameters or {"type": "object", "properties": {}}
    if given.get("type", "object") != "object":
        raise InputError(
            f"the parameters of the tool {tool.name!r} are of type {given['type']!r}; "
            "they must be an object",
            hint='{"type": "object", "properties": {...}}',
            parameter="tools",
        )
    given = {"type": "object", **_map(given, _strip)}
    if fault := _fault(msgspec.json.encode(given)):
        raise InputError(
            f"the parameters of the tool {tool.name!r} cannot be enforced: {fault}",
            hint="remove or replace the part that is named",
            parameter="tools",
        )
    return _close(given) if _may_close(given) else given


@functools.lru_cache(maxsize=512)
def _fault(schema: bytes) -> str:
    """What llguidance has against a schema, the keyword among it; nothing is ``""``."""
    matcher = require("llguidance", extra="models").LLMatcher
    try:
        return str(matcher.validate_grammar(matcher.grammar_from_json_schema(schema.decode())))
    except ValueError as error:
        return str(error)


def _parts(schema: Any) -> Iterator[Mapping[str, Any]]:
    """A schema and every schema within it."""
    if isinstance(schema, list):
        for part in schema:
            yield from _parts(part)
    elif isinstance(schema, Mapping):
        yield schema
        for key, value in schema.items():
            if key in _NAMED and isinstance(value, Mapping):
                yield from _parts(list(value.values()))
            elif key not in _DATA:
                yield from _parts(value)


def _may_close(schema: Mapping[str, Any]) -> bool:
    """Whether objects can be closed each by itself: no two schemas describe the same object."""
    return not any(
        "allOf" in part or ("properties" in part and any(word in part for word in _COMPOSED))
        for part in _parts(schema)
    )


def _close(value: Any) -> Any:
    """The schema with objects that hold what is described and nothing else.

    An open object is an invitation to a small model to make up fields without end. What matches
    the closed schema matches the open one.
    """
    return _map(value, _close_one)


def _close_one(schema: dict[str, Any]) -> dict[str, Any]:
    if "properties" in schema and not schema.keys() & {"additionalProperties", "patternProperties"}:
        schema["additionalProperties"] = False
    return schema


def _move(schema: Mapping[str, Any], name: str, owner: str) -> Any:
    """The schema as it may stand at ``#/$defs/NAME``: what it refers to in itself moved with it."""

    def move_one(part: dict[str, Any]) -> dict[str, Any]:
        target = part.get("$ref")
        if isinstance(target, str):
            if not target.startswith("#"):
                raise CapabilityError(
                    f"{owner!r} refers by $ref to {target[:100]!r}, which is another document",
                    hint="put the definition into $defs",
                    parameter="tools",
                )
            part["$ref"] = f"#/$defs/{name}{target[1:]}"
        return _strip(part)

    return _map(schema, move_one)


def _strip(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in _ROOT_ONLY}


def _map(value: Any, change: Any) -> Any:
    """A copy with every schema in it changed."""
    if isinstance(value, list):
        return [_map(part, change) for part in value]
    if not isinstance(value, Mapping):
        return value
    copied: dict[str, Any] = {}
    for key, part in value.items():
        if key in _NAMED and isinstance(part, Mapping):
            copied[key] = {name: _map(each, change) for name, each in part.items()}
        else:
            copied[key] = part if key in _DATA else _map(part, change)
    return change(copied)
