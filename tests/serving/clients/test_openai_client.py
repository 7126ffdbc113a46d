"""OpenAI's own Python client, unchanged, against the gateway with the real models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import openai
import pydantic
import pytest

from workbench import identity
from workbench.identity.principals import KeyLimits

from ..conftest import MODEL, Client

pytestmark = pytest.mark.model
SAY: Any = [{"role": "user", "content": "What is the capital of France?"}]
CITY = {"type": "object", "properties": {"city": {"type": "string", "maxLength": 12}},
        "required": ["city"], "additionalProperties": False}  # fmt: skip
FUNCTION = {"name": "get_weather", "description": "The weather of a city", "parameters": CITY}
TOOL: Any = {"type": "function", "function": FUNCTION}
SHORT: Any = {"model": MODEL, "temperature": 0}


@pytest.fixture
def ask(client: Client, base_url: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=client.key, base_url=base_url, max_retries=0) as found:
        yield found


class Capital(pydantic.BaseModel):
    country: str = pydantic.Field(max_length=12)
    letters: int = pydantic.Field(ge=1, le=9)


def test_models(ask: openai.OpenAI) -> None:
    assert MODEL in [model.id for model in ask.models.list()]
    assert ask.models.retrieve(MODEL).id == MODEL


def test_chat(ask: openai.OpenAI) -> None:
    answer = ask.chat.completions.create(messages=SAY, max_tokens=12, **SHORT)
    assert "Paris" in (answer.choices[0].message.content or "")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.id.startswith("chatcmpl-")
    assert answer._request_id is not None
    assert answer.id.endswith(answer._request_id)


def test_chat_with_every_field_that_is_honoured(ask: openai.OpenAI) -> None:
    answer = ask.chat.completions.create(
        model=MODEL,
        messages=[{"role": "developer", "content": "Answer in one word."}, *SAY],
        n=2, max_completion_tokens=4, temperature=0.8, top_p=0.9, seed=5, stop=["\n"],
        logprobs=True, top_logprobs=2, frequency_penalty=0, presence_penalty=0, user="ada",
        metadata={"a": "b"}, store=False, extra_body={"top_k": 5, "workbench": {"priority": 1}},
    )  # fmt: skip
    assert [choice.index for choice in answer.choices] == [0, 1]
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert all(len(token.top_logprobs) == 2 for token in logprobs.content)
    text = answer.choices[0].message.content or ""
    assert "".join(token.token for token in logprobs.content).strip().startswith(text.strip()[:3])


def test_chat_stream_with_usage(ask: openai.OpenAI) -> None:
    whole = ask.chat.completions.create(messages=SAY, max_tokens=12, **SHORT)
    chunks = list(
        ask.chat.completions.create(
            messages=SAY, max_tokens=12, stream=True, stream_options={"include_usage": True},
            **SHORT,
        )
    )  # fmt: skip
    *parts, last = chunks
    text = "".join(chunk.choices[0].delta.content or "" for chunk in parts)
    assert text == whole.choices[0].message.content
    assert parts[-1].choices[0].finish_reason == whole.choices[0].finish_reason
    assert last.choices == []
    assert last.usage is not None
    assert whole.usage is not None
    assert last.usage.completion_tokens == whole.usage.completion_tokens


def test_chat_parse_with_a_pydantic_model(ask: openai.OpenAI) -> None:
    answer = ask.chat.completions.parse(
        messages=SAY, max_tokens=60, response_format=Capital, **SHORT
    )
    assert isinstance(answer.choices[0].message.parsed, Capital)


def test_chat_json_object(ask: openai.OpenAI) -> None:
    answer = ask.chat.completions.create(
        messages=[{"role": "user", "content": "A JSON object with the key a and the value 1."}],
        max_tokens=20, response_format={"type": "json_object"}, **SHORT,
    )  # fmt: skip
    text = answer.choices[0].message.content or ""
    if answer.choices[0].finish_reason == "length":  # a small model may find no end
        assert text.startswith('{"')
    else:
        assert isinstance(json.loads(text), dict)


def test_tools_there_and_back(ask: openai.OpenAI) -> None:
    said: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
    answer = ask.chat.completions.create(
        messages=said, tools=[TOOL], tool_choice="required", parallel_tool_calls=False,
        max_tokens=60, **SHORT,
    )  # fmt: skip
    message = answer.choices[0].message
    assert answer.choices[0].finish_reason == "tool_calls"
    assert message.tool_calls
    call = message.tool_calls[0]
    assert call.type == "function"
    assert json.loads(call.function.arguments)["city"]
    said += [message, {"role": "tool", "tool_call_id": call.id, "content": "Sunny, 21 degrees."}]
    answer = ask.chat.completions.create(
        messages=said, tools=[TOOL], tool_choice="none", max_tokens=20, **SHORT
    )
    assert answer.choices[0].message.content


def test_tools_streamed(ask: openai.OpenAI) -> None:
    with ask.chat.completions.stream(
        messages=[{"role": "user", "content": "What is the weather in Paris?"}],
        tools=[TOOL], tool_choice={"type": "function", "function": {"name": "get_weather"}},
        parallel_tool_calls=False, max_tokens=60, **SHORT,
    ) as stream:  # fmt: skip
        kinds = [event.type for event in stream]
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.delta" in kinds
    assert final.choices[0].message.tool_calls
    assert final.choices[0].message.tool_calls[0].function.name == "get_weather"


def test_completions(ask: openai.OpenAI) -> None:
    answer = ask.completions.create(
        model=MODEL, prompt=["The capital of France is", "One, two,"], max_tokens=4,
        temperature=0, logprobs=1, n=1,
    )  # fmt: skip
    assert "Paris" in answer.choices[0].text
    assert [choice.index for choice in answer.choices] == [0, 1]
    stream = ask.completions.create(
        model=MODEL, prompt="The capital of France is", max_tokens=4, temperature=0, stream=True,
        echo=True,
    )  # fmt: skip
    text = "".join(chunk.choices[0].text for chunk in stream)
    assert text.startswith("The capital of France is")
    assert "Paris" in text


def test_responses(ask: openai.OpenAI) -> None:
    answer = ask.responses.create(
        model=MODEL, instructions="Be short.", input=SAY, max_output_tokens=12, temperature=0
    )
    assert "Paris" in answer.output_text
    assert answer.usage is not None
    parsed = ask.responses.parse(
        model=MODEL, input="France", text_format=Capital, max_output_tokens=60, temperature=0
    )
    assert isinstance(parsed.output_parsed, Capital)


def test_responses_streamed(ask: openai.OpenAI) -> None:
    with ask.responses.stream(
        model=MODEL,
        input="What is the capital of France?",
        max_output_tokens=12,
        temperature=0,
        extra_headers={"X-Workbench-Cache": "off"},  # a known answer comes in one piece
    ) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds.count("response.output_text.delta") > 1
    assert kinds[-1] in ("response.completed", "response.incomplete")
    assert "Paris" in final.output_text


def test_responses_with_tools_there_and_back(ask: openai.OpenAI) -> None:
    tool: Any = {"type": "function", "strict": True, **FUNCTION}
    said: Any = [{"role": "user", "content": "What is the weather in Paris?"}]
    limits: Any = {"model": MODEL, "max_output_tokens": 60, "temperature": 0}
    answer = ask.responses.create(
        input=said, tools=[tool], tool_choice="required", parallel_tool_calls=False, **limits
    )
    call = answer.output[0]
    assert call.type == "function_call"
    assert json.loads(call.arguments)["city"]
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "Sunny."}
    said += [*answer.output, output]
    answer = ask.responses.create(input=said, tools=[tool], tool_choice="none", **limits)
    assert answer.output_text


def test_embeddings(ask: openai.OpenAI) -> None:
    texts = ["A cat sat on the mat.", "A kitten sits on a rug.", "The stock market fell."]
    packed = ask.embeddings.create(model="minilm-l6-v2", input=texts)
    plain = ask.embeddings.create(model="minilm-l6-v2", input=texts, encoding_format="float")
    rows = [row.embedding for row in plain.data]
    for row, same in zip(packed.data, rows, strict=True):
        assert row.embedding == pytest.approx(same, abs=1e-6)
    near, far = (sum(a * b for a, b in zip(rows[0], row, strict=True)) for row in rows[1:])
    assert near > far + 0.3
    cut = ask.embeddings.create(model="minilm-l6-v2", input=texts[0], dimensions=64)
    assert len(cut.data[0].embedding) == 64
    assert sum(value**2 for value in cut.data[0].embedding) == pytest.approx(1, abs=1e-5)


def test_errors_are_the_clients_own(client: Client, ask: openai.OpenAI, base_url: str) -> None:
    least: Any = {"messages": SAY, "max_tokens": 4}
    with pytest.raises(openai.BadRequestError) as refused:
        ask.chat.completions.create(model=MODEL, temperature=3, messages=SAY)
    assert (refused.value.param, refused.value.code) == ("temperature", "invalid_value")
    with pytest.raises(openai.NotFoundError) as missing:
        ask.chat.completions.create(model="smollm3", **least)
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.AuthenticationError):
        ask.with_options(api_key="wrong").chat.completions.create(model=MODEL, **least)
    with pytest.raises(openai.BadRequestError, match="context") as long:
        long_text: Any = [{"role": "user", "content": "word " * 20_000}]
        ask.chat.completions.create(model=MODEL, messages=long_text)
    assert long.value.code == "context_length_exceeded"
    with pytest.raises(openai.InternalServerError) as reserved:
        ask.audio.speech.create(model="tts-1", voice="alloy", input="Hello")
    assert reserved.value.status_code == 501


def test_limits_are_the_clients_rate_limit_error(client: Client, ask: openai.OpenAI) -> None:
    key = identity.create_key("narrow", limits=KeyLimits(requests_per_minute=1)).key
    narrow = ask.with_options(api_key=key)
    narrow.chat.completions.create(messages=SAY, max_tokens=1, **SHORT)
    with pytest.raises(openai.RateLimitError) as limited:
        narrow.chat.completions.create(messages=SAY, max_tokens=1, **SHORT)
    assert limited.value.code == "rate_limit_exceeded"
    assert int(limited.value.response.headers["retry-after"]) > 0
    other = identity.create_key("other", models=["minilm-l6-v2"]).key
    with pytest.raises(openai.PermissionDeniedError):
        ask.with_options(api_key=other).chat.completions.create(messages=SAY, max_tokens=1, **SHORT)
