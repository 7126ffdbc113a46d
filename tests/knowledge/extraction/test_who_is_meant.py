"""Names of people that the model does not know, and whom *he* and *she* stand for."""

from __future__ import annotations

import functools

import pytest

from workbench.knowledge.extraction.dependency import reading
from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.protocol import Extraction, Passage

Triple = tuple[str, str, str]

SAID: tuple[tuple[str, Triple], ...] = (
    ("Vera Stolz was born in Bergholm in 1960.", ("Vera Stolz", "born_in", "Bergholm")),
    ("Vera Stolz was born in Bergholm in 1960.", ("Vera Stolz", "born_on", "1960")),
    ("Magnus Halden was born in Bergholm in 1840.", ("Magnus Halden", "born_in", "Bergholm")),
    ("Vera Stolz married Otto Brandt in 1960.", ("Vera Stolz", "spouse_of", "Otto Brandt")),
    ("Otto Brandt founded Nordic Glass in Bergholm.",
     ("Nordic Glass", "founded_by", "Otto Brandt")),
    ("Marie Curie was a physicist. She died in Paris.", ("Marie Curie", "died_in", "Paris")),
    ("Karl Berg was a painter. He met Mira Holm. He died in Vienna.",
     ("Karl Berg", "died_in", "Vienna")),
    ("Mira Holm was an actress. Karl Berg admired her. She died in Vienna.",
     ("Mira Holm", "died_in", "Vienna")),
    ("Ada Marsh was the director of the film Metropolis.",
     ("Metropolis", "created_by", "Ada Marsh")),
)  # fmt: skip
NOT_SAID: tuple[tuple[str, Triple], ...] = (
    ("The Lindmar Observatory is an observatory. Vera Stolz directed it. She died in Ostwick.",
     ("Lindmar Observatory", "died_in", "Ostwick")),
    ("Nordic Glass is a manufacturer of glass. He died in Vienna.",
     ("Nordic Glass", "died_in", "Vienna")),
    ("Marie Curie was a physicist. She found radium. Pierre Curie was her husband. "
     "He died in Paris.", ("Marie Curie", "died_in", "Paris")),
    ("Mira Holm was an actress. Karl Berg was her friend. He died in Vienna.",
     ("Mira Holm", "died_in", "Vienna")),
    ("Karl Berg was a painter. Otto Brandt was his friend. He died in Vienna.",
     ("Karl Berg", "died_in", "Vienna")),
    ("Ada Marsh was the director of the Lindmar Observatory.",
     ("Lindmar Observatory", "created_by", "Ada Marsh")),
    ("Ada Marsh was the director of Tate Modern.", ("Tate Modern", "created_by", "Ada Marsh")),
    ("Ada Marsh was the director of Nordic Glass.", ("Nordic Glass", "created_by", "Ada Marsh")),
    ("Ada Marsh directed the Lindmar Observatory.",
     ("Lindmar Observatory", "created_by", "Ada Marsh")),
)  # fmt: skip


@functools.cache
def read(broken: bool = False) -> dict[str, Extraction]:
    texts = list(dict.fromkeys(text for text, _ in (*SAID, *NOT_SAID)))
    many = DependencyExtractor().extract_many([Passage(text) for text in texts])
    return dict(zip(texts, many, strict=True))


def facts(text: str, found: dict[str, Extraction]) -> set[Triple]:
    return {(text[slice(*one.subject)], one.relation, text[slice(*one.object)])
            for one in found[text].assertions}  # fmt: skip


@pytest.mark.parametrize(("text", "fact"), SAID)
def test_who_is_meant_is_found(text: str, fact: Triple) -> None:
    assert fact in facts(text, read())


@pytest.mark.parametrize(("text", "fact"), NOT_SAID)
def test_nobody_is_told_what_another_did(text: str, fact: Triple) -> None:
    assert fact not in facts(text, read())


def test_pronouns_that_mean_whatever_the_passage_is_about_are_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A broken variant: *he* is the topic, whoever that is and whoever came between."""
    monkeypatch.setattr(reading, "may_be_person", lambda *asked, **told: True)
    monkeypatch.setattr(reading, "pronouns_of", lambda doc, *asked: set(range(len(doc))))
    found = read(broken=True)
    assert sum(fact in facts(text, found) for text, fact in NOT_SAID) >= 4


@pytest.mark.parametrize(
    "text",
    ["Magnus Halden was born in Bergholm in 1840.", "Vera Stolz married Otto Brandt in 1960."],
)
def test_a_name_that_the_model_does_not_know_is_one_name_of_a_person(text: str) -> None:
    named = {text[each.start : each.end]: each.kind for each in read()[text].mentions}
    assert named[" ".join(text.split()[:2])] == "person"
    assert not set(text.split()[:2]) & set(named)


@pytest.mark.parametrize(
    "text",
    [
        "New York was born in a war.",
        "The Green Party was born in May 1960.",
        "Old English died out in 1150.",
        "In May Lake Toba died.",
    ],
)
def test_what_is_no_person_is_not_taken_for_one(text: str) -> None:
    (found,) = DependencyExtractor().extract_many([Passage(text)])
    kinds = {text[each.start : each.end]: each.kind for each in found.mentions}
    for name in ("New York", "Green Party", "Old English", "Lake Toba", "May"):
        assert kinds.get(name) != "person"


def test_a_name_of_a_passage_has_one_kind() -> None:
    text = "Vera Stolz was a nurse. She died in Ostwick. Ostwick was small. Ostwick Brand left."
    (found,) = DependencyExtractor().extract_many([Passage(text)])
    kinds = {each.kind for each in found.mentions if text[each.start : each.end] == "Ostwick"}
    assert kinds == {"place"}
