"""Each field of each request does what the reference says of it: something, nothing, or an error.

A field that the tables forget, or that they put among the wrong ones, fails here.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import msgspec
import pytest

from workbench.core.errors import CapabilityError, InputError, WorkbenchError
from workbench.serving.call import Call
from workbench.serving.dialects import (
    anthropic_count,
    anthropic_messages,
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_responses,
)
from workbench.serving.openapi_routes import ROUTES, Described

DIALECTS: dict[str, Any] = {
    module.PATH: module
    for module in (
        openai_chat, openai_completions, openai_responses, openai_embeddings, anthropic_messages,
        anthropic_count,
    )
}  # fmt: skip
DESCRIBED = {route.path: route for route in ROUTES if route.path in DIALECTS}
HELLO = [{"role": "user", "content": "Hello"}]
FUNCTION = {"name": "f", "parameters": {}}
SCHEMA = {"type": "json_schema", "schema": {"type": "object"}}
LEAST: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": "m", "messages": HELLO},
    "/v1/completions": {"model": "m", "prompt": "a"},
    "/v1/responses": {"model": "m", "input": "a"},
    "/v1/embeddings": {"model": "m", "input": "a"},
    "/v1/messages": {"model": "m", "messages": HELLO, "max_tokens": 9},
    "/v1/messages/count_tokens": {"model": "m", "messages": HELLO},
}
# A value of each field that asks for something. What a field needs beside it stands in NEEDS.
VALUES: dict[str, Any] = {
    "access_programs": ["a"], "audio": {"voice": "a"}, "background": True,
    "background_options": {"a": 1}, "best_of": 3, "cache_control": {"type": "ephemeral"},
    "container": "c", "context_management": {"a": 1}, "conversation": "c", "diagnostics": {"a": 1},
    "dimensions": 2, "echo": True, "encoding_format": "base64", "frequency_penalty": 0.5,
    "function_call": {"name": "f"}, "functions": [FUNCTION], "image": {"a": 1},
    "include": ["message.output_text.logprobs"], "inference_geo": "eu", "input": "b",
    "instructions": "i", "logit_bias": {"1": 1}, "logprobs": True, "max_completion_tokens": 3,
    "max_output_tokens": 3, "max_tokens": 3, "max_tool_calls": 2, "mcp_servers": [{"a": 1}],
    "messages": [{"role": "user", "content": "Ho"}], "metadata": {"a": "b"}, "min_p": 0.1,
    "modalities": ["audio"], "model": "other", "moderation": {"a": 1}, "n": 2,
    "output_config": {"format": SCHEMA}, "parallel_tool_calls": False, "prediction": {"a": 1},
    "presence_penalty": 0.5, "previous_response_id": "r", "prompt": "b", "prompt_cache_key": "k",
    "prompt_cache_options": {"a": 1}, "prompt_cache_retention": "24h",
    "reasoning": {"effort": "high"}, "reasoning_effort": "high", "repeat_penalty": 1.1,
    "response_format": {"type": "json_object"}, "safety_identifier": "s", "seed": 1,
    "service_tier": "auto", "speed": "fast", "stop": "x", "stop_sequences": ["x"], "store": True,
    "stream": True, "stream_options": {"include_usage": True}, "suffix": "s", "system": "s",
    "temperature": 0.5, "text": {"format": {"type": "json_object"}},
    "thinking": {"type": "enabled"}, "tool_choice": "required",
    "tools": [{"type": "function", "function": FUNCTION}], "top_k": 3,
    "top_logprobs": 2, "top_p": 0.5, "truncation": "auto", "user": "u", "user_profile_id": "u",
    "verbosity": "low", "web_search_options": {}, "workbench": {"priority": 1}, "workspace_id": "w",
}  # fmt: skip
OTHER: dict[tuple[str, str], Any] = {
    ("/v1/chat/completions", "web_search_options"): {"search_context_size": "low"},
    ("/v1/completions", "logprobs"): 2,
    ("/v1/responses", "stream_options"): {"include_obfuscation": False},
    ("/v1/responses", "prompt"): {"id": "p"},
    ("/v1/responses", "tools"): [{"type": "function", **FUNCTION}],
    **{(path, "tools"): [{"name": "f", "input_schema": {}}] for path in DIALECTS if "mess" in path},
    **{(path, "tool_choice"): {"type": "any"} for path in DIALECTS if "mess" in path},
}
NEEDS = {
    "tool_choice": ["tools"], "top_logprobs": ["logprobs", "include"], "stream_options": ["stream"],
}  # fmt: skip
CASES = [
    (path, field.name)
    for path, route in DESCRIBED.items()
    if route.request is not None
    for field in msgspec.structs.fields(route.request)
]


def parse(path: str, fields: dict[str, Any]) -> Call:
    body = json.dumps({**LEAST[path], **fields}).encode()
    call: Call = DIALECTS[path].parse(body, request_id="r", headers={})
    return call


def value_of(path: str, name: str) -> Any:
    return OTHER.get((path, name), VALUES[name])


def use_of(path: str, name: str) -> str:
    """What a field is found to do."""
    known = {field.name for field in msgspec.structs.fields(DESCRIBED[path].request)}  # type: ignore[arg-type]
    beside = {each: value_of(path, each) for each in NEEDS.get(name, []) if each in known}
    without = parse(path, beside)
    try:
        found = parse(path, {**beside, name: value_of(path, name)})
    except CapabilityError as error:
        assert error.context["parameter"] == name
        return "refused"
    if name in ("dimensions", "encoding_format", "echo"):
        return "honoured" if found != without else "no effect"
    # What a response merely repeats of its request is no effect.
    changed = dataclasses.replace(found, form={}) != dataclasses.replace(without, form={})
    return "honoured" if changed else "no effect"


def told_of(route: Described, name: str) -> str:
    """What the tables say of it."""
    if name in route.refused:
        return "refused"
    return "no effect" if name in route.no_effect else "honoured"


@pytest.mark.parametrize(("path", "name"), CASES)
def test_a_field_does_what_is_told_of_it(path: str, name: str) -> None:
    assert use_of(path, name) == told_of(DESCRIBED[path], name)


@pytest.mark.parametrize("path", DIALECTS)
def test_the_tables_name_no_field_that_there_is_not(path: str) -> None:
    route = DESCRIBED[path]
    known = {field.name for field in msgspec.structs.fields(route.request)}  # type: ignore[arg-type]
    assert set(route.refused) <= known
    assert set(route.no_effect) <= known
    assert not set(route.refused) & set(route.no_effect)


@pytest.mark.parametrize("path", DIALECTS)
def test_null_asks_for_nothing(path: str) -> None:
    fields = msgspec.structs.fields(DESCRIBED[path].request)  # type: ignore[arg-type]
    nothing = {field.name: None for field in fields if not field.required}
    assert parse(path, nothing) == parse(path, {})


def test_a_table_that_is_wrong_is_seen() -> None:
    route = dataclasses.replace(DESCRIBED["/v1/chat/completions"], no_effect={"seed": "why"})
    assert use_of(route.path, "seed") != told_of(route, "seed")
    assert use_of(route.path, "user") != told_of(route, "user")
    with pytest.raises(WorkbenchError):
        parse(route.path, {"never": 1})


@pytest.mark.parametrize("levels", [70, 600, 5000])
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v1/chat/completions", lambda deep: {"tools": [{"type": "function", "function": {
            "name": "f", "parameters": deep}}]}),
        ("/v1/chat/completions", lambda deep: {"response_format": {
            "type": "json_schema", "json_schema": {"name": "s", "schema": deep}}}),
        ("/v1/chat/completions", lambda deep: {"logit_bias": deep}),
        ("/v1/responses", lambda deep: {"metadata": deep}),
        ("/v1/responses", lambda deep: {"text": {"format": {
            "type": "json_schema", "name": "s", "schema": deep}}}),
        ("/v1/messages", lambda deep: {"tools": [{"name": "f", "input_schema": deep}]}),
        ("/v1/messages", lambda deep: {"output_config": {"format": {
            "type": "json_schema", "schema": deep}}}),
        ("/v1/messages", lambda deep: {"messages": [{"role": "assistant", "content": [
            {"type": "tool_use", "id": "a", "name": "f", "input": deep}]}]}),
    ],
)  # fmt: skip
def test_what_is_nested_too_deeply_is_refused(path: str, fields: Any, levels: int) -> None:
    body = msgspec.json.encode(LEAST[path])[:-1] + b","
    hole = json.dumps(fields("HOLE"))[1:]
    deep = '{"properties":' * levels + "{}" + "}" * levels
    body += hole.replace('"HOLE"', deep).encode()
    with pytest.raises((CapabilityError, InputError)) as caught:
        DIALECTS[path].parse(body, request_id="r", headers={})
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("body", "path", "allowed"),
    [
        ({"messages": [{"role": "robot", "content": "a"}]}, "messages[0].role", '"assistant", "de'),
        ({"messages": HELLO, "workbench": {"cache": "maybe"}}, "workbench.cache", '"exact", "off"'),
        (
            {"messages": HELLO, "response_format": {"type": "yaml"}},
            "response_format.type",
            '"json_object", "json_schema", "text"',
        ),
    ],
)
def test_a_field_of_few_values_says_which(body: dict[str, Any], path: str, allowed: str) -> None:
    content = json.dumps({"model": "m", **body}).encode()
    with pytest.raises(InputError) as caught:
        openai_chat.parse(content, request_id="r", headers={})
    assert caught.value.context["parameter"] == path
    assert allowed in caught.value.hint
