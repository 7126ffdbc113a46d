"""Signing in: a new session each time, waits, and a change of password that ends everything."""

from __future__ import annotations

from collections.abc import Callable

import argon2
import pytest

from workbench.core.errors import AccessError, InputError, LimitError
from workbench.identity import Grants, Passwords, SignIn, Users
from workbench.identity.passwords import Cost
from workbench.identity.scopes import Scope, SignedIn
from workbench.store.database import Database
from workbench.store.ledger import Ledger

from .conftest import Clock

GOOD = "violet hammock seven orchard"
OTHER = "granite teaspoon under weather"
HOME = "192.0.2.7"


@pytest.fixture
def door(database: Database, light: Cost, clock: Clock) -> SignIn:
    for name in ("ann", "bob"):
        Users().add(name)
        Passwords().set(name, f"{GOOD} {name}")
    Grants().give("ann", "curator", space="/a")
    return SignIn(clock=clock)


ANN = f"{GOOD} ann"


def is_in(door: SignIn, text: str) -> bool:
    try:
        return bool(door.sessions.verify(text, kind="session"))
    except AccessError:
        return False


def test_a_session_begins_and_ends(door: SignIn) -> None:
    text = door.sign_in("ann", ANN, source=HOME).session.text
    assert door.sessions.verify(text, kind="session").user == "ann"
    door.sign_out(text)
    assert not is_in(door, text)
    door.sign_out(text)
    door.sign_out("wbs-nothing")


@pytest.mark.parametrize(
    ("user", "password"),
    [("ann", "wrong"), ("ann", f"{GOOD} bob"), ("ann", ""), ("nobody", ANN), ("local", ANN),
     ("shut", ANN), ("gone", ANN), ("bare", ""),
     ("\ud800", ANN), ("ann", "\ud800"), ("ann\0", ANN), ("", ANN), ("ann", "x" * 100_000)],
)  # fmt: skip
def test_what_is_wrong_is_not_said(user: str, password: str, door: SignIn) -> None:
    for name in ("shut", "gone", "bare"):
        Users().add(name)
        if name != "bare":
            Passwords().set(name, ANN)
    Users().disable("shut")
    Users().remove("gone")
    with pytest.raises(AccessError) as refused:
        door.sign_in(user, password, source=HOME)
    assert str(refused.value) == "the name or the password is wrong"
    assert refused.value.context == {"reason": "password"}
    entry = Ledger().entries()[0]
    assert entry.action == "sign_in.refused"
    known = ("ann", "shut", "gone", "bare")
    assert entry.subject == (user if user in known else "a name that is not known")
    assert door.sessions.list() == ()


def test_each_sign_in_has_a_session_of_its_own(door: SignIn) -> None:
    """What the browser had before ends, also what somebody else has put there."""
    planted = door.sign_in("bob", f"{GOOD} bob", source="10.0.0.1").session.text
    mine = door.sign_in("ann", ANN, source=HOME, previous=planted).session.text
    assert mine != planted
    assert not is_in(door, planted)
    again = door.sign_in("ann", ANN, source=HOME, previous=mine).session.text
    assert (is_in(door, mine), is_in(door, again)) == (False, True)
    unasked = door.sign_in("ann", ANN, source=HOME, previous="wbs-made-up").session.text
    assert unasked != "wbs-made-up"
    assert is_in(door, again)  # another browser's goes on


def test_waiting_costs_no_hash_and_the_right_password_waits_too(
    door: SignIn, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        with pytest.raises(AccessError):
            door.sign_in("ann", "wrong", source=HOME)
    real, hashes = argon2.PasswordHasher.verify, []

    def verify(hasher: argon2.PasswordHasher, stored: str, password: str) -> bool:
        hashes.append(1)
        return real(hasher, stored, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", verify)
    before = len(Ledger().entries())
    for password in ("wrong", ANN):
        with pytest.raises(LimitError) as told:
            door.sign_in("ann", password, source=HOME)
        assert told.value.context["retry_after_s"] == 1.0
    assert (hashes, len(Ledger().entries())) == ([], before)
    clock.time_s += 1.0
    assert door.sign_in("ann", ANN, source=HOME)
    assert hashes == [1]


def test_a_known_browser_gets_in_past_an_attack_from_its_own_address(
    door: SignIn, clock: Clock
) -> None:
    device = door.sign_in("ann", ANN, source=HOME).device
    for _ in range(30):
        with pytest.raises((AccessError, LimitError)):
            door.sign_in("ann", "guess", source=HOME)
    with pytest.raises(LimitError):
        door.sign_in("ann", ANN, source=HOME)
    for wrong in ("wbd-" + "x" * 43, device[:-1] + "_", "", "wbs-x"):
        with pytest.raises(LimitError):
            door.sign_in("ann", ANN, source=HOME, device=wrong)
    renewed = door.sign_in("ann", ANN, source=HOME, device=device).device
    assert renewed != device
    with pytest.raises(LimitError):  # one proof is good for one sign-in
        door.sign_in("ann", ANN, source=HOME, device=device)
    assert door.sign_in("ann", ANN, source=HOME, device=renewed)


def test_a_device_speaks_for_its_user_alone_and_lets_nobody_in(door: SignIn, clock: Clock) -> None:
    device = door.sign_in("ann", ANN, source=HOME).device
    with pytest.raises(AccessError):
        door.sign_in("ann", "wrong", source=HOME, device=device)
    for _ in range(5):
        with pytest.raises(AccessError):
            door.sign_in("bob", "wrong", source=HOME, device=device)
    with pytest.raises(LimitError):
        door.sign_in("bob", "wrong", source=HOME, device=device)
    clock.time_s += 91 * 86_400
    for _ in range(5):
        with pytest.raises(AccessError):
            door.sign_in("ann", "wrong", source=HOME)
    with pytest.raises(LimitError):  # after 90 days it is a stranger again
        door.sign_in("ann", ANN, source=HOME, device=device)


def test_a_change_of_password_ends_all_and_begins_anew(door: SignIn) -> None:
    first = door.sign_in("ann", ANN, source=HOME)
    elsewhere = door.sign_in("ann", ANN, source="10.0.0.1").session.text
    token = door.sessions.add_token("ann", "ci", scopes=["read:/a"]).text
    bobs = door.sign_in("bob", f"{GOOD} bob", source=HOME).session.text
    by = door.sessions.verify(first.session.text, kind="session")
    new = door.change_password(by, ANN, OTHER, source=HOME)
    assert new.session.text != first.session.text
    assert [is_in(door, text) for text in (first.session.text, elsewhere)] == [False, False]
    with pytest.raises(AccessError) as refused:
        door.sessions.verify(token, kind="token")
    assert refused.value.context["reason"] == "revoked"
    assert [is_in(door, text) for text in (new.session.text, bobs)] == [True, True]
    with pytest.raises(AccessError):
        door.sign_in("ann", ANN, source=HOME)
    assert door.sign_in("ann", OTHER, source=HOME)
    rows = door.database.read("SELECT * FROM sign_in_devices WHERE user = 'ann'")
    assert len(rows) == 2  # of the change and of the last sign-in; the two before are forgotten


def test_a_stolen_session_cannot_change_the_password(door: SignIn) -> None:
    text = door.sign_in("ann", ANN, source=HOME).session.text
    by = door.sessions.verify(text, kind="session")
    for _ in range(5):
        with pytest.raises(AccessError, match="password is wrong"):
            door.change_password(by, "guess", OTHER, source=HOME)
    with pytest.raises(LimitError):
        door.change_password(by, "guess", OTHER, source=HOME)
    token = SignedIn("t", "token", "ann", 1e10, (Scope.of("admin:/"),))
    with pytest.raises(AccessError, match="himself"):
        door.change_password(token, ANN, OTHER, source="10.0.0.2")
    for weak in ("short", ANN):
        with pytest.raises(InputError):
            door.change_password(by, ANN, weak, source="10.0.0.2")
    assert is_in(door, text)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Passwords().set("ann", OTHER),
        lambda: Users().disable("ann"),
        lambda: Users().remove("ann"),
    ],
)
def test_what_changes_while_a_password_is_checked_counts(
    change: Callable[[], object], door: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Passwords.check

    def slow(self: Passwords, user: str, password: str) -> str | None:
        found = real(self, user, password)
        change()
        return found

    monkeypatch.setattr(Passwords, "check", slow)
    with pytest.raises(AccessError, match="name or the password is wrong"):
        door.sign_in("ann", ANN, source=HOME)
    assert door.sessions.list() == ()


def test_nothing_secret_is_in_the_ledger(door: SignIn) -> None:
    made = door.sign_in("ann", ANN, source=HOME)
    with pytest.raises(AccessError):
        door.sign_in(f"{ANN} as a name", "wrong", source=HOME)
    by = door.sessions.verify(made.session.text, kind="session")
    door.change_password(by, ANN, OTHER, source=HOME)
    told = repr(Ledger().entries()) + repr(made)
    for secret in (GOOD, OTHER, made.session.text[9:], made.device[4:], HOME):
        assert secret not in told
    assert [entry.action for entry in Ledger().entries(limit=5)] == [
        "session.begun", "user.password", "sign_in.refused", "session.begun", "grant.given",
    ]  # fmt: skip
