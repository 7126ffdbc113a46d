"""What the network may say of documents that are no encyclopaedia's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from workbench.evaluation.knowledge_sets import read_knowledge_set
from workbench.knowledge.extraction.dependency import language
from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.learnt import bounds, deciding, inputs
from workbench.knowledge.extraction.protocol import Passage

from .told_networks import Triple, facts

LIVES = (
    "Ada Quill was born on 3 May 1900 in Ostra. She died on 4 June 1980 in Tamber. "
    "Otto Venn was born in 1871. Otto Venn died in Lisbon in 1940. Otto Venn married Ida Holm in "
    "1901. The Ostra Choir was founded in 1921 by Mara Holm."
)
SURE = 0.97


def by_rules(text: str) -> set[Triple]:
    found = DependencyExtractor(settler=None).extract(Passage(text)).assertions
    return {(text[slice(*one.subject)], one.relation, text[slice(*one.object)]) for one in found}


def own(text: str, told: Mapping[Triple, float]) -> set[Triple]:
    """What a network that is told this adds to what the rules find."""
    return set(facts(text, told)) - by_rules(text)


def test_what_it_was_hardly_taught_it_does_not_deny(monkeypatch: pytest.MonkeyPatch) -> None:
    lives = by_rules(LIVES)
    assert {each[1] for each in lives} >= {"born_on", "born_in", "died_on", "died_in", "spouse_of"}
    assert set(facts(LIVES, {})) == lives
    monkeypatch.setattr(deciding, "may_deny", lambda relation: True)  # as it was
    assert not facts(LIVES, {})


def test_what_it_was_taught_enough_of_it_denies() -> None:
    text = "Oslo is a port in Norway, and Mira Holm was born in Oslo."
    assert {each[1] for each in by_rules(text)} >= {"is_a", "born_in"}
    assert {each[1] for each in facts(text, {})} == {"born_in"}


def test_how_much_was_taught_is_counted_in_the_sets_that_are_learnt_from() -> None:
    counted: Counter[str] = Counter()
    for name in inputs.LABELLED:
        for row in read_knowledge_set(name):
            counted.update(x["relation"] for x in row["relations"] if not x.get("optional"))
    may = {relation for relation, count in counted.items() if count >= bounds.FEWEST}
    assert may == {relation for relation in counted if bounds.may_deny(relation)}
    assert {"is_a", "located_in"} <= may
    assert not may & {"born_on", "born_in", "died_on", "died_in", "spouse_of", "child_of"}
    assert not bounds.may_deny("a relation of no set")


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Present: Mira Holm, Karl Berg, Tom Reed.", ("Holm", "known_for", "Berg")),
        ("Budget 420,000 EUR, agreed by Karl Berg", ("Berg", "is_a", "EUR")),
        ("The harbour of Oslo (notes by Karl Berg)", ("harbour", "created_by", "Berg")),
        ("The harbour | Karl Berg likes Oslo.", ("Berg", "known_for", "Oslo")),
        ("Note: Karl Berg likes the harbour.", ("Berg", "known_for", "harbour")),
    ],
)
def test_headings_rows_and_notes_are_not_added_to(
    text: str, fact: Triple, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not own(text, {fact: SURE})
    monkeypatch.setattr(deciding, "is_prose", lambda sentence: True)
    assert own(text, {fact: SURE})


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        (
            "Mira Holm (1899-1978) painted the harbour in 1931.",
            ("Holm", "created_on", "1899"),
            ("harbour", "created_on", "1931"),
        ),
        (
            "The old bootloader runs in the field (GP) beside the lab.",
            ("field", "also_known_as", "GP"),
            ("bootloader", "known_for", "lab"),
        ),
        (
            "Mira Holm keeps a dog in Oslo.",
            ("Holm", "located_in", "Oslo"),
            ("dog", "located_in", "Oslo"),
        ),
        (
            "The rent of the house is 640 euros, and the house was built in 1931.",
            ("rent", "created_on", "640"),
            ("house", "created_on", "1931"),
        ),
        (
            "Mira Holm drew a ship's engine in Oslo.",
            ("Holm", "is_a", "ship"),
            ("engine", "located_in", "Oslo"),
        ),
        (
            "Mira Holm translated it in Upper Austria (Otto Verlag, 1971).",
            ("Austria", "also_known_as", "Verlag"),
            ("Holm", "known_for", "Verlag"),
        ),
        (
            "Gareth ill, no minutes-taker, so these are Priya's notes.",
            ("ill", "is_a", "taker"),
            ("notes", "known_for", "taker"),
        ),
    ],
)
def test_it_adds_only_what_the_ends_can_be(
    text: str, wrong: Triple, right: Triple, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not own(text, {wrong: SURE})
    assert own(text, {right: SURE})
    monkeypatch.setattr(deciding, "can_be", lambda passage, fact: True)
    assert own(text, {wrong: SURE})


@pytest.mark.parametrize(
    ("text", "fact", "by", "never"),
    [
        (
            "At the old mill, formerly Kestrel Works, a fair is held.",
            ("mill", "also_known_as", "Works"),
            "_NAMING",
            frozenset(),
        ),
        (
            "They built a water purification plant, WPP for short, in Oslo.",
            ("plant", "also_known_as", "WPP"),
            "_is_short_for",
            lambda short, name: False,
        ),
        (
            "Critics liked Elvira Madigan (1967) and its music.",
            ("Madigan", "created_on", "1967"),
            "_is_year_in_brackets",
            lambda phrase: False,
        ),
    ],
)
def test_names_and_years_that_the_text_gives_are_added(
    text: str, fact: Triple, by: str, never: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [each[1] for each in own(text, {fact: SURE})] == [fact[1]]
    monkeypatch.setattr(bounds, by, never)
    assert not own(text, {fact: SURE})


GERMAN = "Wir haben drei Söhne und eine kleine Bäckerei in Linz. Grete ist Lehrerin in Steyr."


def test_sentences_of_other_languages_are_read_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {("Lehrerin", "known_for", "Steyr"): SURE}
    dutch = "Mevrouw De Wit is de nieuwe penningmeester van de vereniging."
    assert not facts(GERMAN, told)
    assert not by_rules(dutch)
    monkeypatch.setattr(deciding, "is_prose", lambda sentence: True)
    assert not facts(GERMAN, told)
    monkeypatch.setattr(language, "detect_language", lambda text: "en")
    assert facts(GERMAN, told)
    assert by_rules(dutch)


def test_a_foreign_name_makes_no_sentence_foreign() -> None:
    text = "Herbert von Karajan was an Austrian conductor. In 1957 he married Cornelia Buis."
    parsed = next(iter(DependencyExtractor(settler=None).parse([text])))
    assert language.detect_language(text) not in {"en", "und"}
    assert [each.text for each in parsed.english] == [each.text for each in parsed.doc.sents]
