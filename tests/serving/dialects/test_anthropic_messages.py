"""Anthropic's messages and count of tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import anthropic.types as theirs
import pytest

from workbench.core.errors import AccessError, CapabilityError, EngineError, InputError
from workbench.serving.call import Call, Facts, Piece, Tool, ToolCall, Usage
from workbench.serving.dialects import anthropic_count, anthropic_messages

HELLO = {"role": "user", "content": "Hello"}
TOOL = {"name": "f", "description": "d", "input_schema": {"type": "object"}}


def parse(dialect: Any = anthropic_messages, **fields: Any) -> Call:
    least = {"model": "m", "messages": [HELLO]}
    limit = {} if dialect is anthropic_count else {"max_tokens": 9}
    body = json.dumps({**least, **limit, **fields}).encode()
    call: Call = dialect.parse(body, request_id="r1", headers={})
    return call


def test_a_plain_request() -> None:
    assert parse() == Call("r1", "chat", "m", messages=(HELLO,), sampling={"max_tokens": 9})


def test_each_field_that_is_honoured() -> None:
    call = parse(
        system=[{"type": "text", "text": "a"}, {"type": "text", "text": "b", "cache_control": {}}],
        temperature=0.5, top_p=0.9, top_k=3, stop_sequences=["x"], stream=True, tools=[TOOL],
        tool_choice={"type": "any", "disable_parallel_tool_use": True},
        output_config={"format": {"type": "json_schema", "schema": {"a": 1}}},
    )  # fmt: skip
    assert call.messages[0] == {"role": "system", "content": "a\nb"}
    assert call.sampling == {
        "max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "top_k": 3, "stop": ("x",),
        "json_schema": {"a": 1},
    }  # fmt: skip
    assert call.tools == (Tool("f", "d", {"type": "object"}),)
    assert (call.tool_choice, call.parallel_tool_calls, call.stream) == ("required", False, True)


@pytest.mark.parametrize(
    ("choice", "named"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "f"}, "f"),
    ],
)
def test_tool_choices(choice: dict[str, Any], named: str) -> None:
    assert parse(tools=[TOOL], tool_choice=choice).tool_choice == named


def test_calls_and_results_of_earlier_turns() -> None:
    use = {"type": "tool_use", "id": "c", "name": "f", "input": {"x": 1}}
    texts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    result = {"type": "tool_result", "tool_use_id": "c", "is_error": True, "content": texts}
    text = {"type": "text", "text": "so?"}
    thought = {"type": "thinking", "thinking": "hm", "signature": "s"}
    call = parse(
        messages=[HELLO, {"role": "assistant", "content": [thought, text, use]},
                  {"role": "user", "content": [result, text]}]
    )  # fmt: skip
    function = {"name": "f", "arguments": '{"x":1}'}
    assert list(call.messages[1:]) == [
        {"role": "assistant", "content": "so?",
         "tool_calls": [{"id": "c", "type": "function", "function": function}]},
        {"role": "tool", "content": "a\nb", "tool_call_id": "c", "is_error": True},
        {"role": "user", "content": "so?"},
    ]  # fmt: skip


def test_an_answer_that_is_begun_is_gone_on_with() -> None:
    call = parse(messages=[HELLO, {"role": "assistant", "content": "It is"}])
    assert call.options == {"answer_begun": True}


IMAGE = {"type": "image", "source": {}}


@pytest.mark.parametrize(
    ("fields", "kind", "said"),
    [
        ({"max_tokens": None}, InputError, "max_tokens is null; it must be a whole number"),
        ({"messages": []}, InputError, "a list of at least 1 item"),
        (
            {"temperature": 1.5},
            InputError,
            "temperature is 1.5; it must be a number, at least 0 and",
        ),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, CapabilityError, "'image'"),
        ({"messages": [{"role": "system", "content": "a"}]}, InputError, "role is"),
        ({"thinking": {"type": "enabled"}}, CapabilityError, "think apart"),
        ({"tools": [{"name": "w", "type": "web_search_20250305"}]}, CapabilityError, "own servers"),
        ({"tools": [{"name": "f"}]}, InputError, "input_schema is missing"),
        ({"tools": [TOOL, TOOL]}, InputError, "two tools are named 'f'"),
        ({"tools": [{**TOOL, "name": "f g"}]}, InputError, "a name has"),
        ({"tools": [TOOL], "tool_choice": {"type": "tool", "name": "g"}}, InputError, "'g'"),
        ({"output_config": {"effort": "high"}}, CapabilityError, "output_config.effort"),
        ({"frequency_penalty": 1}, InputError, "no field 'frequency_penalty'"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        parse(**fields)
    assert parse(thinking={"type": "disabled"}) == parse()


def test_a_use_in_the_wrong_mouth_is_refused() -> None:
    use = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
    with pytest.raises(InputError, match=r"messages\[0\].content\[0\] .* not for the user"):
        parse(messages=[{"role": "user", "content": [use]}])


def test_a_whole_answer() -> None:
    pieces = [Piece("Hi"), Piece(tool_calls=(ToolCall("c", "f", '{"x": 1}'),)),
              Piece(finish_reason="tool_calls", usage=Usage(5, 4, 2))]  # fmt: skip
    told = anthropic_messages.render(parse(), pieces, Facts(served_by="m2"), created_s=0)
    answer = theirs.Message.model_validate_json(told)
    assert (answer.id, answer.model, answer.stop_reason) == ("msg_r1", "m2", "tool_use")
    assert answer.usage.input_tokens == 3
    assert (answer.usage.cache_read_input_tokens, answer.usage.output_tokens) == (2, 4)
    text, use = answer.content
    assert isinstance(text, theirs.TextBlock)
    assert isinstance(use, theirs.ToolUseBlock)
    assert (text.text, use.id, use.input) == ("Hi", "c", {"x": 1})


def test_the_stop_sequence_that_ended_an_answer_is_told(read_stream: Callable[..., Any]) -> None:
    pieces = [Piece("Hi", finish_reason="stop", stop_text="END", usage=Usage(1, 1))]
    answer = json.loads(anthropic_messages.render(parse(), pieces, Facts(), created_s=0))
    assert (answer["stop_reason"], answer["stop_sequence"]) == ("stop_sequence", "END")
    delta = read_stream(anthropic_messages, parse(stream=True), pieces)[-2][1]["delta"]
    assert delta == {"stop_reason": "stop_sequence", "stop_sequence": "END"}


def test_a_call_that_was_cut_short_is_none() -> None:
    pieces = [Piece(tool_calls=(ToolCall("c", "f", '{"x"'),), finish_reason="length")]
    answer = json.loads(anthropic_messages.render(parse(), pieces, Facts(), created_s=0))
    assert (answer["content"], answer["stop_reason"]) == ([], "max_tokens")


def test_a_stream(read_stream: Callable[..., Any]) -> None:
    pieces = [Piece("H"), Piece("i"), Piece(tool_calls=(ToolCall("c", "f", ""),)),
              Piece(tool_calls=(ToolCall("c", "", '{"x":'),)),
              Piece(tool_calls=(ToolCall("c", "", " 1}"), ToolCall("d", "g", "{}"))),
              Piece(finish_reason="tool_calls", usage=Usage(5, 4, 2))]  # fmt: skip
    events = read_stream(anthropic_messages, parse(stream=True), pieces)
    assert all(name == data["type"] for name, data in events)
    assert [name for name, _ in events] == [
        "message_start", "ping",
        "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
        "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
        "content_block_start", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
    ]  # fmt: skip
    assert events[0][1]["message"]["usage"]["input_tokens"] == 3
    assert [data["index"] for name, data in events if name == "content_block_start"] == [0, 1, 2]
    json_deltas = [
        data["delta"]["partial_json"]
        for _, data in events
        if data.get("delta", {}).get("type") == "input_json_delta"
    ]
    assert json_deltas == ['{"x":', " 1}", "{}"]
    delta = events[-2][1]
    assert delta["delta"]["stop_reason"] == "tool_use"
    assert delta["usage"]["output_tokens"] == 4


def test_an_empty_stream_still_has_a_block(read_stream: Callable[..., Any]) -> None:
    events = read_stream(anthropic_messages, parse(stream=True), [Piece(finish_reason="stop")])
    assert [name for name, _ in events] == [
        "message_start", "ping", "content_block_start", "content_block_stop", "message_delta",
        "message_stop",
    ]  # fmt: skip


def test_a_stream_that_breaks(read_stream: Callable[..., Any]) -> None:
    pieces = [Piece("a"), EngineError("it stopped", hint="again")]
    name, data = read_stream(anthropic_messages, parse(stream=True), pieces)[-1]
    assert (name, data) == (
        "error",
        {"type": "error", "request_id": "r1",
         "error": {"type": "api_error", "message": "it stopped (hint: again)"}},
    )  # fmt: skip


def test_errors_in_their_shape() -> None:
    error = AccessError("no such key", reason="unknown")
    status, headers, body = anthropic_messages.render_error(error, request_id="r1")
    assert (status, headers["request-id"]) == (401, "r1")
    assert json.loads(body)["error"]["type"] == "authentication_error"


def test_counting_takes_the_same_chat() -> None:
    call = parse(anthropic_count, tools=[TOOL], system="s")
    assert (call.tools[0].name, call.messages[0]["role"], call.sampling) == ("f", "system", {})
    assert json.loads(anthropic_count.render_count(7)) == {"input_tokens": 7}
    with pytest.raises(InputError, match="no field 'max_tokens'"):
        parse(anthropic_count, max_tokens=4)
