"""What is asked of and about the cache from the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from workbench.cli.main import main
from workbench.serving.cache.answers import AnswerCache
from workbench.serving.cache.disk import DiskTwin
from workbench.serving.cache_operations import clear_cache, explain, show_cache

from .conftest import Caches, Model, ask, identify, key


def test_it_says_why_two_requests_do_not_share_an_answer() -> None:
    told = explain("Is it safe to freeze eggs?", "Is it not safe to freeze eggs?")
    assert (told.same, told.reason) == (False, "negation")
    assert "denied" in told.explanation
    assert told.first["content"] == "safe, freeze, egg"
    assert told.second["negations"] == "not safe"


def test_it_says_that_they_do() -> None:
    told = explain("How do I boil 2 eggs?", "What's the best way to boil two eggs?")
    assert (told.same, told.reason) == (True, "meaning")
    assert told.first["numbers"] == told.second["numbers"] == "#2  egg"


def test_another_language_is_compared_word_for_word() -> None:
    told = explain("Wie alt ist das Universum?", "Wie alt ist die Erde?")
    assert (told.same, told.reason) == (False, "language")
    assert told.first["compared"].startswith("word for word: wie alt")


def test_the_command_line_says_it(capsys: pytest.CaptureFixture[str]) -> None:
    args = ["serving", "cache", "explain", "Can I swim?", "Should I swim?", "--json"]
    with pytest.raises(SystemExit) as ended:
        main(args)
    assert ended.value.code in (0, None)
    assert json.loads(capsys.readouterr().out)["reason"] == "modality"


def test_the_file_is_emptied_where_no_gateway_runs(home: Path) -> None:
    assert clear_cache().answers == 0

    async def fill() -> None:
        cache = AnswerCache(identify, twin=DiskTwin())
        for user in ("ann", "bob"):
            await Caches.get(cache, Model(), ask(), key("key_1", user))
        await cache.close()

    asyncio.run(fill())
    assert clear_cache(older_than_h=1.0).answers == 0
    assert clear_cache(user="bob").answers == 1
    assert clear_cache().answers == 1
    assert clear_cache(model="other").answers == 0


def test_no_gateway_has_no_figures(home: Path) -> None:
    from workbench.core.errors import NotFoundError

    with pytest.raises(NotFoundError):
        show_cache()
