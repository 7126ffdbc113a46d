"""OpenAI's older completions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from openai.types import Completion

from workbench.core.errors import CapabilityError, EngineError, InputError
from workbench.models.protocol import TokenLogprob
from workbench.serving.call import Call, Facts, Piece, Usage
from workbench.serving.dialects import openai_completions

TOKENS = (TokenLogprob(1, "ab", -0.5, (("ab", -0.5),)), TokenLogprob(2, "c", -1.0))


def parse(**fields: Any) -> Call:
    body = json.dumps({"model": "m", "prompt": "Once", **fields}).encode()
    return openai_completions.parse(body, request_id="r1", headers={})


def test_what_is_read() -> None:
    assert parse() == Call("r1", "completion", "m", prompts=("Once",))
    call = parse(
        prompt=["a", "b"], n=2, max_tokens=3, seed=5, logprobs=2, stop=["x"], top_k=4,
        stream=True, stream_options={"include_usage": True},
    )  # fmt: skip
    assert call.prompts == ("a", "b")
    assert call.sampling == {
        "max_tokens": 3, "seed": 5, "logprobs": 2, "stop": ("x",), "top_k": 4,
    }  # fmt: skip
    assert (call.n, call.stream, call.include_usage) == (2, True, True)


@pytest.mark.parametrize(
    ("fields", "kind", "said"),
    [
        ({"prompt": []}, InputError, "prompt has 0 texts"),
        ({"prompt": [1, 2]}, CapabilityError, "token ids"),
        ({"prompt": [[1, 2], [3]]}, CapabilityError, "token ids"),
        ({"prompt": {"a": 1}}, InputError, "prompt is "),
        ({"echo": True, "logprobs": 1}, CapabilityError, "echo together with logprobs"),
        ({"suffix": "the end"}, CapabilityError, "suffix"),
        ({"best_of": 3}, CapabilityError, "best_of is 3"),
    ],
)
def test_what_is_refused(fields: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        parse(**fields)
    assert parse(suffix="", best_of=1) == parse()


def test_a_whole_answer_with_echo() -> None:
    call = parse(prompt=["a", "b"], n=2, echo=True)
    pieces = [Piece(text, n, finish_reason="stop") for n, text in enumerate(["1", "2", "3", "4"])]
    pieces.append(Piece(index=3, usage=Usage(2, 4)))
    answer = Completion.model_validate_json(
        openai_completions.render(call, pieces, Facts(), created_s=7.5)
    )
    assert [choice.text for choice in answer.choices] == ["a1", "a2", "b3", "b4"]
    assert answer.usage is not None
    assert (answer.created, answer.usage.total_tokens) == (7, 6)


def test_logprobs_tell_each_tokens_place() -> None:
    call = parse(logprobs=1)
    pieces = [Piece("abc", logprobs=TOKENS, finish_reason="length", usage=Usage(1, 2))]
    answer = json.loads(openai_completions.render(call, pieces, Facts(), created_s=0))
    assert answer["choices"][0] == {
        "text": "abc", "index": 0, "finish_reason": "length",
        "logprobs": {
            "tokens": ["ab", "c"], "token_logprobs": [-0.5, -1.0],
            "top_logprobs": [{"ab": -0.5}, {}], "text_offset": [0, 2],
        },
    }  # fmt: skip


def test_a_stream_with_echo_usage_and_places(read_stream: Callable[..., Any]) -> None:
    call = parse(stream=True, stream_options={"include_usage": True}, echo=True)
    pieces = [Piece("a"), Piece(""), Piece("b", finish_reason="stop"), Piece(usage=Usage(1, 2))]
    *events, usage, done = [data for _, data in read_stream(openai_completions, call, pieces)]
    choices = [event["choices"][0] for event in events]
    assert [choice["text"] for choice in choices] == ["Oncea", "b"]
    assert [choice["finish_reason"] for choice in choices] == [None, "stop"]
    assert all(event["usage"] is None for event in events)
    assert (usage["choices"], usage["usage"]["total_tokens"], done) == ([], 3, "[DONE]")

    call = parse(stream=True, logprobs=1)
    pieces = [Piece("ab", logprobs=TOKENS[:1]), Piece("c", logprobs=TOKENS[1:])]
    events = [data for _, data in read_stream(openai_completions, call, pieces)][:-1]
    places = [event["choices"][0]["logprobs"]["text_offset"] for event in events]
    assert places == [[0], [2]]


def test_a_stream_that_breaks(read_stream: Callable[..., Any]) -> None:
    events = read_stream(openai_completions, parse(stream=True), [Piece("a"), EngineError("bad")])
    assert events[-1][1]["error"]["message"] == "bad"
