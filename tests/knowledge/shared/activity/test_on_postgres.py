"""A space in a real Postgres has the activity that it has in SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.errors import NotFoundError
from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.shared.activity.contributions import contributions
from workbench.knowledge.shared.activity.digests import digest
from workbench.knowledge.shared.activity.feed import activity
from workbench.knowledge.shared.activity.watches import Wanted, Watches
from workbench.knowledge.shared.postgres_shelf import PostgresShelf
from workbench.knowledge.shared.shelf import SqliteShelf, place_of
from workbench.knowledge.shared.space import Space
from workbench.store.database import close_all

from ....monitoring.warehouse.postgres_servers import PostgresServer
from ..conftest import PEOPLE
from .made_activity import go_on, make


@pytest.fixture
def url(home: Path) -> Iterator[str]:
    with PostgresServer() as server:
        yield server.new_database()
        close_all()


@pytest.mark.slow
def test_both_tell_the_same(url: str) -> None:
    for name, role in PEOPLE.items():
        Users().add(name)
        Grants().give(name, role, space="/knowledge/leads")
    shelves = (SqliteShelf(place_of("leads"), durable=False), PostgresShelf(url, "leads"))
    spaces = []
    for shelf in shelves:
        moments = iter(range(10**18, 2 * 10**18, 10**9))
        spaces.append(Space("leads", shelf=shelf, clock=lambda moments=moments: next(moments)))
        spaces[-1].begin()
        if len(spaces) == 1:  # by their first records the two are one space, as after an import
            Watches().watch(spaces[0], Wanted(), by="con")
        for grant in Grants().list(space=spaces[0].path):
            if grant.space != spaces[0].path:  # what the first history gave
                Grants().take(grant.user, space=grant.space)
        go_on(make(spaces[-1], seed=8), 40)
    one, other = (
        [activity(space, by=by, limit=1000).entries for by in (None, "rea", "vera")]
        for space in spaces
    )
    assert [[each for each in found if each.kind != "role"] for found in one] == [
        [each for each in found if each.kind != "role"] for found in other
    ]
    assert len(one[0]) > len(one[1]) > 3
    assert contributions(spaces[0]).rows == contributions(spaces[1]).rows
    told = [digest(space, Watches(), by="con", most_lines=1000) for space in spaces]
    for each in told:
        assert each.watched == 1 and each.entries > 10
    # Many values in one question are those of many questions, and one that is missing is named.
    names = [digest for digest, _ in spaces[0].history()]
    many = [space.shelf.get_many(names) for space in spaces]
    assert many[0] == many[1] == {each: spaces[0].shelf.get(each) for each in names}
    for space in spaces:
        with pytest.raises(NotFoundError, match="holds nothing named 000000"):
            space.shelf.get_many([*names, "0" * 64])
        space.shelf.close()
