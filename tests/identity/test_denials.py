"""Who may do what where: every role x space x verb, against rules written down a second time.

The oracle below shares nothing with the package: its table is typed out as the how-to page has it,
spaces are lists of names, and the narrowest grant is looked for by length. Variants of the lookup
that are wrong in the ways that such lookups are wrong must all be caught.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from workbench.identity import deciding
from workbench.identity.deciding import decide
from workbench.identity.grants import Grants
from workbench.identity.scopes import Scope, SignedIn
from workbench.identity.users import Users
from workbench.identity.verbs import SPACE_ROLES, VERBS
from workbench.store.database import Database

# One line a verb; x where a role may: none, reader, contributor, reviewer, curator, admin.
TABLE = """
read        . x x x x x
comment     . . x x x x
propose     . . x x x x
edit        . . x x x x
review      . . . x x x
approve     . . . x x x
merge       . . . . x x
revert      . . . . x x
release     . . . . x x
administer  . . . . . x
"""
ROLES = ("none", "reader", "contributor", "reviewer", "curator", "admin")
SPACES = ("/", "/a", "/ab", "/a/b", "/a/bc", "/a/b/c")
ASKED = (*SPACES, "/b", "/abc", "/a/b/c/d", "/A", "/a/b.c")

Grants_ = tuple[tuple[str, str], ...]


def names(space: str) -> list[str]:
    return [each for each in space.split("/") if each]


def oracle(grants: Grants_, verb: str, space: str) -> bool:
    row = next(line.split()[1:] for line in TABLE.split("\n") if line.startswith(verb + " "))
    best, role = -1, None
    for place, granted in grants:
        lies_around = names(space)[: len(names(place))] == names(place)
        if lies_around and len(names(place)) > best:
            best, role = len(names(place)), granted
    return role is not None and row[ROLES.index(role)] == "x"


def layouts() -> list[Grants_]:
    """No grant, each single one, each pair in two spaces, and a chain of three."""
    singles = list(itertools.product(SPACES, ROLES))
    pairs = [(a, b) for a, b in itertools.combinations(singles, 2) if a[0] != b[0]]
    chains = itertools.product(ROLES, repeat=3)
    threes = [tuple(zip(("/", "/a", "/a/b"), roles, strict=True)) for roles in chains]
    return [(), *((each,) for each in singles), *pairs, *threes]


LAYOUTS = layouts()
CASES = list(itertools.product(ASKED, VERBS))


def wrong_answers() -> Iterator[tuple[Grants_, str, str]]:
    """The layouts, spaces and verbs on which the package and the oracle differ."""
    for grants in LAYOUTS:
        held = dict(grants)
        for space, verb in CASES:
            said = decide(held, verb, space=space, user="u")
            if said.allowed is not oracle(grants, verb, space):
                yield grants, space, verb


def test_every_role_in_every_space_for_every_verb() -> None:
    assert (tuple(SPACE_ROLES), set(VERBS)) == (
        ROLES,
        {line.split()[0] for line in TABLE.strip().splitlines()},
    )
    assert len(LAYOUTS) == 1 + 36 + 540 + 216
    assert list(wrong_answers()) == []


Lookup = Callable[[Mapping[str, str], str], tuple[str, str] | None]
_REAL: Lookup = deciding.narrowest_grant


def widest(grants: Mapping[str, str], space: str) -> tuple[str, str] | None:
    around = [each for each in deciding.around(space) if each in grants]
    return (around[-1], grants[around[-1]]) if around else None


def without_separator(grants: Mapping[str, str], space: str) -> tuple[str, str] | None:
    around = [each for each in grants if space.startswith(each)]
    place = max(around, key=len, default=None)
    return (place, grants[place]) if place is not None else None


def largest_role(grants: Mapping[str, str], space: str) -> tuple[str, str] | None:
    around = [(each, grants[each]) for each in deciding.around(space) if each in grants]
    return max(around, key=lambda found: ROLES.index(found[1]), default=None)


def only_itself(grants: Mapping[str, str], space: str) -> tuple[str, str] | None:
    return (space, grants[space]) if space in grants else None


def reader_by_default(grants: Mapping[str, str], space: str) -> tuple[str, str] | None:
    return _REAL(grants, space) or ("/", "reader")


def none_is_passed_over(grants: Mapping[str, str], space: str) -> tuple[str, str] | None:
    return _REAL({place: role for place, role in grants.items() if role != "none"}, space)


def case_is_folded(grants: Mapping[str, str], space: str) -> tuple[str, str] | None:
    return _REAL(grants, space.lower())


@pytest.mark.parametrize(
    "broken",
    [widest, without_separator, largest_role, only_itself, reader_by_default, none_is_passed_over,
     case_is_folded],
)  # fmt: skip
def test_a_lookup_that_is_wrong_is_caught(broken: Lookup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deciding, "narrowest_grant", broken)
    assert next(wrong_answers(), None) is not None


def test_the_store_decides_as_the_rules_do(database: Database) -> None:
    """Through users, rows and a session: each single grant, and pairs that go up and down."""
    pairs = [
        ((wide, one), (narrow, two))
        for wide, narrow in (("/", "/a"), ("/a", "/a/b"), ("/ab", "/a"))
        for one, two in itertools.permutations(("none", "reader", "curator"), 2)
    ]
    singles = [((space, role),) for space in SPACES for role in ROLES if role != "admin"]
    lots: list[Grants_] = [(), *singles, *pairs]
    users, grants = Users(), Grants()
    with database.transaction():
        for number, lot in enumerate(lots):
            users.add(f"u{number}")
            for space, role in lot:
                grants.give(f"u{number}", role, space=space)
    wrong = [
        (lot, verb, space)
        for number, lot in enumerate(lots)
        for space in ("/a", "/ab", "/a/b/c")
        for verb in VERBS
        if grants.decide(f"u{number}", verb, space=space).allowed is not oracle(lot, verb, space)
    ]
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_a_token_may_what_its_scopes_and_its_users_roles_both_allow(
    role: str, database: Database
) -> None:
    Users().add("u")
    Grants().give("u", role, space="/a")
    for word, place in itertools.product((*VERBS, "reader", "curator"), ("/", "/a", "/a/b", "/ab")):
        signed = SignedIn("id", "token", "u", 1e10, (Scope(word, place),))
        for verb, space in itertools.product(VERBS, ("/a", "/a/b", "/ab")):
            covered = (
                oracle(((place, word),), verb, space)
                if word in ROLES
                else (word == verb and names(space)[: len(names(place))] == names(place))
            )
            may = covered and oracle((("/a", role),), verb, space)
            assert Grants().decide(signed, verb, space=space).allowed is may, (word, place, space)


def test_the_page_has_the_table() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "roles.md"
    rows = [line.strip("|").split("|") for line in page.read_text("utf-8").splitlines()]
    told = {row[0].strip().strip("`"): [cell.strip() for cell in row[1:7]] for row in rows}
    for line in TABLE.strip().splitlines():
        verb, *cells = line.split()
        assert told[verb] == [{"x": "yes", ".": ""}[cell] for cell in cells], verb
