"""Fifty streams at once over HTTP use no token more than their key may, and no log has a key."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from workbench import identity
from workbench.identity import KeyLimits
from workbench.serving.server import serving
from workbench.serving.settings import ServingSettings, UpstreamSettings
from workbench.store.database import close_all
from workbench.store.usage_queries import settlements

from .conftest import Client
from .upstreams import Upstream

STREAMS = 50


@pytest.fixture
def far(home: Path) -> Iterator[Client]:
    """A gateway before one upstream, which takes 2 or 20 ms a piece, or says nothing."""
    upstream = Upstream()
    paces = {"slow": "pace-2", "slower": "pace-20", "silent": "silent"}
    settings = UpstreamSettings("far", upstream.url, paces)
    with serving(chosen=ServingSettings(load_at_start=(), upstreams={"far": settings})) as server:
        yield Client(server.url, server.key)
    upstream.close()
    close_all()


def all_at_once(client: Client, key: str, *, model: str) -> list[Any]:
    def one(number: int) -> Any:
        asked = {"model": model, "stream": True, "max_tokens": 15, "key": key}
        return client.chat(f"Tell me story number {number}.", **asked)

    with ThreadPoolExecutor(STREAMS) as threads:
        return list(threads.map(one, range(STREAMS)))


def test_they_overshoot_by_nothing(far: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    allowed = 1000
    made = identity.create_key("ci", limits=KeyLimits(tokens_per_minute=allowed))
    answers = all_at_once(far, made.key, model="slow")
    counts = Counter(answer.status for answer in answers)
    assert set(counts) == {200, 429}
    assert all("retry-after" in answer.headers for answer in answers if answer.status == 429)
    rows = settlements(key_id=made.id, limit=1000)
    assert len([row for row in rows if row.status == 200]) == counts[200]
    used = sum(row.tokens for row in rows)
    assert 0 < used <= allowed
    assert made.key[8:] not in caplog.text
    assert far.key[8:] not in caplog.text


def test_places_are_held_while_answers_come(far: Client) -> None:
    made = identity.create_key("ci", limits=KeyLimits(concurrent_streams=4))
    counts = Counter(answer.status for answer in all_at_once(far, made.key, model="slower"))
    assert counts[429] > 0
    assert counts[200] >= 4
    # All gave their places back.
    with ThreadPoolExecutor(4) as threads:
        again = threads.map(
            lambda _: far.chat(model="slow", stream=True, max_tokens=5, key=made.key), range(4)
        )
        assert [answer.status for answer in again] == [200] * 4


ASKED: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "Hi"}]},
    "/v1/completions": {"prompt": "Hi"},
    "/v1/responses": {"input": "Hi"},
    "/v1/messages": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9},
    "/v1/embeddings": {"input": "Hi"},
}


@pytest.mark.parametrize("stream", [True, False])
def test_one_at_a_time_is_one_answer_however_it_is_asked_for(far: Client, stream: bool) -> None:
    """Whole answers count as streams do, in each dialect; who leaves gives the place back."""
    made = identity.create_key("one", limits=KeyLimits(concurrent_streams=1))
    said = [{"role": "user", "content": "A long one."}]
    body = {"model": "silent", "messages": said, "stream": stream, "max_tokens": 4000}
    connection = far.connection()
    connection.request(
        "POST", "/v1/chat/completions", json.dumps(body), {"authorization": f"Bearer {made.key}"}
    )
    wait_for(lambda: _answers_in_work(far, made.id) == 1)
    for path, about in ASKED.items():
        refused = far.request("POST", path, {"model": "slow", **about}, made.key)
        assert refused.status == 429, path
        assert "answers at a time: 1 of 1" in refused.body.decode()
    connection.close()
    wait_for(lambda: _answers_in_work(far, made.id) == 0)
    bad = far.request("POST", "/v1/chat/completions", {"model": "none-such"}, made.key)
    assert bad.status in (400, 404)
    for number in range(8):  # the next is asked as soon as the last has come, cached ones too
        again = far.chat(f"Number {number // 2}", model="slow", max_tokens=2, key=made.key)
        assert again.status == 200, number


def _answers_in_work(client: Client, key_id: str) -> int:
    told = client.request("GET", f"/admin/v1/budgets/{key_id}").json
    return int(told["use"]["streams"])


def wait_for(found: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 60
    while not found():
        assert time.monotonic() < until_s
        time.sleep(0.02)
