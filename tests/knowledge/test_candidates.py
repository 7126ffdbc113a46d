"""Pairs that may be one are queued with what speaks for them, and go when somebody decides."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from workbench.core.errors import ConflictError
from workbench.knowledge.candidates import (
    FOLDED,
    INITIALS,
    PART,
    SAID,
    SPELLING,
    Candidate,
    find_candidates,
    fold,
)
from workbench.knowledge.extraction.gazetteer import Entry, GazetteerExtractor
from workbench.knowledge.extraction.protocol import Assertion, Extraction, Mention, Passage
from workbench.knowledge.ingesting import ingest
from workbench.knowledge.linking_operations import candidates_decide, candidates_list

from .places import MakePlace, Place

DOCUMENTS = {
    "a.txt": "Ada Lovelace was born in London. Lovelace wrote Notes.",
    "b.txt": "Ada Lovelace met Charles Babbage. Then Lovelace left.",
    "c.txt": "They flew to São Paulo with Peter Tchaikovsky.",
    "d.txt": "We saw Sao Paulo with Peter Tchaikovski.",
    "g.txt": "Area 51 borders Area 52. Area 51 and Area 52 are near.",
}


def pairs(place: Place) -> dict[tuple[str, str], Candidate]:
    return {(each.first, each.second): each for each in find_candidates(place.state())}


def test_what_may_be_one_is_proposed_with_its_reasons(make_place: MakePlace) -> None:
    found = pairs(make_place(DOCUMENTS))
    assert PART in found["ada lovelace", "lovelace"].reasons
    assert found["ada lovelace", "lovelace"].documents == ("a.txt", "b.txt")
    assert FOLDED in found["sao paulo", "são paulo"].reasons
    assert SPELLING in found["peter tchaikovski", "peter tchaikovsky"].reasons
    assert ("area 51", "area 52") not in found  # numbers tell names apart
    assert all(0.5 <= each.score <= 1 for each in found.values())
    ordered = [each.score for each in find_candidates(make_place(DOCUMENTS, name="again").state())]
    assert ordered == sorted(ordered, reverse=True)


def test_initials_stand_for_given_names(make_place: MakePlace) -> None:
    names = ["J. R. Tolkien", "John Ronald Tolkien", "Jane Tolkien", "K. Tolkien", "J. Doe"]
    place = make_place({"a.txt": "nothing"})
    place.write("a.txt", ". ".join(f"We met {name} there" for name in names))
    ingest(place.graph, extractors=[GazetteerExtractor([Entry(name, "person") for name in names])])
    found = {pair for pair, each in pairs(place).items() if INITIALS in each.reasons}
    assert found == {("j r tolkien", "john ronald tolkien")}


def test_a_last_name_of_two_in_one_document_is_neither(make_place: MakePlace) -> None:
    place = make_place({"a.txt": "Ada Lovelace met Ralph Lovelace. Lovelace wrote Notes."})
    assert not [pair for pair in pairs(place) if "lovelace" in pair]


class Renaming:
    """A made extractor: *A alias B*."""

    name, version, names_from_list = "renaming", "1", False

    def extract(self, chunk: Passage) -> Extraction:
        found = re.search(r"(\w+) alias (\w+)", chunk.text)
        if found is None:
            return Extraction()
        one, other = found.span(1), found.span(2)
        said = Assertion(one, "also_known_as", other, found.span(), confidence=0.8)
        return Extraction((Mention(*one), Mention(*other)), assertions=(said,))


def test_what_documents_say_is_another_name(make_place: MakePlace) -> None:
    place = make_place({"a.txt": "They call Clemens alias Twain."})
    ingest(place.graph, extractors=[Renaming()])
    (found,) = pairs(place).values()
    assert (found.first, found.second, found.reasons) == ("clemens", "twain", (SAID,))
    assert found.score == pytest.approx(0.9 * 0.8)


def test_people_and_places_of_one_name_are_not_proposed(make_place: MakePlace) -> None:
    place = make_place({"a.txt": "nothing"})
    place.write("a.txt", "We met Jean Valjean in Jeanvaljean.")
    for kind, proposed in (("place", False), ("person", True)):
        names = GazetteerExtractor([Entry("Jean Valjean", "person"), Entry("Jeanvaljean", kind)])
        ingest(place.graph, extractors=[names])
        assert (("jean valjean", "jeanvaljean") in pairs(place)) == proposed


@pytest.fixture
def decide(make_place: MakePlace) -> tuple[Place, Callable[..., object]]:
    place = make_place(DOCUMENTS)
    return place, lambda verdict: candidates_decide(
        place.graph.name, "Ada Lovelace", "Lovelace", verdict, reason="read both"
    )


def test_a_pair_found_to_be_two_is_not_proposed_again(
    decide: tuple[Place, Callable[..., object]],
) -> None:
    place, say = decide
    before = place.dump()
    say("two")
    assert ("ada lovelace", "lovelace") not in pairs(place)
    with pytest.raises(ConflictError, match="two already"):
        say("two")
    say("undecided")
    assert ("ada lovelace", "lovelace") in pairs(place)
    with pytest.raises(ConflictError, match="undecided already"):
        say("undecided")
    assert place.dump() == before


def test_a_pair_found_to_be_one_is_merged(decide: tuple[Place, Callable[..., object]]) -> None:
    place, say = decide
    say("one")
    assert ("ada lovelace", "lovelace") not in pairs(place)
    assert place.state().entities["ada lovelace"].names == ("Ada Lovelace", "Lovelace")
    with pytest.raises(ConflictError, match="are one entity"):
        say("two")


def test_the_queue_is_told_in_part(make_place: MakePlace) -> None:
    name = make_place(DOCUMENTS).graph.name
    found = candidates_list(name, limit=1)
    assert found.count > len(found.pairs) == 1
    only = candidates_list(name, about="Paulo")
    assert [(each.first, each.second) for each in only.pairs] == [("sao paulo", "são paulo")]


@pytest.mark.parametrize(
    ("one", "other"), [("são paulo", "saopaulo"), ("e mail", "email"), ("müller", "muller")]
)
def test_accents_and_spaces_are_folded(one: str, other: str) -> None:
    assert fold(one) == fold(other)
