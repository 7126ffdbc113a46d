"""Labelled sentences, and sentences that the rules have read, as tables with a class per pair."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.evaluation.relation_scores import SYMMETRIC

from ...dependency.confidences import confidence_of
from ...dependency.reading import Found, Passage
from ..looking import facts_in, is_looked_at, look_at
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
        table = pair_table([look_at(passage, sentence, facts_in(sentence, found)).told])
        made.append(_labelled(table, row, passage.doc.text))
    return made


def silver_examples(passage: Passage, found: Sequence[Found]) -> list[Example]:
    """The sentences of a passage with what the rules say of them, each by its confidence."""
    import numpy as np

    made = []
    for sentence in passage.doc.sents:
        if not is_looked_at(sentence):
            continue
        looked = look_at(passage, sentence, facts_in(sentence, found))
        table = pair_table([looked.told])
        classes = np.zeros(len(table.pairs), np.int64)
        weights = np.ones(len(table.pairs), np.float32)
        places = _places(table)
        for fact in looked.facts:
            for place in (places[pair] for pair in looked.pairs_of(fact) if pair in places):
                classes[place] = CLASSES.index(fact.relation)
                weights[place] = confidence_of(fact.rule)
        made.append(Example(table, classes, weights))
    return made


def _places(table: PairTable) -> dict[Any, int]:
    return {(int(one), int(two)): at for at, (one, two) in enumerate(table.pairs)}


def _labelled(table: PairTable, row: Mapping[str, Any], text: str) -> Example:
    """The pair that fits a label best is of its class; others that fit count for nothing."""
    import numpy as np

    classes = np.zeros(len(table.pairs), np.int64)
    weights = np.ones(len(table.pairs), np.float32)
    places = _places(table)
    fits = [_fitting(table, entity, row, text) for entity in row["entities"]]
    # Of a pair that has two relations that counts which is required: a capital is one of its land,
    # and optionally lies there.
    for label in sorted(row["relations"], key=lambda each: not each.get("optional")):
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
