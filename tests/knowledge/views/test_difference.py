"""What changed between two times equals the difference of the two dumps, over made histories."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.knowledge.made_histories import History, make_history
from tests.knowledge.places import MakePlace
from workbench.knowledge.dumping import dump_lines
from workbench.knowledge.graphs import Graph
from workbench.knowledge.queries import MOMENTS
from workbench.knowledge.states import State
from workbench.knowledge.views import difference as module
from workbench.knowledge.views.difference import FactChange, GraphDiff, compare_values, difference

BEFORE = "Ada Lovelace was born in London. London is located in England."
AFTER = "London is located in Britain."

Lines = dict[str, dict[Any, str]]


def by_key(lines: list[str]) -> Lines:
    """The lines of a dump: documents, entities and facts by what tells them apart."""
    found: Lines = {"document": {}, "entity": {}, "fact": {}}
    for line in lines:
        told = json.loads(line)
        if told["type"] == "document":
            key = told["document"]
            found["document"][key] = found["document"].get(key, "") + line
        elif told["type"] == "entity":
            found["entity"][told["key"]] = line
        elif told["type"] == "fact":
            names = ("subject", "relation", "object", "valid_from", "valid_to")
            found["fact"][tuple(told[name] for name in names)] = line
    return found


def by_sets(before: Lines, after: Lines) -> dict[str, set[tuple[str, Any]]]:
    """What came, went and changed, by set arithmetic alone."""
    return {
        kind: {("came", key) for key in after[kind].keys() - before[kind].keys()}
        | {("went", key) for key in before[kind].keys() - after[kind].keys()}
        | {
            ("changed", key)
            for key in before[kind].keys() & after[kind].keys()
            if before[kind][key] != after[kind][key]
        }
        for kind in before
    }


def told(found: GraphDiff) -> dict[str, set[tuple[str, Any]]]:
    """The same of a difference."""
    return {
        "document": {(each.change, each.document) for each in found.documents},
        "entity": {(each.change, each.key) for each in found.entities},
        "fact": {
            (each.change, (each.subject, each.relation, each.object, *_span(each)))
            for each in found.facts
        },
    }


def _span(each: FactChange) -> tuple[str | None, str | None]:
    return each.valid_from, each.valid_to


def moments(graph: Graph) -> list[int]:
    return [row[0] for row in graph.database.read(MOMENTS, (1 << 62,))]


def wrong(graph: Graph) -> int:
    """For how many pairs of times the difference is not that of the two dumps."""
    times = moments(graph)
    chosen = sorted({times[0] - 1, times[len(times) // 3], times[2 * len(times) // 3], times[-1]})
    dumps = [by_key(dump_lines(State(graph, recorded_us=each))) for each in chosen]
    pairs = itertools.combinations(range(len(chosen)), 2)
    return sum(
        told(difference(graph, chosen[a], chosen[b])) != by_sets(dumps[a], dumps[b])
        for a, b in pairs
    )


@pytest.fixture
def histories(tmp_path: Path) -> Iterator[list[History]]:
    """Some made histories, run."""
    made = []
    for number in (1, 2, 3, 5, 8, 13):
        history = History(tmp_path / str(number), trusting=True)
        history.run(make_history(number))
        made.append(history)
    yield made
    for history in made:
        history.close()


def test_what_changed_is_the_difference_of_the_dumps(
    histories: list[History], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [wrong(each.graph) for each in histories] == [0] * len(histories)
    # One that does not look at where a fact is said, and one that never sees a thing go.
    facts = module._facts
    monkeypatch.setattr(module, "_facts", lambda state: dict.fromkeys(facts(state), ""))
    assert sum(wrong(each.graph) for each in histories) > 0
    monkeypatch.setattr(module, "_facts", facts)
    monkeypatch.setattr(module, "compare_values", lambda a, b: compare_values(a, {**a, **b}))
    assert sum(wrong(each.graph) for each in histories) > 0


def test_facts_come_and_go_with_their_words_and_in_a_picture(make_place: MakePlace) -> None:
    place = make_place({"a.txt": BEFORE, "b.txt": "Ada Lovelace was born in London."})
    first_us = moments(place.graph)[-1]
    place.write("a.txt", AFTER)
    place.update()
    found = difference(place.graph, first_us, moments(place.graph)[-1], drawn=True)
    facts = {(each.subject_name, each.relation, each.object_name): each for each in found.facts}
    came = facts["London", "located_in", "Britain"]
    assert came.change == "came" and [each.change for each in came.support] == ["came"]
    assert came.support[0].words == "London is located in Britain"
    gone = facts["London", "located_in", "England"]
    assert (gone.change, gone.support[0].words) == ("went", "London is located in England")
    moved = facts["Ada Lovelace", "born_in", "London"]
    assert moved.change == "changed"  # b.txt says it still
    assert [(each.change, each.document) for each in moved.support] == [("went", "a.txt")]
    assert found.count("came")["facts"] == found.count("went")["facts"] == 1
    assert [(each.change, each.document) for each in found.documents] == [("changed", "a.txt")]
    picture = found.picture
    assert picture is not None and picture.times[-1] == "both times"
    drawn = {(fact.relation, picture.entities[fact.object].name): fact for fact in picture.facts}
    assert drawn["located_in", "Britain"].change == "came"
    assert drawn["located_in", "Britain"].times == ((1, 2),)
    assert drawn["located_in", "England"].times == ((0, 0), (2, 2))
    entities = {each.name: each.change for each in picture.entities}
    assert entities["Britain"] == "came" and entities["England"] == "went"


def test_nothing_changed(make_place: MakePlace) -> None:
    place = make_place({"a.txt": BEFORE})
    last = moments(place.graph)[-1]
    found = difference(place.graph, last, last + 1, drawn=True)
    assert (found.documents, found.entities, found.facts, found.picture) == ((), (), (), None)
