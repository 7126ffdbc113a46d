"""What is reserved is never less than what a tokenizer makes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from workbench.serving.call import Call, Tool
from workbench.serving.dialects import anthropic_count
from workbench.serving.estimates import byte_count, most_completion_tokens, most_prompt_tokens

from .conftest import MODEL, Client

TEXTS = [
    "Hello",
    "🪨" * 30,
    "灯台の番人は船を数える。",
    "\u200b\u0301" * 40,
    "0123456789" * 20,
    "a" * 300,
    "<|im_start|><|im_end|>" * 5,
    "\x01\x02\x7f",
]


@pytest.mark.model
@pytest.mark.parametrize("text", TEXTS)
def test_the_reckoned_prompt_is_no_shorter_than_the_counted(client: Client, text: str) -> None:
    said = [{"role": "system", "content": text}, {"role": "user", "content": text}]
    body = {"model": MODEL, "messages": said[1:], "system": text}
    counted = client.request("POST", "/v1/messages/count_tokens", body)
    assert counted.status == 200, counted.body
    call = Call("r", "chat", MODEL, messages=tuple(said))
    assert counted.json["input_tokens"] <= most_prompt_tokens(call)


def test_answers_count_for_each_choice_and_prompt() -> None:
    sampling = {"max_tokens": 10}
    assert most_completion_tokens(Call("r", "chat", "m", n=3, sampling=sampling)) == 30
    two = Call("r", "completion", "m", prompts=("a", "b"), n=3, sampling=sampling)
    assert most_completion_tokens(two) == 60
    assert most_completion_tokens(Call("r", "embedding", "m", prompts=("a",))) == 0


def test_tools_and_their_calls_are_reckoned() -> None:
    plain: dict[str, Any] = {"messages": ({"role": "user", "content": "Hi"},)}
    bare = most_prompt_tokens(Call("r", "chat", "m", **plain))
    tool = Tool("weather", "Tells it.", {"type": "object"})
    assert most_prompt_tokens(Call("r", "chat", "m", **plain, tools=(tool,))) > bare + 200
    called = {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "x": "y" * 500}]}
    plain["messages"] = (*plain["messages"], called)
    assert most_prompt_tokens(Call("r", "chat", "m", **plain)) > bare + 500


@pytest.mark.model
@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "zqxj" * 32}])
def test_tools_with_awkward_names_are_reckoned_as_no_less(client: Client, choice: Any) -> None:
    name = "zqxj" * 32
    use = {"type": "tool_use", "id": "a", "name": name, "input": {}}
    result = {"type": "tool_result", "tool_use_id": "a", "content": "4"}
    body = {
        "model": MODEL,
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [result]},
        ],
        "tools": [{"name": name, "input_schema": {"type": "object"}}],
        "tool_choice": choice,
    }
    counted = client.request("POST", "/v1/messages/count_tokens", body)
    assert counted.status == 200, counted.body
    call = anthropic_count.parse(json.dumps(body).encode(), request_id="r", headers={})
    assert 200 < counted.json["input_tokens"] <= most_prompt_tokens(call)


def test_bytes_are_those_of_utf_8() -> None:
    assert [byte_count(text) for text in ("abc", "é", "灯", "🪨")] == [3, 2, 3, 4]
