"""What must hold when something breaks: one answer, no lost settlement, no secret in a log."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.serving.server import GatewayServer, serving
from workbench.serving.settings import ServingSettings, UpstreamSettings
from workbench.store.usage_queries import settlements, totals

from .conftest import MODEL, Client, link_models
from .upstreams import Upstream

TEXT = "The lighthouse – 灯台 – stands on a 🪨 rock; its keeper counts: one, two, three, four."
Start = Callable[..., Client]


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Start gateways without models of their own; they are gone when the test ends."""
    running: list[tuple[Any, GatewayServer]] = []

    def run(**chosen: Any) -> Client:
        made = serving(chosen=ServingSettings(load_at_start=(), **chosen))
        server = made.__enter__()
        running.append((made, server))
        return Client(server.url, server.key)

    yield run
    for made, _ in reversed(running):
        made.__exit__(None, None, None)


@pytest.fixture
def upstream() -> Iterator[Callable[[], Upstream]]:
    """Start upstreams; they are gone when the test ends."""
    running: list[Upstream] = []

    def run() -> Upstream:
        running.append(Upstream())
        return running[-1]

    yield run
    for each in running:
        each.close()


def far(name: str, upstream: Upstream, **models: str) -> UpstreamSettings:
    return UpstreamSettings(name, upstream.url, models)


def stream(client: Client, model: str, **more: Any) -> Any:
    return client.chat("Tell a story", model=model, stream=True, **more)


def text_of(answer: Any) -> str:
    return "".join(
        choice["delta"].get("content") or ""
        for event in answer.events
        for choice in event.get("choices", ())
    )


def test_an_upstream_that_dies_in_mid_stream_is_one_stream_to_the_client(
    start: Start, upstream: Callable[[], Upstream]
) -> None:
    first, second = upstream(), upstream()
    client = start(
        upstreams={"a": far("a", first, story="die-7"), "b": far("b", second, other="words")},
        fallback={"story": ("other",)},
    )
    answer = stream(client, "story", stream_options={"include_usage": True})
    assert first.process.wait(timeout=10) == 1, "it did die"
    assert answer.status == 200 and text_of(answer) == TEXT
    reasons = [c["finish_reason"] for e in answer.events for c in e["choices"]]
    assert [reason for reason in reasons if reason] == ["stop"]
    usage = answer.events[-1]["usage"]
    assert usage["completion_tokens"] == -(-len(TEXT) // 4)
    (row,) = settlements(request_id=answer.headers["x-request-id"])
    assert row.fallbacks == ("a/story: fetch",) and row.backend == "b"
    assert row.completion_tokens == usage["completion_tokens"]
    begun = second.seen()[-1]["body"]["messages"][-1]
    assert begun == {"role": "assistant", "content": TEXT[:28]}


def test_a_stream_that_nobody_takes_up_ends_with_its_reason_and_is_settled(
    start: Start, upstream: Callable[[], Upstream]
) -> None:
    client = start(upstreams={"a": far("a", upstream(), story="die-7")})
    answer = stream(client, "story")
    assert answer.status == 200 and text_of(answer) == TEXT[:28]
    assert "cannot be reached" in answer.events[-1]["error"]["message"]
    assert not answer.body.rstrip().endswith(b"[DONE]")
    (row,) = settlements(request_id=answer.headers["x-request-id"])
    assert row.status == 502 and row.completion_tokens == 7


def test_two_of_one_name_share_and_one_that_is_gone_is_not_missed(
    start: Start, upstream: Callable[[], Upstream]
) -> None:
    first, second = upstream(), upstream()
    client = start(
        upstreams={"a": far("a", first, story="pace-5"), "b": far("b", second, story="pace-5")}
    )
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: stream(client, "story"), range(16)))
    assert {answer.headers["x-workbench-backend"] for answer in found} == {"a", "b"}
    assert {text_of(answer) for answer in found} == {TEXT}
    assert client.chat(model="a/story").headers["x-workbench-backend"] == "a"
    first.close()
    answers = [client.chat(model="story") for _ in range(20)]
    assert {answer.status for answer in answers} == {200}
    assert {answer.headers["x-workbench-backend"] for answer in answers} == {"b"}
    assert client.chat(model="a/story").status in (502, 503)


def test_a_client_who_goes_away_ends_the_upstreams_work(
    start: Start, upstream: Callable[[], Upstream]
) -> None:
    client = start(upstreams={"a": far("a", upstream(), slow="pace-100", silent="silent")})
    for model, lines in (("slow", 4), ("silent", 0)):
        connection = client.connection()
        body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "Go"}]}
        connection.request(
            "POST",
            "/v1/chat/completions",
            json.dumps(body),
            {"Authorization": f"Bearer {client.key}"},
        )
        if lines:
            response = connection.getresponse()
            for _ in range(lines):
                response.readline()
            response.close()
        else:
            time.sleep(0.3)
        connection.close()
    for _ in range(100):
        rows = settlements()
        if len(rows) == 2:
            break
        time.sleep(0.05)
    assert [(row.status, row.error_code) for row in rows] == [(499, "cancelled")] * 2
    assert sorted(row.completion_tokens > 0 for row in rows) == [False, True]


def test_malformed_requests_change_nothing(
    start: Start, upstream: Callable[[], Upstream], caplog: pytest.LogCaptureFixture
) -> None:
    client = start(upstreams={"a": far("a", upstream(), story="words")})
    place = urllib.parse.urlsplit(client.url)
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
    head += f"Authorization: Bearer {client.key}\r\n"
    wrong = [
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\nA: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\n" + b"A: b\r\n" * 20_000 + b"\r\n",
        b"GET /\xff\xfe%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        (head + "Content-Length: 5\r\n\r\n{{{{{").encode(),
        (head + "Content-Length: -5\r\n\r\n").encode(),
        (head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").encode(),
        (head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n").encode(),
        (head + 'Content-Length: 30\r\n\r\n{"model": "\ud800\udc00 SECRET-PROMPT"}').encode(
            "utf-8", "surrogatepass"
        ),
        (head + 'Content-Length: 40\r\n\r\n{"model": "story", "SECRET-PROMPT": 1}  ').encode(),
    ]
    for _ in range(20):
        for content in wrong:
            with socket.create_connection((place.hostname, place.port), timeout=10) as raw:
                raw.sendall(content)
                raw.shutdown(socket.SHUT_WR)
                # Who hangs up with bytes unread resets the connection.
                with contextlib.suppress(ConnectionResetError):
                    while raw.recv(65536):
                        pass
    assert client.chat(model="story").status == 200
    assert client.key not in caplog.text and "SECRET-PROMPT" not in caplog.text
    assert "Traceback" not in caplog.text


def test_a_client_who_sends_slowly_is_turned_away(start: Start) -> None:
    client = start(header_timeout_s=0.3, body_timeout_s=0.3)
    place = urllib.parse.urlsplit(client.url)
    head = (
        f"POST /v1/feedback HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {client.key}\r\n"
    )
    for content in (b"", b"POST /v1/feed", (head + "Content-Length: 50\r\n\r\n{").encode()):
        with socket.create_connection((place.hostname, place.port), timeout=10) as raw:
            raw.sendall(content)
            told = b""
            while part := raw.recv(65536):
                told += part
        assert told.startswith(b"HTTP/1.1 408"), content


def test_a_disk_that_takes_no_settlement_is_told_and_nothing_is_lost(
    start: Start, upstream: Callable[[], Upstream], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    from workbench.store import usage
    from workbench.store.database import Database

    client = start(upstreams={"a": far("a", upstream(), story="words")})
    assert client.chat(model="story").status == 200
    real, full = Database.transaction, threading.Event()

    def transaction(self: Database) -> Any:
        if full.is_set() and self.path.name == "store.sqlite":
            from workbench.core.errors import StorageError

            raise StorageError("no space left on the disk")
        return real(self)

    monkeypatch.setattr(usage, "_RETRY_S", (0.01,))
    monkeypatch.setattr(usage, "_LATER_S", 0.05)
    monkeypatch.setattr(Database, "transaction", transaction)
    full.set()
    answers = [client.chat(model="story") for _ in range(3)]
    assert {answer.status for answer in answers} == {503}
    broken = stream(client, "story")
    assert broken.status == 503 or "error" in broken.events[-1]
    unready = client.request("GET", "/readyz")
    assert unready.status == 503 and unready.json["ready"] is False
    assert "the store takes no settlement now" in unready.json["reason"]
    assert client.request("GET", "/healthz").status == 200
    full.clear()
    for _ in range(100):  # by itself: nobody has to ask a model for it
        if client.request("GET", "/readyz").status == 200:
            break
        time.sleep(0.05)
    assert client.request("GET", "/readyz").json == {"ready": True}
    for _ in range(100):
        answer = client.chat(model="story")
        if answer.status == 200:
            break
        time.sleep(0.05)
    assert answer.status == 200
    # The first answer that could not be written was made, and is settled now; then none was made.
    rows = settlements()
    assert len(rows) == 3 and {row.completion_tokens for row in rows} == {-(-len(TEXT) // 4)}
    # It ended in an error, so that is what it is counted as.
    ends = sorted((row.status, row.error_code) for row in rows if row.status != 200)
    assert ends == [(503, "storage")]
    (total,) = totals(by="model")
    assert (total.requests, total.errors) == (3, 1)


def test_settings_reach_the_gateways_thread(start: Start, home: Path) -> None:
    with settings.override(drain_s=1.5):
        client = start()
    assert client.request("GET", "/readyz").status == 200
    assert (home / "serving" / "running.json").is_file()


@pytest.mark.parametrize("when_down", ["refuse", "local"])
def test_a_redis_that_says_nothing_holds_nobody_up(
    start: Start,
    upstream: Callable[[], Upstream],
    monkeypatch: pytest.MonkeyPatch,
    when_down: str,
) -> None:
    from workbench import identity

    with socket.create_server(("127.0.0.1", 0)) as hole:  # takes connections, reads nothing
        monkeypatch.setenv("WORKBENCH_REDIS_URL", f"redis://127.0.0.1:{hole.getsockname()[1]}/0")
        monkeypatch.setenv("WORKBENCH_LIMITS_WHEN_DOWN", when_down)
        client = start(upstreams={"a": far("a", upstream(), story="words")})
        assert client.chat(model="story").status == 200, "a key without limits needs no store"
        limits = identity.KeyLimits(tokens_per_minute=10_000)
        key = identity.create_key("limited", limits=limits).key
        answers = [client.chat(model="story", key=key, temperature=0) for _ in range(3)]
    if when_down == "local":
        assert [answer.status for answer in answers] == [200] * 3
    else:
        assert {answer.status for answer in answers} <= {429, 503}
        assert all("retry-after" in answer.headers for answer in answers)
    settled = [row for row in settlements() if row.status == 200]
    assert len(settled) == 1 + [answer.status for answer in answers].count(200)


@pytest.mark.model
def test_the_model_here_takes_up_what_an_upstream_began(
    start: Start,
    upstream: Callable[[], Upstream],
    home: Path,
    serving_home: Path,
    shared_home_path: Path,
) -> None:
    link_models(home, shared_home_path)
    with settings.override(threads=1):
        client = start(
            upstreams={"a": far("a", upstream(), story="die-7")}, fallback={"story": (MODEL,)}
        )
    answer = stream(client, "story", max_tokens=20, stream_options={"include_usage": True})
    assert answer.status == 200, answer.body
    text = text_of(answer)
    assert text.startswith(TEXT[:28]) and len(text) > 28
    assert answer.events[-1]["usage"]["completion_tokens"] <= 20
    (row,) = settlements(request_id=answer.headers["x-request-id"])
    assert (row.model_asked, row.model_served, row.backend) == ("story", MODEL, "local")


def test_a_gateway_with_too_many_connections_says_so(start: Start) -> None:
    client = start(max_connections=3, header_timeout_s=5.0)
    place = urllib.parse.urlsplit(client.url)
    held = [socket.create_connection((place.hostname, place.port)) for _ in range(3)]
    try:
        for _ in range(100):  # the gateway may see them a moment later
            with socket.create_connection((place.hostname, place.port), timeout=10) as more:
                more.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                if (told := more.recv(100)).startswith(b"HTTP/1.1 503"):
                    break
        assert told.startswith(b"HTTP/1.1 503")
    finally:
        for each in held:
            each.close()
    for _ in range(100):
        if client.request("GET", "/healthz").status == 200:
            break
    assert client.request("GET", "/healthz").status == 200


@pytest.mark.parametrize("extra", [b"A: " + b"x" * 3000 + b"\r\n", b"A: bcd\r\n" * 300])
def test_headers_that_are_too_large_are_refused(start: Start, extra: bytes) -> None:
    client = start(max_header_bytes=2000)
    place = urllib.parse.urlsplit(client.url)
    for more, status in ((b"", b"200"), (extra, b"431")):
        with socket.create_connection((place.hostname, place.port), timeout=10) as raw:
            raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + more + b"\r\n")
            assert raw.recv(200)[9:12] == status


def test_a_client_who_reads_nothing_is_given_up(
    start: Start, upstream: Callable[[], Upstream]
) -> None:
    client = start(upstreams={"a": far("a", upstream(), flood="flood")}, stalled_timeout_s=0.3)
    connection = client.connection()
    body = {"model": "flood", "stream": True, "messages": [{"role": "user", "content": "Go"}]}
    headers = {"Authorization": f"Bearer {client.key}"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    response = connection.getresponse()
    assert response.status == 200
    for _ in range(200):
        if rows := settlements():
            break
        time.sleep(0.05)
    assert [(row.status, row.error_code) for row in rows] == [(499, "cancelled")]
    assert client.request("GET", "/admin/v1/status").json["in_flight"] == 0
    connection.close()


def test_a_client_in_a_hurry_is_not_held_against_the_backend(
    start: Start, upstream: Callable[[], Upstream]
) -> None:
    client = start(upstreams={"a": far("a", upstream(), slow="pace-20", silent="silent")})
    for model in ("slow", "silent"):
        answers = [
            client.chat(model=model, workbench={"timeout_s": 0.1}, stream=model == "slow")
            for _ in range(6)
        ]
        assert all(b"longer than the 0.1 s" in answer.body for answer in answers), answers
    states = client.request("GET", "/admin/v1/models").json["backends"]
    assert {each["state"] for each in states} == {"closed"}
