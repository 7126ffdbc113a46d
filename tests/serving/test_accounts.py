"""What is written of a call: what it used, its language and sketch, and its words only if asked."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.identity import KeyLimits, Principal
from workbench.serving import accounts
from workbench.serving.accounts import Accounts
from workbench.serving.backends.directory import Directory
from workbench.serving.call import Call, Facts, Piece
from workbench.serving.limits import SqliteLimits
from workbench.serving.sketches import HASHED, PROJECTED, hash_text
from workbench.store.database import close_all, open_database
from workbench.store.usage import UsageLog
from workbench.store.usage_queries import settlements

PROMPT = "What is the capital of Wakanda?"
CALL = Call("r1", "chat", "m", messages=({"role": "user", "content": PROMPT},), stream=True)
WHO = Principal(
    "key_1", "ci", "ann", "user", frozenset({"inference"}), None, KeyLimits(tokens_per_minute=100)
)


@pytest.fixture(autouse=True)
def _close(home: Path) -> Iterator[None]:
    yield
    close_all()


def answer_one(*, fail: bool = False) -> int:
    """Open an account, let an answer come, settle it; what counts against the key's minute."""

    async def play() -> int:
        limits, usage = SqliteLimits(), UsageLog()
        local: Any = None
        accounts = Accounts(limits, usage, Directory(local, look=dict))
        facts = Facts(served_by="m", backend="local")
        account = await accounts.open(CALL, WHO, facts, tokens=60, usd=0.0)
        for text in ("Birnin ", "Zana"):
            account.note(Piece(text))
        facts.prompt_tokens, facts.completion_tokens = 7, 4
        if fail:
            await account.fail(ValueError("secret in a message"))
        await account.settle()
        await account.settle()
        used = (await limits.usage("key_1")).tokens_minute
        usage.close()
        await limits.close()
        return used

    return asyncio.run(play())


def test_a_settled_call() -> None:
    assert answer_one() == 11
    (row,) = settlements()
    assert (row.prompt_tokens, row.completion_tokens, row.status, row.user) == (7, 4, 200, "ann")
    assert (row.language, row.sketch_kind, row.sketch) == ("en", HASHED, hash_text(PROMPT))
    assert row.prompt_chars is not None
    assert row.time_to_first_token_s is not None
    home = settings.home()
    written = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert b"Wakanda" not in written
    assert b"Zana" not in written


def test_a_call_that_failed_counts_once_what_it_used() -> None:
    assert answer_one(fail=True) == 11
    (row,) = settlements()
    assert (row.status, row.error_code) == (500, "workbench-error")


def test_the_words_are_kept_where_the_settings_say_so() -> None:
    with settings.override(usage_prompt_text=True, usage_sketches=False):
        answer_one()
    (row,) = settlements()
    assert (row.language, row.sketch) == ("en", None)
    (text,) = open_database().read("SELECT prompt, completion, form FROM usage_text")
    assert tuple(text)[:2] == (f'[{{"role": "user", "content": "{PROMPT}"}}]', "Birnin Zana")
    assert json.loads(text["form"]) == {"kind": "chat", "answers": 1, "finish": "stop"}


def test_what_is_kept_of_a_prompt_is_made_of_its_words_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another kind would tell of its meaning, which nobody was told is kept."""
    answer_one()
    assert {row.sketch_kind for row in settlements()} == {HASHED}
    real = accounts.sketch_call
    monkeypatch.setattr(accounts, "sketch_call", functools.partial(real, vector=[0.5] * 384))
    answer_one()
    assert {row.sketch_kind for row in settlements()} == {HASHED, PROJECTED}  # it would be seen


def test_where_no_words_are_kept_nothing_is_done_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("words were put together that nobody keeps")

    monkeypatch.setattr(accounts, "words_of", never)
    answer_one()
    with settings.override(usage_prompt_text=True), pytest.raises(AssertionError, match="nobody"):
        answer_one()
