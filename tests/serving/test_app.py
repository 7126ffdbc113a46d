"""Routes: what there is not, what is on its way out, and pages of other origins."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from workbench.serving.server import serving
from workbench.serving.settings import ServingSettings
from workbench.serving.versions import Notice, noticed

from .conftest import Client


def test_a_path_or_a_method_that_there_is_not(home: Any) -> None:
    with serving(chosen=ServingSettings(load_at_start=())) as server:
        client = Client(server.url, server.key)
        for method, path, status in (
            ("GET", "/v2/models", 404),
            ("GET", "/", 404),
            ("GET", "/v1/models/", 404),
            ("GET", "/v1/chat/completions", 405),
            ("DELETE", "/v1/models", 405),
            ("PUT", "/admin/v1/keys", 405),
        ):
            answer = client.request(method, path)
            assert answer.status == status, (method, path, answer.body)
            assert answer.json["error"]["type"] == "invalid_request_error"
            assert ("allow" in answer.headers) is (status == 405)
        wrong = client.request("GET", "/healthz", origin="http://page.example")
        assert not [name for name in wrong.headers if name.startswith("access-control")]


def test_an_address_with_v1_twice_or_not_at_all_is_told_as_that(home: Any) -> None:
    with serving(chosen=ServingSettings(load_at_start=())) as server:
        client = Client(server.url, server.key)
        for method, path, said in (
            ("POST", "/chat/completions", "base_url ends with it"),
            ("GET", "/models/some-model", "base_url ends with it"),
            ("POST", "/v1/v1/messages", "base_url ends before it"),
            ("POST", "/v1/v1/nothing", "GET /openapi.json"),
        ):
            answer = client.request(method, path)
            assert answer.status == 404
            assert said in answer.json["error"]["message"], (path, answer.body)
            assert ("request_id" in answer.json) is ("messages" in path)  # as its client reads it


def test_only_the_origins_that_are_named_may_use_it(home: Any) -> None:
    chosen = ServingSettings(load_at_start=(), cors_origins=("http://page.example",))
    with serving(chosen=chosen) as server:
        client = Client(server.url, server.key)
        asked = {
            "access_control_request_method": "POST",
            "access_control_request_headers": "authorization",
        }
        good = client.request(
            "OPTIONS", "/v1/chat/completions", origin="http://page.example", **asked
        )
        assert good.status == 200
        assert good.headers["access-control-allow-origin"] == "http://page.example"
        other = client.request(
            "OPTIONS", "/v1/chat/completions", origin="http://other.example", **asked
        )
        assert other.status == 400 and "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize("notice", [None, Notice(1_800_000_000, 1_830_000_000, "/v2/models")])
def test_a_route_on_its_way_out_says_so(notice: Notice | None) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b"x"})

    async def run() -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        await noticed(app, notice)({}, send, send)
        return sent

    start, body = asyncio.run(run())
    told = dict(start["headers"])
    assert told[b"a"] == b"b" and body["body"] == b"x"
    if notice is None:
        assert set(told) == {b"a"}
    else:
        assert told[b"deprecation"] == b"@1800000000"
        assert told[b"sunset"].endswith(b"GMT")
        assert told[b"link"] == b'</v2/models>; rel="successor-version"'


def test_errors_of_routes_are_json(home: Any) -> None:
    with serving(chosen=ServingSettings(load_at_start=())) as server:
        answer = Client(server.url, server.key).request("GET", "/nothing")
    assert answer.headers["content-type"] == "application/json"
    assert "GET /openapi.json" in json.loads(answer.body)["error"]["message"]
