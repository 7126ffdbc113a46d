"""Plans of two hops: pairs of passages scored together, and the way from one to the other.

The idea of reading a first passage to find the second is that of Xiong et al. 2021, "Answering
Complex Open-Domain Questions with Multi-Hop Dense Retrieval"; here the second is looked for along
the names in the first, and a pair is judged by a linear model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .pairs import FEATURES, NO_BRIDGE, Pair, PairFeatures, candidate_pairs
from .passage_graph import PassageGraph
from .scorers import Scorer, read_weights, scorer_of
from .signals import Corpus, Signals

if TYPE_CHECKING:
    import numpy as np

_KEPT = 100  # pairs, of some hundreds


@dataclass(frozen=True)
class Step:
    """One step of a path: a passage, and what leads to it from the one before."""

    passage: int
    by: str
    bridge: str | None = None


@dataclass(frozen=True)
class Plan:
    """Pairs, the likeliest first, with their chances among all that were looked at."""

    pairs: tuple[Pair, ...]
    chances: tuple[float, ...]

    def passages(self, limit: int) -> list[int]:
        """The passages of the pairs from the likeliest on, each once."""
        found: dict[int, None] = {}
        for pair in self.pairs:
            found.setdefault(pair.first)
            found.setdefault(pair.second)
            if len(found) >= limit:
                break
        return list(found)[:limit]

    def path(self, graph: PassageGraph) -> tuple[Step, ...]:
        """The way of the likeliest pair: first passage, bridging entity, second passage."""
        if not self.pairs:
            return ()
        best = self.pairs[0]
        first = Step(best.first, "question")
        if best.bridge == NO_BRIDGE:
            return (first, Step(best.second, "question"))
        by = "mentions" if best.leads_on else "mentioned by"
        return (first, Step(best.second, by, graph.entities[best.bridge]))


def pair_scorer() -> Scorer:
    """The scorer of pairs that is kept in this package."""
    return scorer_of(read_weights("pairs"), FEATURES)


def make_plan(
    signals: Signals, corpus: Corpus, *, scorer: Scorer | None = None, second_hop: bool = True
) -> Plan:
    """Look for the pair of passages that answers a question together.

    Args:
        signals: What was found for the question.
        corpus: What was searched.
        scorer: Of pairs, by default the one that is kept.
        second_hop: Whether bridges are crossed.
    """
    import numpy as np

    pairs = candidate_pairs(signals, corpus.graph, second_hop=second_hop)
    if not pairs:
        return Plan((), ())
    scores = (scorer or pair_scorer()).scores(PairFeatures(signals, corpus).table(pairs))
    chances = _softmax(scores)
    order = np.argsort(-chances, kind="stable")[:_KEPT]
    return Plan(
        tuple(pairs[place] for place in order), tuple(float(chances[place]) for place in order)
    )


def _softmax(scores: np.ndarray) -> np.ndarray:
    import numpy as np

    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum())
