"""Ledgers that are filled, exported and signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.privacy.ledger.portable import lines_of
from workbench.store.database import close_all
from workbench.store.ledger import Deed, Ledger


@pytest.fixture(autouse=True)
def closed(home: Path) -> Iterator[None]:
    """No connection outlives its test."""
    yield
    close_all()


@pytest.fixture
def ledger(home: Path) -> Ledger:
    """A ledger of 40 entries."""
    ledger = Ledger()
    ledger.append_many(
        Deed("row.read", f"row {n}", "ann", {"n": n, "why": "a “quoted”\nreason"})
        for n in range(40)
    )
    return ledger


@pytest.fixture
def lines(ledger: Ledger) -> list[bytes]:
    """Its lines."""
    return list(lines_of(ledger.walk()))
