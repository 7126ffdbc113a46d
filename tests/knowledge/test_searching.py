"""Passages are found by words and by meaning, and an index is what a fresh one would be."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.knowledge import indexes
from workbench.knowledge.building import build_graph, delete_document
from workbench.knowledge.extraction.patterns import PatternExtractor
from workbench.knowledge.graphs import Graph
from workbench.knowledge.ingesting import ingest
from workbench.knowledge.searching import Found, search
from workbench.knowledge.states import State
from workbench.store.text_index import TextIndex

from .places import MakePlace, Place

DOCUMENTS = {
    "a.md": "# Birds\n\nPenguins swim well.\n\n# Fish\n\nSharks hunt seals.",
    "b.txt": "The river flooded the town.",
    "c.csv": "animal,food\npenguin,krill\nseal,fish\n",
}


def said(found: Found) -> list[tuple[str, list[str]]]:
    return [(hit.text, [place.document for place in hit.places]) for hit in found.hits]


def by_words(place: Place, query: str, **asked: object) -> Found:
    return search(place.state(), query, by="words", **asked)  # type: ignore[arg-type]


def test_passages_are_found_by_their_words(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    found = by_words(place, "penguins")
    assert said(found) == [
        ("Birds\n\nPenguins swim well.", ["a.md"]),
        ("animal: penguin; food: krill", ["c.csv"]),
    ]
    first = found.hits[0].places[0]
    assert (first.start, first.end, first.place) == (0, 26, {"section": "Birds"})
    assert [(hit.words_rank, hit.meaning_rank) for hit in found.hits] == [(1, None), (2, None)]
    assert len(by_words(place, "penguins", limit=1).hits) == 1
    assert by_words(place, '"well swim"').hits == ()
    assert by_words(place, "?!").hits == ()


def test_a_passage_that_stands_twice_is_one_hit(make_place: MakePlace) -> None:
    place = make_place({**DOCUMENTS, "d.txt": DOCUMENTS["b.txt"]})
    assert said(by_words(place, "flood")) == [(DOCUMENTS["b.txt"], ["b.txt", "d.txt"])]


def test_an_index_is_brought_up_to_date_to_what_a_fresh_one_is(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    by_words(place, "seal")
    place.write("b.txt", "A seal ate a penguin in the river.")
    place.write("d.txt", "Seals, seals, seals.")
    place.remove("c.csv")
    place.update()
    fresh = make_place(
        {
            "a.md": DOCUMENTS["a.md"],
            "b.txt": "A seal ate a penguin in the river.",
            "d.txt": "Seals, seals, seals.",
        },
        name="fresh",
    )
    for query in ("seal", "penguin river", "krill", "swim seals"):
        grown, new = by_words(place, query), by_words(fresh, query)
        assert grown == dataclasses.replace(new, name=grown.name)
    assert by_words(place, "krill").hits == ()


def test_only_what_changed_is_indexed(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place({f"{n}.txt": f"Number {n} is here." for n in range(20)})
    by_words(place, "number")
    place.write("3.txt", "Another one.")
    place.update()
    changes: list[tuple[int, int]] = []
    update = TextIndex.update

    def watch(index: TextIndex, passages: object, *, remove: object, stamp: str) -> None:
        new, gone = list(passages), list(remove)  # type: ignore[call-overload]
        changes.append((len(new), len(gone)))
        update(index, new, remove=gone, stamp=stamp)

    monkeypatch.setattr(TextIndex, "update", watch)
    monkeypatch.setattr(TextIndex, "build", lambda *_, **__: pytest.fail("all was indexed"))
    assert len(by_words(place, "another").hits) == 1
    assert len(by_words(place, "another").hits) == 1
    assert changes == [(1, 1)]


def test_an_index_that_is_damaged_or_gone_is_made_again(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    before = by_words(place, "seal")
    (place.graph.folder / "text.sqlite").write_bytes(b"no index")
    assert by_words(place, "seal") == before
    indexes.remove_indexes(place.graph)
    assert by_words(place, "seal") == before


def test_what_is_forgotten_is_in_no_index(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    by_words(place, "flooded")
    delete_document(place.graph, "b.txt", forget=True)
    left = b"".join(each.read_bytes() for each in place.graph.folder.iterdir())
    assert b"flooded" not in left
    assert by_words(place, "flooded").hits == ()


@pytest.mark.parametrize(("query", "limit"), [("", 10), ("  ", 10), ("seal", 0)])
def test_a_search_for_nothing_is_refused(make_place: MakePlace, query: str, limit: int) -> None:
    with pytest.raises(InputError) as caught:
        by_words(make_place(DOCUMENTS), query, limit=limit)
    assert caught.value.hint


@pytest.mark.model
def test_passages_are_found_by_their_meaning(shared_home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
    graph = Graph("meaning", home=tmp_path)
    build_graph(graph, [folder], extractors=[PatternExtractor()])
    best = search(State(graph), "high water damaged a city", by="meaning").hits[0]
    assert (best.places[0].document, best.meaning_rank, best.words_rank) == ("b.txt", 1, None)
    both = search(State(graph), "flood", by="both").hits[0]
    assert (both.meaning_rank, both.words_rank) == (1, 1)

    (folder / "b.txt").write_text("Bread is baked in an oven.")
    ingest(graph, extractors=[PatternExtractor()])
    with pytest.MonkeyPatch.context() as patch:  # only the new passage is embedded
        embedded: list[str] = []
        texts = indexes._texts
        patch.setattr(
            indexes, "_texts", lambda *given: (embedded.append(given[1]), texts(*given))[1]
        )
        grown = search(State(graph), "a loaf", by="meaning", limit=5)
    assert len(embedded) == len(embedded[0]) == 1
    assert grown.hits[0].places[0].document == "b.txt"
    indexes.remove_indexes(graph)
    assert search(State(graph), "a loaf", by="meaning", limit=5) == grown
    graph.database.close()
