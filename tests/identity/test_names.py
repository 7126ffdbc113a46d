"""One visible name is one user: forms of a letter, capitals, letters of other alphabets."""

from __future__ import annotations

import unicodedata

import pytest

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.identity import Passwords, Sessions, Users
from workbench.identity.grants import Grants
from workbench.identity.keys import Keys
from workbench.identity.names import look_alike, skeleton
from workbench.identity.oidc.links import Links
from workbench.identity.passwords import Cost
from workbench.identity.signing_in import SignIn
from workbench.store.database import Database

ZOE = "zo\u00eb"
TWO_SIGNS = unicodedata.normalize("NFD", ZOE)
GOOD = "violet hammock seven orchard"


def test_a_name_typed_in_two_forms_is_one_user_at_every_door(
    database: Database, light: Cost
) -> None:
    users, grants, sessions = Users(database), Grants(database), Sessions(database)
    assert TWO_SIGNS != ZOE
    assert users.add(TWO_SIGNS).name == ZOE
    with pytest.raises(ConflictError, match="already"):
        users.add(ZOE)
    assert grants.give(TWO_SIGNS, "reader", space="/knowledge").user == ZOE
    assert grants.decide(TWO_SIGNS, "read", space="/knowledge").allowed
    assert grants.decide(TWO_SIGNS, "read", space="/knowledge").user == ZOE
    assert [each.user for each in grants.list(user=TWO_SIGNS)] == [ZOE]
    Passwords(database).set(TWO_SIGNS, GOOD)
    made = SignIn(database).sign_in(TWO_SIGNS, GOOD, source="127.0.0.1")
    assert sessions.verify(made.session.text, kind="session").user == ZOE
    token = sessions.add_token(TWO_SIGNS, "t", scopes=["read:/knowledge"])
    assert token.user == ZOE
    assert [each.user for each in sessions.list(user=TWO_SIGNS, kind="token")] == [ZOE]
    assert sessions.end("t", user=TWO_SIGNS).user == ZOE
    assert Links(database).add(TWO_SIGNS, "https://issuer", "s1").user == ZOE
    assert Links(database).remove(TWO_SIGNS, "https://issuer") == 1
    Keys(database).create("k", user=TWO_SIGNS)
    assert {key.user for key in Keys(database).list()} == {ZOE}
    assert grants.take(TWO_SIGNS, space="/knowledge").user == ZOE
    assert sessions.end_all(TWO_SIGNS) == 1
    users.disable(TWO_SIGNS)
    assert users.get(ZOE).state == "disabled"
    assert users.enable(TWO_SIGNS).state == "in force"
    assert users.remove(TWO_SIGNS).name == ZOE
    assert [user.name for user in users.list(removed=True) if user.name != "local"] == [ZOE]


def test_a_user_from_before_keeps_his_name_and_can_do_all(database: Database, light: Cost) -> None:
    for name in (TWO_SIGNS, "ann", "Ann"):
        with database.transaction() as connection:
            connection.execute(
                "INSERT INTO users (name, role, created_s) VALUES (?, 'user', 1.0)", (name,)
            )
    users = Users(database)
    assert users.get(TWO_SIGNS).name == TWO_SIGNS
    assert (users.get("ann").name, users.get("Ann").name) == ("ann", "Ann")
    Passwords(database).set(TWO_SIGNS, GOOD)
    made = SignIn(database).sign_in(TWO_SIGNS, GOOD, source="127.0.0.1")
    assert made.session.user == TWO_SIGNS
    Grants(database).give("Ann", "reader", space="/knowledge")
    assert not Grants(database).decide("ann", "read", space="/knowledge").allowed
    with pytest.raises(ConflictError, match="could be taken for"):
        users.add(ZOE)
    with pytest.raises(NotFoundError):
        users.get(ZOE)


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("Ann", "ann"),
        ("ANN", "ann"),
        ("\u0430nn", "ann"),  # Cyrillic a
        ("\u0391nn", "ann"),  # Greek capital alpha
        ("\uff41nn", "ann"),  # as wide as a Chinese sign
        ("ann\ufe0f", "ann"),  # what no font shows
        ("a\u034fnn", "ann"),
        ("\u0440\u0430u\u04cf", "paul"),
        ("stra\u00dfe", "STRASSE"),
        ("g\u0131na", "gina"),
        ("L\u043ecal", "local"),
        ("Local", "local"),
    ],
)
def test_a_name_that_could_be_taken_for_anothers_is_refused_and_names_the_other(
    database: Database, name: str, like: str
) -> None:
    users = Users(database)
    if like != "local":
        users.add(like)
    with pytest.raises(ConflictError, match=f"could be taken for '{like}'") as refused:
        users.add(name)
    assert refused.value.context["other"] == like
    with pytest.raises(ConflictError, match="could be taken for"):
        Keys(database).create("k", user=name)
    assert users.find(name) is None


def test_a_removed_users_name_is_not_given_to_who_looks_like_him(database: Database) -> None:
    Users(database).add("ann")
    Users(database).remove("ann")
    with pytest.raises(ConflictError, match="'ann'"):
        Users(database).add("Ann")


def test_names_that_can_be_told_apart_are_taken(database: Database) -> None:
    names = ("ann", "anna", "an", "ann1", "annl", "\u00e4nn", "\u0430\u043d\u043d\u0430", "\u674e",
             "o'neil", "oneil", "u0", "uo", "u1", "ann@a.example", "ann@b.example")  # fmt: skip
    for name in names:
        assert look_alike(name, [user.name for user in Users(database).list()]) is None
        assert Users(database).add(name).name == name
    assert len({skeleton(name) for name in names}) == len(names)


def test_the_machines_own_user_is_not_added(database: Database) -> None:
    with pytest.raises(ConflictError, match="whoever sits at this machine"):
        Users(database).add("local")
    assert Keys(database).create("k").name == "k"  # whose is its own all the same


@pytest.mark.parametrize(("name", "where"), [("ann ", "end"), (" ann", "beginning")])
def test_a_blank_is_named(database: Database, name: str, where: str) -> None:
    with pytest.raises(InputError, match=f"has a blank at its {where}"):
        Users(database).add(name)


@pytest.mark.parametrize("name", ["", " ", "\u3164", "a\u200bb", "\ufe0f"])
def test_what_cannot_be_seen_is_no_name(database: Database, name: str) -> None:
    with pytest.raises(InputError, match="cannot be shown"):
        Users(database).add(name)


@pytest.mark.parametrize("name", ["a/../b", "a/b", "../a", "a\\b", "..", "."])
def test_no_new_user_has_a_name_that_reads_as_a_path(home: object, name: str) -> None:
    with pytest.raises(InputError, match="read as a path"):
        Users().add(name)
    assert Users().find(name) is None
    assert Users().add("anna.b").name == "anna.b"
