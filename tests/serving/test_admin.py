"""The administration over HTTP: each route does what it says, for whom it is meant."""

from __future__ import annotations

from typing import Any

import pytest

from workbench import identity
from workbench.serving.admin import ENDPOINTS

from .conftest import MODEL, Client

pytestmark = pytest.mark.model


def admin(client: Client, method: str, path: str, body: Any = None, **more: Any) -> Any:
    return client.request(method, f"/admin/v1{path}", body, more.get("key"))


@pytest.fixture(scope="module")
def roles(gateway: Any, serving_home: Any) -> dict[str, str]:
    """A key of each role."""
    from workbench.core import settings

    with settings.override(home=serving_home):
        return {
            role: identity.create_key(f"of-{role}", user=f"a-{role}", role=role).key
            for role in ("user", "operator", "owner")
        }


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_each_route_is_for_who_has_its_scope(
    client: Client, roles: dict[str, str], endpoint: Any
) -> None:
    path = endpoint.path.replace("{model:path}", "no-model").replace("{key}", "no-key")
    for role, key in roles.items():
        allowed = endpoint.scope in identity.ROLES[role]
        # A body that no endpoint takes, so that nothing is changed where the door is open.
        answer = admin(client, endpoint.method, path, b'{"no-field": 1}', key=key)
        assert (answer.status == 403) is not allowed, (role, answer.body)
    assert admin(client, endpoint.method, path, key="").status == 401


def test_a_model_is_loaded_pinned_and_unloaded(client: Client) -> None:
    loaded = admin(client, "POST", f"/models/{MODEL}/load")
    assert loaded.status == 200 and loaded.json["status"] == "ready", loaded.body
    assert loaded.json["resident_bytes"] > 50e6
    assert admin(client, "POST", f"/models/{MODEL}/pin").json["pinned"] is True
    state = admin(client, "GET", "/models").json
    assert MODEL in state["names"]
    assert [each["pinned"] for each in state["pool"]["models"] if each["name"] == MODEL] == [True]
    assert admin(client, "POST", f"/models/{MODEL}/unpin").json == {
        "model": MODEL,
        "changed": True,
    }
    assert admin(client, "POST", f"/models/{MODEL}/unload", {"drain_s": 5}).json["changed"] is True
    assert admin(client, "POST", f"/models/{MODEL}/unload").json["changed"] is False
    assert client.chat("Hi", max_tokens=2).status == 200, "it is loaded again when it is asked"
    assert admin(client, "POST", "/models/no-model/load").status == 404


def test_a_key_is_made_used_changed_and_revoked(client: Client) -> None:
    wish = {"name": "made-over-http", "models": [MODEL], "limits": {"tokens_per_minute": 5000}}
    made = admin(client, "POST", "/keys", wish)
    assert made.status == 201, made.body
    key, key_id = made.json["key"], made.json["id"]
    assert client.chat("Hi", key=key, max_tokens=2).status == 200
    assert admin(client, "POST", "/keys", wish).status == 409
    shown = admin(client, "GET", f"/keys/{key_id}").json
    assert shown["limits"]["tokens_per_minute"] == 5000 and "key" not in shown
    changed = admin(client, "PATCH", f"/keys/{key_id}", {"models": ["minilm-l6-v2"]})
    assert changed.json["models"] == ["minilm-l6-v2"]
    assert client.chat("Hi", key=key, max_tokens=2).status == 403
    listed = admin(client, "GET", "/keys")
    assert key_id in [each["id"] for each in listed.json["data"]]
    assert key not in listed.body.decode()
    assert admin(client, "DELETE", f"/keys/{key_id}").status == 200
    assert client.chat("Hi", key=key, max_tokens=2).status == 401
    assert key_id not in [each["id"] for each in admin(client, "GET", "/keys").json["data"]]
    with_revoked = admin(client, "GET", "/keys?revoked=true").json["data"]
    assert key_id in [each["id"] for each in with_revoked]


def test_a_budget_is_told_and_changed(client: Client) -> None:
    made = admin(client, "POST", "/keys", {"name": "budgeted"}).json
    limits = {"budget_tokens_day": 1000}
    changed = admin(client, "PATCH", f"/budgets/{made['id']}", limits)
    assert changed.status == 200, changed.body
    assert client.chat("Tell me more", key=made["key"], max_tokens=3).status == 200
    told = admin(client, "GET", f"/budgets/{made['id']}").json
    assert told["key"]["limits"]["budget_tokens_day"] == 1000
    assert told["use"]["tokens_day"] > 5
    assert admin(client, "PATCH", f"/budgets/{made['id']}", {"budget": 5}).status == 400
    gone = admin(client, "PATCH", f"/budgets/{made['id']}", {"budget_tokens_day": None})
    assert gone.json["key"]["limits"]["budget_tokens_day"] is None
    every = admin(client, "GET", "/budgets").json["data"]
    assert made["id"] in [each["key"]["id"] for each in every]


def test_usage_is_told_by_model(client: Client) -> None:
    client.chat("Hi there", max_tokens=2)
    told = admin(client, "GET", "/usage?by=model&since=24h").json["data"]
    row = next(each for each in told if each["group"] == MODEL)
    assert row["requests"] >= 1 and row["completion_tokens"] >= 2
    for wrong in ("by=colour", "since=never", "colour=red"):
        assert admin(client, "GET", f"/usage?{wrong}").status == 400, wrong


def test_the_cache_is_told_and_cleared(client: Client) -> None:
    question = "Which number comes after seven?"
    first = client.chat(question, max_tokens=5, temperature=0)
    again = client.chat(question, max_tokens=5, temperature=0)
    assert "x-workbench-cache" not in first.headers
    assert again.headers["x-workbench-cache"].startswith("exact; age=")
    assert again.headers["x-workbench-backend"] == "cache"
    assert again.json["choices"] == first.json["choices"]
    assert admin(client, "GET", "/cache").json["entries"] >= 1
    cleared = admin(client, "DELETE", f"/cache?model={MODEL}")
    assert cleared.json["removed"] >= 1
    after = client.chat(question, max_tokens=5, temperature=0)
    assert "x-workbench-cache" not in after.headers


def test_a_known_answer_costs_nothing_and_counts_as_a_request(client: Client) -> None:
    from workbench.store.usage_queries import settlements

    limits = identity.KeyLimits(requests_per_minute=3, tokens_per_minute=10_000)
    key = identity.create_key("hits", limits=limits).key
    answers = [client.chat("What is 2+2?", key=key, max_tokens=4, temperature=0) for _ in "abc"]
    assert [answer.status for answer in answers] == [200] * 3
    (row,) = settlements(request_id=answers[2].headers["x-request-id"])
    assert (row.cache, row.prompt_tokens, row.completion_tokens) == ("exact", 0, 0)
    assert client.chat("What is 2+2?", key=key, max_tokens=4, temperature=0).status == 429


def test_the_status(client: Client) -> None:
    told = admin(client, "GET", "/status").json
    assert told["ready"] is True and told["version"] == "0.1.0" and told["uptime_s"] > 0


def test_a_key_that_may_be_a_slip_is_made_and_the_slip_is_said(client: Client) -> None:
    limits = {"budget_usd_month": 5}
    wish = {"name": "slips", "models": [MODEL, "smollm-135m"], "limits": limits}
    made = admin(client, "POST", "/keys", wish)
    assert made.status == 201, made.body
    free, unknown = made.json["warnings"]
    assert "a budget in dollars limits nothing" in free
    assert "no model is named 'smollm-135m' now" in unknown and MODEL in unknown
    plain = admin(client, "POST", "/keys", {"name": "no-slips", "models": [MODEL]})
    assert plain.json["warnings"] == []
