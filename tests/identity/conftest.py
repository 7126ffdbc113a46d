"""What the tests of identity share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.identity import passwords
from workbench.identity.passwords import Cost
from workbench.store.database import Database, close_all, open_database


@pytest.fixture
def database(home: object) -> Iterator[Database]:
    """The store of this test's home."""
    yield open_database()
    close_all()


LIGHT = Cost(64, 1, 1)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, time_s: float = 1_800_000_000.0) -> None:
        self.time_s = time_s

    def __call__(self) -> float:
        return self.time_s


@pytest.fixture
def clock() -> Clock:
    """A clock of the test's own."""
    return Clock()


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> Cost:
    """Hashes that cost next to nothing: possible only by changing the module, as here."""
    monkeypatch.setattr(passwords, "FLOOR", LIGHT)
    monkeypatch.setattr(passwords, "COST", LIGHT)
    return LIGHT


def written(home: Path) -> bytes:
    """All bytes below a home, but for names."""
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
