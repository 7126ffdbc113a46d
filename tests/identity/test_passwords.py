"""Passwords: strong, kept as hashes, and checked at the same cost whatever is wrong."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import argon2
import pytest

from workbench.core import settings
from workbench.core.errors import AccessError, InputError, IntegrityError, NotFoundError
from workbench.identity import Passwords, SignIn, Users, passwords
from workbench.identity.passwords import Cost
from workbench.identity.strength import check_strength, unforetold
from workbench.store.database import Database
from workbench.store.ledger import Ledger

from .conftest import LIGHT, Clock, written

GOOD = "violet hammock seven orchard"
OTHER = "granite teaspoon under weather"


@pytest.fixture
def ann(database: Database, light: Cost) -> Passwords:
    Users().add("ann")
    found = Passwords()
    found.set("ann", GOOD)
    return found


def test_the_right_password_and_no_other(ann: Passwords) -> None:
    assert ann.check("ann", GOOD) == ann.find("ann")
    for wrong in ("", GOOD + " ", GOOD[:-1], GOOD.upper(), GOOD + "\0", "x" * 5_000):
        assert ann.check("ann", wrong) is None, wrong
    assert ann.check("Ann", GOOD) is None


def test_only_a_hash_is_kept_with_its_parameters(ann: Passwords, home: Path) -> None:
    stored = ann.find("ann") or ""
    assert stored.startswith("$argon2id$v=19$m=64,t=1,p=1$")
    Users().add("bob")
    ann.set("bob", GOOD)
    assert ann.find("bob") != stored  # each has a salt of its own
    assert GOOD.encode() not in written(home)
    assert stored.encode() in written(home)  # the look finds what is there
    assert GOOD not in repr(Ledger().entries())


def test_accents_and_blanks_are_the_same_from_every_keyboard(ann: Passwords) -> None:
    typed = "crème brûlée at seven"
    ann.set("ann", typed)
    assert ann.check("ann", unicodedata.normalize("NFD", typed))
    assert ann.check("ann", typed.replace(" ", "\u00a0"))
    assert not ann.check("ann", typed.replace("è", "e"))


def test_a_long_password_counts_to_its_end(ann: Passwords) -> None:
    long = "".join(chr(0x4E00 + 7 * place) for place in range(256))
    ann.set("ann", long)
    assert ann.check("ann", long)
    assert not ann.check("ann", long[:-1] + "x")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "has 5 characters; it may have 12 to 256"),
        ("x" * 257, "has 257 characters"),
        ("aaaaaaaaaaaa", "easily foretold"),
        ("abcdefghijklmnop", "easily foretold"),
        ("987654321098765", "easily foretold"),
        ("passpasspasspass", "easily foretold"),
        ("abababababababab", "easily foretold"),
        ("qzjqzjqzjqzjqzj", "easily foretold"),
        ("annannannannann!", "easily foretold"),
        ("Ann-ann-ANN-w7", "easily foretold"),
        ("vb mz qt\tyo pw", "cannot be typed"),
        ("vb mz qt\ud800 yo pw", "cannot be typed"),
    ],
)
def test_a_weak_password_is_refused_and_not_repeated(
    password: str, why: str, ann: Passwords
) -> None:
    before = ann.find("ann")
    with pytest.raises(InputError, match=why) as refused:
        ann.set("ann", password)
    assert password not in str(refused.value)
    assert ann.find("ann") == before


@pytest.mark.parametrize(
    "password", [GOOD, OTHER, "Vb9-mZq:Tyo4", "пять зелёных слонов", "漢" * 4 + "vbmzqtyo"]
)
def test_a_strong_one_is_taken(password: str) -> None:
    assert check_strength(password, user="ann") == password


def test_what_is_foretold_is_not_counted() -> None:
    assert [unforetold(text) for text in ("", "a", "aa", "aaa", "abc", "acb", "abcabc")] == [
        0, 1, 2, 2, 2, 3, 4,
    ]  # fmt: skip


def test_who_can_have_none(ann: Passwords) -> None:
    Users().ensure("local", role="user")
    with pytest.raises(InputError, match="signs in nowhere"):
        ann.set("local", GOOD)
    with pytest.raises(NotFoundError):
        ann.set("dan", GOOD)
    Users().disable("ann")
    with pytest.raises(InputError, match="is disabled"):
        ann.set("ann", GOOD)


class Count:
    """The hashes that are computed, by what each costs."""

    def __init__(self) -> None:
        self.costs: list[tuple[int, int, int]] = []


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Iterator[Count]:
    """Counts calls of argon2 itself, and lets them through."""
    found = Count()
    real = argon2.PasswordHasher.verify

    def verify(hasher: argon2.PasswordHasher, stored: str, password: bytes) -> bool:
        told = argon2.extract_parameters(stored)
        found.costs.append((told.memory_cost, told.time_cost, told.parallelism))
        return real(hasher, stored, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", verify)
    yield found


def costs_of_all(found: Passwords, count: Count) -> dict[str, list[tuple[int, int, int]]]:
    """What checks cost, for a user with a wrong password and for those who have none at all."""
    told = {}
    for user in ("ann", "bare", "shut", "gone", "nobody", "", "local", "x" * 5_000):
        count.costs.clear()
        assert found.check(user, "a wrong password") is None
        told[user] = list(count.costs)
    return told


def test_a_user_who_is_not_there_costs_as_much(ann: Passwords, count: Count) -> None:
    for name in ("bare", "shut", "gone"):
        Users().add(name)
    for name in ("shut", "gone"):
        ann.set(name, GOOD)
    Users().disable("shut")
    Users().remove("gone")
    one = [(64, 1, 1)]
    assert set(map(tuple, costs_of_all(ann, count).values())) == {tuple(one)}
    assert [ann.check(name, GOOD) for name in ("shut", "gone", "bare", "nobody")] == [None] * 4


def test_the_count_sees_a_check_that_gives_up_early(
    ann: Passwords, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    def early(self: Passwords, user: str, password: str) -> str | None:
        stored = self.find(user)
        return stored if stored and self._verify(stored, password) else None

    monkeypatch.setattr(Passwords, "check", early)
    assert set(map(tuple, costs_of_all(ann, count).values())) == {((64, 1, 1),), ()}


def test_a_hash_of_another_cost_is_made_anew_at_sign_in(ann: Passwords, clock: Clock) -> None:
    before = ann.find("ann")
    dearer = SignIn(cost=Cost(128, 2, 1), clock=clock)
    with pytest.raises(AccessError):
        dearer.sign_in("ann", "a wrong password", source="here")
    assert ann.find("ann") == before
    dearer.sign_in("ann", GOOD, source="here")
    renewed = ann.find("ann") or ""
    assert renewed.startswith("$argon2id$v=19$m=128,t=2,p=1$")
    dearer.sign_in("ann", GOOD, source="here")
    assert ann.find("ann") == renewed


def test_cheap_hashes_are_for_tests_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing but a change of the module makes them, and what they made is not taken elsewhere."""
    with pytest.raises(InputError, match="less than a hash must cost"):
        Passwords(cost=LIGHT)
    for under in (Cost(19_456, 1, 1), Cost(8_192, 9, 1)):
        with pytest.raises(InputError):
            Passwords(cost=under)
    assert (Cost(65_536, 3, 4), Cost(19_456, 2, 1)) == (passwords.COST, passwords.FLOOR)
    words = ("hash", "argon", "password_cost", "sign_in")
    assert [name for name in settings.declared() if any(word in name for word in words)] == []
    Users().add("ann")
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "FLOOR", LIGHT)
        Passwords(cost=LIGHT).set("ann", GOOD)
        assert Passwords(cost=LIGHT).check("ann", GOOD)
    with pytest.raises(AccessError, match="too weak today") as refused:
        Passwords().check("ann", GOOD)
    assert refused.value.context["reason"] == "weak"
    assert Passwords().check("ann", "a wrong password") is None


def test_a_damaged_hash_lets_nobody_in(ann: Passwords, database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("UPDATE passwords SET hash = 'violet hammock seven orchard'")
    with pytest.raises(IntegrityError, match="none of the hashes"):
        ann.check("ann", GOOD)
