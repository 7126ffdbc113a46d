"""Pairs of a sentence and the passage that it was taken from: what ``match`` is learnt from.

Lee et al. 2019, "Latent Retrieval for Weakly Supervised Open Domain Question Answering", section 4.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from workbench.knowledge.retrieval.fitting import Choice, fit_choices
from workbench.knowledge.retrieval.reranker import match_features, match_table
from workbench.knowledge.retrieval.scorers import Scorer
from workbench.knowledge.retrieval.signals import Corpus
from workbench.knowledge.retrieval.words import sentences_of

if TYPE_CHECKING:
    import numpy as np

_NEGATIVES = 15  # the passages nearest to the sentence that it is not of
_LEAST_SENTENCES = 4  # with the title: something is left when one is taken out
_L2 = 0.03


def train_match(
    texts: Sequence[str],
    corpus: Corpus,
    embed: Callable[[Sequence[str]], np.ndarray],
    *,
    pairs: int,
    seed: int = 9,
) -> Scorer:
    """The line over ``|a - b|`` and ``a * b`` that tells a sentence's passage from its neighbours.

    Args:
        texts: Those of all passages.
        corpus: Where neighbours are looked for.
        embed: Vectors of texts, shape (texts, dimensions).
        pairs: How many passages a sentence is taken from.
        seed: Of the draw.
    """
    import numpy as np

    drawn = random.Random(seed)
    long = [each for each, text in enumerate(texts) if len(sentences_of(text)) >= _LEAST_SENTENCES]
    chosen = drawn.sample(long, min(pairs, len(long)))
    sentences, rests = [], []
    for passage in chosen:
        text = texts[passage]
        start, end = drawn.choice(sentences_of(text)[1:])
        sentences.append(text[start:end])
        rests.append(text[:start] + text[end:])
    asked, left = embed(sentences), embed(rests)
    choices = []
    for passage, vector, rest in zip(chosen, asked, left, strict=True):
        hits = corpus.vectors.search(vector, limit=_NEGATIVES + 1, exact=True)
        others = [corpus.by_vector[hit.key] for hit in hits]
        others = [each for each in others if each != passage][:_NEGATIVES]
        table = match_table(vector, np.vstack([rest[None], corpus.vectors_of(others)]))
        choices.append(Choice(table, np.arange(len(table)) == 0))
    return fit_choices(choices, match_features(asked.shape[1]), l2=_L2)
