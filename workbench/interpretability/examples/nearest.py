"""The training examples nearest to a text, by meaning or by what they taught a classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.interpretability.examples import softmax_head, tracin
from workbench.interpretability.examples.labelled_texts import LabelledTexts, embed_texts
from workbench.interpretability.examples.result import (
    Example,
    NearestExamples,
    Suspect,
    Suspects,
)
from workbench.interpretability.reading_limit import MOST_TOKENS

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.model import Model

NEIGHBOURS = 10


def nearest_by_embedding(
    model: Model,
    table: LabelledTexts,
    query: str,
    *,
    count: int,
    seed: int = 0,
    most_tokens: int = MOST_TOKENS,
) -> NearestExamples:
    """The rows whose vectors have the largest cosine to the query's.

    Args:
        model: Gives the vectors: an encoder such as ``minilm-l6-v2``.
        table: The training examples.
        query: A text.
        count: How many.
        seed: The one that the rows were drawn with, for the record.
        most_tokens: What would have the model read more tokens in all is refused.
    """
    check_count(count, table)
    vectors = embed_texts(model, [*table.texts, query], most_tokens=most_tokens)
    cosines = vectors[:-1] @ vectors[-1]
    return NearestExamples(
        query=query,
        dataset=table.dataset,
        space="embedding",
        model=model.name,
        rows=len(table.rows),
        nearest=_examples(table, cosines, count),
        opposing=(),
        label=None,
        probability=None,
        excluded=table.excluded,
        seed=seed,
    )


def nearest_by_gradient(
    model: Model,
    table: LabelledTexts,
    query: str,
    *,
    count: int,
    seed: int = 0,
    most_tokens: int = MOST_TOKENS,
) -> NearestExamples:
    """The rows that did most for, and most against, the label that a classifier gives the query.

    A linear classifier is trained on the model's vectors; influence is TracIn's, on its weights.

    Args:
        model: Gives the vectors.
        table: The training examples, with labels.
        query: A text.
        count: How many of each.
        seed: The one that the rows were drawn with, for the record.
        most_tokens: What would have the model read more tokens in all is refused.

    Raises:
        InputError: The table has no labels.
    """
    check_count(count, table)
    if not table.labels:
        raise InputError("gradient space needs labels to learn", hint="label=COLUMN")
    vectors = embed_texts(model, [*table.texts, query], most_tokens=most_tokens)
    rows, asked = vectors[:-1], vectors[-1:]
    labels = table.numbers()
    head = softmax_head.train_head(rows, labels)
    likely = head.probabilities(asked)[0]
    chosen = likely.argmax(keepdims=True)
    moved = tracin.influence(head, rows, labels, query=asked, query_labels=chosen)[0]
    return NearestExamples(
        query=query,
        dataset=table.dataset,
        space="gradient",
        model=model.name,
        rows=len(table.rows),
        nearest=_examples(table, moved, count),
        opposing=_examples(table, -moved, count, sign=-1),
        label=table.names[int(chosen[0])],
        probability=float(likely.max()),
        excluded=table.excluded,
        seed=seed,
    )


def find_suspects(
    model: Model,
    table: LabelledTexts,
    *,
    count: int,
    seed: int = 0,
    most_tokens: int = MOST_TOKENS,
) -> Suspects:
    """The rows that look mislabelled: those with the largest influence on themselves.

    Args:
        model: Gives the vectors.
        table: The training examples, with labels.
        count: How many.
        seed: The one that the rows were drawn with, for the record.
        most_tokens: What would have the model read more tokens in all is refused.
    """
    check_count(count, table)
    vectors = embed_texts(model, table.texts, most_tokens=most_tokens)
    labels = table.numbers()
    head = softmax_head.train_head(vectors, labels)
    likely = softmax_head.predict_held_out(vectors, labels)
    own = tracin.self_influence(head, vectors, labels)
    agreeing = agreement_of_neighbours(vectors, labels)
    suspects = tuple(
        Suspect(
            row=table.rows[at],
            text=table.texts[at],
            label=table.labels[at],
            predicted=table.names[int(likely[at].argmax())],
            probability=float(likely[at, labels[at]]),
            self_influence=float(own[at]),
            agreeing=float(agreeing[at]),
        )
        for at in _largest(own, count)
    )
    return Suspects(
        dataset=table.dataset,
        model=model.name,
        rows=len(table.rows),
        labels=table.names,
        suspects=suspects,
        excluded=table.excluded,
        seed=seed,
    )


def agreement_of_neighbours(
    vectors: np.ndarray, labels: np.ndarray, *, neighbours: int = NEIGHBOURS
) -> np.ndarray:
    """The part of each row's nearest others, by cosine, that have its label: ``[n]``."""
    import numpy as np

    count = min(neighbours, len(vectors) - 1)
    found = np.empty(len(vectors))
    for at, vector in enumerate(vectors):  # a row at a time: all cosines at once are n x n
        cosines = vectors @ vector
        cosines[at] = -np.inf
        found[at] = (labels[np.argpartition(-cosines, count - 1)[:count]] == labels[at]).mean()
    return found


def check_count(count: int, table: LabelledTexts) -> None:
    """Raise InputError unless there are so many rows."""
    if not 1 <= count <= len(table.rows):
        raise InputError(
            f"{count} examples were asked for; {table.dataset} has {len(table.rows)} rows to "
            "choose from",
            hint=f"count={min(5, len(table.rows))}",
        )


def _largest(scores: np.ndarray, count: int) -> list[int]:
    """The places of the largest, the first of equals first."""
    import numpy as np

    return [int(at) for at in np.argsort(-scores, kind="stable")[:count]]


def _examples(
    table: LabelledTexts, scores: np.ndarray, count: int, *, sign: int = 1
) -> tuple[Example, ...]:
    return tuple(
        Example(
            table.rows[at],
            table.texts[at],
            table.labels[at] if table.labels else None,
            sign * float(scores[at]),
        )
        for at in _largest(scores, count)
    )
