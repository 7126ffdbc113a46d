"""Homonyms are kept apart by titles, by users and by the words around them, and by nothing else."""

from __future__ import annotations

from collections import defaultdict

import pytest

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.knowledge.homonyms import assign_senses, find_anchors, title_name
from workbench.knowledge.merging import merge_entities, unmerge_entities
from workbench.knowledge.sense_events import SenseSet, set_sense, unset_sense
from workbench.knowledge.senses import list_homonyms

from .places import MakePlace, Place

DOCUMENTS = {
    "planet.md": "# Mercury (planet)\n\nMercury is the smallest planet of the Solar System. "
    "Mercury has an orbit of 88 days around the Sun. Mercury is located in the Solar System.",
    "metal.md": "# Mercury (element)\n\nMercury is a liquid metal. Mercury vapour is toxic, and "
    "Mercury was used in thermometers.",
    "probe.md": "A probe went into orbit around Mercury near the Sun.",
    "lamp.md": "The vapour of Mercury is toxic to whoever breaks a lamp.",
    "song.md": "Freddie sang, and Mercury was loud.",
    "both.md": "Mercury in a thermometer: a toxic metal. Not the planet with an orbit.",
}


def entity_in(place: Place, path: str, name: str = "Mercury") -> set[str]:
    paths = {number: row["path"] for number, row in place.state().documents.items()}
    state = place.state()
    return {
        k for k, row in state.mentions if paths[row["document"]] == path and row["name"] == name
    }


def senses(place: Place) -> dict[str, set[str]]:
    found = defaultdict(set)
    for path in DOCUMENTS:
        for key in entity_in(place, path):
            found[key].add(path)
    return dict(found)


def setting(place: Place, name: str, sense: str, document: str) -> SenseSet:
    return set_sense(place.state(), name, sense, document, actor="ann", reason="")


def test_titles_and_the_words_around_tell_senses_apart(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    assert senses(place) == {
        "mercury#planet": {"planet.md", "probe.md"},
        "mercury#element": {"metal.md", "lamp.md"},
        "mercury": {"song.md", "both.md"},  # nothing tells, or both do
    }
    assert {fact.subject for fact in place.state().facts if fact.object == "solar system"} == {
        "mercury#planet"
    }
    (found,) = list_homonyms(place.state())
    assert found.anchors == ("metal.md", "planet.md")
    assert found.undecided == ("both.md", "song.md")


def test_one_bucket_for_all_would_be_seen(make_place: MakePlace) -> None:
    """The fault that others have: one key a name. Here the two would share their facts."""
    place = make_place(DOCUMENTS)
    state = place.state()
    state.__dict__["senses"] = {}
    assert {key for key, row in state.mentions if row["name"] == "Mercury"} == {"mercury"}
    assert place.dump() != b""


def test_it_is_a_function_of_the_documents(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    before = place.dump()
    place.remove("planet.md")
    place.update()
    assert set(senses(place)) == {"mercury"}  # one sense alone is the name
    fresh = {path: text for path, text in DOCUMENTS.items() if path != "planet.md"}
    assert place.dump() == make_place(fresh, name="without").dump()
    place.write("planet.md", DOCUMENTS["planet.md"])
    place.update()
    assert place.dump() == before


def test_a_plain_title_beside_a_qualified_one_is_the_name_itself() -> None:
    titles = {1: "Thriller (album)", 2: "Thriller", 3: "Jazz (band)", 4: "Drum"}
    assert find_anchors(titles, []) == {"thriller": {1: "album", 2: ""}}
    assert title_name("The Queen (2006 film)") == ("queen", "2006 film")
    assert title_name("AI") == ("ai", "")
    assert title_name("(unnamed)").sense == ""


def test_titles_of_plain_texts_tell_senses_apart_too(make_place: MakePlace) -> None:
    texts = {
        "cello.txt": "Vesper (cello)\n\nVesper is a cello of 1745.",
        "journal.md": "# Vesper (journal)\n\nVesper is a journal.",
    }
    place = make_place(texts)
    cello, journal = (entity_in(place, path, "Vesper") for path in texts)
    assert cello
    assert journal
    assert cello.isdisjoint(journal)


def test_a_single_sense_reaches_nobody_else() -> None:
    found = assign_senses({1: "planet"}, {1: ["planet orbit sun"], 2: ["orbit sun planet"]})
    assert found == {1: "planet"}


def test_users_set_senses_and_take_them_back(make_place: MakePlace) -> None:
    place = make_place(
        {
            "a.txt": "Jordan borders Syria. Jordan is a desert kingdom by the river.",
            "b.txt": "Jordan joined the sales team. Jordan sent invoices on Monday.",
            "c.txt": "The invoices of the sales team went to Jordan.",
            "d.txt": "A desert river runs through Jordan, a kingdom.",
        }
    )
    before = place.dump()
    setting(place, "Jordan", "country", "a.txt")
    setting(place, "jordan", "Colleague", "b.txt")
    assert entity_in(place, "c.txt", "Jordan") == {"jordan#colleague"}
    assert entity_in(place, "d.txt", "Jordan") == {"jordan#country"}
    moment = place.graph.database.read("SELECT last_us FROM clock")[0][0]
    unset_sense(place.graph, "Jordan", "a.txt", actor="ann", reason="")
    assert entity_in(place, "a.txt", "Jordan") == {"jordan"}
    assert entity_in(place, "b.txt", "Jordan") == {"jordan#colleague"}
    unset_sense(place.graph, "Jordan", "b.txt", actor="ann", reason="")
    assert place.dump() == before
    then = place.state(recorded_us=moment)
    assert "jordan#country" in then.entities
    with pytest.raises(ConflictError, match="was set"):
        unset_sense(place.graph, "Jordan", "b.txt", actor="ann", reason="")


@pytest.mark.parametrize(
    ("name", "sense", "document", "error"),
    [
        ("Mercury", "--", "song.md", InputError),
        ("Mercury", "a#b", "song.md", InputError),
        ("Mercury", "god", "sonk.md", NotFoundError),
        ("Venus", "god", "song.md", NotFoundError),
    ],
)
def test_wrong_senses_are_refused(
    make_place: MakePlace, name: str, sense: str, document: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        setting(make_place(DOCUMENTS), name, sense, document)


def test_senses_are_merged_like_other_entities(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    before = place.dump()
    merge_entities(place.graph, "mercury#planet", "mercury#element", actor="ann", reason="")
    assert set(senses(place)) == {"mercury", "mercury#element"}
    with pytest.raises(ConflictError, match="stands for"):
        merge_entities(place.graph, "Mercury", "Freddie", actor="ann", reason="")
    unmerge_entities(place.graph, "mercury#planet", "mercury#element", actor="ann", reason="")
    assert place.dump() == before


def test_a_name_in_forty_senses(make_place: MakePlace) -> None:
    words = [f"{a}{b}" for a in ("alpha", "beta", "gamma", "delta") for b in "qwertzuiop"]
    documents = {
        f"{word}.md": f"# Mercury ({word})\n\nMercury is of {word} and {word}ish things."
        for word in words
    }
    documents["x.md"] = "Mercury among betaw and betawish things."
    place = make_place(documents)
    assert len({key for key in place.state().entities if key.startswith("mercury")}) == 40
    assert entity_in(place, "x.md") == {"mercury#betaw"}
