"""What the tests of shared knowledge use: a space, and people with roles in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.shared.shelf import SqliteShelf, place_of
from workbench.knowledge.shared.space import Space
from workbench.store.database import close_all, open_database

MakeSpace = Callable[..., Space]
PEOPLE = {
    "rea": "reader",
    "con": "contributor",
    "rev": "reviewer",
    "vera": "reviewer",
    "cur": "curator",
    "adm": "admin",
}


@pytest.fixture
def make_space(home: Path) -> Iterator[MakeSpace]:
    """Make a space that is begun; it need not outlive a power cut."""
    made: list[Space] = []

    def make(name: str = "leads", *, clock: Callable[[], int] | None = None) -> Space:
        clocked = {} if clock is None else {"clock": clock}
        space = Space(name, shelf=SqliteShelf(place_of(name), durable=False), **clocked)
        space.begin()
        made.append(space)
        return space

    yield make
    for space in made:
        space.shelf.close()
    close_all()


@pytest.fixture
def space(make_space: MakeSpace) -> Space:
    """A space in which each role has a user, two may review."""
    made = make_space()
    with open_database().transaction():  # one wait for the disk
        for name, role in PEOPLE.items():
            Users().add(name)
            Grants().give(name, role, space=made.path)
    return made
