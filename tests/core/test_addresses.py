"""A password in an address is not shown."""

from __future__ import annotations

import pytest

from workbench.core.addresses import without_password
from workbench.core.config_operations import show


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("postgresql://lab:secret@db:5432/usage", "postgresql://lab:***@db:5432/usage"),
        ("redis://:secret@127.0.0.1:6379/0", "redis://:***@127.0.0.1:6379/0"),
        ("postgresql://lab:sec@ret@db/usage", "postgresql://lab:***@db/usage"),
        ("postgresql://lab:sec/ret@db/usage", "postgresql://lab:***@db/usage"),
        ("postgresql://db/x?user=a&password=secret", "postgresql://db/x?user=a&password=***"),
        ("postgresql://lab@db:5432/usage", "postgresql://lab@db:5432/usage"),
        ("s3://bucket/a:b", "s3://bucket/a:b"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("no address: a@b", "no address: a@b"),
    ],
)  # fmt: skip
def test_only_the_password_goes(said: str, shown: str) -> None:
    assert without_password(said) == shown


def test_settings_are_shown_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_REDIS_URL", "redis://:secret@127.0.0.1:6379/0")
    told = show()
    assert told["redis_url"]["value"] == "redis://:***@127.0.0.1:6379/0"
    assert "secret" not in repr(told)
