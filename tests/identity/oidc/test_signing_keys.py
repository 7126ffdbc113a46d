"""A provider's keys: fetched anew for an unknown id, seldom, and never of a wrong kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from workbench.core.errors import AccessError, FetchError
from workbench.identity.oidc import signing_keys
from workbench.identity.oidc.signing_keys import ASKED_ANEW_S, FAILED_S, KEPT_S, SigningKeys

from ..conftest import Clock
from .forging import key, public


class Published:
    """What a provider publishes, and how often it was asked."""

    def __init__(self, *keys: Mapping[str, Any]) -> None:
        self.keys, self.asked = list(keys), 0

    def __call__(self) -> Mapping[str, Any]:
        self.asked += 1
        return {"keys": self.keys}


def test_keys_change_and_the_new_ones_are_fetched_once(clock: Clock) -> None:
    published = Published(public(key("old")))
    found = SigningKeys("corp", published, clock=clock)
    assert found.find("old", "RS256").kid == "old"
    assert found.find("old", "RS256").kid == "old"
    assert published.asked == 1
    published.keys = [public(key("new"))]
    clock.time_s += 1
    assert found.find("new", "RS256").kid == "new"
    assert published.asked == 2
    with pytest.raises(AccessError):  # it is gone from what was fetched
        found.find("old", "RS256")


def test_keys_that_cannot_be_fetched_keep_one_waiting_and_not_all(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fetch() -> Mapping[str, Any]:
        asked.append(clock.time_s)
        if len(asked) < 3:
            raise FetchError("it is slow")
        return {"keys": [public(key("new"))]}

    def refused(found: SigningKeys) -> int:
        for _ in range(4):
            with pytest.raises(FetchError, match="it is slow"):
                found.find("new", "RS256")
        return len(asked)

    found = SigningKeys("corp", fetch, clock=clock)
    assert refused(found) == 1
    clock.time_s += FAILED_S
    assert refused(found) == 2
    clock.time_s += FAILED_S
    assert found.find("new", "RS256").kid == "new"
    asked.clear()
    monkeypatch.setattr(signing_keys, "FAILED_S", 0.0)  # broken: each waits anew
    found = SigningKeys("corp", fetch, clock=clock)
    for _ in range(2):
        with pytest.raises(FetchError):
            found.find("new", "RS256")
    assert len(asked) == 2


def test_made_up_key_ids_do_not_make_us_ask(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    published = Published(public(key("old")))
    found = SigningKeys("corp", published, clock=clock)

    def flood() -> int:
        for number in range(50):
            clock.time_s += 0.5
            with pytest.raises(AccessError) as told:
                found.find(f"made up {number}", "RS256")
            assert told.value.context["reason"] == "key"
        return published.asked

    assert flood() == 1  # what was fetched a moment ago is not fetched anew
    clock.time_s += ASKED_ANEW_S
    assert flood() == 2
    monkeypatch.setattr(signing_keys, "ASKED_ANEW_S", 0.0)  # broken: it is asked for each
    assert flood() == 52


def test_keys_are_looked_at_again_within_the_hour(clock: Clock) -> None:
    """A key that a provider takes back is not believed for longer."""
    published = Published(public(key("stolen")))
    found = SigningKeys("corp", published, clock=clock)
    assert found.find("stolen", "RS256")
    published.keys = [public(key("new"))]
    clock.time_s += KEPT_S
    with pytest.raises(AccessError):
        found.find("stolen", "RS256")


def test_a_provider_that_is_away_is_told_and_asked_again(clock: Clock) -> None:
    published = Published(public(key("old")))

    def fetch() -> Mapping[str, Any]:
        if not away:
            return published()
        raise FetchError("away")

    away = True
    found = SigningKeys("corp", fetch, clock=clock)
    for _ in range(2):
        with pytest.raises(FetchError):
            found.find("old", "RS256")
    away = False
    clock.time_s += FAILED_S
    assert found.find("old", "RS256")


@pytest.mark.parametrize(
    "unfit",
    [
        {"kty": "oct", "kid": "k", "k": "c2VjcmV0"},
        {**public(key("k")), "use": "enc"},
        {**public(key("k")), "alg": "PS256"},
        {**public(key("k")), "key_ops": ["encrypt"]},
        {**public(key("k")), "n": "AQAB"},
        {**public(key("k")), "n": 7},
        {"kty": "RSA", "kid": "k"},
        public(key("k", "EC", "P-256")),
        public(key("k", "RSA", 1024)),
        {},
    ],
)
def test_a_key_that_is_unfit_is_none(unfit: Mapping[str, Any], clock: Clock) -> None:
    with pytest.raises(AccessError):
        SigningKeys("corp", Published(unfit), clock=clock).find("k", "RS256")
    both = SigningKeys("corp", Published(unfit, public(key("k", "RSA", 2048))), clock=clock)
    assert both.find("k", "RS256").key_type == "RSA"


def test_a_token_without_a_key_id_needs_one_key_alone(clock: Clock) -> None:
    curve = public(key("c", "EC", "P-256"))
    one = SigningKeys("corp", Published(public(key("a")), curve), clock=clock)
    assert one.find(None, "RS256").kid == "a"
    two = SigningKeys("corp", Published(public(key("a")), public(key("b"))), clock=clock)
    with pytest.raises(AccessError):
        two.find(None, "RS256")
