"""What a user can ask: which training examples stand behind an answer, and which look wrong."""

from __future__ import annotations

from typing import Annotated, Literal

import annotated_types as limits

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.core.operations import operation
from workbench.interpretability.examples.result import NearestExamples, Suspects
from workbench.interpretability.reading_limit import MOST_TOKENS

Space = Literal["embedding", "gradient"]


@operation("interpretability.examples", title="Find the nearest examples", produces="examples")
def find_examples(
    query: str,
    *,
    dataset: str,
    text: str = "text",
    label: str | None = None,
    space: Space = "embedding",
    count: Annotated[int, limits.Ge(1)] = 5,
    split: str | None = None,
    limit: Annotated[int, limits.Ge(1)] = 2000,
    model: str = "minilm-l6-v2",
    seed: Annotated[int, limits.Ge(0)] | None = None,
    most_tokens: Annotated[int, limits.Ge(1)] = MOST_TOKENS,
) -> NearestExamples:
    """Find the training examples nearest to a text.

    In embedding space these are the rows that mean nearly the same. In gradient space a linear
    classifier is trained on the labels, and these are the rows that did most for the label that it
    gives the text, beside those that spoke most against it (TracIn on its weights).

    Args:
        query: The text to explain.
        dataset: A data set of the catalogue, or a file (.csv, .jsonl, .parquet).
        text: The column with the texts.
        label: The column with the labels.
        space: embedding, or gradient, which needs labels.
        count: How many examples.
        split: Which split; train if there are several.
        limit: Look at no more rows than this, drawn by the seed.
        model: Gives the vectors.
        seed: Decides which rows are drawn; the setting `seed` if none is given.
        most_tokens: What would have the model read more tokens in all is refused.
    """
    from workbench import models
    from workbench.interpretability.examples import nearest
    from workbench.interpretability.examples.labelled_texts import read_labelled

    if not query.strip():
        raise InputError("the query is empty", hint="give the text to explain")
    if space == "gradient" and label is None:
        raise InputError("gradient space needs labels to learn", hint="--label COLUMN")
    drawn = settings.get("seed") if seed is None else seed
    table = read_labelled(dataset, text=text, label=label, split=split, limit=limit, seed=drawn)
    find = nearest.nearest_by_embedding if space == "embedding" else nearest.nearest_by_gradient
    with models.load(model, needs="embed") as loaded:
        return find(loaded, table, query, count=count, seed=drawn, most_tokens=most_tokens)


@operation("interpretability.suspects", title="Find labels that look wrong", produces="suspects")
def find_suspects(
    dataset: str,
    *,
    label: str,
    text: str = "text",
    count: Annotated[int, limits.Ge(1)] = 20,
    split: str | None = None,
    limit: Annotated[int, limits.Ge(1)] = 2000,
    model: str = "minilm-l6-v2",
    seed: Annotated[int, limits.Ge(0)] | None = None,
    most_tokens: Annotated[int, limits.Ge(1)] = MOST_TOKENS,
) -> Suspects:
    """Find the rows of a labelled table that look mislabelled.

    A linear classifier is trained on the texts' vectors. The rows that moved it most towards
    themselves, against what the others say, come first (self-influence of TracIn). It is a list to
    look through, not a verdict: rare and odd rows are on it too.

    Args:
        dataset: A data set of the catalogue, or a file (.csv, .jsonl, .parquet).
        label: The column with the labels.
        text: The column with the texts.
        count: How many rows.
        split: Which split; train if there are several.
        limit: Look at no more rows than this, drawn by the seed.
        model: Gives the vectors.
        seed: Decides which rows are drawn; the setting `seed` if none is given.
        most_tokens: What would have the model read more tokens in all is refused.
    """
    from workbench import models
    from workbench.interpretability.examples import nearest
    from workbench.interpretability.examples.labelled_texts import read_labelled

    drawn = settings.get("seed") if seed is None else seed
    table = read_labelled(dataset, text=text, label=label, split=split, limit=limit, seed=drawn)
    with models.load(model, needs="embed") as loaded:
        return nearest.find_suspects(
            loaded, table, count=count, seed=drawn, most_tokens=most_tokens
        )
