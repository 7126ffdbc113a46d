"""The graph of passages follows from the state, is kept under its stamp, and is made again."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from workbench.knowledge.building import delete_document
from workbench.knowledge.merging import merge_entities
from workbench.knowledge.retrieval import keeping
from workbench.knowledge.retrieval.communities import find_communities
from workbench.knowledge.retrieval.keeping import (
    FILE_NAME,
    keep_communities,
    keep_passage_graph,
    stamp_of,
)
from workbench.knowledge.retrieval.passage_graph import PassageGraph, build_passage_graph, row_of

from ..places import MakePlace
from .corpus import as_files


def told(graph: PassageGraph) -> dict[str, object]:
    """A graph as plain values, to compare."""
    found: dict[str, object] = {}
    for field in dataclasses.fields(graph):
        value = getattr(graph, field.name)
        if field.name in ("mentions", "about"):
            value = value.toarray().tolist()
        elif field.name == "words":
            value = [
                value.stems,
                *(getattr(value, each).tolist() for each in ("numbers", "sentence_starts")),
            ]
        elif isinstance(value, np.ndarray):
            value = value.tolist()
        found[field.name] = value
    return found


def test_a_title_is_mentioned_where_another_passage_writes_it_small(make_place: MakePlace) -> None:
    graph = build_passage_graph(make_place(as_files()).state())
    passage = {title: number for number, title in enumerate(graph.titles)}
    crown = next(
        e for e in row_of(graph.about, passage["Crown (coin)"]) if graph.entities[e] == "crown"
    )
    assert crown in row_of(graph.mentions, passage["Velland"])
    assert passage["Crown (coin)"] in row_of(graph.about_entity, crown)
    assert passage["Velland"] in row_of(graph.mentioned_in, crown)


def test_what_is_kept_is_what_was_made(make_place: MakePlace) -> None:
    place = make_place(as_files())
    made = keep_passage_graph(place.state())
    assert (place.graph.folder / FILE_NAME).is_file()
    assert told(keep_passage_graph(place.state())) == told(made)


def test_after_edits_it_is_what_a_fresh_build_gives(make_place: MakePlace) -> None:
    files = as_files()
    place = make_place(files)
    keep_passage_graph(place.state())
    keep_communities(place.state(), keep_passage_graph(place.state()))
    place.write("01.md", "# Tamber\n\nThe Tamber flows into Lake Harn.\n")
    place.remove("15.md")
    place.update()
    fresh_files = {**files, "01.md": "# Tamber\n\nThe Tamber flows into Lake Harn.\n"}
    del fresh_files["15.md"]
    fresh = make_place(fresh_files, name="fresh")
    grown = keep_passage_graph(place.state())
    assert told(grown) == told(build_passage_graph(fresh.state()))
    assert keep_communities(place.state(), grown) == find_communities(grown)


def test_the_stamp_tells_documents_and_merges(make_place: MakePlace) -> None:
    place = make_place(as_files())
    first = stamp_of(place.state())
    assert first == stamp_of(place.state())
    merge_entities(place.graph, "Ostra", "Merrow", actor="test", reason="a test")
    merged = stamp_of(place.state())
    place.remove("15.md")
    place.update()
    assert len({first, merged, stamp_of(place.state()), stamp_of(place.state(valid="1995"))}) == 4


@pytest.mark.parametrize("name", [FILE_NAME, "retrieval.communities.json"])
def test_a_damaged_file_is_made_again(make_place: MakePlace, name: str) -> None:
    place = make_place(as_files())
    graph = keep_passage_graph(place.state())
    before = told(graph), keep_communities(place.state(), graph)
    (place.graph.folder / name).write_bytes(b"PK\x03\x04 no arrays")
    graph = keep_passage_graph(place.state())
    assert (told(graph), keep_communities(place.state(), graph)) == before


def test_what_is_forgotten_is_in_no_file(make_place: MakePlace) -> None:
    place = make_place(as_files())
    keep_communities(place.state(), keep_passage_graph(place.state()))
    delete_document(place.graph, "00.md", forget=True)
    left = b"".join(each.read_bytes() for each in place.graph.folder.iterdir())
    assert b"harbour" not in left
    assert not (place.graph.folder / FILE_NAME).exists()
    assert "harbour" not in keep_passage_graph(place.state()).words.stems


def test_communities_hold_what_belongs_together(make_place: MakePlace) -> None:
    graph = build_passage_graph(make_place(as_files()).state())
    found = find_communities(graph)
    titles = [{graph.titles[each] for each in community.passages} for community in found]
    assert any({"Bee", "Honey", "Candle"} <= each for each in titles)
    assert any({"Ostra", "Tamber"} <= each for each in titles)
    assert not any({"Bee", "Ostra"} <= each for each in titles)
    assert found == find_communities(graph)
    for community in found:
        for passage, sentence in community.extract:
            assert passage in community.passages
            assert 0 < sentence < len(graph.words.sentences(passage))


def test_another_version_is_made_again(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(as_files())
    keep_passage_graph(place.state())
    monkeypatch.setattr(keeping, "VERSION", "0")
    monkeypatch.setattr(keeping, "build_passage_graph", lambda state: pytest.fail("made again"))
    with pytest.raises(pytest.fail.Exception, match="made again"):
        keep_passage_graph(place.state())
