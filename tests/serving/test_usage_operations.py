"""Usage as a user asks for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from workbench import identity
from workbench.core.errors import InputError, NotFoundError
from workbench.core.moments import moment_s
from workbench.serving.key_operations import revoke_key
from workbench.serving.usage_operations import usage, usage_export
from workbench.store.database import close_all
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

NOW_S = dt.datetime(2026, 11, 25, 10, 30, tzinfo=dt.UTC).timestamp()


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    close_all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-25T10:30"),
        ("today", "2026-11-25T00:00"),
        (" Month ", "2026-11-01T00:00"),
        ("120s", "2026-11-25T10:28"),
        ("90m", "2026-11-25T09:00"),
        ("24h", "2026-11-24T10:30"),
        ("7d", "2026-11-18T10:30"),
        ("2w", "2026-11-11T10:30"),
        ("2026-10-02", "2026-10-02T00:00"),
        ("2026-10-02T10:00", "2026-10-02T10:00"),
        ("2026-10-02T10:00+02:00", "2026-10-02T08:00"),
    ],
)
def test_moments(text: str, expected: str) -> None:
    found = dt.datetime.fromtimestamp(moment_s(text, now_s=NOW_S), dt.UTC)
    assert found.isoformat(timespec="minutes") == f"{expected}+00:00"


@pytest.mark.parametrize("text", ["", "yesterday-ish", "7y", "2026-13-01", "9999999d"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(InputError, match="no date or time"):
        moment_s(text, now_s=NOW_S)


def settle(key_id: str, tokens: int, **values: Any) -> None:
    log = UsageLog()
    row = UsageRow(request_id="r", key_id=key_id, user="u", model_asked="m", prompt_tokens=tokens)
    log.settle(UsageRow(**{**row.__dict__, "settlement_id": f"{key_id}{tokens}", **values}))
    log.close()


def test_usage_by_key_name_and_time() -> None:
    made = identity.create_key("ci")
    settle(made.id, 5)
    settle(made.id, 7, time_s=NOW_S - 400 * 86_400)
    settle("key_other", 9)
    assert {each.group: each.prompt_tokens for each in usage()} == {made.id: 5, "key_other": 9}
    assert {each.name for each in usage()} == {"ci", ""}
    assert [each.prompt_tokens for each in usage(key="ci", since="2020-01-01")] == [12]
    assert usage(key="ci", since="2020-01-01", until="2020-02-01") == ()
    with pytest.raises(NotFoundError, match="did you mean 'ci'"):
        usage(key="cii")


def test_a_revoked_key_is_asked_for_by_its_name() -> None:
    first, kept = identity.create_key("ci"), identity.create_key("kept")
    settle(first.id, 5)
    settle(kept.id, 11)
    identity.revoke_key("ci")
    assert [(each.name, each.prompt_tokens) for each in usage(key="ci")] == [("ci", 5)]
    second = identity.create_key("ci")
    settle(second.id, 7)
    assert [each.prompt_tokens for each in usage(key="ci")] == [7], "the one in force is meant"
    identity.revoke_key("ci")
    assert {each.group: each.prompt_tokens for each in usage(key="ci")} == {
        first.id: 5,
        second.id: 7,
    }


def test_failed_calls_are_told_by_their_error() -> None:
    settle("key_1", 5)
    settle("key_1", 0, status=400, error_code="context-length")
    (both,) = usage()
    assert (both.requests, both.errors) == (2, 1)
    told = {each.group: (each.requests, each.errors) for each in usage(by="error")}
    assert told == {"no error": (1, 0), "context-length": (1, 1)}


def test_the_last_key_of_an_owner_is_not_revoked_without_a_word(
    caplog: pytest.LogCaptureFixture,
) -> None:
    identity.create_key("owner", role="owner")
    identity.create_key("second", role="owner")
    identity.create_key("ci")
    for name in ("ci", "second"):
        revoke_key(name)
        assert not caplog.records
    revoke_key("owner")
    assert "'owner' was the last key of an owner" in caplog.text
    assert "keys add NAME --role owner" in caplog.text


def test_exporting() -> None:
    settle("key_1", 5)
    (file,) = usage_export().files
    assert (file.rows, file.written) == (1, True)
    with pytest.raises(InputError, match="no month"):
        usage_export(month="november")


def test_as_typed(capsys: pytest.CaptureFixture[str]) -> None:
    from workbench.cli.main import main

    settle("key_1", 5, cost_usd=0.25)
    for typed, shown in (
        ("usage", "key_1         1       0       5"),
        ("usage --by model --json", '"cost_usd": 0.25'),
        ("usage-export", "1 rows"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["serving", *typed.split()])
        assert ended.value.code == 0
        assert shown in capsys.readouterr().out
