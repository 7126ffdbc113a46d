"""Anthropic's own Python client, unchanged, against the gateway with the real model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import pydantic
import pytest

from ..conftest import MODEL, Client

pytestmark = pytest.mark.model
SAY: Any = [{"role": "user", "content": "What is the capital of France?"}]
CITY = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 12}},
        "required": ["city"]}  # fmt: skip
TOOL: Any = {"name": "get_weather", "description": "The weather of a city", "input_schema": CITY}
# This version of the client has no `temperature` of its own any more.
SHORT: Any = {"model": MODEL, "max_tokens": 12, "extra_body": {"temperature": 0}}


class Capital(pydantic.BaseModel):
    country: str
    letters: int


@pytest.fixture
def ask(client: Client) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=client.key, base_url=client.url, max_retries=0) as found:
        yield found


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_models(ask: anthropic.Anthropic) -> None:
    assert MODEL in [model.id for model in ask.models.list()]
    assert ask.models.retrieve(MODEL).display_name == MODEL


def test_messages(ask: anthropic.Anthropic) -> None:
    answer = ask.messages.create(messages=SAY, system="Be short.", **SHORT)
    assert "Paris" in text_of(answer)
    assert answer._request_id is not None
    assert answer.id.endswith(answer._request_id)
    assert answer.usage.input_tokens + (answer.usage.cache_read_input_tokens or 0) > 10
    assert 0 < answer.usage.output_tokens <= 12
    assert answer.stop_reason in ("end_turn", "max_tokens")


@pytest.mark.parametrize("tools", [[], [TOOL]])
def test_the_stop_sequence_that_ended_an_answer(ask: anthropic.Anthropic, tools: Any) -> None:
    said: Any = [{"role": "user", "content": "Write a haiku about snow."}]
    more: Any = {"tools": tools} if tools else {}
    answer = ask.messages.create(
        messages=said, stop_sequences=["zzz", " "], **{**SHORT, "max_tokens": 40}, **more
    )
    assert (answer.stop_reason, answer.stop_sequence) == ("stop_sequence", " ")


def test_an_answer_that_is_begun(ask: anthropic.Anthropic) -> None:
    begun = [*SAY, {"role": "assistant", "content": "The capital of France is"}]
    assert text_of(ask.messages.create(messages=begun, **SHORT)).strip().startswith("Paris")


def test_the_stream_helper(ask: anthropic.Anthropic) -> None:
    whole = ask.messages.create(messages=SAY, **SHORT)
    with ask.messages.stream(messages=SAY, **SHORT) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == text_of(final) == text_of(whole)
    assert final.stop_reason == whole.stop_reason
    assert final.usage.output_tokens == whole.usage.output_tokens


def test_tools_there_and_back(ask: anthropic.Anthropic) -> None:
    said: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
    limits: Any = {**SHORT, "max_tokens": 60}
    choice: Any = {"type": "any", "disable_parallel_tool_use": True}
    answer = ask.messages.create(messages=said, tools=[TOOL], tool_choice=choice, **limits)
    assert answer.stop_reason == "tool_use"
    use = answer.content[0]
    assert use.type == "tool_use"
    assert use.name == "get_weather"
    assert use.input["city"]
    result = {"type": "tool_result", "tool_use_id": use.id, "content": "Sunny, 21 degrees."}
    said += [
        {"role": "assistant", "content": answer.content},
        {"role": "user", "content": [result]},
    ]
    none: Any = {"type": "none"}
    assert text_of(ask.messages.create(messages=said, tools=[TOOL], tool_choice=none, **SHORT))


def test_tools_streamed(ask: anthropic.Anthropic) -> None:
    limits: Any = {**SHORT, "max_tokens": 60}
    choice: Any = {"type": "tool", "name": "get_weather", "disable_parallel_tool_use": True}
    with ask.messages.stream(messages=SAY, tools=[TOOL], tool_choice=choice, **limits) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_message()
    assert {"message_start", "content_block_start", "input_json", "message_stop"} <= kinds
    assert final.content[0].type == "tool_use"
    assert final.content[0].input["city"]


def test_parse_with_a_pydantic_model(ask: anthropic.Anthropic) -> None:
    limits: Any = {**SHORT, "max_tokens": 60}
    answer = ask.messages.parse(messages=SAY, output_format=Capital, **limits)
    assert isinstance(answer.parsed_output, Capital)


def test_count_tokens(ask: anthropic.Anthropic) -> None:
    counted = ask.messages.count_tokens(model=MODEL, messages=SAY).input_tokens
    usage = ask.messages.create(messages=SAY, **SHORT).usage
    assert counted == usage.input_tokens + (usage.cache_read_input_tokens or 0)
    assert ask.messages.count_tokens(model=MODEL, messages=SAY, tools=[TOOL]).input_tokens > counted


def test_errors_are_the_clients_own(ask: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="temperature is 1"):
        ask.messages.create(**{**SHORT, "extra_body": {"temperature": 1.5}}, messages=SAY)
    with pytest.raises(anthropic.NotFoundError):
        ask.messages.create(**{**SHORT, "model": "none"}, messages=SAY)
    with pytest.raises(anthropic.AuthenticationError):
        ask.with_options(api_key="wrong").messages.create(messages=SAY, **SHORT)
    with pytest.raises(anthropic.BadRequestError, match="read text only"):
        image: Any = {"type": "image", "source": {"type": "url", "url": "https://x.test/a.png"}}
        ask.messages.create(messages=[{"role": "user", "content": [image]}], **SHORT)
