"""One schema for calls and a plain answer."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from workbench.core.errors import CapabilityError, InputError
from workbench.serving.call import Tool
from workbench.serving.tools.schema import MOST_CALLS, answer_schema

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER, PING = Tool("weather", "d", CITY), Tool("ping")
CALL = {"tool": "weather", "arguments": {"city": "Oslo"}}
PINGED = {"tool": "ping", "arguments": {}}


def allowed(value: Any, **wishes: Any) -> bool:
    schema = answer_schema((WEATHER, PING), **{"choice": "auto", "parallel": True, **wishes})
    return bool(jsonschema.Draft202012Validator(schema).is_valid(value))


@pytest.mark.parametrize(
    ("value", "choices"),
    [
        ({"answer": "x"}, {"auto"}),
        (CALL, {"auto", "required", "weather"}),
        (PINGED, {"auto", "required"}),
        ([CALL, PINGED], {"auto", "required"}),
        ([CALL, CALL], {"auto", "required", "weather"}),
        ([CALL] * (MOST_CALLS + 1), set()),
        ([CALL], set()),
        ({"tool": "weather", "arguments": {}}, set()),
        ({"tool": "weather", "arguments": {"city": "Oslo", "more": 1}}, set()),
        ({"tool": "ping", "arguments": {"x": 1}}, set()),
        ({"tool": "other", "arguments": {}}, set()),
        ("x", set()),
    ],
)
def test_what_a_choice_allows(value: Any, choices: set[str]) -> None:
    assert {each for each in ("auto", "required", "weather") if allowed(value, choice=each)} == (
        choices
    )


def test_one_at_a_time_knows_no_list() -> None:
    assert not allowed([CALL, CALL], parallel=False)
    assert allowed(CALL, parallel=False)


def test_a_plain_answer_keeps_to_its_own_schema() -> None:
    wanted = {"type": "object", "properties": {"n": {"$ref": "#/$defs/n"}}, "required": ["n"],
              "$defs": {"n": {"type": "integer"}}}  # fmt: skip
    assert allowed({"answer": {"n": 1}}, answer=wanted)
    assert not allowed({"answer": {"n": "a"}}, answer=wanted)
    assert not allowed({"answer": "x"}, answer=wanted)


REFERRING = [
    {"type": "object", "properties": {"a": {"$ref": "#/$defs/a"}}, "required": ["a"],
     "$defs": {"a": {"type": "integer"}}},
    {"type": "object", "properties": {"a": {"$ref": "#/definitions/a"}}, "required": ["a"],
     "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"type": "integer"}}},
    {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"$ref": "#/properties/a"}},
     "required": ["a"]},
    {"type": "object", "properties": {"a": {"type": "integer"}, "child": {"$ref": "#"}},
     "required": ["a"], "$id": "https://x.test/a", "$schema": "https://x.test/s"},
]  # fmt: skip


@pytest.mark.parametrize("schema", REFERRING, ids=["defs", "definitions", "properties", "root"])
def test_what_a_schema_refers_to_in_itself_moves_with_it(schema: dict[str, Any]) -> None:
    tools = (Tool("x", "", REFERRING[0]), Tool("f", "", schema))
    whole = answer_schema(tools, choice="f", parallel=False)
    validator = jsonschema.Draft202012Validator(whole)
    assert validator.is_valid({"tool": "f", "arguments": {"a": 1}})
    assert not validator.is_valid({"tool": "f", "arguments": {"a": "x"}})


def test_data_and_names_in_a_schema_are_left_alone() -> None:
    schema = {
        "type": "object",
        "properties": {"$ref": {"const": {"$ref": "#/x"}}, "properties": {"type": "integer"},
                       "id": {"type": "integer"}},
        "required": ["$ref", "properties", "id"],
    }  # fmt: skip
    whole = answer_schema((Tool("f", "", schema),), choice="f", parallel=False)
    right = {"$ref": {"$ref": "#/x"}, "properties": 1, "id": 2}
    assert jsonschema.Draft202012Validator(whole).is_valid({"tool": "f", "arguments": right})
    assert schema["properties"]["id"] == {"type": "integer"}  # type: ignore[index]


def test_objects_that_two_schemas_describe_stay_open() -> None:
    both = {"allOf": [{"properties": {"a": {"type": "integer"}}},
                      {"properties": {"b": {"type": "integer"}}}]}  # fmt: skip
    whole = answer_schema((Tool("f", "", both),), choice="f", parallel=False)
    validator = jsonschema.Draft202012Validator(whole)
    assert validator.is_valid({"tool": "f", "arguments": {"a": 1, "b": 2}})


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "object", "properties": {"a": {"not": {}}}}, "not"),
        ({"type": "object", "propertyNames": {"pattern": "a"}}, "propertyNames"),
        ({"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}},
         "uniqueItems"),
        ({"if": {}, "then": {}}, "if"),
        ({"type": "object", "properties": {"a": {"format": "zip", "type": "string"}}}, "zip"),
        ({"type": "object", "properties": []}, "properties"),
        ({"type": "array"}, "'array'; they must be an object"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}, "none"),
    ],
)  # fmt: skip
def test_a_schema_that_cannot_be_enforced_is_told_by_its_keyword(
    schema: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=r"tool 'broken'") as caught:
        answer_schema((PING, Tool("broken", "", schema)), choice="auto", parallel=True)
    assert said in str(caught.value)


def test_another_document_is_not_fetched() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "https://x.test/a.json"}}}
    with pytest.raises((CapabilityError, InputError), match=r"x\.test"):
        answer_schema((Tool("f", "", schema),), choice="auto", parallel=True)
    with pytest.raises(CapabilityError, match="another document"):
        answer_schema((PING,), choice="auto", parallel=True, answer={"$ref": "other.json"})


def test_the_schema_is_plain_json() -> None:
    assert json.loads(json.dumps(answer_schema((WEATHER,), choice="auto", parallel=True)))
