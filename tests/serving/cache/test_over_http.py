"""The cache through the whole gateway, with a real model: what a client sees, and who pays."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

GREEDY = {"temperature": 0, "max_tokens": 12}


def told(answer: Any) -> str:
    return answer.json["choices"][0]["message"]["content"]


def test_a_stream_and_a_whole_answer_share_what_is_known(client: Any) -> None:
    first = client.chat("Name a colour of the sea.", **GREEDY)
    again = client.chat("Name a colour of the sea.", stream=True, **GREEDY)
    assert first.status == again.status == 200
    assert "x-workbench-cache" not in first.headers
    assert again.headers["x-workbench-cache"].startswith("exact; age=")
    assert again.headers["x-workbench-backend"] == "cache"
    deltas = [event["choices"][0]["delta"] for event in again.events if event["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == told(first)


def test_the_other_interfaces_know_it_too(client: Any) -> None:
    body = {
        "model": "smollm2-135m",
        "max_tokens": 8,
        "temperature": 0,
        "messages": [{"role": "user", "content": "Say where the wind comes from."}],
    }
    client.request("POST", "/v1/messages", body)
    again = client.request("POST", "/v1/messages", body)
    assert again.headers["x-workbench-cache"].startswith("exact")
    # The same call, whoever's dialect it came in.
    chat = client.chat("Say where the wind comes from.", temperature=0, max_tokens=8)
    assert chat.headers["x-workbench-cache"].startswith("exact")
    assert told(chat) == again.json["content"][0]["text"]


def test_off_and_refresh_are_heard_and_another_word_is_refused(client: Any) -> None:
    client.chat("Name a tree.", **GREEDY)
    for wish in ("off", "refresh"):
        answer = client.request(
            "POST",
            "/v1/chat/completions",
            {
                "model": "smollm2-135m",
                "messages": [{"role": "user", "content": "Name a tree."}],
                **GREEDY,
            },
            x_workbench_cache=wish,
        )
        assert "x-workbench-cache" not in answer.headers
    refused = client.chat("Name a tree.", workbench={"cache": "perhaps"}, **GREEDY)
    assert refused.status == 400


def test_identical_calls_at_once_are_one_run_and_one_client_pays(client: Any) -> None:
    before = client.request("GET", "/admin/v1/usage").json["data"]
    answers: list[Any] = []
    content = f"Count the stars, from {time.time_ns()}."

    def ask() -> None:
        answers.append(client.chat(content, temperature=0, max_tokens=48))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {200}
    assert len({told(answer) for answer in answers}) == 1
    kinds = [answer.headers.get("x-workbench-cache", "").partition(";")[0] for answer in answers]
    assert kinds.count("") == 1  # who began it; who came after its end found it
    assert set(kinds) <= {"", "flight", "exact"}
    after = client.request("GET", "/admin/v1/usage").json["data"]
    used = answers[0].json["usage"]
    spent = sum(each["completion_tokens"] for each in after) - sum(
        each["completion_tokens"] for each in before
    )
    assert spent == used["completion_tokens"]
    requests = sum(each["requests"] for each in after) - sum(each["requests"] for each in before)
    assert requests == len(answers)


@pytest.mark.slow
def test_what_means_the_same_is_found_if_that_is_asked_for(client: Any) -> None:
    """The embedder is loaded meanwhile: until it is there, nothing is found and nothing fails."""
    number = time.time_ns() % 10**6

    def ask(text: str, wish: str = "semantic") -> Any:
        return client.chat(text, workbench={"cache": wish}, **GREEDY)

    first = ask(f"What is the square root of {number}?")
    for _ in range(100):
        again = ask(f"Please tell me what the square root of {number} is.")
        if again.headers.get("x-workbench-cache", "").startswith("semantic"):
            break
        time.sleep(0.1)
        client.request("DELETE", "/admin/v1/cache")
        first = ask(f"What is the square root of {number}?")
    assert again.headers["x-workbench-cache"].startswith("semantic; age=")
    assert "similarity=0.9" in again.headers["x-workbench-cache"]
    assert told(again) == told(first)
    other = ask(f"Please tell me what the square root of {number + 1} is.")
    assert "x-workbench-cache" not in other.headers
    state = client.request("GET", "/admin/v1/cache").json
    assert state["semantic"]["hits"] >= 1
    assert state["semantic"]["refused"].get("number", 0) >= 1
    metrics = client.request("GET", "/metrics").body.decode()
    assert 'workbench_semantic_refusals_total{reason="number"}' in metrics
