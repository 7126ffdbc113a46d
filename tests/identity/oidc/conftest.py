"""What the tests of signing in at a provider share: a real one, and a door that believes it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from workbench.identity.oidc import OidcSignIn, Provider
from workbench.identity.oidc.issuers import _issuers
from workbench.identity.oidc.signing_in import Arrival, Departure
from workbench.identity.passwords import Cost
from workbench.store.database import Database

from ..conftest import Clock
from .real_provider import CLIENT, SECRET, RealProvider, go_through

BACK = "http://127.0.0.1:8410/live/oidc/corp/callback"
SOURCE = "192.0.2.7"


@pytest.fixture(scope="module")
def running() -> Iterator[RealProvider]:
    """A provider's process for a file of tests."""
    with RealProvider() as found:
        yield found


@pytest.fixture
def provider(running: RealProvider) -> RealProvider:
    """The provider as it was at the start, and this process knowing nothing of it."""
    running.reset(BACK)
    _issuers.clear()
    return running


@dataclass
class Door:
    """Signing in at the provider as a person with a browser does."""

    oidc: OidcSignIn
    clock: Clock
    provider: RealProvider
    settings: Provider

    def set(self, **changes: Any) -> Provider:
        """Change the provider's settings."""
        self.settings = self.oidc.providers.set(replace(self.settings, **changes))
        return self.settings

    def depart(self, **more: Any) -> Departure:
        return self.oidc.depart("corp", **{"redirect_uri": BACK, "source": SOURCE, **more})

    def back(self, departure: Departure, login: str = "sub-ann") -> dict[str, str]:
        """What the browser comes back with."""
        return query(go_through(departure.url, login))

    def arrive(self, found: dict[str, str], browser: str | None, **more: Any) -> Arrival:
        return self.oidc.arrive("corp", found, **{"browser": browser, "source": SOURCE, **more})

    def sign_in(self, login: str = "sub-ann", **more: Any) -> Arrival:
        """All the way."""
        departure = self.depart()
        return self.arrive(self.back(departure, login), departure.browser, **more)


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


@pytest.fixture
def door(
    database: Database, light: Cost, provider: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> Door:
    """One that makes users of whom the provider names."""
    monkeypatch.setenv("OIDC_CLIENT_SECRET_CORP", SECRET)
    clock = Clock(time.time())
    oidc = OidcSignIn(clock=clock)
    settings = Provider("corp", provider.issuer, CLIENT, enter="create")
    return Door(oidc, clock, provider, oidc.providers.set(settings))
