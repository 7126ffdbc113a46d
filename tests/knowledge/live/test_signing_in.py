"""Signing in from a browser: cookies that pages of others cannot use."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from workbench.identity import passwords
from workbench.identity.passwords import Cost, Passwords
from workbench.knowledge.live.server import LiveServer

from .conftest import SPACE, People, ask
from .raw import raw

PASSWORD = "nine brown cats hum"


@pytest.fixture
def cookies(server: LiveServer, people: People, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a browser has after ann has signed in."""
    light = Cost(64, 1, 1)
    monkeypatch.setattr(passwords, "FLOOR", light)
    monkeypatch.setattr(passwords, "COST", light)
    people.add("ann", knowledge="contributor")
    Passwords().set("ann", PASSWORD)
    status, headers, said = post(server, "/live/sign-in", {"user": "ann", "password": PASSWORD})
    assert (status, said["user"]) == (200, "ann")
    set_cookies = [value for name, value in headers if name == "set-cookie"]
    assert len(set_cookies) == 2
    for each in set_cookies:
        assert "HttpOnly" in each
        assert "SameSite=strict" in each
    return dict(each.split(";")[0].split("=", 1) for each in set_cookies)


def post(server: LiveServer, path: str, body: dict, **headers: str) -> tuple[int, list, dict]:
    where = urlsplit(server.url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port)
    try:
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        found = [(name.lower(), value) for name, value in answer.getheaders()]
        return answer.status, found, json.loads(answer.read())
    finally:
        connection.close()


def shown(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def test_a_page_of_this_server_writes(server: LiveServer, cookies: dict[str, str]) -> None:
    page, cookie = f"{server.url}/live/page{SPACE}", shown(cookies)
    body = {"text": "hello"}
    assert ask(page, method="PUT", body=body, Cookie=cookie, Origin=server.url)[0] == 200
    assert ask(page, Cookie=cookie)[1]["text"] == "hello"
    headers = [("Cookie", cookie), ("Origin", server.url)]
    with raw(server.url, SPACE, headers=headers) as client:
        client.join()
        assert str(client.source) == "hello"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://[", None])
def test_a_page_of_another_server_does_not(
    origin: str | None, server: LiveServer, cookies: dict[str, str]
) -> None:
    page, cookie = f"{server.url}/live/page{SPACE}", shown(cookies)
    said = {} if origin is None else {"Origin": origin}
    body = {"text": "mine"}
    assert ask(page, method="PUT", body=body, Cookie=cookie, **said)[0] == 403
    headers = [("Cookie", cookie), *said.items()]
    with pytest.raises(InvalidStatus) as told, raw(server.url, SPACE, headers=headers):
        pass
    assert told.value.response.status_code == 403
    assert ask(page, Cookie=cookie)[0] == 404
    if origin is not None:
        given = {"user": "ann", "password": PASSWORD}
        assert post(server, "/live/sign-in", given, Origin=origin)[0] == 403


def test_who_signs_out_is_out(server: LiveServer, cookies: dict[str, str]) -> None:
    cookie = shown(cookies)
    assert ask(f"{server.url}/live/pages", Cookie=cookie)[0] == 200
    assert post(server, "/live/sign-out", {}, Cookie=cookie, Origin=server.url)[0] == 200
    assert ask(f"{server.url}/live/pages", Cookie=cookie)[0] == 401


def test_who_guesses_waits(server: LiveServer, cookies: dict[str, str]) -> None:
    given = {"user": "ann", "password": "wrong guess again"}
    statuses = [post(server, "/live/sign-in", given)[0] for _ in range(7)]
    assert statuses[:5] == [401] * 5
    assert 429 in statuses
    for body in ({}, {"user": "ann"}, {"user": 1, "password": 2}, []):
        assert post(server, "/live/sign-in", body)[0] == 400  # type: ignore[arg-type]
