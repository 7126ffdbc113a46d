"""The gateway with a real model: who may ask, what is answered, what is written down."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from workbench import identity
from workbench.store.usage_queries import settlements

from .conftest import MODEL, Client

pytestmark = pytest.mark.model


def settled(request_id: str) -> Any:
    """The one settlement of a request."""
    (row,) = settlements(request_id=request_id)
    return row


def make_key(name: str, **more: Any) -> str:
    limits = more.pop("limits", None)
    return identity.create_key(name, limits=limits, **more).key


def test_an_answer_with_its_headers_and_its_settlement(client: Client) -> None:
    answer = client.chat("What is the capital of France?", max_tokens=12)
    assert answer.status == 200, answer.body
    assert "Paris" in answer.json["choices"][0]["message"]["content"]
    assert answer.headers["x-workbench-model"] == MODEL
    assert answer.headers["x-workbench-backend"] == "local"
    assert int(answer.headers["x-workbench-queue-ms"]) >= 0
    row, usage = settled(answer.headers["x-request-id"]), answer.json["usage"]
    assert (row.prompt_tokens, row.completion_tokens) == (
        usage["prompt_tokens"], usage["completion_tokens"],
    )  # fmt: skip
    assert (row.status, row.model_served, row.backend) == (200, MODEL, "local")
    assert (row.endpoint, row.dialect) == ("/v1/chat/completions", "openai")
    assert row.key_id != "" and row.duration_s > 0 and row.prompt_chars == 30


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_cannot_be_as_long_as_was_asked_says_so(
    client: Client, stream: bool
) -> None:
    long = client.chat("Say OK.", max_tokens=1_000_000, stream=stream, stop=["O", ".", " "])
    assert long.status == 200
    assert long.headers["x-workbench-warning"].startswith("max_tokens is 1000000; prompt and")
    short = client.chat("Say OK.", max_tokens=300, stream=stream, stop=["O", ".", " "])
    assert short.status == 200
    assert "x-workbench-warning" not in short.headers


def test_a_stream_says_the_same_and_is_settled_before_its_last_byte(client: Client) -> None:
    whole = client.chat("Name three colours.", max_tokens=16, temperature=0)
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "Name three colours."}],
        "max_tokens": 16,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    connection = client.connection()
    connection.request(
        "POST",
        "/v1/chat/completions",
        json.dumps(body),
        {
            "Authorization": f"Bearer {client.key}",
            "X-Workbench-Cache": "off",
        },
    )
    response = connection.getresponse()
    assert response.status == 200
    texts, seen_before_the_end = [], None
    for line in response:
        if line.startswith(b"data: {"):
            event = json.loads(line[6:])
            for choice in event["choices"]:
                texts.append(choice["delta"].get("content") or "")
                if choice["finish_reason"]:
                    seen_before_the_end = settled(response.headers["x-request-id"])
            if event.get("usage"):
                usage = event["usage"]
    connection.close()
    assert "".join(texts) == whole.json["choices"][0]["message"]["content"]
    assert seen_before_the_end is not None and seen_before_the_end.stream
    assert seen_before_the_end.completion_tokens == usage["completion_tokens"]
    assert seen_before_the_end.time_to_first_token_s <= seen_before_the_end.duration_s


def test_several_answers_draw_from_seeds_of_their_own(client: Client) -> None:
    again = [client.chat("Say a word.", n=2, max_tokens=8, temperature=1.0, seed=5) for _ in "ab"]
    texts = [[c["message"]["content"] for c in answer.json["choices"]] for answer in again]
    assert texts[0] == texts[1], "the same seed, the same answers"
    assert texts[0][0] != texts[0][1], "two choices are two draws"
    assert again[0].json["usage"]["completion_tokens"] <= 16


def test_several_prompts_are_completed(client: Client) -> None:
    body = {"model": MODEL, "prompt": ["One two three", "A B C"], "max_tokens": 4, "temperature": 0}
    answer = client.request("POST", "/v1/completions", body)
    assert answer.status == 200, answer.body
    assert [choice["index"] for choice in answer.json["choices"]] == [0, 1]
    assert answer.json["usage"]["completion_tokens"] == 8


def test_who_has_no_key_or_a_wrong_one_is_not_let_in(client: Client) -> None:
    for key in ("", "wb-wrong", "wb-" + "a" * 43):
        answer = client.chat(key=key)
        assert answer.status == 401, key
        assert answer.json["error"]["code"] == "invalid_api_key"
    assert client.request("GET", "/v1/models", key="").status == 401
    assert client.request("GET", "/metrics", key="").status == 401
    assert client.request("GET", "/healthz", key="").status == 200


def test_anthropics_header_carries_a_key_too(client: Client) -> None:
    connection = client.connection()
    connection.request("GET", "/v1/models", headers={"x-api-key": client.key})
    assert connection.getresponse().status == 200
    connection.close()


def test_an_allow_list_holds_and_filters_the_list(client: Client) -> None:
    key = make_key("only-minilm", models=["minilm-l6-v2"])
    refused = client.chat(key=key)
    assert refused.status == 403 and MODEL in refused.json["error"]["message"]
    listed = client.request("GET", "/v1/models", key=key).json["data"]
    assert [each["id"] for each in listed] == ["auto", "minilm-l6-v2"]
    assert client.request("GET", f"/v1/models/{MODEL}", key=key).status == 404
    every = {each["id"]: each for each in client.request("GET", "/v1/models").json["data"]}
    assert every[MODEL]["workbench"] == {"kind": "chat", "present": True}
    assert "workbench" not in every["auto"]  # it stands for several


def test_a_model_that_is_not_there_is_named_with_near_ones(client: Client) -> None:
    answer = client.request(
        "POST",
        "/v1/chat/completions",
        {"model": "smollm2-136m", "messages": [{"role": "user", "content": "Hi"}]},
    )
    assert answer.status == 404
    assert "did you mean 'smollm2-135m'" in answer.json["error"]["message"]
    for path in ("/etc/passwd", "../secrets.gguf", "local//etc/passwd"):
        body = {"model": path, "messages": [{"role": "user", "content": "Hi"}]}
        assert client.request("POST", "/v1/chat/completions", body).status == 404, path


def test_a_revoked_key_is_refused(client: Client) -> None:
    made = identity.create_key("short-lived")
    assert client.chat(key=made.key, max_tokens=2).status == 200
    identity.revoke_key(made.id)
    assert client.chat(key=made.key, max_tokens=2).status == 401


def test_a_token_limit_holds_what_a_call_may_need(client: Client) -> None:
    limits = identity.KeyLimits(tokens_per_minute=200)
    key = make_key("small", limits=limits)
    # Reckoned by bytes the prompt might not fit; counted it does.
    first = client.chat("word " * 20, key=key, max_tokens=40)
    assert first.status == 200, first.body
    assert int(first.headers["x-ratelimit-limit-tokens"]) == 200
    assert int(first.headers["x-ratelimit-remaining-tokens"]) < 160
    second = client.chat("word " * 20, key=key, max_tokens=130)
    assert second.status == 429
    assert "tokens a minute" in second.json["error"]["message"]
    assert float(second.headers["retry-after"]) > 0


def test_who_goes_away_stops_the_work_and_pays_for_what_was_done(client: Client) -> None:
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "Count from 1 to 1000."}],
        "max_tokens": 3000,
        "stream": True,
    }
    connection = client.connection()
    connection.request(
        "POST", "/v1/chat/completions", json.dumps(body), {"Authorization": f"Bearer {client.key}"}
    )
    response = connection.getresponse()
    request_id = response.headers["x-request-id"]
    for _ in range(6):
        response.readline()
    connection.sock.close() if connection.sock else None
    response.close()
    connection.close()
    for _ in range(100):
        if rows := settlements(request_id=request_id):
            break
        time.sleep(0.1)
    assert rows[0].status == 499 and rows[0].error_code == "cancelled"
    assert 1 <= rows[0].completion_tokens < 300
    assert rows[0].prompt_tokens > 10


def test_metrics_count_what_happened(client: Client) -> None:
    client.chat("Hi", max_tokens=2)
    text = client.request("GET", "/metrics").body.decode()
    line = 'workbench_requests_total{backend="local",endpoint="/v1/chat/completions",'
    assert line + f'model="{MODEL}",status="200"}}' in text
    assert f'workbench_tokens_total{{kind="completion",model="{MODEL}"}}' in text
    assert "workbench_memory_budget_bytes" in text
    assert "# HELP workbench_memory_used_bytes Memory now of all models\n" in text
    assert "# HELP workbench_model_bytes Memory now of a model\n" in text
    plain = make_key("plain")
    assert client.request("GET", "/metrics", key=plain).status == 403


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no valid JSON"),
        (b"{", "no valid JSON"),
        (b"[]", "object"),
        (b'{"model": "\xff"}', "JSON"),
        (b'{"model": "smollm2-135m", "messages": []}', "messages"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\x00" * 1000, "JSON"),
    ],
)  # fmt: skip
def test_a_malformed_body_is_a_400(client: Client, body: bytes, said: str) -> None:
    answer = client.request("POST", "/v1/chat/completions", body)
    assert answer.status == 400, answer.body
    assert said in answer.json["error"]["message"]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: Client) -> None:
    connection = client.connection()
    connection.putrequest("POST", "/v1/chat/completions")
    connection.putheader("Authorization", f"Bearer {client.key}")
    connection.putheader("Content-Length", str(10**9))
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == 413
    connection.close()


def test_another_host_is_refused(client: Client) -> None:
    assert client.request("GET", "/healthz", host="evil.example").status == 421
    assert client.request("GET", "/healthz", host="127.0.0.1:1").status == 200


def test_audio_is_reserved(client: Client) -> None:
    assert client.request("POST", "/v1/audio/speech", {}).status == 501


def test_tokens_of_a_prompt_are_counted(client: Client) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}
    counted = client.request("POST", "/v1/messages/count_tokens", body)
    assert counted.status == 200, counted.body
    answered = client.request("POST", "/v1/messages", {**body, "max_tokens": 2})
    assert answered.status == 200, answered.body
    used = answered.json["usage"]
    known = used.get("cache_read_input_tokens") or 0  # Anthropic tells them apart
    assert counted.json["input_tokens"] == used["input_tokens"] + known


def test_feedback_is_noted_by_who_asked_alone(client: Client) -> None:
    answer = client.chat("Hi", max_tokens=2)
    said = {"request_id": answer.json["id"], "score": 0.5, "comment": "short"}
    assert client.request("POST", "/v1/feedback", said).status == 200
    other = make_key("another")
    assert client.request("POST", "/v1/feedback", said, key=other).status == 404
    assert client.request("POST", "/v1/feedback", {**said, "score": 5}).status == 400


WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 20}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called_and_its_result_read(client: Client, stream: bool) -> None:
    named = {"type": "function", "function": {"name": "get_weather"}}
    answer = client.chat(
        "What is the weather in Paris?", tools=[WEATHER], tool_choice=named, stream=stream
    )
    assert answer.status == 200, answer.body
    if stream:
        parts = [c["delta"].get("tool_calls") for e in answer.events for c in e["choices"]]
        told = [part[0]["function"] for part in parts if part]
        name, arguments = told[0]["name"], "".join(each.get("arguments", "") for each in told)
        reason = next(
            c["finish_reason"] for e in answer.events for c in e["choices"] if c["finish_reason"]
        )
    else:
        (choice,) = answer.json["choices"]
        (called,) = choice["message"]["tool_calls"]
        name, arguments = called["function"]["name"], called["function"]["arguments"]
        reason = choice["finish_reason"]
        told_back = [
            {"role": "user", "content": "What is the weather in Paris?"},
            choice["message"],
            {"role": "tool", "tool_call_id": called["id"], "content": "sunny, 21 degrees"},
        ]
        body = {"model": MODEL, "messages": told_back, "max_tokens": 20}
        after = client.request("POST", "/v1/chat/completions", body)
        assert after.status == 200, after.body
    assert (name, reason) == ("get_weather", "tool_calls")
    assert set(json.loads(arguments)) == {"city"}


def test_a_whole_answer_that_nobody_waits_for_is_cut_off_and_reckoned(client: Client) -> None:
    connection = client.connection()
    body = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "Count from 1 to 1000, slowly."}],
        "max_tokens": 3000,
    }
    client.chat("Hi", max_tokens=20)  # so that the model's rate is known
    key = make_key("impatient")
    connection.request(
        "POST", "/v1/chat/completions", json.dumps(body), {"Authorization": f"Bearer {key}"}
    )
    time.sleep(1.0)
    connection.close()
    (mine,) = [each for each in identity.list_keys() if each.name == "impatient"]
    for _ in range(100):
        if rows := settlements(key_id=mine.id):
            break
        time.sleep(0.05)
    assert rows[0].status == 499
    assert 0 < rows[0].completion_tokens < 1000 and rows[0].prompt_tokens > 10


def test_a_prompt_that_is_refused_costs_nothing(client: Client) -> None:
    limits = identity.KeyLimits(budget_tokens_day=90_000)
    made = identity.create_key("long-winded", limits=limits)
    refused = client.chat("word " * 6000, key=made.key, max_tokens=8)
    assert refused.status == 400
    assert refused.json["error"]["code"] == "context_length_exceeded"
    (row,) = settlements(key_id=made.id)
    assert (row.status, row.prompt_tokens, row.completion_tokens) == (400, 0, 0)


def test_a_refusal_for_tokens_says_what_is_needed_and_its_hint_works(client: Client) -> None:
    made = identity.create_key("sixty", limits=identity.KeyLimits(budget_tokens_month=60))
    for more in ({}, {"max_tokens": 60}):
        refused = client.chat("Say hello to all of them.", key=made.key, **more)
        assert refused.status == 429
        told = refused.json["error"]["message"]
        assert "of the prompt (counted) and" in told
        fitting = int(told.rpartition("max_tokens of at most ")[2].partition(",")[0].rstrip(" .)"))
    answer = client.chat("Say hello to all of them.", key=made.key, max_tokens=fitting)
    assert answer.status == 200
    assert answer.json["usage"]["prompt_tokens"] + fitting == 60


ASKED = "Say hello to all of them, one after the other, and then tell me what they answered."


def hint_of(client: Client, key: str, content: str, **more: Any) -> str:
    """What a refused call is told to do."""
    refused = client.chat(content, key=key, **more)
    assert refused.status == 429, refused.body
    told: str = refused.json["error"]["message"]
    return told.rpartition("(hint: ")[2]


def test_a_hint_to_shorten_the_prompt_leaves_out_the_models_own_words(client: Client) -> None:
    """The template's words cannot be taken away; a hint that counts them cannot be followed."""
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}
    counted = client.request("POST", "/v1/messages/count_tokens", body).json["input_tokens"]
    template = counted - 1  # "Hi" is a token
    assert template > 15
    limits = identity.KeyLimits(tokens_per_minute=template + 5)
    key = identity.create_key("a few words", limits=limits).key
    assert hint_of(client, key, ASKED, max_tokens=4).startswith(
        "have at most 5 tokens of your own words and max_tokens together, or have the limit"
    )
    assert client.chat("Hi", key=key, max_tokens=4).status == 200
    # What it needs is more than was allowed at first, and is had by waiting now.
    assert "max_tokens of at most 4 in " in hint_of(client, key, "Hi", max_tokens=16)
    # It is counted although nothing is left: reckoned by its bytes it would be called hopeless.
    assert hint_of(client, key, "Hi", max_tokens=3).startswith("try again in ")


def test_a_limit_below_the_models_own_words_promises_nothing(client: Client) -> None:
    limits = identity.KeyLimits(budget_tokens_day=20)
    key = identity.create_key("too little for any", limits=limits).key
    assert hint_of(client, key, ASKED) == "have the limit of the key raised)"
