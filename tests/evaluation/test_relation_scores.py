"""Relations are scored by hand-counted cases, and the labels score 1 against themselves."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from workbench import data
from workbench.core.errors import InputError
from workbench.evaluation.knowledge_sets import read_knowledge_set
from workbench.evaluation.relation_scores import PredictedRelation, f1_interval, score_relations

LEAD = "The Old Mill is a small mill in Exford, near Winsford."
LEADS = {"Old Mill": LEAD}


def entity(text: str, head: str, *, topic: bool = False) -> dict[str, object]:
    start = LEAD.index(text)
    at = start + text.index(head)
    span = {"start": start, "end": start + len(text)}
    return {**span, "head_start": at, "head_end": at + len(head), "type": "PLACE", "topic": topic}


ROW = {
    "id": "one",
    "title": "Old Mill",
    "entities": [
        entity("Old Mill", "Mill", topic=True),
        entity("small mill", "mill"),
        entity("Exford", "Exford"),
        entity("Winsford", "Winsford"),
    ],
    "relations": [
        {"subject": 0, "relation": "is_a", "object": 1},
        {"subject": 0, "relation": "located_in", "object": 2},
        {"subject": 0, "relation": "borders", "object": 3, "optional": True},
    ],
}


def span(text: str) -> tuple[int, int]:
    start = LEAD.index(text)
    return start, start + len(text)


def labelled(row: dict[str, Any], label: dict[str, Any]) -> PredictedRelation:
    """The prediction that says what a label says, word for word."""
    ends = [row["entities"][label[part]] for part in ("subject", "object")]
    spans = [(one["start"], one["end"]) for one in ends]
    return PredictedRelation(spans[0], label["relation"], spans[1])


def f1(*found: PredictedRelation, match: str = "lenient") -> tuple[int, int, int]:
    all_of_it = score_relations([ROW], {"one": found}, leads=LEADS, match=match)["all"]  # type: ignore[arg-type]
    return all_of_it.true_positives, all_of_it.false_positives, all_of_it.false_negatives


def test_spans_agree_by_head_or_to_the_letter() -> None:
    whole = PredictedRelation(span("The Old Mill"), "is_a", span("small mill"))
    headed = PredictedRelation(span("Old Mill"), "is_a", span("a small mill in Exford"))
    assert f1(whole, match="strict") == (1, 0, 1)
    assert f1(headed, match="strict") == (0, 1, 2)
    assert f1(headed) == (1, 0, 1)
    assert f1(PredictedRelation(span("Old Mill"), "is_a", span("small"))) == (1, 0, 1)
    assert f1(PredictedRelation(span("Exford"), "is_a", span("small mill"))) == (0, 1, 2)


def test_the_topic_stands_for_its_mention() -> None:
    assert f1(PredictedRelation(None, "located_in", span("Exford"))) == (1, 0, 1)
    assert f1(PredictedRelation(span("Old Mill"), "located_in", None)) == (0, 1, 2)


def test_optional_labels_count_neither_way_and_symmetric_ones_both_ways() -> None:
    assert f1() == (0, 0, 2)
    assert f1(PredictedRelation(span("Winsford"), "borders", span("Old Mill"))) == (0, 0, 2)
    assert f1(PredictedRelation(span("Exford"), "located_in", span("Old Mill"))) == (0, 1, 2)


def test_a_label_is_used_up_once() -> None:
    twice = [PredictedRelation(None, "is_a", span(text)) for text in ("mill in", "small mill")]
    assert f1(*twice) == (1, 1, 1)
    with pytest.raises(InputError, match="no row has the id"):
        score_relations([ROW], {"two": twice}, leads=LEADS)


def test_the_interval_resamples_articles_and_not_sentences() -> None:
    right = PredictedRelation(None, "is_a", span("small mill"))
    titles = [f"Mill {number}" for number in range(12)]
    leads = dict.fromkeys(titles, LEAD)
    rows = [
        {**ROW, "id": f"{title}, {number}", "title": title} for title in titles for number in (0, 1)
    ]
    found = {row["id"]: [right] for row in rows if row["title"] in titles[:6]}
    told = f1_interval(rows, found, leads=leads, draws=400)
    whole = score_relations(rows, found, leads=leads)["all"].f1
    assert told.estimate == pytest.approx(whole) and told.low < whole < told.high
    assert told.rows == 12
    apart = [{**row, "title": row["id"]} for row in rows]
    sentences = f1_interval(apart, found, leads={row["id"]: LEAD for row in rows}, draws=400)
    assert sentences.estimate == pytest.approx(whole) and sentences.width < 0.9 * told.width
    with pytest.raises(InputError, match="no row has the id"):
        f1_interval(rows, {"two": [right]}, leads=leads)


@pytest.mark.parametrize(
    "name", ["extraction_development", "extraction_held_out", "extraction_named_held_out"]
)
def test_labels_score_one_and_broken_ones_do_not(name: str, shared_home: Path) -> None:
    table = data.load("wikipedia-leads")
    leads = dict(zip(table["title"], table["text"], strict=True))
    rows = read_knowledge_set(name)
    found = {row["id"]: [labelled(row, label) for label in row["relations"]] for row in rows}
    required = {
        row["id"]: [labelled(row, label) for label in row["relations"] if "optional" not in label]
        for row in rows
    }
    for match in ("strict", "lenient"):
        scores = score_relations(rows, required, leads=leads, match=match)["all"]  # type: ignore[arg-type]
        assert scores.f1 == 1.0
        assert score_relations(rows, found, leads=leads)["all"] == scores
    turned = {
        key: [
            dataclasses.replace(one, subject=one.object, object=one.subject)
            for one in each
            if one.relation == "located_in"
        ]
        for key, each in found.items()
    }
    assert score_relations(rows, turned, leads=leads)["located_in"].true_positives == 0
