"""What the core's tests share: a registry of operations that each test leaves as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.core import events, operations


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, operations.Operation]:
    """A copy of the registry, so that a test's operations go with the test."""
    # A room registers once, when it is imported: what is loaded into a copy would be lost with it.
    operations.all_operations()
    monkeypatch.setattr(operations, "_registry", dict(operations._registry))
    return operations._registry


@pytest.fixture
def heard() -> Iterator[list[events.Event]]:
    """Every event of the test, in order."""
    found: list[events.Event] = []
    with events.listening(found.append):
        yield found
