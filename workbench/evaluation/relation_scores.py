"""Precision, recall and F1 of extracted relations against the labels of the knowledge sets.

A prediction counts if a label of the same sentence and relation agrees with both its arguments:
*strict*, the same characters (but for a leading article); *lenient*, the head word is in the
predicted span, or the predicted span lies within the labelled one. A label is used up once.
Labels marked optional count neither when they are found nor when they are missed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from workbench.core.errors import InputError

from .bootstrap import Interval, bootstrap_interval

SYMMETRIC = frozenset({"also_known_as", "borders", "spouse_of"})
"""Relations that are right in either direction."""

Span = tuple[int, int]
Match = Literal["strict", "lenient"]
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class PredictedRelation:
    """One extracted relation; spans are characters of the lead, None stands for its topic."""

    subject: Span | None
    relation: str
    object: Span | None


@dataclass(frozen=True)
class RelationScores:
    """Counts of one relation or of all: right, wrong and missed."""

    true_positives: int
    false_positives: int
    false_negatives: int

    @property
    def precision(self) -> float:
        """In [0, 1]; 0 if nothing was predicted."""
        return self.true_positives / max(1, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """In [0, 1]; 0 if nothing is labelled."""
        return self.true_positives / max(1, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall, in [0, 1]."""
        both = 2 * self.true_positives + self.false_positives + self.false_negatives
        return 2 * self.true_positives / max(1, both)


def score_relations(
    rows: Sequence[Mapping[str, Any]],
    predicted: Mapping[str, Iterable[PredictedRelation]],
    *,
    leads: Mapping[str, str],
    match: Match = "lenient",
) -> dict[str, RelationScores]:
    """Scores by relation, with the micro average of all under ``"all"``.

    Args:
        rows: Of an extraction set; a sentence without a prediction counts as one with none.
        predicted: The relations found in each sentence, by the row's ``id``.
        leads: Each article's lead by its title.
        match: ``"strict"`` or ``"lenient"``.

    Raises:
        InputError: An id is none of the rows', or the match is unknown.
    """
    if match not in ("strict", "lenient"):
        raise InputError(f"match {match!r}; 'strict' or 'lenient' is allowed", hint="lenient")
    if unknown := set(predicted) - {row["id"] for row in rows}:
        raise InputError(f"no row has the id {min(unknown)!r}", hint="use the ids of the rows")
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    for row in rows:
        left = sorted(row["relations"], key=lambda label: bool(label.get("optional")))
        for one in predicted.get(row["id"], ()):
            found = next((x for x in left if _agrees(one, x, row, leads, match)), None)
            if found is None:
                wrong[one.relation] += 1
                continue
            left.remove(found)
            if not found.get("optional"):
                right[one.relation] += 1
        missed.update(label["relation"] for label in left if not label.get("optional"))
    names = sorted(right | wrong | missed)
    scores = {name: RelationScores(right[name], wrong[name], missed[name]) for name in names}
    scores["all"] = RelationScores(right.total(), wrong.total(), missed.total())
    return scores


def f1_interval(
    rows: Sequence[Mapping[str, Any]],
    predicted: Mapping[str, Iterable[PredictedRelation]],
    *,
    leads: Mapping[str, str],
    match: Match = "lenient",
    draws: int = 2000,
    seed: int = 0,
) -> Interval:
    """Micro F1 with its 95% interval. Articles are resampled: their sentences belong together.

    Args:
        rows: As for ``score_relations``, of two articles at least.
        predicted: As for ``score_relations``.
        leads: As for ``score_relations``.
        match: ``"strict"`` or ``"lenient"``.
        draws: Resamples.
        seed: The same seed gives the same interval.

    Raises:
        InputError: As for ``score_relations``, or all rows are of one article.
    """
    import numpy as np

    by_title: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_title.setdefault(row["title"], []).append(row)
    if unknown := set(predicted) - {row["id"] for row in rows}:
        raise InputError(f"no row has the id {min(unknown)!r}", hint="use the ids of the rows")
    counts = []
    for own in by_title.values():
        said = {row["id"]: predicted.get(row["id"], ()) for row in own}
        found = score_relations(own, said, leads=leads, match=match)["all"]
        counts.append((found.true_positives, found.false_positives, found.false_negatives))

    def f1(right: Any, wrong: Any, missed: Any, axis: int) -> Any:
        both = (2 * right + wrong + missed).sum(axis=axis)
        return 2 * right.sum(axis=axis) / np.maximum(1, both)

    parts = np.array(counts, dtype=float).T
    return bootstrap_interval(f1, *parts, draws=draws, method="percentile", seed=seed)


def _agrees(
    one: PredictedRelation,
    label: Mapping[str, Any],
    row: Mapping[str, Any],
    leads: Mapping[str, str],
    match: Match,
) -> bool:
    """Whether a prediction says what a label says, in the other direction too if it may."""
    if one.relation != label["relation"]:
        return False
    lead = leads[row["title"]]
    subject, other = row["entities"][label["subject"]], row["entities"][label["object"]]
    pairs = [(subject, other), (other, subject)][: 1 + (one.relation in SYMMETRIC)]
    return any(
        _is_same(one.subject, left, lead, match) and _is_same(one.object, right, lead, match)
        for left, right in pairs
    )


def _is_same(span: Span | None, entity: Mapping[str, Any], lead: str, match: Match) -> bool:
    if span is None:
        return bool(entity.get("topic"))
    if match == "strict":
        return _without_article(span, lead) == _without_article(_span(entity), lead)
    inside = entity["start"] <= span[0] < span[1] <= entity["end"]
    return inside or (span[0] <= entity["head_start"] and entity["head_end"] <= span[1])


def _span(entity: Mapping[str, Any]) -> Span:
    return entity["start"], entity["end"]


def _without_article(span: Span, lead: str) -> Span:
    found = _ARTICLE.match(lead, span[0], span[1])
    return (found.end() if found else span[0], span[1])
