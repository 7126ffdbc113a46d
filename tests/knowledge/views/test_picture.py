"""Pictures of made graphs: which entities and facts, with what words, at which times."""

from __future__ import annotations

import pytest

from tests.knowledge.places import MakePlace, Place
from workbench.core.errors import InputError, NotFoundError
from workbench.knowledge.views.composing import compose
from workbench.knowledge.views.picture import DrawnFact, Picture, choose_entities
from workbench.knowledge.views.times import recorded_times, runs, runs_of_valid, valid_times

DOCUMENTS = {
    "ada.txt": "Ada Lovelace was born in London. London is located in England.",
    "other.txt": "Ada Lovelace was born in Paris. Paris is located in France.",
    "acme.txt": "Jane Roe was president of Acme from 1990 to 1995. "
    "Acme was founded by Bob in 1980.",
}
S = 1_000_000


def said(found: Picture) -> dict[tuple[str, str, str], DrawnFact]:
    """The facts of a picture by their names."""
    names = [each.name for each in found.entities]
    return {(names[f.subject], f.relation, names[f.object]): f for f in found.facts}


@pytest.fixture
def place(make_place: MakePlace) -> Place:
    return make_place(DOCUMENTS)


def test_a_picture_has_the_facts_with_their_words(place: Place) -> None:
    found = compose(place.graph)
    facts = said(found)
    born = facts["Ada Lovelace", "born_in", "London"]
    text = DOCUMENTS["ada.txt"]
    assert (born.document, born.words) == ("ada.txt", text[born.start : born.end])
    assert "born in London" in born.words and not born.inferred
    stated = [fact for fact in found.facts if not fact.inferred]
    assert len(stated) == len(place.state().facts)
    assert found.times == ("now",) and all(fact.times == ((0, 0),) for fact in found.facts)
    # Two birthplaces contradict each other, and both are marked by the one rule.
    assert len(found.clashes) == 1
    assert born.clashes == facts["Ada Lovelace", "born_in", "Paris"].clashes == (0,)
    assert facts["Paris", "located_in", "France"].clashes == ()


def test_what_follows_is_drawn_with_its_rule_and_can_be_left_out(place: Place) -> None:
    found = compose(place.graph)
    (concluded,) = [
        fact for key, fact in said(found).items() if key == ("Ada Lovelace", "born_in", "England")
    ]
    assert concluded.inferred and concluded.rule is not None and concluded.document is None
    assert concluded.words == "Ada Lovelace born in London; London located in England"
    plain = compose(place.graph, inferred=False)
    assert not any(fact.inferred for fact in plain.facts)
    assert len(plain.facts) == len(place.state().facts)


def test_about_an_entity_its_surroundings_the_nearest_first(place: Place) -> None:
    one = compose(place.graph, about="Paris", steps=1, inferred=False)
    assert one.about is not None and one.entities[one.about].name == "Paris"
    assert {each.name for each in one.entities} == {"Paris", "Ada Lovelace", "France"}
    two = compose(place.graph, about="paris", steps=2, inferred=False)
    assert {each.name for each in two.entities} >= {"London"} and two.left_out == 0
    few = compose(place.graph, about="Paris", steps=2, most=2, inferred=False)
    assert few.entities[0].name == "Paris" and len(few.entities) == 2
    assert few.left_out == len(two.entities) - 2
    with pytest.raises(NotFoundError, match="no entity named 'Atlantis'"):
        compose(place.graph, about="Atlantis")


def test_nothing_to_draw_is_said(make_place: MakePlace) -> None:
    with pytest.raises(InputError, match="holds no facts"):
        compose(make_place({"a.txt": "Nothing is said here."}).graph)


def test_facts_go_with_recorded_times(place: Place) -> None:
    first = len(place.state().facts)
    moment = place.graph.clock() + 100 * S * 1000
    place.graph.clock = lambda: moment
    place.write("ada.txt", "Ada Lovelace was born in Rome. London is located in England.")
    place.update()
    found = compose(place.graph, axis="recorded", inferred=False)
    assert len(found.times) == 2
    facts = said(found)
    assert facts["Ada Lovelace", "born_in", "London"].times == ((0, 0),)
    assert facts["Ada Lovelace", "born_in", "Rome"].times == ((1, 1),)
    assert facts["London", "located_in", "England"].times == ((0, 1),)
    at = [sum(any(a <= n <= b for a, b in fact.times) for fact in found.facts) for n in (0, 1)]
    assert at == [first, len(place.state().facts)]
    assert "born in London" in facts["Ada Lovelace", "born_in", "London"].words  # of then


def test_facts_go_with_valid_times(place: Place) -> None:
    found = compose(place.graph, axis="valid", inferred=False)
    assert found.times == ("1980", "1990", "1995", "any time")
    facts = said(found)
    assert facts["Jane Roe", "president_of", "Acme"].times == ((1, 3),)
    assert facts["Paris", "located_in", "France"].times == ((0, 3),)  # undated ones always hold
    for number, time in enumerate(found.times[:-1]):
        there = {key for key, f in facts.items() if any(a <= number <= b for a, b in f.times)}
        assert len(there) == len(place.state(valid=time).facts)


def test_runs_and_times() -> None:
    assert runs([]) == () and runs([False, True, True, False, True]) == ((1, 2), (4, 4))
    assert runs_of_valid(["1990", "1995"], "1991", None) == ((1, 2),)
    many = [(f"{year}-{month:02}", None) for year in range(1900, 2000) for month in range(1, 13)]
    assert valid_times(many) == [str(year) for year in range(1900, 2000)]
    assert len(valid_times([(f"{year}", None) for year in range(1000, 3000)])) <= 400


def test_recorded_times_are_parted_by_the_longest_pauses(place: Place) -> None:
    (only,) = recorded_times(place.graph, until_us=1 << 62)
    start = place.graph.clock() // 1000
    for after_s in (10, 11, 500, 501, 502, 9000):
        moment = (start + after_s * S) * 1000
        place.graph.clock = lambda moment=moment: moment  # type: ignore[misc]
        place.write("ada.txt", f"Ada Lovelace was born in Town{after_s}.")
        place.update()
    every = recorded_times(place.graph, until_us=1 << 62)
    assert len(every) == 7 and every[0] == only
    assert recorded_times(place.graph, until_us=only) == [only]
    assert recorded_times(place.graph, most=3, until_us=1 << 62) == [every[2], every[5], every[6]]


def test_the_most_linked_come_first() -> None:
    ends = [("hub", each) for each in "abc"] + [("a", "b")]
    assert choose_entities(ends, about=None, steps=0, most=2) == (["hub", "a"], 2)
    assert choose_entities(ends, about={"c"}, steps=1, most=9) == (["c", "hub"], 0)
    assert choose_entities([], about=None, steps=0, most=9) == ([], 0)
