"""The twin on the disk: its mode, its bound, a damaged file, a full disk."""

from __future__ import annotations

import asyncio
import logging
import stat
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.core.errors import StorageError
from workbench.serving.cache.answers import AnswerCache
from workbench.serving.cache.disk import DiskTwin
from workbench.serving.cache.entries import Entry
from workbench.serving.cache.opening import open_cache
from workbench.serving.cache.redis_twin import RedisTwin
from workbench.serving.cache.twins import Clearing

from ..redis_servers import RedisServer
from .conftest import Caches, Model, answer, ask, identify


def entry(name: str, body: bytes = b"x", made_s: float = 1.0) -> Entry:
    return Entry(name.encode(), "ann", "m", made_s, 9e9, 1.0, body)


async def found(twin: DiskTwin, *names: str) -> list[str]:
    return [each for each in names if await twin.get(each.encode(), "ann", "m", 2.0)]


def test_only_its_owner_can_read_it_and_no_request_is_in_it(home: Path) -> None:
    async def play() -> None:
        cache = AnswerCache(identify, twin=DiskTwin())
        await Caches.get(cache, Model(answer("Xyzzy.")), ask("a secret word: plugh"))
        await cache._twin.flush()  # type: ignore[union-attr]
        files = list(home.glob("cache.sqlite*"))
        assert {stat.S_IMODE(each.stat().st_mode) for each in files} == {0o600}
        content = b"".join(each.read_bytes() for each in files)
        assert b"Xyzzy" in content  # so the search would find the other
        assert b"plugh" not in content
        await cache.close()

    asyncio.run(play())


def test_a_file_that_others_could_read_is_closed_to_them(home: Path) -> None:
    home.mkdir()
    path = home / "cache.sqlite"
    path.touch(0o644)
    path.chmod(0o644)
    DiskTwin().close_now()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_cleared_is_not_in_the_file(home: Path) -> None:
    async def play() -> None:
        twin = DiskTwin()
        twin.put(entry("a", b"Xyzzy" * 100))
        await twin.flush()
        assert await twin.clear(Clearing(5.0)) == 1
        content = b"".join(each.read_bytes() for each in home.glob("cache.sqlite*"))
        assert b"Xyzzy" not in content
        await twin.close()

    asyncio.run(play())


def test_it_keeps_to_its_bytes_and_drops_what_was_used_longest_ago(home: Path) -> None:
    async def play() -> None:
        twin = DiskTwin(most_bytes=16_000)
        for place in range(7):
            twin.put(entry(f"a{place}", b"x" * 1500, made_s=1 + place / 100))
            await twin.flush()
        assert await found(twin, "a0") == ["a0"]  # used at 2.0
        await twin.flush()
        for place in range(7, 12):
            twin.put(entry(f"a{place}", b"x" * 1500, made_s=3 + place / 100))
            await twin.flush()
        left = await found(twin, *(f"a{place}" for place in range(12)))
        assert left[0] == "a0"
        assert left[1:] == [f"a{place}" for place in range(12 - len(left) + 1, 12)]
        assert (twin.figures_now().size_bytes or 0) <= 16_000
        await twin.close()

    asyncio.run(play())


def test_an_answer_too_large_for_it_is_left_out(home: Path) -> None:
    async def play() -> None:
        twin = DiskTwin(most_bytes=8000)
        twin.put(entry("a", b"x" * 2000))
        await twin.flush()
        assert await found(twin, "a") == []
        await twin.close()

    asyncio.run(play())


def test_a_damaged_file_is_begun_anew(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    home.mkdir()
    (home / "cache.sqlite").write_bytes(b"no database, by any means" * 400)

    async def play() -> None:
        twin = DiskTwin()
        twin.put(entry("a"))
        await twin.flush()
        assert await found(twin, "a") == ["a"]
        await twin.close()

    asyncio.run(play())
    assert "begun anew" in caplog.text


def test_a_disk_that_takes_nothing_fails_no_request(
    home: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        twin = DiskTwin()
        cache = AnswerCache(identify, twin=twin)

        def refuse(batch: object) -> None:
            raise StorageError("no space left")

        monkeypatch.setattr(twin, "_write", refuse)
        with caplog.at_level(logging.WARNING):
            for place in range(5):
                await Caches.get(cache, Model(), ask(str(place)))
                await twin.flush()
        assert (await Caches.get(cache, Model(), ask("3"))).facts.cache == "exact"
        await cache.close()

    asyncio.run(play())
    assert caplog.text.count("not kept on the disk") == 1


def test_a_redis_that_is_a_black_hole_fails_no_request(redis_server: RedisServer) -> None:
    async def play() -> None:
        cache = AnswerCache(identify, twin=RedisTwin(redis_server.url, timeout_s=0.1, again_s=60.0))
        await Caches.get(cache, Model(), ask("a"))
        redis_server.freeze()
        try:
            assert (await Caches.get(cache, Model(), ask("a"))).facts.cache == "exact"
            assert (await Caches.get(cache, Model(), ask("b"))).facts.cache is None
            assert (await Caches.get(cache, Model(), ask("b"))).facts.cache == "exact"
            told = await cache.figures()
            assert told.twin is not None and told.twin.away
        finally:
            redis_server.thaw()
        await cache.close()

    asyncio.run(play())


@pytest.mark.parametrize(
    ("chosen", "kind"),
    [
        ({}, "sqlite"),
        ({"cache_disk_bytes": 0}, None),
        ({"redis_url": "redis://127.0.0.1:1/0"}, "redis"),
        ({"cache_memory_bytes": 0}, None),
    ],
)
def test_the_settings_choose_the_twin(
    home: Path, chosen: dict[str, object], kind: str | None
) -> None:
    async def play() -> None:
        with settings.override(**chosen):
            cache = open_cache(identify)
        model = Model()
        await Caches.get(cache, model)
        known = (await Caches.get(cache, model)).facts.cache
        assert known == (None if chosen.get("cache_memory_bytes") == 0 else "exact")
        twin = (await cache.figures()).twin
        assert (None if twin is None else twin.kind) == kind
        await cache.close()

    asyncio.run(play())


def test_a_home_that_cannot_be_written_leaves_the_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "cache.sqlite").mkdir()

    async def play() -> None:
        with settings.override(home=tmp_path / "home"):
            cache = open_cache(identify)
        await Caches.get(cache, Model())
        assert (await Caches.get(cache, Model())).facts.cache == "exact"
        await cache.close()

    asyncio.run(play())
    assert "in memory alone" in caplog.text
