"""OpenAI's responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from workbench.core.errors import CapabilityError, EngineError, InputError
from workbench.models.protocol import TokenLogprob
from workbench.models.virtual import Citation
from workbench.serving.call import Call, Facts, Piece, Tool, ToolCall, Usage
from workbench.serving.dialects import openai_responses

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}
LOGPROBS = "message.output_text.logprobs"


def parse(**fields: Any) -> Call:
    body = json.dumps({"model": "m", "input": "Hello", **fields}).encode()
    return openai_responses.parse(body, request_id="r1", headers={})


def test_what_is_read() -> None:
    call = parse(
        instructions="Be short.", max_output_tokens=5, temperature=0.5, top_p=0.9, tools=[TOOL],
        tool_choice={"type": "function", "name": "f"}, parallel_tool_calls=False,
        include=[LOGPROBS], top_logprobs=2, stream=True,
        text={"format": {"type": "json_schema", "name": "s", "schema": {"a": 1}}},
    )  # fmt: skip
    assert list(call.messages) == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Hello"},
    ]
    assert call.sampling == {
        "max_tokens": 5, "temperature": 0.5, "top_p": 0.9, "logprobs": 2, "json_schema": {"a": 1},
    }  # fmt: skip
    assert call.tools == (Tool("f", "", {"type": "object"}),)
    assert (call.tool_choice, call.parallel_tool_calls, call.stream) == ("f", False, True)


def test_items_of_earlier_turns() -> None:
    called = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "id": "fc"}
    call = parse(
        input=[
            {"role": "developer", "content": "d"},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]},
            {"type": "reasoning", "id": "rs", "summary": []},
            {"type": "message", "role": "assistant", "id": "m", "status": "completed",
             "content": [{"type": "output_text", "text": "b", "annotations": []}]},
            called, {**called, "call_id": "e"},
            {"type": "function_call_output", "call_id": "c", "output": "4"},
        ]
    )  # fmt: skip
    function = {"name": "f", "arguments": "{}"}
    calls = [{"id": name, "type": "function", "function": function} for name in ("c", "e")]
    assert list(call.messages) == [
        {"role": "system", "content": "d"},
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b", "tool_calls": calls},
        {"role": "tool", "content": "4", "tool_call_id": "c"},
    ]


@pytest.mark.parametrize(
    ("fields", "kind", "said"),
    [
        ({"previous_response_id": "resp_1"}, CapabilityError, "no prompt and no answer is kept"),
        ({"background": True}, CapabilityError, "background is true"),
        ({"reasoning": {"effort": "high"}}, CapabilityError, "do not reason apart"),
        ({"truncation": "auto"}, CapabilityError, "truncation"),
        ({"include": ["file_search_call.results"]}, CapabilityError, r"include\[0\]"),
        ({"top_logprobs": 2}, InputError, "include has no"),
        ({"tools": [{"type": "web_search"}]}, InputError, 'type is "web_search"'),
        ({"input": []}, InputError, "input has no message"),
        ({"input": [{"role": "user"}]}, InputError, r"input\[0\].content is missing"),
        ({"input": [{"content": "a"}]}, InputError, r"input\[0\].role is missing"),
        ({"input": [{"type": "item_reference", "id": "a"}]}, InputError, "item_reference"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, CapabilityError,
         "'input_image'; the models here read text only"),
        ({"input": [{"type": "function_call", "call_id": "c"}]}, InputError, "name is missing"),
        ({"text": {"format": {"type": "json_schema", "name": "s"}}}, InputError, "schema is mis"),
        ({"text": {"verbosity": "low"}}, CapabilityError, "text.verbosity"),
        ({"stop": "x"}, InputError, "no field 'stop'"),
    ],
)  # fmt: skip
def test_what_is_refused(fields: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        parse(**fields)
    assert parse(background=False, truncation="disabled", reasoning={}, include=[]) == parse()


def test_a_whole_answer_repeats_what_was_asked() -> None:
    call = parse(instructions="i", tools=[TOOL], temperature=0.5, metadata={"a": "b"})
    pieces = [Piece("Hi"), Piece(tool_calls=(ToolCall("c", "f", "{}"),)),
              Piece(finish_reason="tool_calls", usage=Usage(5, 4, 2))]  # fmt: skip
    told = openai_responses.render(call, pieces, Facts(served_by="m2"), created_s=7.5)
    answer = Response.model_validate_json(told)
    assert (answer.id, answer.model, answer.status) == ("resp_r1", "m2", "completed")
    assert (answer.instructions, answer.metadata, answer.temperature) == ("i", {"a": "b"}, 0.5)
    assert answer.tools[0].type == "function"
    assert (answer.output_text, answer.output[1].type) == ("Hi", "function_call")
    assert answer.usage is not None
    assert (answer.usage.total_tokens, answer.usage.input_tokens_details.cached_tokens) == (9, 2)


def test_an_answer_cut_short_is_incomplete() -> None:
    pieces = [Piece("Hi", finish_reason="length", usage=Usage(1, 1))]
    answer = json.loads(openai_responses.render(parse(), pieces, Facts(), created_s=0))
    assert (answer["status"], answer["incomplete_details"]) == (
        "incomplete", {"reason": "max_output_tokens"},
    )  # fmt: skip
    assert answer["output"][0]["status"] == "incomplete"


def checked(events: list[tuple[str, Any]]) -> list[str]:
    """The events' names, once each is what OpenAI's client takes it for, in unbroken order."""
    assert [data["sequence_number"] for _, data in events] == list(range(len(events)))
    for name, data in events:
        assert name == data["type"]
        assert type(EVENT.validate_python(data)).__name__ != "dict"
    return [name for name, _ in events]


def test_a_stream_of_text(read_stream: Callable[..., Any]) -> None:
    token = TokenLogprob(1, "H", -0.5)
    call = parse(stream=True, include=[LOGPROBS])
    pieces = [Piece("H", logprobs=(token,)), Piece('"i'), Piece(finish_reason="stop"),
              Piece(usage=Usage(5, 4))]  # fmt: skip
    events = read_stream(openai_responses, call, pieces)
    assert checked(events) == [
        "response.created", "response.in_progress", "response.output_item.added",
        "response.content_part.added", "response.output_text.delta", "response.output_text.delta",
        "response.output_text.done", "response.content_part.done", "response.output_item.done",
        "response.completed",
    ]  # fmt: skip
    assert events[4][1]["logprobs"][0]["token"] == "H"
    final = Response.model_validate(events[-1][1]["response"])
    assert (final.output_text, final.status) == ('H"i', "completed")
    assert final.usage is not None
    assert events[0][1]["response"]["status"] == "in_progress"
    assert events[0][1]["response"]["output"] == []


def test_sources_and_abstention_are_told_in_fields(read_stream: Callable[..., Any]) -> None:
    piece = Piece(
        "So. [1]", finish_reason="stop", usage=Usage(1, 1), abstained=False,
        citations=(Citation(4, 7, "a.md", 5, 40),),
    )  # fmt: skip
    whole = json.loads(openai_responses.render(parse(), [piece], Facts(), created_s=0))
    events = read_stream(openai_responses, parse(stream=True), [piece])
    added = "response.output_text.annotation.added"
    (given,) = [data["annotation"] for name, data in events if name == added]
    assert added in checked(events)
    for told in (whole, events[-1][1]["response"]):
        assert told["workbench"] == {"abstained": False}
        found = Response.model_validate(told).output[0].content[0].annotations[0]  # type: ignore[union-attr]
        assert (found.type, found.title, found.url) == ("url_citation", "a.md", "a.md#char=5,40")
        assert told["output"][0]["content"][0]["annotations"] == [given]


def test_a_stream_of_calls(read_stream: Callable[..., Any]) -> None:
    parts = [ToolCall("c", "f", ""), ToolCall("c", "", "{}"), ToolCall("d", "g", '{"x": 1}')]
    pieces = [Piece(tool_calls=(part,)) for part in parts]
    pieces.append(Piece(finish_reason="tool_calls", usage=Usage(5, 4)))
    events = read_stream(openai_responses, parse(stream=True), pieces)
    of_a_call = [
        "response.output_item.added", "response.function_call_arguments.delta",
        "response.function_call_arguments.done", "response.output_item.done",
    ]  # fmt: skip
    assert checked(events)[2:-1] == [*of_a_call, *of_a_call]
    assert [data["output_index"] for _, data in events[2:-1]] == [0] * 4 + [1] * 4
    output = events[-1][1]["response"]["output"]
    assert [(item["call_id"], item["arguments"]) for item in output] == [
        ("c", "{}"), ("d", '{"x": 1}'),
    ]  # fmt: skip


def test_a_stream_that_breaks(read_stream: Callable[..., Any]) -> None:
    pieces = [Piece("a"), EngineError("it stopped")]
    events = read_stream(openai_responses, parse(stream=True), pieces)
    assert checked(events)[-2:] == ["error", "response.failed"]
    assert events[-1][1]["response"]["error"]["message"] == "it stopped"


def test_a_stream_of_nothing_and_one_cut_short(read_stream: Callable[..., Any]) -> None:
    events = read_stream(openai_responses, parse(stream=True), [Piece(finish_reason="length")])
    assert checked(events)[-1] == "response.incomplete"
    assert events[-1][1]["response"]["output"][0]["content"][0]["text"] == ""
