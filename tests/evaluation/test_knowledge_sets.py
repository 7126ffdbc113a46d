"""The sets over the leads have their counts and format; every span lies in the text it names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

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

EXTRACTION = ("extraction_development", "extraction_held_out")


@pytest.fixture
def leads(shared_home: Path) -> dict[str, str]:
    table = data.load("wikipedia-leads")
    return dict(zip(table["title"], table["text"], strict=True))


def test_every_set_reads_and_its_ids_are_its_own() -> None:
    ids = Counter(row["id"] for name in KNOWLEDGE_SETS for row in read_knowledge_set(name))
    assert max(ids.values()) == 1
    with pytest.raises(NotFoundError, match="extraction_held_out"):
        read_knowledge_set("extraction_heldout")


def test_the_extraction_sets_have_their_counts() -> None:
    held_out, development = (read_knowledge_set(name) for name in reversed(EXTRACTION))
    assert (len(held_out), len(development)) == (166, 61)
    titles = {row["title"] for row in held_out}
    assert len(titles) == 68
    assert not titles & {row["title"] for row in development}
    assert sum(not row["relations"] for row in held_out) == 49
    required = Counter(
        label["relation"]
        for row in held_out
        for label in row["relations"]
        if "optional" not in label
    )
    assert required.total() == 333
    assert required.most_common(3) == [("is_a", 142), ("located_in", 62), ("also_known_as", 26)]


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
