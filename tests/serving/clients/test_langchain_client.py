"""LangChain's OpenAI package, unchanged, against the gateway with the real models."""

from __future__ import annotations

import sys
from typing import Any

import pydantic
import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from ..conftest import MODEL, Client

pytestmark = pytest.mark.model
QUESTION = "What is the capital of France?"


class Capital(pydantic.BaseModel):
    """A capital."""

    country: str = pydantic.Field(max_length=12)
    letters: int = pydantic.Field(ge=1, le=9)


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"Sunny in {city}."


def make(client: Client, base_url: str, **more: Any) -> ChatOpenAI:
    said: Any = {"model": MODEL, "api_key": client.key, "max_retries": 0, "temperature": 0}
    return ChatOpenAI(**{**said, "base_url": base_url, "max_completion_tokens": 12, **more})


def test_invoke(client: Client, base_url: str) -> None:
    answer = make(client, base_url).invoke([("system", "Be short."), ("human", QUESTION)])
    assert "Paris" in answer.text
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] <= 12


def test_stream(client: Client, base_url: str) -> None:
    chunks = list(make(client, base_url, stream_usage=True).stream(QUESTION))
    assert len(chunks) > 3
    whole = AIMessageChunk(content="")
    for chunk in chunks:
        whole += chunk  # type: ignore[assignment]
    assert "Paris" in whole.text
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["output_tokens"] > 3


def test_structured_output(client: Client, base_url: str) -> None:
    chat = make(client, base_url, max_completion_tokens=60)
    assert isinstance(chat.with_structured_output(Capital).invoke(QUESTION), Capital)


def test_structured_output_by_a_function(client: Client, base_url: str) -> None:
    chat = make(client, base_url, max_completion_tokens=60)
    asked = chat.with_structured_output(Capital, method="function_calling")
    assert isinstance(asked.invoke(QUESTION), Capital)


def test_tools_there_and_back(client: Client, base_url: str) -> None:
    chat = make(client, base_url, max_completion_tokens=60)
    said: list[Any] = [HumanMessage("What is the weather in Paris?")]
    forced = chat.bind_tools([get_weather], tool_choice="required", parallel_tool_calls=False)
    answer = forced.invoke(said)
    (call,) = answer.tool_calls
    assert call["name"] == "get_weather"
    result = get_weather.invoke(call)
    assert isinstance(result, ToolMessage)
    assert chat.invoke([*said, answer, result]).text


def test_the_responses_interface(client: Client, base_url: str) -> None:
    chat = make(client, base_url, use_responses_api=True)
    assert "Paris" in chat.invoke(QUESTION).text
    assert "Paris" in "".join(chunk.text for chunk in chat.stream(QUESTION))


def test_embeddings(client: Client, base_url: str) -> None:
    # Without the switch it would send token ids of a vocabulary that is fetched from afar.
    embedder = OpenAIEmbeddings(
        model="minilm-l6-v2",
        base_url=base_url,
        api_key=client.key,  # type: ignore[arg-type]
        check_embedding_ctx_length=False,
    )
    vectors = embedder.embed_documents(["a cat", "a dog"])
    assert [len(vector) for vector in vectors] == [384, 384]
    assert embedder.embed_query("a cat") == pytest.approx(vectors[0], abs=1e-5)


def test_no_vocabulary_was_fetched() -> None:
    """Runs last: counting tokens with OpenAI's vocabularies would fetch them."""
    assert not getattr(sys.modules.get("tiktoken.registry"), "ENCODINGS", None)
