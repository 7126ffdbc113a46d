"""OpenAI's chat: what is read from a request, and what is written of an answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from workbench.core.errors import CapabilityError, EngineError, InputError
from workbench.models.protocol import TokenLogprob
from workbench.models.virtual import Citation
from workbench.serving.call import Call, Facts, Piece, ToolCall, Usage
from workbench.serving.dialects import openai_chat
from workbench.serving.dialects.openai_answers import ChatAnswer
from workbench.serving.dialects.openai_stream import ChatChunk

HELLO = {"role": "user", "content": "Hello"}


def parse(headers: dict[str, str] | None = None, **fields: Any) -> Call:
    body = {"model": "m", "messages": [HELLO], **fields}
    return openai_chat.parse(json.dumps(body).encode(), request_id="r1", headers=headers or {})


def stream(call: Call, pieces: Iterable[Piece | Exception]) -> list[bytes]:
    """The events of a stream, without what stands around their data."""

    async def come() -> AsyncIterator[Piece]:
        for piece in pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def read() -> bytes:
        chunks = openai_chat.render_stream(call, come(), Facts(served_by="m2"), created_s=7)
        return b"".join([chunk async for chunk in chunks])

    events = asyncio.run(read()).decode().split("\n\n")
    assert events.pop() == ""
    assert all(event.startswith("data: ") for event in events)
    return [event.removeprefix("data: ").encode() for event in events]


def test_a_plain_request() -> None:
    call = parse()
    assert call == Call("r1", "chat", "m", messages=(HELLO,))


def test_each_field_that_is_honoured() -> None:
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    call = parse(
        temperature=0.5, top_p=0.9, top_k=3, min_p=0.1, repeat_penalty=1.1, seed=-1, stop="END",
        max_tokens=7, logprobs=True, top_logprobs=2, n=2, stream=True,
        stream_options={"include_usage": True}, tools=[tool], tool_choice="required",
        parallel_tool_calls=False, workbench={"priority": 3},
        response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": {"a": 1}}},
    )  # fmt: skip
    assert call.sampling == {
        "temperature": 0.5, "top_p": 0.9, "top_k": 3, "min_p": 0.1, "repeat_penalty": 1.1,
        "seed": 2**32 - 1, "stop": ("END",), "max_tokens": 7, "logprobs": 2,
        "json_schema": {"a": 1},
    }  # fmt: skip
    assert (call.n, call.stream, call.include_usage) == (2, True, True)
    assert (call.tools[0].name, call.tool_choice, call.parallel_tool_calls) == (
        "f", "required", False,
    )  # fmt: skip
    assert call.options == {"priority": 3}
    assert parse(max_completion_tokens=5, max_tokens=7).sampling["max_tokens"] == 5
    assert parse(response_format={"type": "json_object"}).sampling["json_schema"] == {
        "type": "object"
    }


def test_roles_parts_and_earlier_calls() -> None:
    called = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    call = parse(
        messages=[
            {"role": "developer", "content": [{"type": "text", "text": "a"},
                                              {"type": "text", "text": "b"}]},
            {"role": "assistant", "content": None, "tool_calls": [called], "refusal": None},
            {"role": "tool", "tool_call_id": "c", "content": "4"},
        ]
    )  # fmt: skip
    assert list(call.messages) == [
        {"role": "system", "content": "a\nb"},
        {"role": "assistant", "content": "", "tool_calls": [called]},
        {"role": "tool", "content": "4", "tool_call_id": "c"},
    ]


def test_options_in_headers_give_way_to_the_body() -> None:
    headers = {"x-workbench-priority": "5", "x-workbench-strict-routing": "true", "host": "a"}
    assert parse(headers).options == {"priority": 5, "strict_routing": True}
    assert parse(headers, workbench={"priority": -1}).options["priority"] == -1
    with pytest.raises(InputError, match="header x-workbench-priority"):
        parse({"x-workbench-priority": "high"})


IMAGE = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "a"}}]}


@pytest.mark.parametrize(
    ("fields", "kind", "message", "parameter"),
    [
        ({"temperature": 3}, InputError,
         "temperature is 3; it must be a number, at least 0 and at most 2, or null", "temperature"),
        ({"temprature": 1}, InputError, "no field 'temprature'", "temprature"),
        ({"messages": []}, InputError, "it must be a list of at least 1 item", "messages"),
        ({"messages": [{"role": "user"}]}, InputError, "messages[0] has no content",
         "messages[0].content"),
        ({"messages": [HELLO, {"role": "bot", "content": ""}]}, InputError,
         'messages[1].role is "bot", which is not allowed', "messages[1].role"),
        ({"messages": [{**HELLO, "x": 1}]}, InputError, "no field 'messages[0].x'",
         "messages[0].x"),
        ({"messages": [IMAGE]}, CapabilityError, "'image_url'; the models here read text only",
         "messages[0].content[0]"),
        ({"messages": [{"role": "tool", "content": "4"}]}, InputError, "no tool_call_id",
         "messages[0].tool_call_id"),
        ({"model": None}, InputError, "model is null; it must be text", "model"),
        ({"n": 0}, InputError,
         "n is 0; it must be a whole number, at least 1 and at most 128", "n"),
        ({"stop": ["a", ""]}, InputError, "stop has an empty text", "stop"),
        ({"stop": ["a"] * 65}, InputError, "stop has 65 texts; allowed are 64", "stop"),
        ({"presence_penalty": 0.5}, CapabilityError, "presence_penalty is 0.5", "presence_penalty"),
        ({"logit_bias": {"5": 3}}, CapabilityError, "logit_bias", "logit_bias"),
        ({"functions": [{"name": "f"}]}, CapabilityError, "functions", "functions"),
        ({"top_logprobs": 2}, InputError, "logprobs is not true", "logprobs"),
        ({"stream_options": {"include_usage": True}}, InputError, "stream is not true",
         "stream_options"),
        ({"tool_choice": "required"}, InputError, "there are none", "tools"),
        ({"response_format": {"type": "yaml"}}, InputError, 'response_format.type is "yaml"',
         "response_format.type"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "s"}}}, InputError,
         "schema is missing", "response_format.json_schema.schema"),
        ({"workbench": {"prority": 1}}, InputError, "no field 'workbench.prority'",
         "workbench.prority"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_what_was_found(
    fields: dict[str, Any], kind: type[Exception], message: str, parameter: str
) -> None:
    with pytest.raises(kind) as caught:
        parse(**fields)
    assert message in str(caught.value)
    assert caught.value.context["parameter"] == parameter  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b'{"model": "\xff"}', b"[" * 100_000])
def test_a_body_that_is_no_request(body: bytes) -> None:
    with pytest.raises(InputError):
        openai_chat.parse(body, request_id="r", headers={})


def test_a_neutral_value_of_a_refused_field_is_no_wish() -> None:
    assert parse(presence_penalty=0, logit_bias={}, modalities=["text"], functions=[]) == parse()


def test_a_whole_answer() -> None:
    call = parse(logprobs=True, n=2)
    logprob = TokenLogprob(5, "Hi", -0.5, (("Hi", -0.5), ("\ufffd", float("-inf"))))
    pieces = [
        Piece("Hi", logprobs=(logprob,)),
        Piece("Ho", index=1),
        Piece(" you", finish_reason="length"),
        Piece("", index=1, finish_reason="stop", usage=Usage(3, 4, 2)),
    ]
    answer = json.loads(openai_chat.render(call, pieces, Facts(), created_s=7))
    msgspec.convert(answer, ChatAnswer)
    assert (answer["id"], answer["model"], answer["created"]) == ("chatcmpl-r1", "m", 7)
    assert [choice["message"]["content"] for choice in answer["choices"]] == ["Hi you", "Ho"]
    assert [choice["finish_reason"] for choice in answer["choices"]] == ["length", "stop"]
    assert "tool_calls" not in answer["choices"][0]["message"]
    assert answer["usage"] == {
        "prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 2},
    }  # fmt: skip
    token = answer["choices"][0]["logprobs"]["content"][0]
    assert (token["token"], token["bytes"]) == ("Hi", [72, 105])
    assert token["top_logprobs"][1] == {"token": "\ufffd", "logprob": -9999.0, "bytes": None}


CITED = Piece(
    "It is so. [1]", finish_reason="stop", usage=Usage(1, 1), abstained=False,
    citations=(Citation(10, 13, "old notes/a.md", 5, 40),),
)  # fmt: skip


def test_sources_and_abstention_are_told_in_fields() -> None:
    told = openai_chat.render(parse(), [CITED], Facts(), created_s=0)
    answer = ChatCompletion.model_validate_json(told)
    message = answer.choices[0].message
    assert message.annotations is not None and message.content is not None
    (cited,) = message.annotations
    marked = cited.url_citation
    assert message.content[marked.start_index : marked.end_index] == "[1]"
    assert (marked.title, marked.url) == ("old notes/a.md", "old%20notes/a.md#char=5,40")
    assert marked.model_extra == {"start": 5, "end": 40}
    assert answer.model_extra == {"workbench": {"abstained": False}}
    parse(messages=[HELLO, json.loads(told)["choices"][0]["message"], HELLO])  # may be sent back
    plain = openai_chat.render(parse(), [Piece("a", finish_reason="stop")], Facts(), created_s=0)
    assert "workbench" not in json.loads(plain)


def test_sources_and_abstention_are_streamed() -> None:
    events = [json.loads(each) for each in stream(parse(stream=True), [CITED])[:-1]]
    deltas = [each["choices"][0]["delta"] for each in events]
    assert [each["url_citation"]["start"] for each in deltas[2]["annotations"]] == [5]
    assert [each.get("workbench") for each in events] == [None, None, None, {"abstained": False}]
    for each in events:
        ChatCompletionChunk.model_validate(each)


def test_calls_that_came_in_parts_are_put_together() -> None:
    parts = [ToolCall("a", "f", ""), ToolCall("a", "", '{"x"'), ToolCall("b", "g", "{}"),
             ToolCall("a", "", ": 1}")]  # fmt: skip
    pieces = [Piece(tool_calls=(part,)) for part in parts]
    pieces.append(Piece(finish_reason="tool_calls", usage=Usage(1, 1)))
    answer = json.loads(openai_chat.render(parse(), pieces, Facts(), created_s=0))
    message = answer["choices"][0]["message"]
    assert message["content"] is None
    assert [(call["id"], call["function"]) for call in message["tool_calls"]] == [
        ("a", {"name": "f", "arguments": '{"x": 1}'}),
        ("b", {"name": "g", "arguments": "{}"}),
    ]


def test_a_stream() -> None:
    call = parse(stream=True, stream_options={"include_usage": True})
    pieces = [Piece('a"'), Piece("b", finish_reason="stop"), Piece(usage=Usage(3, 2))]
    *events, usage, done = stream(call, pieces)
    chunks = [msgspec.json.decode(event, type=ChatChunk) for event in events]
    for event in events:
        keys = {"id", "object", "created", "model", "choices", "usage"}
        assert set(json.loads(event)) == keys
    assert {(chunk.id, chunk.model, chunk.created) for chunk in chunks} == {
        ("chatcmpl-r1", "m2", 7)
    }
    deltas = [msgspec.to_builtins(chunk.choices[0].delta) for chunk in chunks]
    assert deltas == [
        {"role": "assistant", "content": ""}, {"content": 'a"'}, {"content": "b"}, {},
    ]  # fmt: skip
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, None, "stop"]
    assert json.loads(usage)["choices"] == []
    assert json.loads(usage)["usage"]["total_tokens"] == 5
    assert done == b"[DONE]"


def test_a_stream_without_usage_has_none() -> None:
    events = stream(parse(stream=True), [Piece("a", finish_reason="stop", usage=Usage(1, 1))])
    assert not any(b"usage" in event for event in events)


def test_a_streams_calls_name_first() -> None:
    parts = [ToolCall("a", "f", ""), ToolCall("a", "", "{}"), ToolCall("b", "g", '{"x": 1}')]
    pieces = [Piece(tool_calls=(part,)) for part in parts]
    events = stream(parse(stream=True), [*pieces, Piece(finish_reason="tool_calls")])
    deltas = [json.loads(event)["choices"][0]["delta"] for event in events[:-1]]
    assert deltas == [
        {"role": "assistant", "content": None},
        {"tool_calls": [{"index": 0, "id": "a", "type": "function",
                         "function": {"name": "f", "arguments": ""}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
        {"tool_calls": [{"index": 1, "id": "b", "type": "function",
                         "function": {"name": "g", "arguments": '{"x": 1}'}}]},
        {},
    ]  # fmt: skip


def test_a_stream_that_breaks_says_so_and_is_not_done() -> None:
    events = stream(parse(stream=True), [Piece("a"), EngineError("it stopped", hint="again")])
    assert json.loads(events[-1])["error"] == {
        "message": "it stopped (hint: again)", "type": "server_error", "param": None,
        "code": "internal_error",
    }  # fmt: skip
    assert b"[DONE]" not in events


def test_a_stranger_fault_in_a_stream_is_told_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    events = stream(parse(stream=True), [Piece("a"), KeyError("secret")])
    assert b"secret" not in events[-1]
    assert b"went wrong" in events[-1]
    assert "request r1 broke in mid-stream: KeyError" in caplog.text
    assert "secret" not in caplog.text


def test_an_error_before_the_first_piece_is_raised() -> None:
    with pytest.raises(EngineError):
        stream(parse(stream=True), [EngineError("it stopped")])


def test_closing_a_stream_closes_what_feeds_it() -> None:
    closed = []

    async def come() -> AsyncIterator[Piece]:
        try:
            while True:
                yield Piece("a")
        finally:
            closed.append(True)

    async def read() -> None:
        chunks = openai_chat.render_stream(parse(stream=True), come(), Facts(), created_s=0)
        await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]

    asyncio.run(read())
    assert closed == [True]
