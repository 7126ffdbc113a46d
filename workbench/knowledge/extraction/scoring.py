"""How good an extractor is on labelled sentences of the leads, through the protocol alone.

It reads whole leads, as it would in a graph, and is judged on the labelled sentences. An argument
that it gives in another sentence is the topic's name for a pronoun of this one, and is given to the
scorer as the topic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.evaluation.relation_scores import PredictedRelation

from .protocol import Assertion, Extraction, Extractor, Passage, Span, extract_all


def predict_relations(
    extractor: Extractor, rows: Sequence[Mapping[str, Any]], *, leads: Mapping[str, str]
) -> dict[str, list[PredictedRelation]]:
    """What an extractor says of each labelled sentence, by its id, for ``score_relations``.

    Args:
        extractor: Any of the protocol.
        rows: Of an extraction set.
        leads: Each article's lead by its title.
    """
    found = {row["id"]: assertions for row, assertions in assertions_of(extractor, rows, leads)}
    return {
        row["id"]: [
            PredictedRelation(_argument(one.subject, row), one.relation, _argument(one.object, row))
            for one in found[row["id"]]
        ]
        for row in rows
    }


def assertions_of(
    extractor: Extractor, rows: Sequence[Mapping[str, Any]], leads: Mapping[str, str]
) -> list[tuple[Mapping[str, Any], list[Assertion]]]:
    """Each labelled sentence with the assertions that are told in it."""
    titles = list(dict.fromkeys(row["title"] for row in rows))
    passages = [Passage(leads[title]) for title in titles]
    results = extract_all(extractor, passages)
    by_title: dict[str, Extraction] = dict(zip(titles, results, strict=True))
    return [
        (row, [one for one in by_title[row["title"]].assertions if _is_told_in(one, row)])
        for row in rows
    ]


def _is_told_in(one: Assertion, row: Mapping[str, Any]) -> bool:
    """Whether a sentence tells it: both arguments stand there, or one and its evidence ends there.

    White space after the sentence may be taken for a part of it.
    """
    inside = [_argument(span, row) is not None for span in (one.subject, one.object)]
    return all(inside) or (any(inside) and row["start"] < one.evidence[1] <= row["end"] + 2)


def _argument(span: Span, row: Mapping[str, Any]) -> Span | None:
    return span if row["start"] <= span[0] and span[1] <= row["end"] else None
