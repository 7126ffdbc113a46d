"""What is learnt from: labelled sentences, and sentences of other leads as the rules read them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from workbench import data
from workbench.core.progress import track
from workbench.evaluation.knowledge_sets import read_knowledge_set, read_span

from ...dependency.extractor import DependencyExtractor
from ..inputs import LABELLED, LEADS, kept_apart
from .labels import Example, labelled_examples, silver_examples

SILVER_LEADS = 2500
_WITHOUT_FACTS = 0.5  # of the sentences in which rules find nothing so many are learnt from
_SEED = 7


def read_leads() -> dict[str, str]:
    """Each article's lead by its title; the data set is fetched if it is not on the disk."""
    table = data.load(LEADS)
    return dict(zip(table["title"], table["text"], strict=True))


def labelled_rows() -> list[dict[str, Any]]:
    """The rows of all sets that are learnt from."""
    return [row for name in LABELLED for row in read_knowledge_set(name)]


def silver_titles(leads: Mapping[str, str], *, count: int = SILVER_LEADS) -> list[str]:
    """Articles that no labelled set has a sentence of, drawn in the same way each time."""
    sets = (*LABELLED, *kept_apart())
    labelled = {row["title"] for name in sets for row in read_knowledge_set(name)}
    titles = [title for title in leads if title not in labelled]
    random.Random(_SEED).shuffle(titles)
    return titles[:count]


def labelled_lessons(
    rows: Iterable[Mapping[str, Any]], leads: Mapping[str, str]
) -> Iterator[Example]:
    """The labelled sentences, each read within its lead.

    Raises:
        IntegrityError: A lead is not the one that was labelled.
        CancelledError: On request.
    """
    by_title: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        read_span(row, leads)
        by_title.setdefault(row["title"], []).append(row)
    extractor = DependencyExtractor(settler=None)
    parsed = extractor.parse([leads[title] for title in by_title])
    asked = zip(by_title.values(), parsed, strict=True)
    for some, passage in track(asked, "Reading labelled leads", total=len(by_title), unit="leads"):
        found = extractor.find(passage)
        for row in some:
            yield from labelled_examples(passage, found, row)


def silver_lessons(titles: Iterable[str], leads: Mapping[str, str]) -> Iterator[Example]:
    """Sentences of these leads as the rules read them; of those without a fact every other one.

    Raises:
        CancelledError: On request.
    """
    texts = [leads[title] for title in titles]
    rng = random.Random(_SEED)
    extractor = DependencyExtractor(settler=None)
    parsed = extractor.parse(texts)
    for passage in track(parsed, "Reading leads by rules", total=len(texts), unit="leads"):
        for each in silver_examples(passage, extractor.find(passage)):
            if each.classes.any() or rng.random() < _WITHOUT_FACTS:
                yield each
