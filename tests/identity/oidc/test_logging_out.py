"""Somebody signs out at the provider, and is out here; and nobody else can have him out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from workbench.core.errors import AccessError
from workbench.identity.oidc import logging_out
from workbench.identity.oidc.id_tokens import RULES, Expected, read_id_token
from workbench.identity.oidc.logging_out import EVENT, end_by_provider, read_logout_token
from workbench.identity.oidc.signing_keys import SigningKeys
from workbench.knowledge.live.server import serving
from workbench.store.ledger import Ledger

from .conftest import Door
from .forging import CLIENT, ISSUER, NONCE, NOW_S, claims, key, public, signed, unsigned
from .real_provider import RealProvider, go_through

EXPECTED = Expected("corp", ISSUER, CLIENT, "", NOW_S, 120.0)
HERE = {"sec-fetch-site": "same-origin"}


def find(kid: str | None, algorithm: str) -> Any:
    return SigningKeys("corp", lambda: {"keys": [public(key("theirs"))]}).find(kid, algorithm)


def said(**changes: Any) -> dict[str, Any]:
    return claims(**{"nonce": None, "events": {EVENT: {}}, "jti": "1", **changes})


def nothing(*_: Any) -> None:
    """A rule that was left out."""


ATTACKS: dict[str, tuple[Callable[[], str], str, str]] = {
    "by the attacker's key": (
        lambda: signed(said(), key("mine"), kid="theirs"), "signature", "signature"),
    "by nobody": (lambda: unsigned(said()), "algorithm", "algorithm"),
    "of another issuer": (
        lambda: signed(said(iss="https://evil.example"), key("theirs")), "issuer", "issuer"),
    "for another": (lambda: signed(said(aud="other"), key("theirs")), "audience", "audience"),
    "old": (lambda: signed(said(iat=NOW_S - 500), key("theirs")), "old", "times"),
    "expired": (lambda: signed(said(exp=NOW_S - 500), key("theirs")), "expired", "times"),
    "an id_token": (lambda: signed(claims(), key("theirs")), "event", "event"),
    "an id_token with an event": (
        lambda: signed(said(nonce=NONCE), key("theirs")), "nonce", "event"),
    "of nobody": (lambda: signed(said(sub=None), key("theirs")), "subject", "event"),
    "of a list": (lambda: signed(said(sid=["a"]), key("theirs")), "subject", "event"),
    "another event": (lambda: signed(said(events={"x": {}}), key("theirs")), "event", "event"),
    "no event": (lambda: signed(said(events=[EVENT]), key("theirs")), "event", "event"),
}  # fmt: skip


def test_a_right_token_is_read() -> None:
    for typ in ("logout+jwt", "JWT"):
        assert read_logout_token(signed(said(), key("theirs"), typ=typ), EXPECTED, find_key=find)
    assert read_logout_token(
        signed(said(sub=None, sid="s"), key("theirs")), EXPECTED, find_key=find
    )


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_nothing_unless_its_rule_is_broken(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge, reason, rule = ATTACKS[name]
    with pytest.raises(AccessError) as told:
        read_logout_token(forge(), EXPECTED, find_key=find)
    assert told.value.context["reason"] == reason
    if rule == "event":
        monkeypatch.setattr(logging_out, "check_event", nothing)
    elif rule in ("signature", "algorithm"):
        monkeypatch.setitem(RULES, "algorithm", lambda header, _: header["alg"])
        monkeypatch.setitem(RULES, "signature", lambda *_: said())
        assert read_logout_token(forge(), EXPECTED, find_key=nothing)
        return
    else:
        monkeypatch.setitem(RULES, rule, nothing)
    assert read_logout_token(forge(), EXPECTED, find_key=find)


def test_a_token_about_signing_out_signs_nobody_in() -> None:
    with pytest.raises(AccessError) as told:
        read_id_token(signed(said(), key("theirs")), EXPECTED, find_key=find)
    assert told.value.context["reason"] == "nonce"


@pytest.fixture
def url(door: Door, provider: RealProvider) -> Iterator[str]:
    """A server that the provider tells of whoever signs out there."""
    with serving() as server:
        provider.knows(
            f"{server.url}/live/oidc/corp/callback",
            backchannel_logout_uri=f"{server.url}/live/oidc/corp/back-channel",
            backchannel_logout_session_required=True,
        )
        yield server.url


def test_who_signs_out_there_is_out_here(url: str, door: Door, provider: RealProvider) -> None:
    with (
        httpx2.Client(base_url=url, trust_env=False) as here,
        httpx2.Client(base_url=url, trust_env=False) as elsewhere,
        httpx2.Client(follow_redirects=False, trust_env=False) as there,
    ):
        for browser, person in ((here, there), (elsewhere, None)):
            gone = browser.get("/live/oidc/corp/start", headers=HERE)
            back = go_through(gone.headers["location"], "sub-ann", browser=person)
            onward = re.search(r'content="0; url=([^"]+)"', browser.get(back).text)
            assert onward is not None
            assert browser.get(onward[1].replace("&amp;", "&")).status_code == 303
            assert browser.get("/live/pages").status_code == 200
        page = there.get(f"{provider.issuer}/session/end")
        form = re.search(r'action="([^"]+)".*?name="xsrf" value="([^"]+)"', page.text)
        assert form is not None
        there.post(form[1], data={"xsrf": form[2], "logout": "yes"})
        assert here.get("/live/pages").status_code == 401
        # Signed in at the provider in another browser, which has not been signed out.
        assert elsewhere.get("/live/pages").status_code == 200
    entry = next(each for each in Ledger().entries() if each.action == "oidc.signed_out_there")
    assert entry.data == {"ended": 1}


def test_what_is_no_token_is_refused(url: str) -> None:
    for given in ({}, {"logout_token": "x"}, {"logout_token": unsigned(said())}):
        to = f"{url}/live/oidc/corp/back-channel"
        assert httpx2.post(to, data=given, trust_env=False).status_code == 400
    assert httpx2.post(f"{url}/live/oidc/none/back-channel", trust_env=False).status_code == 400


def test_a_token_that_is_shown_again_ends_nothing_new(door: Door) -> None:
    """Sessions that began after it was made go on."""
    arrived = door.sign_in()
    assert arrived.sign_in is not None
    made = claims(iss=door.settings.issuer, sub="sub-ann", iat=door.clock.time_s,
                  exp=door.clock.time_s + 600, nonce=None, events={EVENT: {}})  # fmt: skip
    token = signed(made, key("first"))

    def end() -> int:
        return end_by_provider("corp", token, database=door.oidc.database, clock=door.clock)

    assert end() == 1
    door.clock.time_s += 121
    again = door.sign_in()
    assert again.sign_in is not None
    assert end() == 0
    sessions = door.oidc.passwords.sessions
    assert sessions.verify(again.sign_in.session.text, kind="session").user == "ann"
    with pytest.raises(AccessError):
        sessions.verify(arrived.sign_in.session.text, kind="session")


@pytest.mark.parametrize(
    ("named", "ended"),
    [
        ({"sub": "sub-ann", "sid": "one"}, ["here", "unnamed"]),
        ({"sub": "sub-bob", "sid": "one"}, []),
        ({"sub": None, "sid": "one"}, ["here"]),
        ({"sub": "sub-ann"}, ["elsewhere", "here", "unnamed"]),
    ],
)
def test_a_session_that_the_provider_did_not_name_ends_with_its_subject(
    door: Door, named: dict[str, str | None], ended: list[str]
) -> None:
    """A provider may put sid into logout tokens and not into id_tokens."""
    begun = {}
    for name, sid in (("here", "one"), ("elsewhere", "two"), ("unnamed", None)):
        arrived = door.sign_in("sub-ann")
        assert arrived.sign_in is not None
        begun[arrived.sign_in.session.id] = name
        with door.oidc.database.transaction() as connection:
            connection.execute(
                "UPDATE oidc_sessions SET sid = ? WHERE session = ?",
                (sid, arrived.sign_in.session.id),
            )
    made = claims(iss=door.settings.issuer, iat=door.clock.time_s, exp=door.clock.time_s + 600,
                  nonce=None, events={EVENT: {}}, **named)  # fmt: skip
    token = signed(made, key("first"))
    number = end_by_provider("corp", token, database=door.oidc.database, clock=door.clock)
    left = {begun[each.id] for each in door.oidc.passwords.sessions.list()}
    assert sorted({*begun.values()} - left) == ended and number == len(ended)


def test_another_subject_and_another_way_in_are_left(door: Door) -> None:
    door.sign_in("sub-ann")
    door.sign_in("sub-bob")
    door.oidc.passwords.sessions.start("ann")
    made = claims(iss=door.settings.issuer, sub="sub-ann", iat=door.clock.time_s,
                  exp=door.clock.time_s + 600, nonce=None, events={EVENT: {}})  # fmt: skip
    token = signed(made, key("first"))
    assert end_by_provider("corp", token, database=door.oidc.database, clock=door.clock) == 1
    left = sorted(each.user for each in door.oidc.passwords.sessions.list())
    assert left == ["ann", "bob"]
