"""``auto`` and ensembles through the gateway, with real models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.store.usage_queries import settlements

from .conftest import MODEL, Client, configured_gateway

pytestmark = pytest.mark.model

CONFIG = """
[models.smollm2-135m]
threads = 1

[prices]
smollm2-135m = { completion_usd_per_million_tokens = 2.0 }

[ensembles.vote]
kind = "majority"
members = ["smollm2-135m"]
samples = 3

[ensembles.half]
kind = "judge"
members = ["smollm2-135m", "no-such-member"]
judge = "no-such-judge"

[routing]
least_confidence = 0.5

[routing.tasks]
code = "ensemble/vote"

[[routing.rules]]
name = "tickets"
contains = "ticket #[0-9]+"
model = "nowhere"
"""


@pytest.fixture(scope="module")
def routed(serving_home: Path, shared_home_path: Path, tmp_path_factory: Any) -> Iterator[Client]:
    """A gateway with rules and an ensemble."""
    with configured_gateway(tmp_path_factory.mktemp("routed"), shared_home_path, CONFIG) as client:
        yield client


@pytest.fixture(autouse=True)
def configured(routed: Client, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any) -> None:
    """The test's own process reads the gateway's settings too."""
    folder = max(tmp_path_factory.getbasetemp().glob("routed*"))
    monkeypatch.setenv("WORKBENCH_CONFIG", str(folder / "workbench.toml"))
    monkeypatch.setenv("WORKBENCH_HOME", str(folder / "home"))


def ask(client: Client, text: str, model: str = "auto", **more: Any) -> Any:
    return client.chat(text, model=model, max_tokens=8, **more)


def test_the_models_are_listed_with_auto_and_the_ensembles(routed: Client) -> None:
    listed = [each["id"] for each in routed.request("GET", "/v1/models").json["data"]]
    assert {"auto", "ensemble/vote", MODEL} <= set(listed)
    assert routed.request("GET", "/v1/models/auto").status == 200


def test_an_ensemble_that_lacks_members_is_not_listed_and_its_answer_says_so(
    routed: Client,
) -> None:
    models = routed.request("GET", "/v1/models").json["data"]
    assert "ensemble/half" not in [each["id"] for each in models]
    assert all(each["created"] > 1e9 for each in models)
    answer = ask(routed, "Hello", model="ensemble/half")
    assert answer.status == 200
    assert "no-such-member of ensemble/half" in answer.headers["x-workbench-warning"]
    assert answer.headers["x-workbench-route-reason"].endswith("1 of 2 answered")


def test_what_speaks_for_no_other_goes_to_the_default(routed: Client) -> None:
    answer = ask(routed, "Hello, how are you today?")
    assert answer.status == 200
    assert answer.json["model"] == MODEL
    assert answer.headers["x-workbench-model"] == MODEL
    assert answer.headers["x-workbench-route"] == "default"


def test_a_task_sends_code_to_the_ensemble_which_settles_all_its_questions(routed: Client) -> None:
    answer = ask(routed, "Write a Python function that reverses a list.", seed=3)
    assert answer.status == 200
    assert answer.headers["x-workbench-route"] == "task:code, ensemble"
    assert "votes" in answer.headers["x-workbench-route-reason"]
    usage = answer.json["usage"]
    assert usage["completion_tokens"] > 8  # three answers of at most eight
    row = next(r for r in settlements() if r.request_id == answer.headers["x-request-id"])
    assert (row.task, row.route, row.model_asked) == (
        "code",
        "task:code, ensemble",
        "ensemble/vote",
    )
    assert row.completion_tokens == usage["completion_tokens"]
    assert row.cost_usd == pytest.approx(2.0 * row.completion_tokens / 1e6)


@pytest.mark.parametrize(
    "text",
    [
        "Write a Python function that reverses a list.",
        "Hello, how are you today?",
        "ticket #12 is open",
    ],
)
def test_the_command_without_a_gateway_decides_the_same(routed: Client, text: str) -> None:
    from workbench.models.routing.asking import route

    there, here = ask(routed, text).headers, route(text)
    rule = there["x-workbench-route"].partition(", ")[0]
    model = "ensemble/vote" if there["x-workbench-route"].endswith("ensemble") else MODEL
    assert (here.model, here.rule) == (model, rule)


def test_strict_routing_is_an_error_where_a_rule_cannot_be_kept(routed: Client) -> None:
    relaxed = ask(routed, "ticket #12 is open")
    assert (relaxed.status, relaxed.headers["x-workbench-model"]) == (200, MODEL)
    strict = ask(routed, "ticket #12 is open", workbench={"strict_routing": True})
    assert strict.status == 400
    assert "nowhere" in strict.json["error"]["message"]


def test_a_preference_counts_and_an_unknown_one_is_refused(routed: Client) -> None:
    assert (
        ask(routed, "Hi", workbench={"prefer": "speed"}).headers["x-workbench-route"]
        == "prefer:speed"
    )
    refused = ask(routed, "Hi", workbench={"prefer": "beauty"})
    assert refused.status == 400
    assert "beauty" in refused.json["error"]["message"]


def test_a_key_is_routed_among_its_own_models(routed: Client) -> None:
    made = routed.request(
        "POST", "/admin/v1/keys", {"name": "narrow", "models": ["minilm-l6-v2"]}
    ).json
    refused = ask(routed, "Hello", key=made["key"])
    assert refused.status in (400, 403)
    other = routed.request("POST", "/admin/v1/keys", {"name": "plain", "models": [MODEL]}).json
    code = ask(routed, "Write a Python function that reverses a list.", key=other["key"])
    assert code.headers["x-workbench-model"] == MODEL


def test_embeddings_may_be_routed_too(routed: Client) -> None:
    answer = routed.request("POST", "/v1/embeddings", {"model": "auto", "input": "Hello"})
    assert answer.status == 200
    assert answer.headers["x-workbench-model"] == "minilm-l6-v2"


class TestEnsemble:
    def test_it_streams_in_one_piece_with_its_usage(self, routed: Client) -> None:
        answer = ask(
            routed, "Hi", model="ensemble/vote", stream=True, stream_options={"include_usage": True}
        )
        assert answer.status == 200
        assert answer.events[-1]["usage"]["completion_tokens"] > 0

    def test_what_it_cannot_do_is_said(self, routed: Client) -> None:
        tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
        for more, said in (({"tools": [tool]}, "no tools"), ({"n": 2}, "n is 2")):
            refused = ask(routed, "Hi", model="ensemble/vote", **more)
            assert refused.status == 400, refused.body
            assert said in refused.json["error"]["message"]

    def test_an_unknown_one_is_not_found(self, routed: Client) -> None:
        refused = ask(routed, "Hi", model="ensemble/votes")
        assert refused.status == 404
        assert "ensemble/vote" in refused.json["error"]["message"]
