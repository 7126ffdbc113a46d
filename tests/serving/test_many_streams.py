"""Fifty streams at once over HTTP use no token more than their key may, and no log has a key."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
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
    """A gateway before one upstream, which takes 2 or 20 ms a piece."""
    upstream = Upstream()
    settings = UpstreamSettings("far", upstream.url, {"slow": "pace-2", "slower": "pace-20"})
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
