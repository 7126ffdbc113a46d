"""Signing in at a real provider, and the attacks on the way there and back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from workbench.core.errors import AccessError, ConfigError, InputError, LimitError
from workbench.identity.grants import Grants
from workbench.identity.oidc import flows, signing_in
from workbench.identity.oidc.flows import Flows
from workbench.identity.users import Users
from workbench.store.ledger import Ledger

from ..conftest import written
from .conftest import BACK, SOURCE, Door, query
from .forging import key, signed
from .real_provider import SECRET, RealProvider, go_through


def refused(door: Door, *values: Any, **more: Any) -> str:
    """The reason for which an arrival is refused."""
    with pytest.raises(AccessError) as told:
        door.arrive(*values, **more)
    assert told.value.hint
    return str(told.value.context["reason"])


def test_somebody_signs_in_and_is_the_same_the_next_time(door: Door, home: Any) -> None:
    first = door.sign_in()
    assert (first.user, Users().get("ann").role) == ("ann", "user")
    assert first.sign_in is not None
    sessions = door.oidc.passwords.sessions
    assert sessions.verify(first.sign_in.session.text, kind="session").user == "ann"
    assert [(link.user, link.subject) for link in door.oidc.links.list()] == [("ann", "sub-ann")]
    again = door.sign_in(previous=first.sign_in.session.text)
    assert again.user == "ann"
    ends = {each.ended_because for each in sessions.list(ended=True)}
    assert ends == {"signed in anew", None}
    said = json.dumps([entry.action for entry in Ledger().entries()])
    assert "oidc.linked" in said
    door.oidc.database.close()
    kept = written(home)
    assert SECRET.encode() not in kept
    assert first.sign_in.session.text.encode() not in kept


def test_what_goes_to_the_provider_is_bound_to_one_browser(door: Door) -> None:
    first, second = door.depart(), door.depart()
    assert first.browser != second.browser
    for name in ("state=", "nonce=", "code_challenge="):
        values = [each.url.partition(name)[2].partition("&")[0] for each in (first, second)]
        assert len(set(values)) == 2
        assert all(len(value) >= 43 for value in values)
    assert "code_challenge_method=S256" in first.url
    same = door.depart(browser=first.browser)  # another tab
    assert same.browser == first.browser
    assert door.arrive(door.back(same), first.browser).user == "ann"
    assert door.arrive(door.back(first), first.browser).user == "ann"
    for shown in ("wbo-short", "wbo-" + "é" * 43, "", "x" * 47):
        assert door.depart(browser=shown).browser != shown


def test_a_state_is_used_once(door: Door) -> None:
    departure = door.depart()
    found = door.back(departure)
    assert door.arrive(found, departure.browser)
    assert refused(door, found, departure.browser) == "used"
    assert door.provider.line.asked["/token"] == 1  # the provider is not asked again
    with door.oidc.database.transaction() as connection:  # broken: that it was used is forgotten
        connection.execute("UPDATE oidc_flows SET used_s = NULL")
    assert refused(door, found, departure.browser) == "code"  # and is not there


def test_a_replayed_code_is_refused_by_the_provider_too(door: Door) -> None:
    """A code that leaked, shown with a state of the attacker's own: another proof of who began."""
    departure = door.depart()
    found = door.back(departure)
    mine = door.depart()
    state = mine.url.partition("state=")[2].partition("&")[0]
    assert refused(door, {**found, "state": state}, mine.browser) == "code"
    assert door.oidc.links.list() == ()


def test_a_code_is_of_no_use_without_the_proof_of_who_began(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken on purpose: one proof for all browsers, and the stolen code of above gets in until
    the nonce; one nonce for all as well, and it is through."""
    real = flows.derive
    monkeypatch.setattr(
        flows, "derive", lambda b, what, s: "v" * 43 if what == "verifier" else real(b, what, s)
    )

    def steal() -> Any:
        stolen = door.back(door.depart())
        mine = door.depart()
        state = mine.url.partition("state=")[2].partition("&")[0]
        return {**stolen, "state": state}, mine.browser

    assert refused(door, *steal()) == "nonce"
    monkeypatch.setattr(flows, "derive", lambda *_: "v" * 43)
    assert door.arrive(*steal()).user == "ann"


def test_a_state_of_another_browser_is_refused(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Login CSRF: the attacker has a victim come back with the attacker's own code and state."""
    attackers, victims = door.depart(), door.depart()
    found = door.back(attackers, "sub-eve")
    for browser in (victims.browser, None, "", "wbo-" + "a" * 43):
        assert refused(door, found, browser) == "browser"
    assert door.arrive(found, attackers.browser).user == "ann"  # it was not used up by that
    monkeypatch.setattr(flows.hmac, "compare_digest", lambda *_: True)  # broken: not looked at
    again = door.depart()
    with pytest.raises(AccessError) as told:  # then the proof and the nonce are not this browser's
        door.arrive(door.back(again), victims.browser)
    assert told.value.context["reason"] == "code"
    monkeypatch.setattr(flows, "derive", lambda *_: "v" * 43)  # broken: these are anybody's
    assert door.arrive(door.back(door.depart(), "sub-eve"), victims.browser)


@pytest.mark.parametrize("state", ["", "made up", "é", "x" * 10_000, "\0"])
def test_a_state_that_was_not_begun_here_is_refused(state: str, door: Door) -> None:
    departure = door.depart()
    found = {**door.back(departure), "state": state}
    assert refused(door, found, departure.browser) == "state"
    assert door.provider.line.asked["/token"] == 0


def test_a_way_ends_after_ten_minutes(door: Door) -> None:
    departure = door.depart()
    found = door.back(departure)
    door.clock.time_s += flows.FLOW_S
    assert refused(door, found, departure.browser) == "state"
    door.clock.time_s -= flows.FLOW_S + 1  # and before it was begun it is none either
    assert refused(door, found, departure.browser) == "state"


def test_answers_of_two_issuers_are_not_mixed_up(
    door: Door, provider: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RFC 9207: an attacker's provider hands on the code of an honest one, or the other way."""
    departure = door.depart()
    found = door.back(departure)
    assert refused(door, {**found, "iss": "https://evil.example"}, departure.browser) == "mix-up"
    departure = door.depart()
    found = door.back(departure)
    del found["iss"]  # the provider says that it always names itself
    assert refused(door, found, departure.browser) == "mix-up"
    door.oidc.providers.set(
        door.settings.__class__("other", "https://evil.example", "client", enter="create")
    )
    departure = door.depart()
    found = door.back(departure)
    monkeypatch.setattr(signing_in, "issuer_of", lambda _: real(door.settings))
    with pytest.raises(AccessError) as told:
        door.oidc.arrive("other", found, browser=departure.browser, source=SOURCE)
    assert told.value.context["reason"] == "mix-up"

    class Mixing(Flows):
        """Broken: a way to any provider is as good."""

        def take(self, state: str, browser: str | None, *, provider: str) -> flows.Flow:
            return super().take(state, browser, provider="corp")

    door.oidc.flows = Mixing(door.oidc.database, clock=door.clock)
    assert door.oidc.arrive("other", found, browser=departure.browser, source=SOURCE).user == "ann"


real = signing_in.issuer_of


def test_who_says_no_there_is_not_let_in(door: Door) -> None:
    departure = door.depart()
    found = query(go_through(departure.url, "sub-ann", consent=False))
    assert found["error"] == "access_denied"
    with pytest.raises(AccessError, match="access_denied") as told:
        door.arrive(found, departure.browser)
    assert told.value.context["reason"] == "refused"
    departure = door.depart()
    found = {**door.back(departure), "error": "<b>\x1b[31m" + "x" * 5000, "error_description": "d"}
    with pytest.raises(AccessError) as told:
        door.arrive(found, departure.browser)
    assert len(str(told.value)) < 500
    assert "\x1b" not in str(told.value)


@pytest.mark.parametrize("code", ["", "x" * 5000, "a\nb", "é"])
def test_an_answer_without_a_code_is_refused(code: str, door: Door) -> None:
    departure = door.depart()
    found = {**door.back(departure), "code": code}
    assert refused(door, found, departure.browser) == "form"


def test_a_token_forged_on_the_way_is_refused(door: Door, provider: RealProvider) -> None:
    """Somebody between us and the provider: possible where TLS ends before it."""

    def forge(path: str, answer: dict[str, Any]) -> dict[str, Any] | None:
        if path != "/token":
            return None
        part = answer["id_token"].split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(part + "=="))
        return {**answer, "id_token": signed({**said, "sub": "sub-eve"}, key("mine"), kid="first")}

    departure = door.depart()
    found = door.back(departure)
    with provider.line.altered(forge):
        assert refused(door, found, departure.browser) == "signature"
    entry = Ledger().entries()[0]
    assert (entry.action, entry.subject, entry.data) == (
        "oidc.refused", "corp", {"reason": "signature"})  # fmt: skip


def test_what_userinfo_tells_of_another_is_refused(door: Door, provider: RealProvider) -> None:
    departure = door.depart()
    found = door.back(departure)
    told = {"sub": "sub-bob", "preferred_username": "bob"}
    with provider.line.altered(lambda path, _: told if path == "/me" else None):
        assert refused(door, found, departure.browser) == "subject"
    assert Users().find("bob") is None


def test_keys_are_changed_under_way(door: Door, provider: RealProvider) -> None:
    assert door.sign_in().user == "ann"
    assert provider.line.asked["/jwks"] == 1
    provider.sign_by(key("second"), key("first"))
    assert door.sign_in().user == "ann"
    assert provider.line.asked["/jwks"] == 2


def test_a_clock_that_is_an_hour_off_is_named(door: Door) -> None:
    for off_s, said in ((3600.0, "ahead of"), (-3600.0, "behind")):
        door.clock.time_s += off_s
        departure = door.depart()
        found = door.back(departure)
        with pytest.raises(AccessError, match=said) as told:
            door.arrive(found, departure.browser)
        assert "clock" in str(told.value.hint)
        door.clock.time_s -= off_s
    assert door.sign_in().user == "ann"


def test_a_client_that_the_provider_does_not_know_is_our_own_fault(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    departure = door.depart()
    found = door.back(departure)
    monkeypatch.setenv("OIDC_CLIENT_SECRET_CORP", "another")
    with pytest.raises(ConfigError, match="invalid_client") as told:
        door.arrive(found, departure.browser)
    assert "oidc check corp" in str(told.value.hint)
    assert "another" not in str(told.value)


def test_a_secret_is_sent_in_the_body_where_that_is_set(door: Door, provider: RealProvider) -> None:
    provider.knows(BACK, token_endpoint_auth_method="client_secret_post")
    door.set(client_auth="post")
    assert door.sign_in().user == "ann"


def test_a_client_without_a_secret_has_its_proof_alone(
    door: Door, provider: RealProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.knows(BACK, token_endpoint_auth_method="none", client_secret=None)
    monkeypatch.delenv("OIDC_CLIENT_SECRET_CORP")
    assert door.sign_in().user == "ann"


def test_settings_that_change_under_way_are_those_that_count(door: Door) -> None:
    departure = door.depart()
    found = door.back(departure)
    door.set(enter="linked")
    assert refused(door, found, departure.browser) == "state"
    departure = door.depart()
    found = door.back(departure)
    assert refused(door, found, departure.browser) == "unlinked"


def test_somebody_who_begins_again_and_again_waits(door: Door) -> None:
    for _ in range(flows.MOST_OF_SOURCE):
        door.depart(source="198.51.100.9")
    with pytest.raises(LimitError) as told:
        door.depart(source="198.51.100.9")
    assert 0 < told.value.context["retry_after_s"] <= flows.FLOW_S
    assert door.sign_in().user == "ann"  # from elsewhere
    door.clock.time_s += flows.FLOW_S
    assert door.depart(source="198.51.100.9")


def test_waits_of_passwords_are_not_those_of_a_provider(door: Door) -> None:
    """Who guesses ann's password does not keep her out, and she makes nobody wait."""
    door.sign_in()
    passwords = door.oidc.passwords
    passwords.passwords.set("ann", "violet hammock seven")
    for _ in range(9):
        with pytest.raises((AccessError, LimitError)):
            passwords.sign_in("ann", "guess", source=SOURCE)
    with pytest.raises(LimitError):
        passwords.sign_in("ann", "violet hammock seven", source=SOURCE)
    arrived = door.sign_in()
    assert arrived.sign_in is not None
    # The browser is known from then on, as after a sign-in by password.
    device = arrived.sign_in.device
    assert passwords.sign_in("ann", "violet hammock seven", source=SOURCE, device=device)


def test_a_password_that_is_changed_ends_these_sessions_too(door: Door) -> None:
    arrived = door.sign_in()
    assert arrived.sign_in is not None
    door.oidc.passwords.passwords.set("ann", "violet hammock seven")
    with pytest.raises(AccessError):
        door.oidc.passwords.sessions.verify(arrived.sign_in.session.text, kind="session")


@pytest.mark.parametrize("shut", ["disabled", "removed"])
def test_who_is_shut_out_here_is_refused_and_not_made_anew(shut: str, door: Door) -> None:
    arrived = door.sign_in()
    assert arrived.sign_in is not None
    (Users().disable if shut == "disabled" else Users().remove)("ann")
    departure = door.depart()
    assert refused(door, door.back(departure), departure.browser) == shut
    assert [user.name for user in Users().list(removed=True)] == ["ann"]
    if shut == "disabled":
        Users().enable("ann")
        assert door.sign_in().user == "ann"
    else:
        with pytest.raises(InputError):
            door.oidc.links.remove("ann", door.settings.issuer)


def test_who_is_shut_out_between_there_and_here_is_refused(door: Door) -> None:
    door.sign_in()
    departure = door.depart()
    found = door.back(departure)
    Users().disable("ann")
    assert refused(door, found, departure.browser) == "disabled"
    assert door.oidc.passwords.sessions.list() == ()
    assert Grants().list() == ()
