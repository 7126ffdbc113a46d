"""What the tests of identity share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workbench.store.database import Database, close_all, open_database


@pytest.fixture
def database(home: object) -> Iterator[Database]:
    """The store of this test's home."""
    yield open_database()
    close_all()
