"""Each rule on made sentences, and what the rules owe to apposition and to the topic."""

from __future__ import annotations

import pytest

from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.grounding import ground
from workbench.knowledge.extraction.protocol import Assertion, Passage
from workbench.knowledge.extraction.registry import make_extractor

EXTRACTOR = DependencyExtractor(settler=None)
Triple = tuple[str, str, str]


def facts(text: str, extractor: DependencyExtractor = EXTRACTOR) -> set[Triple]:
    found = extractor.extract(Passage(text)).assertions
    return {(text[slice(*one.subject)], one.relation, text[slice(*one.object)]) for one in found}


def only(text: str, relation: str) -> set[tuple[str, str]]:
    return {(subject, thing) for subject, said, thing in facts(text) if said == relation}


@pytest.mark.parametrize(
    ("text", "relation", "expected"),
    [
        ("Lake Toba is a large lake.", "is_a", {("Lake Toba", "large lake")}),
        ("Ada Marsh was a chemist, painter, and poet.", "is_a",
         {("Ada Marsh", "chemist"), ("Ada Marsh", "painter"), ("Ada Marsh", "poet")}),
        ("Mira Holm was a Danish engineer.", "nationality", {("Mira Holm", "Danish")}),
        ("She met Karl Berg, a doctor.", "is_a", {("Karl Berg", "doctor")}),
        ("They crossed the river, the Rhine.", "is_a", {("Rhine", "river")}),
        ("He read metals such as iron, copper, and tin.", "is_a",
         {("iron", "metals"), ("copper", "metals"), ("tin", "metals")}),
        ("A seed drill is a device.\nIt sows grains, including wheat and barley.", "is_a",
         {("seed drill", "device"), ("wheat", "grains"), ("barley", "grains")}),
        ("Oslo is a city in Norway.", "located_in", {("Oslo", "Norway")}),
        ("The Danube is a river. It flows through Vienna.", "located_in", {("Danube", "Vienna")}),
        ("Lima is the capital of Peru.", "capital_of", {("Lima", "Peru")}),
        ("Peru is bordered by Ecuador, Colombia, and Brazil.", "borders",
         {("Peru", "Ecuador"), ("Peru", "Colombia"), ("Peru", "Brazil")}),
        ("Oslo is a city. The city has a population of 717,000.", "has_population",
         {("Oslo", "717,000")}),
        ("Optics is a branch of physics.", "part_of", {("Optics", "physics")}),
        ("Mira Holm was a member of the Green Party.", "member_of", {("Mira Holm", "Green Party")}),
        ("The telescope was invented by Hans Lippershey.", "created_by",
         {("telescope", "Hans Lippershey")}),
        ("Oslo University was founded by Frederick Holm.", "founded_by",
         {("Oslo University", "Frederick Holm")}),
        ("Karl Berg, also known as Blue Karl, was a painter.", "also_known_as",
         {("Karl Berg", "Blue Karl")}),
        ("The Green Trade Union (GTU) met.", "also_known_as", {("Green Trade Union", "GTU")}),
        ("The town is a port. It was named after Karl Berg.", "named_after",
         {("town", "Karl Berg")}),
        ("Estonian is a language spoken in Estonia.", "spoken_in", {("Estonian", "Estonia")}),
        ("Karl Berg was born in Vienna.", "born_in", {("Karl Berg", "Vienna")}),
        ("Karl Berg died in 1804.", "died_on", {("Karl Berg", "1804")}),
        ("Karl Berg won the Nobel Prize.", "received_award", {("Karl Berg", "Nobel Prize")}),
        ("Karl Berg is known for his portraits.", "known_for", {("Karl Berg", "portraits")}),
        ("The Long War was a war. It lasted from 1804 to 1810.", "occurred_on",
         {("Long War", "1804 to 1810")}),
        ("Bella Rosa is a village in the state of Holmland, in Norway.", "is_a",
         {("Bella Rosa", "village"), ("Holmland", "state")}),
        ("They read American critic Harold Bloom.", "nationality", {("Harold Bloom", "American")}),
        ("Mira Holm was a poet. A radical in her verse, she wrote odes.", "is_a",
         {("Mira Holm", "poet"), ("Mira Holm", "radical")}),
        ("Rye is a grass of the genus Secale.", "part_of", {("Rye", "Secale")}),
        ("The crab louse or pubic louse is a louse.", "also_known_as",
         {("crab louse", "pubic louse")}),
        ("Mira Holm was a poet. She received many awards, including the Holm Prize.",
         "received_award", {("Mira Holm", "Holm Prize")}),
        ("The Doors were a rock band formed in 1965, comprising vocalist Jim Morrison, guitarist "
         "Robby Krieger, and drummer John Densmore.", "member_of",
         {(name, "Doors") for name in ("Jim Morrison", "Robby Krieger", "John Densmore")}),
    ],
)  # fmt: skip
def test_each_rule(text: str, relation: str, expected: set[tuple[str, str]]) -> None:
    assert only(text, relation) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Oslo is not a country.",
        "Karl Berg is considered to be a genius.",
        "Karl Berg may be a painter.",
        "He lives in Vienna.",  # nobody knows who
        "",
    ],
)
def test_what_is_not_said_is_not_found(text: str) -> None:
    assert facts(text) == set()


def test_a_pronoun_is_the_topic_and_the_evidence_reaches_from_its_name() -> None:
    text = "Oslo is a city. It lies in Norway."
    found = EXTRACTOR.extract(Passage(text)).assertions
    assert Assertion((0, 4), "located_in", (27, 33), (0, 34), found[-1].confidence) in found
    without = DependencyExtractor(follow_topic=False, settler=None)
    assert ("Oslo", "located_in", "Norway") not in facts(text, without)


def test_an_office_has_its_years() -> None:
    text = "Karl Berg was a politician. He served as Governor of Ohio from 1804 to 1810."
    held = [x for x in EXTRACTOR.extract(Passage(text)).assertions if x.relation == "held_office"]
    assert [(one.valid_from, one.valid_to) for one in held] == [("1804", "1810")]


def test_all_of_it_is_grounded_and_many_at_once_say_the_same() -> None:
    texts = ["Oslo is a city in Norway.", "x = 1", "Lima, also called Rimac, is a port."]
    kinds = ["text", "code", "text"]
    passages = [Passage(text, kind) for text, kind in zip(texts, kinds, strict=True)]
    many = list(EXTRACTOR.extract_many(passages))
    assert many == [EXTRACTOR.extract(each) for each in passages]
    for text, each in zip(texts, many, strict=True):
        assert ground(text, each).ungrounded == 0
    assert not many[1].assertions
    assert all(0 < one.confidence < 1 for each in many for one in each.assertions)


def test_the_registry_makes_it_with_the_versions_that_it_depends_on() -> None:
    made = make_extractor("dependencies")
    assert made.name == "dependencies"
    assert "spacy 3" in made.version
    assert "en_core_web_sm" in made.version


def test_a_heading_is_no_part_of_the_name_below_it() -> None:
    text = "Ada\n\nAda Lovelace was born in London. She wrote the Notes."
    found = DependencyExtractor(settler=None).extract(Passage(text))
    said = {(text[slice(*one.subject)], one.relation, text[slice(*one.object)])
            for one in found.assertions}  # fmt: skip
    assert ("Ada Lovelace", "born_in", "London") in said
    assert not [each for each in found.mentions if "\n" in text[each.start : each.end]]
