"""What the tests of live pages share: people with roles, a server, and raw clients."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from workbench.identity.grants import Grants
from workbench.identity.sessions import Sessions
from workbench.identity.users import Users
from workbench.knowledge.live.server import LiveServer, serving
from workbench.store.database import close_all, open_database

SPACE = "/knowledge/leads/plan.md"


@dataclass(frozen=True)
class People:
    """Makes users with roles, and what they show."""

    def add(self, name: str, **roles: str) -> str:
        """A user with roles by space (``_`` is a slash); returns the text of a session."""
        Users().add(name)
        for place, role in roles.items():
            Grants().give(name, role, space="/" + place.strip("_").replace("_", "/"))
        return Sessions().start(name).text

    def token(self, name: str, *scopes: str) -> str:
        """A personal token."""
        return Sessions().add_token(name, f"t{len(Sessions().list())}", scopes=scopes).text


@pytest.fixture
def people(home: object) -> Iterator[People]:
    """Nobody yet."""
    open_database()
    yield People()
    close_all()


@pytest.fixture
def server(people: People) -> Iterator[LiveServer]:
    """A server of live pages in a thread."""
    with serving() as found:
        yield found


def ask(
    url: str, *, token: str | None = None, method: str = "GET", body: Any = None, **headers: str
) -> tuple[int, Any]:
    """The status and the JSON of an answer."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            text = error.read()
        return error.code, json.loads(text) if text[:1] == b"{" else text
