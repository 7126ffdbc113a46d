"""Nobody is born in a river: where a thing is goes on through regions alone."""

from __future__ import annotations

import pytest

from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.names import name_key
from workbench.knowledge.extraction.protocol import Passage
from workbench.knowledge.inference import chaining
from workbench.knowledge.inference.chaining import close
from workbench.knowledge.inference.matching import Said
from workbench.knowledge.inference.rules import parse_rule
from workbench.knowledge.inference.vocabulary import vocabulary_rules
from workbench.knowledge.inference.whereabouts import ends_of_the_way

FACTS = (
    ("mira holm", "born_in", "vienna"),
    ("karl berg", "died_in", "vienna"),
    ("vienna", "located_in", "donau"),
    ("donau", "is_a", "long river in europe"),
    ("donau", "located_in", "germany"),
    ("vienna", "capital_of", "austria"),
    ("austria", "located_in", "central europe"),
    ("donau", "located_in", "budapest"),
    ("budapest", "located_in", "hungary"),
    ("bellano", "located_in", "lake como"),
    ("lake como", "located_in", "italy"),
    ("ivo lund", "born_in", "bellano"),
    ("hut", "located_in", "mount holm"),
    ("mount holm", "located_in", "norland"),
    ("salt lake city", "located_in", "utah"),
    ("temple square", "located_in", "salt lake city"),
)
WRONG = {
    ("mira holm", "born_in", "donau"),
    ("karl berg", "died_in", "donau"),
    ("vienna", "located_in", "germany"),
    ("mira holm", "born_in", "germany"),
    ("ivo lund", "born_in", "lake como"),
    ("bellano", "located_in", "italy"),
    ("hut", "located_in", "norland"),
}
RIGHT = {
    ("mira holm", "born_in", "austria"),
    ("mira holm", "born_in", "central europe"),
    ("karl berg", "died_in", "austria"),
    ("donau", "located_in", "hungary"),  # it crosses what its city lies in
    ("temple square", "located_in", "utah"),
}


def concluded(*more: str) -> set[tuple[str, str, str]]:
    stated = {Said(*fact, None, None): 0.9 for fact in FACTS}
    rules = (*vocabulary_rules(), *map(parse_rule, more))
    return {fact[:3] for fact in close(stated, rules).conclusions}


def test_what_is_in_a_region_is_in_its_region_and_no_river_leads_on() -> None:
    found = concluded()
    assert found >= RIGHT
    assert not found & WRONG


def test_a_rule_of_the_users_own_does_not_lead_on_either() -> None:
    found = concluded("born_in(x, y) & located_in(y, z) -> died_in(x, z)")
    assert ("mira holm", "died_in", "austria") in found
    assert ("mira holm", "died_in", "donau") not in found
    near = concluded("born_in(x, y) & located_in(y, z) -> grew_up_at(x, z)")
    assert ("mira holm", "grew_up_at", "donau") in near  # it says nothing of where one was born


def test_chains_through_waters_would_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken variant: every place is taken for a region."""
    monkeypatch.setattr(chaining, "ends_of_the_way", lambda facts: frozenset())
    assert concluded() >= WRONG


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("north sea", True),
        ("river thames", True),
        ("lake toba", True),
        ("mount holm", True),
        ("seine", True),
        ("salt lake city", False),
        ("rivers state", False),
        ("swansea", False),
        ("paris", False),
    ],
)
def test_waters_and_mountains_are_known_by_their_names(name: str, known: bool) -> None:
    facts = [Said("x", "located_in", name, None, None)]
    assert (name in ends_of_the_way(facts)) == known


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("river", True),
        ("major tributary of the rhine", True),
        ("mountain range", True),
        ("body of water", True),
        ("river port", False),
        ("lake district", False),
        ("capital", False),
    ],
)
def test_and_by_what_is_said_of_them(kind: str, known: bool) -> None:
    facts = [Said("toba", "is_a", kind, None, None)]
    assert ("toba" in ends_of_the_way(facts)) == known


def said_in(*texts: str) -> set[tuple[str, str, str]]:
    read = DependencyExtractor().extract_many([Passage(text) for text in texts])
    return {
        (name_key(text[slice(*one.subject)]), one.relation, name_key(text[slice(*one.object)]))
        for text, each in zip(texts, read, strict=True)
        for one in each.assertions
    }


def test_from_the_words_to_what_follows_nobody_is_born_in_a_river() -> None:
    said = said_in(
        "Holmstad lies on the river Aller. Holmstad is the capital of Norland.",
        "Karl Berg was born in Holmstad.",
        "The Ostra is a river. It rises in Norland and flows into the North Sea.",
    )
    assert ("holmstad", "located_in", "aller") in said
    assert ("ostra", "located_in", "norland") in said
    assert ("ostra", "located_in", "north sea") not in said
    stated = {Said(*each, None, None): 0.9 for each in said}
    found = {each[:3] for each in close(stated, vocabulary_rules()).conclusions}
    assert ("karl berg", "born_in", "norland") in found
    assert ("karl berg", "born_in", "aller") not in found
