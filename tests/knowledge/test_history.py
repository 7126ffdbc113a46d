"""When a graph changed: documents that came and went, decisions, and what was close together."""

from __future__ import annotations

import pytest

from workbench.knowledge import operations
from workbench.knowledge.history import changes_of, history
from workbench.knowledge.linking_operations import candidates_decide, candidates_decided

from .places import MakePlace
from .terminals import Terminal

DOCUMENTS = {
    "a.txt": "Ada Lovelace was born in London. Ada King died in London.",
    "b.txt": "Paris is the capital of France.",
}


def told(name: str) -> list[tuple[int, int, int]]:
    return [(each.came, each.went, each.decisions) for each in history(name, pause_s=0)]


def test_each_change_is_told_with_what_came_and_went(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    first = operations.show("made").changed
    assert sum(came for came, _, _ in told("made")) == 2
    place.write("b.txt", "Lyon is located in France. It is quite old by now.")
    place.remove("a.txt")
    place.update()
    assert sum(went for _, went, _ in told("made")) == 2
    assert sum(came for came, _, _ in told("made")) == 3
    operations.merge("made", "Lyon", "France")
    changes = history("made", pause_s=0)
    assert (changes[0].came, changes[0].went, changes[0].decisions) == (0, 0, 1)
    assert operations.list_graphs()[0]["changed"] == changes[0].recorded
    assert operations.show("made").changed == changes[0].recorded > (first or "")
    assert [each.recorded for each in changes] == sorted(
        (each.recorded for each in changes), reverse=True
    )


def test_what_follows_each_other_closely_is_one(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    operations.merge("made", "Ada King", "Ada Lovelace")
    apart = changes_of(place.graph, pause_s=0)
    assert len(apart) > 1
    (one,) = changes_of(place.graph)
    assert (one.came, one.went, one.decisions) == (2, 0, 1)
    assert (one.began, one.recorded) == (apart[-1].began, apart[0].recorded)
    assert history("made", pause_s=0, limit=1) == apart[:1]


def test_what_was_decided_is_listed_until_it_is_taken_back(
    make_place: MakePlace, capsys: pytest.CaptureFixture[str]
) -> None:
    make_place(DOCUMENTS)
    assert candidates_decided("made") == []
    candidates_decide("made", "Ada King", "Ada Lovelace", "one", reason="maiden name")
    candidates_decide("made", "Paris", "France", "two")
    found = candidates_decided("made")
    assert [(each.first, each.second, each.verdict) for each in found] == [
        ("france", "paris", "two"),
        ("ada king", "ada lovelace", "one"),
    ]
    assert found[1].reason == "maiden name" and found[0].recorded > found[1].recorded
    terminal = Terminal(capsys)
    assert "ada king" in terminal.run("candidates", "decided", "made")[1]
    assert "decisions" in terminal.run("history", "made", "--pause-s", 0)[1]
    operations.unmerge("made", "Ada King", "Ada Lovelace")
    candidates_decide("made", "Paris", "France", "undecided")
    assert candidates_decided("made") == []
    candidates_decide("made", "Ada King", "Ada Lovelace", "one")  # what was taken back can be said
    assert [each.verdict for each in candidates_decided("made")] == ["one"]
