"""Entities are merged whatever comes and goes, and unmerged to the byte."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from workbench.core.errors import ConflictError, NotFoundError
from workbench.knowledge.events import tell_ledger
from workbench.knowledge.linking import Links
from workbench.knowledge.merging import merge_entities, unmerge_entities
from workbench.knowledge.states import _chosen_name
from workbench.store.ledger import Ledger

from .places import MakePlace, Place

DOCUMENTS = {
    "a.txt": "Ada Lovelace was born in London. Ada King died in London.",
    "b.txt": "Artificial Intelligence (AI) is part of Computer Science. AI is here.",
    "c.txt": "Amnesty International (AI) is located in London. AI is there.",
    "d.txt": "AI is somewhere. Countess Lovelace wrote Notes.",
}


def merge(place: Place, first: str, second: str) -> int:
    return merge_entities(place.graph, first, second, actor="ann", reason="the same").event


def unmerge(place: Place, first: str, second: str) -> int:
    return unmerge_entities(place.graph, first, second, actor="ann", reason="not the same").event


def facts(place: Place) -> set[tuple[str, str, str]]:
    return {(fact.subject, fact.relation, fact.object) for fact in place.state().facts}


def test_merge_then_unmerge_is_to_the_byte(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    before = place.dump()
    merge(place, "Ada Lovelace", "Ada King")
    merge(place, "the Countess Lovelace", "ada king")
    assert place.dump() != before
    assert ("ada king", "wrote", "notes") in facts(place)
    entity = place.state().entities["ada king"]
    assert entity.names == ("Ada King", "Ada Lovelace", "Countess Lovelace")
    unmerge(place, "Ada Lovelace", "Ada King")
    assert ("ada lovelace", "born_in", "london") in facts(place)
    assert ("ada king", "wrote", "notes") in facts(place)  # the other merge stands
    unmerge(place, "Countess Lovelace", "Ada King")
    assert place.dump() == before


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ({"company": 9, "Tarnbeck Instruments": 2}, "Tarnbeck Instruments"),
        ({"The company": 9, "McAllan": 2}, "McAllan"),
        ({"company": 9, "TBI": 2}, "company"),  # a short form does not stand for what it is of
        ({"Company": 1, "Tarnbeck Instruments": 9}, "Company"),
        ({"company": 1, "Company": 2}, "Company"),
    ],
)
def test_a_common_noun_takes_the_name_that_it_was_merged_with(
    names: dict[str, int], chosen: str
) -> None:
    assert _chosen_name("company", Counter(names)) == chosen


def test_a_merge_outlives_its_documents(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    merge(place, "Ada Lovelace", "Countess Lovelace")
    merged = place.dump()
    place.remove("d.txt")
    place.update()
    assert ("ada lovelace", "born_in", "london") in facts(place)
    place.write("d.txt", DOCUMENTS["d.txt"])
    place.update()
    assert place.dump() == merged
    place.remove("d.txt")
    place.update()
    unmerge(place, "Ada Lovelace", "Countess Lovelace")  # of one that nothing mentions now
    place.write("d.txt", DOCUMENTS["d.txt"])
    place.update()
    assert place.dump() == make_place(DOCUMENTS, name="fresh").dump()


def test_short_forms_stand_for_what_their_document_says(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    found = {
        (place.state().documents[row["document"]]["path"], key)
        for key, row in place.state().mentions
        if row["name"] == "AI"
    }
    assert found == {
        ("b.txt", "artificial intelligence"),
        ("c.txt", "amnesty international"),
        ("d.txt", "ai"),  # two senses, and nothing here says which
    }
    assert place.state().links.ambiguous == {
        "ai": ("amnesty international", "artificial intelligence")
    }
    place.remove("c.txt")
    place.update()
    assert {key for key, row in place.state().mentions if row["name"] == "AI"} == {
        "artificial intelligence"
    }


def test_a_name_in_forty_senses(make_place: MakePlace) -> None:
    words = [f"{chr(65 + n % 26)}lpha {chr(65 + n // 26)}eta{n}" for n in range(40)]
    documents = {f"{n}.txt": f"The {word} Xi (XX) came." for n, word in enumerate(words)}
    aliases = [(n, "XX", f"{word} Xi") for n, word in enumerate(words)]
    links = Links(aliases, [])
    assert len({links.entity(n, "XX") for n in range(40)}) == 40
    assert links.entity(99, "XX") == "xx"
    assert len(links.ambiguous["xx"]) == 40
    assert len(make_place(documents).state().documents) == 40


def test_two_that_are_short_for_each_other_are_one() -> None:
    links = Links([(1, "AB", "CD"), (1, "CD", "AB"), (1, "X", "AB")], [])
    assert {links.entity(1, name) for name in ("AB", "CD", "X")} == {"ab"}


def test_what_cannot_be_merged_is_refused_and_nothing_is_written(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    with pytest.raises(ConflictError, match="stands for 3 entities: ai, amnesty international"):
        merge(place, "AI", "Ada King")
    with pytest.raises(ConflictError, match="are one entity"):
        merge(place, "Ada King", "ada king")
    with pytest.raises(NotFoundError, match="no entity named"):
        merge(place, "Ada Kink", "Ada King")
    with pytest.raises(NotFoundError, match="no merge named"):
        unmerge(place, "Ada King", "Ada Lovelace")
    assert place.graph.database.read("SELECT * FROM events") == []
    merge(place, "ai", "Ada King")  # a key, as it stands there
    merge(place, "Ada King", "Ada Lovelace")
    with pytest.raises(ConflictError, match="are one entity"):
        merge(place, "ai", "Ada Lovelace")


def test_events_are_only_added(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    merge(place, "Ada King", "Ada Lovelace")
    connection = place.graph.database.connection()
    for statement in (
        "DELETE FROM events",
        "UPDATE events SET actor = 'eve'",
        "INSERT OR REPLACE INTO events VALUES (1, 'unmerge', 'a', 'b', 'eve', '', 0)",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)


def test_the_audit_ledger_is_told_each_event_once(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    place = make_place(DOCUMENTS)
    with monkeypatch.context() as patch:  # as if it was killed before the ledger was told
        patch.setattr("workbench.knowledge.merging.tell_ledger", lambda graph: None)
        merge(place, "Ada King", "Ada Lovelace")
    assert Ledger().entries() == ()
    unmerge(place, "Ada King", "Ada Lovelace")
    tell_ledger(place.graph)
    told = [(entry.action, entry.subject, entry.actor, entry.data) for entry in Ledger().entries()]
    pair = ["ada king", "ada lovelace"]
    assert told == [
        (
            "knowledge.unmerge",
            "made",
            "ann",
            {"event": 2, "entities": pair, "reason": "not the same"},
        ),
        ("knowledge.merge", "made", "ann", {"event": 1, "entities": pair, "reason": "the same"}),
    ]


def test_what_was_taken_back_cannot_be_taken_back_again(make_place: MakePlace) -> None:
    place = make_place({"a.md": "Ada Lovelace met Ada King and Otto Brandt in Oslo."})
    merge(place, "Ada Lovelace", "Ada King")
    number = unmerge(place, "Ada Lovelace", "Ada King")
    with pytest.raises(NotFoundError, match=f"was taken back already, in event {number}"):
        unmerge(place, "Ada King", "Ada Lovelace")
    with pytest.raises(NotFoundError, match="no merge named"):
        unmerge(place, "Ada King", "Otto Brandt")
