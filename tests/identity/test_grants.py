"""Roles by space: given, taken, told, and never the last admin's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.errors import AccessError, ConflictError, InputError, NotFoundError
from workbench.identity import Grants, Keys, Sessions, Users, Verifier, verify
from workbench.identity.deciding import Decision
from workbench.identity.scopes import Scope, SignedIn
from workbench.store.database import Database
from workbench.store.ledger import Ledger
from workbench.store.migrations import MIGRATIONS


def session(user: str) -> SignedIn:
    return SignedIn("ses_1", "session", user, 1e10)


@pytest.fixture
def grants(database: Database) -> Grants:
    for name in ("ann", "bob", "cat"):
        Users().add(name)
    return Grants()


def test_a_grant_replaces_the_one_in_its_space_and_the_ledger_has_both(grants: Grants) -> None:
    grants.give("ann", "reader", space="/knowledge/leads/")
    grants.give("ann", "curator", space="/knowledge/leads")
    (grant,) = grants.list()
    assert (grant.user, grant.space, grant.role, grant.granted_by) == (
        "ann", "/knowledge/leads", "curator", "local",
    )  # fmt: skip
    assert grants.decide("ann", "merge", space="/knowledge/leads/x").allowed
    assert grants.take("ann", space="/knowledge/leads").role == "curator"
    assert not grants.decide("ann", "read", space="/knowledge/leads").allowed
    entries = Ledger().entries(subject="ann")
    assert [(entry.action, entry.data) for entry in entries][:3] == [
        ("grant.taken", {"space": "/knowledge/leads", "from": "curator", "to": None}),
        ("grant.given", {"space": "/knowledge/leads", "from": "reader", "to": "curator"}),
        ("grant.given", {"space": "/knowledge/leads", "from": None, "to": "reader"}),
    ]


def test_each_denial_says_why(grants: Grants) -> None:
    grants.give("ann", "reader", space="/")
    grants.give("ann", "none", space="/secret")
    grants.give("bob", "contributor", space="/a")
    Users().disable("cat")
    token = SignedIn("t", "token", "bob", 1e10, (Scope.of("read:/a"),))

    def told(decision: Decision) -> tuple[str, str]:
        assert not decision.allowed
        return decision.reason, decision.said

    assert told(grants.decide("ann", "edit", space="/a/b")) == (
        "role",
        "'ann' may not edit in /a/b: granted reader in /, which is around it, which may do read; "
        "edit needs contributor",
    )
    assert told(grants.decide("ann", "read", space="/secret")) == (
        "role",
        "'ann' may not read in /secret: granted none there, which may do nothing; "
        "read needs reader",
    )
    assert told(grants.decide("bob", "read", space="/ab")) == (
        "grant",
        "'bob' has no role in /ab or around it",
    )
    assert told(grants.decide(token, "edit", space="/a")) == (
        "scope",
        "the token is for read:/a, and not for edit in /a",
    )
    assert told(grants.decide("cat", "read", space="/")) == ("user", "the user 'cat' is disabled")
    assert told(grants.decide("dan", "read", space="/")) == (
        "user",
        "the user 'dan' is not known here",
    )
    with pytest.raises(AccessError, match="approve needs reviewer") as refused:
        grants.require("bob", "approve", space="/a")
    assert refused.value.context == {"reason": "role", "verb": "approve", "space": "/a"}
    assert grants.require("bob", "edit", space="/a").role == "contributor"


def test_what_is_asked_wrongly_is_no_yes(grants: Grants) -> None:
    grants.give("ann", "admin", space="/")
    with pytest.raises(NotFoundError, match="no verb named 'aprove'; did you mean 'approve'"):
        grants.decide("ann", "aprove", space="/")
    with pytest.raises(InputError):
        grants.decide("ann", "read", space="/a/../b")
    with pytest.raises(InputError):
        grants.decide("nobody", "read", space="a")
    with pytest.raises(NotFoundError, match="no role in a space named 'owner'"):
        grants.give("ann", "owner", space="/")
    with pytest.raises(NotFoundError, match="no user named 'an'; did you mean"):
        grants.give("an", "reader", space="/")
    with pytest.raises(NotFoundError, match="he has grants in: /"):
        grants.take("ann", space="/a")
    Users().disable("bob")
    with pytest.raises(InputError, match="is disabled"):
        grants.give("bob", "reader", space="/")


def test_a_users_role_at_the_gateway_gives_nothing_in_a_space(grants: Grants) -> None:
    Users().set_role("ann", "owner")
    assert not grants.decide("ann", "read", space="/").allowed


def test_the_machines_own_user_has_no_roles(grants: Grants) -> None:
    """Keys belong to it unless they name somebody, so a role of its would be everybody's."""
    Keys().create("somebodys")
    assert Users().find("local") is not None
    with pytest.raises(InputError, match="needs no role"):
        grants.give("local", "admin", space="/")
    assert not grants.decide("local", "read", space="/").allowed


def test_who_administers_a_space_grants_there_and_nowhere_else(grants: Grants) -> None:
    grants.give("ann", "admin", space="/a")
    grants.give("bob", "curator", space="/a")
    grant = grants.give("cat", "reader", space="/a/b", by=session("ann"))
    assert grant.granted_by == "ann"
    for by, space in (("ann", "/"), ("ann", "/ab"), ("bob", "/a"), ("cat", "/a/b"), ("dan", "/a")):
        with pytest.raises(AccessError):
            grants.give("cat", "admin", space=space, by=session(by))
        with pytest.raises(AccessError):
            grants.take("cat", space=space, by=session(by))
    token = SignedIn("t", "token", "ann", 1e10, (Scope.of("curator:/a"),))
    with pytest.raises(AccessError, match="the token is for"):
        grants.give("cat", "admin", space="/a", by=token)
    assert {(each.user, each.space, each.role) for each in grants.list(space="/a")} == {
        ("ann", "/a", "admin"), ("bob", "/a", "curator"), ("cat", "/a/b", "reader"),
    }  # fmt: skip


def test_nobody_makes_himself_more_than_he_is(grants: Grants) -> None:
    grants.give("ann", "admin", space="/")
    grants.give("bob", "admin", space="/")
    grants.give("ann", "reader", space="/secret")
    with pytest.raises(AccessError):  # an admin around it is no admin where a grant says less
        grants.take("ann", space="/secret", by=session("ann"))
    grants.take("ann", space="/secret", by=session("bob"))
    assert grants.decide("ann", "administer", space="/secret").allowed


def refused(change: object) -> None:
    before = (Grants().list(), Users().list(removed=True), len(Ledger().entries()))
    with pytest.raises(ConflictError, match="is the last admin of"):
        change()  # type: ignore[operator]
    assert (Grants().list(), Users().list(removed=True), len(Ledger().entries())) == before


def test_the_last_admin_stays(grants: Grants) -> None:
    grants.give("ann", "admin", space="/")
    refused(lambda: grants.take("ann", space="/"))
    refused(lambda: grants.give("ann", "curator", space="/"))
    refused(lambda: grants.give("ann", "none", space="/secret"))
    refused(lambda: Users().disable("ann"))
    refused(lambda: Users().remove("ann"))
    grants.give("bob", "admin", space="/a")  # one of a part is none of the whole
    refused(lambda: Users().remove("ann"))
    grants.give("bob", "admin", space="/")
    grants.give("bob", "none", space="/secret")
    grants.give("bob", "none", space="/a")
    refused(lambda: grants.give("ann", "reader", space="/secret"))
    Users().disable("bob")  # who cannot sign in does not count
    refused(lambda: Users().disable("ann"))
    Users().enable("bob")
    refused(lambda: grants.take("ann", space="/"))  # bob is shut out of /a
    grants.give("bob", "admin", space="/a")
    grants.take("bob", space="/secret")
    assert grants.take("ann", space="/").role == "admin"
    refused(lambda: Users().remove("bob"))


def test_two_who_remove_each_other_at_once_leave_one(grants: Grants) -> None:
    grants.give("ann", "admin", space="/")
    grants.give("bob", "admin", space="/")
    barrier, outcomes = threading.Barrier(2), []

    def remove(name: str) -> None:
        barrier.wait()
        try:
            Users().remove(name)
            outcomes.append("removed")
        except ConflictError:
            outcomes.append("refused")
        finally:
            Users().database.close()

    threads = [threading.Thread(target=remove, args=(name,)) for name in ("ann", "bob")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "removed"]
    assert [grant.role for grant in grants.list()] == ["admin"]


@pytest.mark.parametrize(
    "change",
    [
        lambda: Grants().give("ann", "reader", space="/b"),
        lambda: Grants().take("ann", space="/a"),
        lambda: Users().remove("ann"),
        lambda: Users().disable("ann"),
        lambda: Sessions().start("ann"),
        lambda: Sessions().add_token("ann", "ci", scopes=["read:/a"]),
        lambda: Sessions().end_all("ann"),
    ],
)
def test_a_change_that_the_ledger_cannot_take_is_none(
    change: Callable[[], object], grants: Grants, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state() -> object:
        return Grants().list(), Users().list(removed=True), Sessions().list(ended=True)

    grants.give("ann", "reader", space="/a")
    Sessions().start("ann")
    before = state()

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no ledger")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "append", fail)
        with pytest.raises(RuntimeError, match="no ledger"):
            change()
    assert state() == before
    change()
    assert state() != before


def test_an_admin_of_a_part_may_go_while_one_of_the_whole_is_there(grants: Grants) -> None:
    grants.give("bob", "admin", space="/a")
    refused(lambda: grants.take("bob", space="/a"))
    grants.give("ann", "admin", space="/")
    grants.take("bob", space="/a")
    Users().remove("bob")


def test_a_removed_user_is_nobody_and_his_name_stays_his(grants: Grants) -> None:
    grants.give("ann", "curator", space="/a")
    key = Keys().create("of-ann", user="ann").key
    Users().remove("ann", actor="bob")
    assert grants.list() == ()
    assert [user.name for user in Users().list()] == ["bob", "cat"]
    assert Users().get("ann").state == "removed"
    assert grants.decide("ann", "read", space="/a").said == "the user 'ann' is removed"
    with pytest.raises(AccessError, match="was revoked"):
        verify(key)
    with pytest.raises(ConflictError, match="what he wrote is his"):
        Users().add("ann")
    for change in (Users().enable, Users().remove, lambda name: Users().set_role(name, "owner")):
        with pytest.raises(ConflictError, match="was removed"):
            change("ann")
    with pytest.raises(AccessError, match="is removed"):
        Keys().create("again", user="ann")
    with pytest.raises(InputError, match="is removed"):
        grants.give("ann", "reader", space="/")
    with pytest.raises(InputError, match="cannot be removed"):
        Users().remove("local")
    actions = [(entry.action, entry.actor) for entry in Ledger().entries()]
    assert ("user.removed", "bob") in actions
    assert ("key.revoked", "bob") in actions
    assert Ledger().verify().ok


def test_a_store_from_before_keeps_its_users_and_keys(tmp_path: Path) -> None:
    names = [step.name for step in MIGRATIONS]
    old = Database(
        tmp_path / "s.sqlite", migrations=MIGRATIONS[: names.index("spaces and sign-in")]
    )
    with old.transaction() as connection:
        connection.execute("INSERT INTO users VALUES ('ann', 'owner', 1.0, NULL)")
        connection.execute("INSERT INTO users VALUES ('bob', 'user', 1.0, 2.0)")
    old.close()
    new = Database(tmp_path / "s.sqlite")
    assert [(user.name, user.state) for user in Users(new).list()] == [
        ("ann", "in force"), ("bob", "disabled"),
    ]  # fmt: skip
    key = Keys(new).create("k", user="ann", role="owner").key
    assert Verifier(new).verify(key).user == "ann"
    assert not Grants(new).decide("ann", "read", space="/").allowed
    new.close()


def test_changes_of_grants_are_counted(grants: Grants, database: Database) -> None:
    """A door that stays open, as that of live editing, looks at one number."""

    def count() -> int:
        row = database.read_one("SELECT number FROM identity_changes")
        assert row is not None
        return int(row["number"])

    seen = [count()]
    grants.give("ann", "reader", space="/")
    seen.append(count())
    grants.give("ann", "curator", space="/")
    seen.append(count())
    grants.take("ann", space="/")
    seen.append(count())
    assert len(set(seen)) == 4
