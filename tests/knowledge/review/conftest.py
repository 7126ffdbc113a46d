"""What the tests of the review page's data use: the made space, and desks at which people sit."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.knowledge.review.reviewed_space import NAME, make_space, password_of
from workbench.core import settings
from workbench.identity import passwords
from workbench.identity.passwords import Cost
from workbench.knowledge.review.desk import Desk
from workbench.knowledge.shared.space import Space
from workbench.store.database import close_all

Sit = Callable[[str], Desk]


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with the space in it, made once; hashes cost next to nothing as long as it is used."""
    folder = tmp_path_factory.mktemp("reviewed") / "home"
    light = Cost(64, 1, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "FLOOR", light)
        patch.setattr(passwords, "COST", light)
        with settings.override(home=folder):
            make_space().shelf.close()
            close_all()
        yield folder


@pytest.fixture
def space(made_home: Path, home: Path) -> Iterator[Space]:
    """The space with its proposals, in a home of the test's own."""
    shutil.copytree(made_home, home)
    made = Space(NAME)
    yield made
    made.shelf.close()
    close_all()


@pytest.fixture
def sit(space: Space) -> Sit:
    """Sign somebody in at a desk of his own."""

    def made(user: str) -> Desk:
        desk = Desk()
        desk.sign_in(user, password_of(user))
        return desk

    return made
