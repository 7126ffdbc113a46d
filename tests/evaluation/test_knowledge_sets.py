"""The sets over the leads have their counts and format; every span lies in the text it names."""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench import data
from workbench.core.errors import IntegrityError, NotFoundError
from workbench.evaluation.knowledge_sets import (
    ENTITY_TYPES,
    KNOWLEDGE_SETS,
    RELATIONS,
    read_knowledge_set,
    read_span,
)

EXTRACTION = (
    "extraction_development",
    "extraction_held_out",
    "extraction_named_development",
    "extraction_named_held_out",
    "extraction_third_held_out",
    "extraction_third_training",
    "extraction_fourth_held_out",
    "extraction_fourth_training",
    "extraction_fourth_training_more",
    "extraction_fifth_held_out",
)


@pytest.fixture
def leads(shared_home: Path) -> dict[str, str]:
    return loaded(shared_home)


@functools.cache
def loaded(home: Path) -> dict[str, str]:
    """Each lead by its title, read once for all tests."""
    table = data.load("wikipedia-leads")
    return dict(zip(table["title"], table["text"], strict=True))


def test_every_set_reads_and_its_ids_are_its_own() -> None:
    ids = Counter(row["id"] for name in KNOWLEDGE_SETS for row in read_knowledge_set(name))
    assert max(ids.values()) == 1
    with pytest.raises(NotFoundError, match="extraction_held_out"):
        read_knowledge_set("extraction_heldout")


def test_the_extraction_sets_have_their_counts() -> None:
    sets = {name: read_knowledge_set(name) for name in EXTRACTION}
    titles = {name: {row["title"] for row in rows} for name, rows in sets.items()}
    assert [len(rows) for rows in sets.values()] == [61, 166, 37, 110, 171, 151, 170, 883, 878, 172]
    assert [len(each) for each in titles.values()] == [26, 68, 15, 48, 71, 60, 70, 370, 368, 74]
    assert len(set.union(*titles.values())) == 26 + 68 + 15 + 48 + 71 + 60 + 70 + 738 + 74
    without = [sum(not row["relations"] for row in rows) for rows in sets.values()]
    assert without == [15, 49, 6, 20, 36, 22, 33, 141, 153, 33]
    required = {name: Counter(required_relations(rows)) for name, rows in sets.items()}
    counts = [149, 333, 103, 237, 273, 286, 374, 2028, 1871, 314]
    assert [each.total() for each in required.values()] == counts
    most = [("is_a", 142), ("located_in", 62), ("also_known_as", 26)]
    assert required["extraction_held_out"].most_common(3) == most


def required_relations(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        for label in row["relations"]:
            if "optional" not in label:
                yield label["relation"]


@pytest.mark.parametrize("name", EXTRACTION)
def test_labels_are_well_formed(name: str, leads: dict[str, str]) -> None:
    for row in read_knowledge_set(name):
        assert read_span(row, leads).strip()
        for entity in row["entities"]:
            assert row["start"] <= entity["start"] <= entity["head_start"]
            assert entity["head_start"] < entity["head_end"] <= entity["end"] <= row["end"]
            assert entity["type"] in ENTITY_TYPES
            mention = leads[row["title"]][entity["start"] : entity["end"]]
            assert mention == mention.strip()
        for label in row["relations"]:
            assert label["relation"] in RELATIONS
            ends = {label["subject"], label["object"]}
            assert len(ends) == 2
            assert ends <= set(range(len(row["entities"])))


def test_a_changed_lead_is_refused(leads: dict[str, str]) -> None:
    row = read_knowledge_set("extraction_development")[0]
    changed = {**leads, row["title"]: leads[row["title"]] + " "}
    with pytest.raises(IntegrityError, match="was labelled"):
        read_span(row, changed)
    with pytest.raises(IntegrityError, match="do not lie"):
        read_span({**row, "end": 10**6}, leads)
    with pytest.raises(NotFoundError):
        read_span({**row, "title": "No such article"}, leads)


QUESTIONS = {
    "two_hop_development": 51,
    "two_hop_held_out": 158,
    "single_fact_development": 20,
    "single_fact_held_out": 60,
    "answerable_second_held_out": 130,
    "answerable_second_training": 60,
    "answerable_third_held_out": 119,
    "answerable_fourth_held_out": 128,
}
UNANSWERABLE = {
    "unanswerable_development": 21,
    "unanswerable_held_out": 65,
    "unanswerable_second_held_out": 95,
    "unanswerable_second_training": 63,
    "unanswerable_third_held_out": 90,
    "unanswerable_fourth_held_out": 94,
}
ABSENT = {"absent_attribute", "false_premise", "absent_entity"}
ABSENT_IN_TWO_HOPS = {"absent_second", "absent_bridge", "absent_side"}


@pytest.mark.parametrize(("name", "count"), [*QUESTIONS.items(), *UNANSWERABLE.items()])
def test_the_question_sets_have_their_counts(name: str, count: int) -> None:
    rows = read_knowledge_set(name)
    assert len(rows) == count
    assert all(row["question"].rstrip().endswith("?") for row in rows)
    other = name.replace("development", "held_out")
    if other != name:
        held_out = {row["question"] for row in read_knowledge_set(other)}
        assert not held_out & {row["question"] for row in rows}


@pytest.mark.parametrize("name", QUESTIONS)
def test_supports_lie_in_two_articles_or_one_and_hold_the_answer(
    name: str, leads: dict[str, str]
) -> None:
    for row in read_knowledge_set(name):
        titles = [support["title"] for support in row["supports"]]
        assert len(set(titles)) == len(titles) == (1 if row["kind"] == "single" else 2)
        texts = [read_span(support, leads) for support in row["supports"]]
        assert row["answers"]
        if row["kind"] == "bridge":
            assert not says(row["answers"], leads[titles[0]]), row["id"]
            assert titles[1].partition(" (")[0].lower() not in row["question"].lower(), row["id"]
        if row["kind"] != "comparison":
            assert says(row["answers"], texts[-1]), row["id"]


def test_the_later_questions_share_no_article_with_others() -> None:
    sets = (
        [name for name in (*QUESTIONS, *UNANSWERABLE) if not is_later(name)],
        ["answerable_second_training", "unanswerable_second_training"],
        ["answerable_second_held_out", "unanswerable_second_held_out"],
        ["answerable_third_held_out", "unanswerable_third_held_out"],
        ["answerable_fourth_held_out", "unanswerable_fourth_held_out"],
    )
    titles = [
        {title for name in each for row in read_knowledge_set(name) for title in articles(row)}
        for each in sets
    ]
    assert all(titles)
    assert [one & other for one, other in itertools.combinations(titles, 2)] == [set()] * 10


def is_later(name: str) -> bool:
    """Whether a set is of the second draw or later, with unanswerable questions of two hops."""
    return any(draw in name for draw in ("second", "third", "fourth"))


def articles(row: dict[str, Any]) -> set[str]:
    """The articles that a question is about or rests on."""
    near = {row["near"]} if row.get("near") else set()
    return near | {each["title"] for each in (*row.get("supports", ()), *row.get("stated", ()))}


def says(answers: Iterable[str], text: str) -> bool:
    """Whether one of the answers stands in a text as whole words, in either case."""
    plain = " ".join(text.lower().split())
    return any(re.search(rf"(?<!\w){re.escape(each.lower())}(?!\w)", plain) for each in answers)


@pytest.mark.parametrize("name", UNANSWERABLE)
def test_unanswerable_questions_say_why(name: str, leads: dict[str, str]) -> None:
    kinds = Counter()
    for row in read_knowledge_set(name):
        kinds[row["kind"]] += 1
        assert row["answers"] == []
        assert len(row["why"].split()) >= 4
        assert row["searched"]
        assert (row["near"] is None) == (row["kind"] == "absent_entity")
        assert row["near"] is None or row["near"] in leads
        stated = [read_span(each, leads) for each in row.get("stated", ())]
        assert len(stated) == (row["kind"] in {"absent_second", "absent_side"})
    assert set(kinds) == (ABSENT | ABSENT_IN_TWO_HOPS if is_later(name) else ABSENT)
    assert min(kinds.values()) >= 3


def test_overview_questions_name_leads(leads: dict[str, str]) -> None:
    rows = read_knowledge_set("overview")
    assert len(rows) == 15
    for row in rows:
        titles = {title for point in row["points"] for title in point["titles"]}
        assert len(row["points"]) >= 3
        assert len(titles) >= 3
        assert titles <= set(leads)
