"""What was so, and what was known, at a time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from workbench.core.errors import InputError
from workbench.knowledge.merging import merge_entities, unmerge_entities
from workbench.knowledge.texts import document_texts

from .places import MakePlace, Place

DOCUMENTS = {
    "a.txt": "Jane Roe was president of Acme from 1990 to 1995. John Doe was president of Acme "
    "since 1995. Acme is located in Springfield.",
}


def facts(place: Place, **asked: object) -> list[tuple[str, str, str]]:
    state = place.state(**asked)
    return [(fact.subject, fact.relation, fact.object) for fact in state.facts]


@pytest.mark.parametrize(
    ("valid", "presidents"),
    [
        ("1989", []),
        ("1990", ["jane roe"]),
        ("1993-06-30", ["jane roe"]),
        ("1995", ["jane roe", "john doe"]),
        ("2020-01", ["john doe"]),
    ],
)
def test_what_held_at_a_date(make_place: MakePlace, valid: str, presidents: list[str]) -> None:
    found = facts(make_place(DOCUMENTS), valid=valid)
    assert [subject for subject, relation, _ in found if relation == "president_of"] == presidents
    assert ("acme", "located_in", "springfield") in found  # undated: it always holds


def test_a_date_that_is_none_is_refused(make_place: MakePlace) -> None:
    with pytest.raises(InputError, match="'soon' is no date"):
        make_place({}).state(valid="soon")


def moments(place: Place) -> Callable[[], int]:
    """Give the clock's time now, and let it go on."""

    def now() -> int:
        found = time.time_ns() // 1000
        while time.time_ns() // 1000 <= found + 1:
            pass
        return found + 1

    return now


def test_what_was_known_at_a_time(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    now, dumps = moments(place), {}
    dumps[now()] = facts(place)
    place.write("b.txt", "Paris is the capital of France. Jane Roe died in Paris.")
    place.update()
    dumps[now()] = facts(place)
    merge_entities(place.graph, "Jane Roe", "John Doe", actor="ann", reason="")
    dumps[now()] = facts(place)
    unmerge_entities(place.graph, "Jane Roe", "John Doe", actor="ann", reason="")
    place.write("a.txt", "Acme is located in Shelbyville.")
    place.update()
    dumps[now()] = facts(place)
    place.remove("b.txt")
    place.update()
    dumps[now()] = facts(place)
    assert len({repr(each) for each in dumps.values()}) == 5
    for recorded_us, then in dumps.items():
        assert facts(place, recorded_us=recorded_us) == then
    assert facts(place, recorded_us=0) == []


def test_a_clock_that_is_set_back_loses_no_order(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    place.graph.clock = lambda: 0
    place.write("a.txt", "Acme is located in Shelbyville.")
    place.update()
    rows = place.graph.database.read("SELECT recorded_from, recorded_to FROM documents ORDER BY id")
    assert rows[0]["recorded_to"] == rows[1]["recorded_from"] > rows[0]["recorded_from"]


def test_documents_that_contradict_are_both_kept_with_their_source(make_place: MakePlace) -> None:
    place = make_place(
        {"a.txt": "Ada Roe was born in London.", "b.txt": "Ada Roe was born in Paris."}
    )
    found = [(fact.object, [s.document for s in fact.support]) for fact in place.state().facts]
    assert found == [("london", ["a.txt"]), ("paris", ["b.txt"])]


def test_a_fact_has_each_place_that_says_it(make_place: MakePlace) -> None:
    said = "Ada Roe was born in London."
    place = make_place({"a.txt": said + "\n\nWords.\n\n" + said, "b.md": "# Head\n\n" + said})
    (fact,) = place.state().facts
    assert [(each.document, each.start, each.end) for each in fact.support] == [
        ("a.txt", 0, 26),
        ("a.txt", 37, 63),
        ("b.md", 6, 32),
    ]


def test_a_fact_is_held_as_long_as_any_document_says_it(make_place: MakePlace) -> None:
    said = "Ada Roe was born in London."
    place = make_place({"a.txt": said})
    now = moments(place)

    def spans() -> list[tuple[int, int | None]]:
        return [place.state().recorded_spans()[key] for key in place.state().facts[0].assertions]

    ((first, until),) = spans()
    assert until is None
    place.write("b.txt", "She came. " + said)
    place.update()
    place.write("a.txt", said + " More.")
    place.update()
    place.remove("a.txt")
    place.update()
    assert spans() == [(first, None)]  # handed on from document to document without a gap
    between = now()
    place.remove("b.txt")
    place.update()
    gap = now()
    place.write("a.txt", said)
    place.update()
    ((again, until),) = spans()
    assert (again > gap, until) == (True, None)
    ((since, end),) = place.state(recorded_us=between).recorded_spans().values()
    assert (since, between < end < gap) == (first, True)
    assert place.state(recorded_us=gap).recorded_spans() == {}


def test_texts_are_what_spans_count_characters_of(make_place: MakePlace) -> None:
    long = "\n\n".join(f"Part {number}. " + "It rained all day. " * 60 for number in range(3))
    place = make_place({**DOCUMENTS, "long.txt": f"{long}\n\nUlm is located in Swabia.\n"})
    texts = document_texts(place.state())
    assert texts["a.txt"] == DOCUMENTS["a.txt"]
    assert texts["long.txt"].split() == f"{long} Ulm is located in Swabia.".split()
    (fact,) = [fact for fact in place.state().facts if fact.subject == "ulm"]
    (said,) = fact.support
    assert texts[said.document][said.start : said.end] == "Ulm is located in Swabia"
