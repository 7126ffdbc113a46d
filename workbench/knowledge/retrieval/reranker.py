"""The re-ranker of passages: a logistic line over how a question and a passage go together.

Beside what each way of finding says it has ``match``: a similarity of the two embeddings learnt
from sentences and the passages that they were taken from (the inverse cloze task of Lee et al.
2019, "Latent Retrieval for Weakly Supervised Open Domain Question Answering"), over ``|a - b|`` and
``a * b`` of the vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .scorers import Scorer, read_weights, scorer_of
from .sides import Sides
from .signals import Corpus, Signals

if TYPE_CHECKING:
    import numpy as np

FEATURES = (
    *("cosine", "match", "bm25", "nearness", "covered", "best_sentence"),
    *("title", "named", "fused", "words_rank", "meaning_rank", "graph_rank", "year", "number"),
)
"""What a passage is told by; ranks are reciprocal, 0 for one that is not ranked."""

_RANK_OFFSET = 5
DEPTH = 60  # of the fused ranking


def match_features(dimensions: int) -> tuple[str, ...]:
    """The names of what ``match`` is a line over."""
    return tuple(
        f"{what}_{place}" for what in ("difference", "product") for place in range(dimensions)
    )


def match_table(question: np.ndarray, passages: np.ndarray) -> np.ndarray:
    """``|a - b|`` and ``a * b``, shape (passages, 2 * dimensions).

    Args:
        question: Its vector, shape (dimensions,), or one a passage.
        passages: Shape (passages, dimensions).
    """
    import numpy as np

    return np.hstack([np.abs(passages - question), passages * question])


@dataclass(frozen=True)
class Reranker:
    """``match`` over the embeddings, and the line over all features."""

    match: Scorer
    line: Scorer

    def table(self, signals: Signals, corpus: Corpus, passages: Sequence[int]) -> np.ndarray:
        """Shape (passages, len(FEATURES)), in the order of these."""
        import numpy as np

        if not passages:
            return np.zeros((0, len(FEATURES)))
        vectors = corpus.vectors_of(passages)
        cosines = vectors @ signals.vector
        matches = self.match.scores(match_table(signals.vector, vectors))
        ranks = [
            {
                passage: 1 / (_RANK_OFFSET + rank)
                for rank, passage in enumerate(signals.rankings[name])
            }
            for name in ("words", "meaning", "graph")
        ]
        sides, rows = Sides(signals, corpus.graph), []
        for passage, cosine, match in zip(passages, cosines, matches, strict=True):
            side = sides.of(passage, float(cosine))
            rows.append(
                [
                    *(side.cosine, float(match), side.bm25, side.nearness),
                    *(side.covered, side.best_share, side.title, side.named, side.fused),
                    *(each.get(passage, 0.0) for each in ranks),
                    *(side.year, side.number),
                ]
            )
        return np.array(rows)

    def rerank(self, signals: Signals, corpus: Corpus) -> dict[int, float]:
        """The chance that each passage of the fused ranking bears on the question, best first."""
        passages = list(signals.fused)[:DEPTH]
        chances = self.line.chances(self.table(signals, corpus, passages)).tolist()
        pairs = sorted(zip(passages, chances, strict=True), key=lambda each: (-each[1], each[0]))
        return dict(pairs)


def kept_reranker() -> Reranker:
    """The re-ranker whose weights are kept in this package."""
    told = read_weights("reranker")
    dimensions = len(told["match"]["weights"]) // 2
    match = scorer_of(told["match"], match_features(dimensions))
    return Reranker(match, scorer_of(told["line"], FEATURES))
