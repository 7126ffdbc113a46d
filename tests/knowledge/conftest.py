"""What the knowledge room's tests share: places with made documents."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from workbench.store.database import close_all

from .places import MakePlace, Place


@pytest.fixture
def make_place(tmp_path: Path, home: Path) -> Iterator[MakePlace]:
    """Make a place with documents; its graph is built."""
    made: list[Place] = []

    def make(documents: Mapping[str, str | bytes], *, name: str = "made") -> Place:
        place = Place(tmp_path / f"documents of {name}", name)
        for path, content in documents.items():
            place.write(path, content)
        place.build()
        made.append(place)
        return place

    yield make
    for place in made:
        place.graph.database.close()
    close_all()


@pytest.fixture
def late() -> Callable[[], int]:
    """A clock that is an hour late, to which each file looks as if it were of long ago."""
    return lambda: time.time_ns() + 3_600_000_000_000
