"""Two persons of one corpus do not get one family name, whatever the key is."""

from __future__ import annotations

from workbench.privacy.anonymisation.consistency import Person
from workbench.privacy.anonymisation.surrogates import Surrogates, _names

LOPEZ, HASSAN = Person(("maria", "lopez")), Person(("ahmed", "hassan"))


def families_of(key: int, people: list[Person]) -> list[str]:
    made = Surrogates(key.to_bytes(32, "big"))
    return [
        made.make("PERSON", each.key.title(), person=each).rpartition(" ")[2] for each in people
    ]


def test_two_persons_have_two_family_names_with_every_key() -> None:
    """By chance alone one key in some hundred would give both the same."""
    assert all(len(set(families_of(key, [LOPEZ, HASSAN]))) == 2 for key in range(800))


def test_more_persons_than_there_are_names_still_get_one() -> None:
    many = [Person((f"ana{n}", f"rossi{n}")) for n in range(3 * len(_names()[1]))]
    families = families_of(1, many)
    half = len(_names()[1]) // 2
    assert len(set(families[:half])) == half and all(families)
