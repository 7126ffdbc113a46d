"""Tools for a model whose template knows none, with the real model."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from workbench import models
from workbench.core import settings
from workbench.core.errors import CapabilityError, EngineError, InputError
from workbench.serving.call import Call, Piece, Tool, ToolCall, Usage
from workbench.serving.dialects.folding import Choice, fold
from workbench.serving.tools import ToolReader, compile_tools

ROWS = json.loads((Path(__file__).parent / "data" / "tool_schemas.json").read_text("utf-8"))
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = (Tool("weather", "Weather of a city", CITY), Tool("ping"))
ASKED: Mapping[str, Any] = {"role": "user", "content": "Weather in Oslo?"}


def chat(*messages: Mapping[str, Any], **fields: Any) -> Call:
    return Call("r", "chat", "m", messages=messages or (ASKED,), **fields)


@pytest.fixture(scope="module")
def smollm2(shared_home_path: Path) -> Iterator[models.Model]:
    with settings.override(home=shared_home_path):
        model = models.load("smollm2-135m", threads=1)
    with model:
        yield model


def ask(model: models.Model, call: Call) -> tuple[Choice, list[Piece]]:
    plain, reader = compile_tools(call), ToolReader(call)
    chunks = model.stream_chat(plain.messages, **plain.sampling)
    pieces = [
        piece
        for chunk in chunks
        for piece in reader.feed(Piece(chunk.text, finish_reason=chunk.finish_reason))
    ]
    return fold(pieces)[0][0], pieces


@pytest.mark.slow
@pytest.mark.model
def test_a_call_that_is_required_always_has_valid_arguments(smollm2: models.Model) -> None:
    assert len(ROWS) == 20
    faults = {}
    for row in ROWS:
        call = chat(
            {"role": "user", "content": row["say"]},
            tools=(Tool(row["name"], row["description"], row["parameters"]),),
            tool_choice="required",
            parallel_tool_calls=False,
            sampling={"temperature": 0, "max_tokens": 200},
        )
        choice, _ = ask(smollm2, call)
        if (choice.finish_reason, len(choice.tool_calls)) != ("tool_calls", 1):
            faults[row["name"]] = str(choice)
            continue
        assert choice.tool_calls[0].name == row["name"]
        found = jsonschema.Draft202012Validator(row["parameters"]).iter_errors(
            json.loads(choice.tool_calls[0].arguments)
        )
        if wrong := [error.message for error in found]:
            faults[row["name"]] = str(wrong)
    assert faults == {}


@pytest.mark.model
def test_without_its_schema_the_model_keeps_to_nothing(smollm2: models.Model) -> None:
    """It is the schema that does it, and no gift of the model's."""
    call = chat(tools=TOOLS, tool_choice="required", sampling={"temperature": 0, "max_tokens": 40})
    plain, reader = compile_tools(call), ToolReader(call)
    free = {name: value for name, value in plain.sampling.items() if name != "json_schema"}
    with pytest.raises(EngineError, match="where its schema allows none"):
        for chunk in smollm2.stream_chat(plain.messages, **free):
            reader.feed(Piece(chunk.text, finish_reason=chunk.finish_reason))


@pytest.mark.model
def test_a_named_tool_is_called_and_streams_name_first(smollm2: models.Model) -> None:
    call = chat(tools=TOOLS, tool_choice="weather", sampling={"temperature": 0, "max_tokens": 99})
    choice, pieces = ask(smollm2, call)
    assert {each.name for each in choice.tool_calls} == {"weather"}
    parts = [part for piece in pieces for part in piece.tool_calls]
    assert (parts[0].name, parts[0].arguments) == ("weather", "")
    assert len(parts) > 3
    assert {part.name for part in parts[1:]} <= {"", "weather"}


@pytest.mark.model
def test_auto_may_answer_in_words(smollm2: models.Model) -> None:
    haiku = {"role": "user", "content": "Write a haiku about snow."}
    call = chat(haiku, tools=TOOLS, sampling={"temperature": 0, "max_tokens": 99})
    choice, pieces = ask(smollm2, call)
    assert choice.tool_calls == []
    assert choice.text.strip()
    assert not choice.text.startswith("{")
    assert sum(1 for piece in pieces if piece.text) > 3


def test_what_is_compiled() -> None:
    call = chat({"role": "system", "content": "Be kind."}, ASKED, tools=TOOLS,
                sampling={"stop": ("x",), "max_tokens": 5})  # fmt: skip
    plain = compile_tools(call)
    assert (plain.tools, plain.tool_choice) == ((), "none")
    assert plain.messages[0]["content"].startswith("Be kind.\n\nYou can use these tools:")
    assert "weather: Weather of a city" in plain.messages[0]["content"]
    assert plain.messages[1] == ASKED
    assert "stop" not in plain.sampling
    assert plain.sampling["max_tokens"] == 5
    assert set(plain.sampling["json_schema"]["$defs"]) == {"tool0", "tool1"}
    assert compile_tools(chat(tools=TOOLS)).messages[0]["role"] == "system"
    assert compile_tools(chat(tools=TOOLS, sampling={"repeat_penalty": 1.0})).sampling[
        "repeat_penalty"
    ] == 1.0  # fmt: skip


def test_without_tools_nothing_changes() -> None:
    call = chat()
    assert compile_tools(call) is call
    plain = compile_tools(chat(tools=TOOLS, tool_choice="none", sampling={"stop": ("x",)}))
    assert (plain.messages, plain.tools, plain.sampling) == ((ASKED,), (), {"stop": ("x",)})
    piece = Piece("{", finish_reason="stop")
    assert list(ToolReader(chat(tools=TOOLS, tool_choice="none")).feed(piece)) == [piece]


def test_calls_and_results_of_earlier_turns_are_readable() -> None:
    def called(call_id: str, name: str, arguments: str) -> dict[str, Any]:
        function = {"name": name, "arguments": arguments}
        return {"id": call_id, "type": "function", "function": function}

    calls = [called("a", "weather", '{"city": "Oslo"}'), called("b", "ping", "")]
    call = chat(
        ASKED,
        {"role": "assistant", "content": "I look.", "tool_calls": calls},
        {"role": "tool", "content": "sunny", "tool_call_id": "a"},
        {"role": "tool", "content": "no route", "tool_call_id": "b", "is_error": True},
        {"role": "assistant", "content": "", "tool_calls": calls[:1]},
        {"role": "tool", "content": "rain", "tool_call_id": "a"},
    )
    assert [(each["role"], each["content"]) for each in compile_tools(call).messages] == [
        ("user", "Weather in Oslo?"),
        ("assistant", 'I look.\n[{"tool": "weather", "arguments": {"city": "Oslo"}}, '
                      '{"tool": "ping", "arguments": {}}]'),
        ("user", "Result of weather: sunny\nThe tool ping failed: no route"),
        ("assistant", '{"tool": "weather", "arguments": {"city": "Oslo"}}'),
        ("user", "Result of weather: rain"),
    ]  # fmt: skip
    with pytest.raises(InputError, match="no call before it has that id"):
        compile_tools(chat({"role": "tool", "content": "4", "tool_call_id": "z"}))


def test_logprobs_with_tools_are_refused() -> None:
    with pytest.raises(CapabilityError, match="logprobs together with tools"):
        compile_tools(chat(tools=TOOLS, sampling={"logprobs": 0}))


def test_an_answer_that_was_begun_goes_on_without_tools_only() -> None:
    begun = {"role": "assistant", "content": "It is"}
    with pytest.raises(CapabilityError, match="begun"):
        compile_tools(chat(ASKED, begun, tools=TOOLS, options={"answer_begun": True}))


def read(call: Call, *pieces: Piece) -> list[Piece]:
    reader = ToolReader(call)
    return [found for piece in pieces for found in reader.feed(piece)]


def test_pieces_become_calls() -> None:
    pieces = read(
        chat(tools=TOOLS),
        Piece('{"tool": "wea'), Piece('ther", "arguments": {"ci'), Piece('ty": "Oslo"}}'),
        Piece("", finish_reason="stop", usage=Usage(1, 2)),
    )  # fmt: skip
    call_id = pieces[0].tool_calls[0].id
    assert [piece.tool_calls for piece in pieces] == [
        (ToolCall(call_id, "weather", ""),),
        (ToolCall(call_id, "", '{"ci'),),
        (ToolCall(call_id, "", 'ty": "Oslo"}'),),
        (),
    ]
    assert (pieces[-1].finish_reason, pieces[-1].usage) == ("tool_calls", Usage(1, 2))


def test_each_choice_is_read_by_itself() -> None:
    pieces = read(
        chat(tools=TOOLS, n=2),
        Piece('{"answer": "a'), Piece('{"tool": "ping", "arguments": {}}', 1),
        Piece('b"}', finish_reason="stop"), Piece("", 1, finish_reason="stop"),
    )  # fmt: skip
    first, second = fold(pieces)[0]
    assert (first.text, first.finish_reason) == ("ab", "stop")
    assert (second.tool_calls[0].name, second.finish_reason) == ("ping", "tool_calls")


def test_stop_texts_end_the_plain_answer_only() -> None:
    call = chat(tools=TOOLS, sampling={"stop": ("END", "}")})
    first, usage = Piece('{"answer": "one E'), Usage(1, 2)
    pieces = read(call, first, Piece('ND two"}'), Piece(finish_reason="length", usage=usage))
    assert fold(pieces)[0][0].text == "one "
    assert (pieces[-1].finish_reason, pieces[-1].usage) == ("stop", usage)
    assert pieces[-1].stop_text == "END"
    pieces = read(call, Piece('{"tool": "ping", "arguments": {}}', finish_reason="stop"))
    assert fold(pieces)[0][0].tool_calls[0].arguments == "{}"
    pieces = read(call, first, Piece('x"}', finish_reason="stop"))
    assert fold(pieces)[0][0].text == "one Ex"


def test_a_call_that_was_cut_short_ends_for_its_length() -> None:
    call = chat(tools=TOOLS)
    pieces = read(call, Piece('{"tool": "weather", "arguments": {"c', finish_reason="length"))
    choice = fold(pieces)[0][0]
    assert (choice.tool_calls[0].arguments, choice.finish_reason) == ('{"c', "length")
