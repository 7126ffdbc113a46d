"""Labelled sentences, and sentences that the rules have read, as tables with a class per pair."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.evaluation.relation_scores import SYMMETRIC

from ...dependency.confidences import confidence_of
from ...dependency.reading import Found, Passage
from ..deciding import facts_in, look_at
from ..tables import PairTable, pair_table
from ..weights import CLASSES

if TYPE_CHECKING:
    import numpy as np

_OPTIONAL = 0.5  # of a label that a careful reader may leave
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Example:
    """A sentence's table, the class of each pair, and how much each pair counts; 0 is unknown."""

    table: PairTable
    classes: np.ndarray
    weights: np.ndarray


def labelled_examples(
    passage: Passage, found: Sequence[Found], row: Mapping[str, Any]
) -> list[Example]:
    """The examples of a labelled sentence: one, or more where the parser takes it for several."""
    made = []
    for sentence in passage.doc.sents:
        if sentence.start_char >= row["end"] or sentence.end_char <= row["start"]:
            continue
        table = _table(passage, sentence, found)
        made.append(_labelled(table, row, passage.doc.text))
    return made


def silver_examples(passage: Passage, found: Sequence[Found]) -> list[Example]:
    """The sentences of a passage with what the rules say of them, each by its confidence."""
    import numpy as np

    made = []
    for sentence in passage.doc.sents:
        if not 4 <= len(sentence) <= 60:
            continue
        table = _table(passage, sentence, found)
        classes = np.zeros(len(table.pairs), np.int64)
        weights = np.ones(len(table.pairs), np.float32)
        places = _places(table)
        numbers = {each.phrase.head.i: at for at, each in reversed([*enumerate(table.candidates)])}
        for fact in found:
            ends = numbers.get(fact.subject.head.i), numbers.get(fact.object.head.i)
            for pair in (ends, ends[::-1])[: 1 + (fact.relation in SYMMETRIC)]:
                if pair in places:
                    classes[places[pair]] = CLASSES.index(fact.relation)
                    weights[places[pair]] = confidence_of(fact.rule)
        made.append(Example(table, classes, weights))
    return made


def _table(passage: Passage, sentence: Any, found: Sequence[Found]) -> PairTable:
    return pair_table([look_at(passage, sentence, facts_in(sentence, found))])


def _places(table: PairTable) -> dict[Any, int]:
    return {(int(one), int(two)): at for at, (one, two) in enumerate(table.pairs)}


def _labelled(table: PairTable, row: Mapping[str, Any], text: str) -> Example:
    """The pair that fits a label best is of its class; others that fit count for nothing."""
    import numpy as np

    classes = np.zeros(len(table.pairs), np.int64)
    weights = np.ones(len(table.pairs), np.float32)
    places = _places(table)
    fits = [_fitting(table, entity, row, text) for entity in row["entities"]]
    for label in row["relations"]:
        ends = label["subject"], label["object"]
        for one, two in (ends, ends[::-1])[: 1 + (label["relation"] in SYMMETRIC)]:
            known = {
                places[a, b]: good + also
                for a, good in fits[one].items()
                for b, also in fits[two].items()
                if (a, b) in places
            }
            for place in known:
                weights[place] = weights[place] if classes[place] else 0
            if known:
                best = max(known, key=lambda place: (known[place], -place))
                classes[best] = CLASSES.index(label["relation"])
                weights[best] = _OPTIONAL if label.get("optional") else 1
    return Example(table, classes, weights)


def _fitting(
    table: PairTable, entity: Mapping[str, Any], row: Mapping[str, Any], text: str
) -> dict[int, int]:
    """The candidates that agree with a labelled mention, and how well."""
    found = {}
    for number, candidate in enumerate(table.candidates):
        start, end = candidate.phrase.span
        if not (row["start"] <= start and end <= row["end"]):
            continue
        inside = entity["start"] <= start < end <= entity["end"]
        if inside or (start <= entity["head_start"] and entity["head_end"] <= end):
            article = _ARTICLE.match(text, start, end)
            bare = article.end() if article else start
            same = (bare, end) == (entity["start"], entity["end"])
            head = entity["head_start"] <= candidate.phrase.head.idx < entity["head_end"]
            found[number] = 2 * same + head
    return found
