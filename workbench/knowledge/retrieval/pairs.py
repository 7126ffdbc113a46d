"""Pairs of passages that may answer a question together, by the entity that joins them.

A question of two hops names, or describes, something that one passage is about; that passage
mentions another thing, and the passage about it has the answer. Or the second passage mentions what
the first is about. A comparison needs two passages that it names itself, joined by nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .passage_graph import PassageGraph, row_of
from .sides import Side, Sides
from .signals import Corpus, Signals

if TYPE_CHECKING:
    import numpy as np

NO_BRIDGE = -1
_FIRST_HOPS = 15  # of the fused ranking, that a second hop is tried from
_SIDE_BY_SIDE = 12  # of it, that are paired without a bridge
_MENTIONING = 80  # of it, that a passage is joined to for mentioning what it is about

FEATURES = (
    *("cosine_first", "cosine_second", "cosine_between", "cosine_together"),
    *("bm25_first", "bm25_second", "nearness_first", "nearness_second"),
    *("covered_by_first", "covered_by_second", "covered_together"),
    *("best_sentence_first", "best_sentence_second", "best_sentences_together"),
    *("second_covers_rest", "opening_covers_rest", "bridging_sentence"),
    *("title_first", "title_second", "titles_least", "titles_most"),
    *("named_first", "named_second", "fused_first", "fused_second"),
    *("leads_on", "leads_back", "bridge_rarity", "year_in_second", "number_in_second"),
)
"""What a pair is told by. Coverages are shares of the question's weight; the rest is what the
first passage, or its best sentence, leaves uncovered."""


@dataclass(frozen=True)
class Pair:
    """Two passages, the first read first; ``bridge`` is the entity that joins them, or -1.

    ``leads_on``: the first mentions what the second is about; ``leads_back``: the reverse.
    """

    first: int
    second: int
    bridge: int = NO_BRIDGE
    leads_on: bool = False
    leads_back: bool = False


def candidate_pairs(
    signals: Signals, graph: PassageGraph, *, second_hop: bool = True
) -> list[Pair]:
    """The pairs that are looked at, in order, each once.

    Args:
        signals: What was found for the question.
        graph: The graph.
        second_hop: Whether bridges are crossed; without it only passages that were found for the
            question itself are paired.
    """
    ranked = list(signals.fused)
    found: dict[tuple[int, int], Pair] = {}
    if second_hop:
        mentioning = frozenset(ranked[:_MENTIONING])
        for first in ranked[:_FIRST_HOPS]:
            for pair in _joined(first, graph, mentioning):
                known = found.get((pair.first, pair.second))
                found[pair.first, pair.second] = (
                    pair if known is None else _both(known, pair, graph)
                )
    side_by_side = ranked[:_SIDE_BY_SIDE]
    for first in side_by_side:
        for second in side_by_side:
            if first != second:
                found.setdefault((first, second), Pair(first, second))
    hidden = signals.hidden
    return [found[place] for place in sorted(found) if not hidden or hidden.isdisjoint(place)]


def _joined(first: int, graph: PassageGraph, mentioning: frozenset[int]) -> Iterator[Pair]:
    for entity in row_of(graph.mentions, first):
        for second in row_of(graph.about_entity, entity):
            if second != first:
                yield Pair(first, second, entity, leads_on=True)
    for entity in row_of(graph.about, first):
        for second in row_of(graph.mentioned_in, entity):
            if second != first and second in mentioning:
                yield Pair(first, second, entity, leads_back=True)


def _both(one: Pair, other: Pair, graph: PassageGraph) -> Pair:
    """Two ways from one passage to another as one, by the rarer bridge; leading on comes first."""
    rank = (one.leads_on, graph.rarity[one.bridge]), (other.leads_on, graph.rarity[other.bridge])
    bridge = one.bridge if rank[0] >= rank[1] else other.bridge
    return Pair(
        one.first,
        one.second,
        bridge,
        one.leads_on or other.leads_on,
        one.leads_back or other.leads_back,
    )


class PairFeatures:
    """The features of pairs for one question.

    Args:
        signals: What was found for it.
        corpus: What was searched.
    """

    def __init__(self, signals: Signals, corpus: Corpus) -> None:
        self.signals, self.corpus, self.graph = signals, corpus, corpus.graph
        self._sides = Sides(signals, corpus.graph)

    def table(self, pairs: Sequence[Pair]) -> np.ndarray:
        """Shape (pairs, len(FEATURES)), in the order of these."""
        import numpy as np

        if not pairs:
            return np.zeros((0, len(FEATURES)))
        passages = sorted({end for pair in pairs for end in (pair.first, pair.second)})
        place = {passage: row for row, passage in enumerate(passages)}
        vectors = self.corpus.vectors_of(passages)
        cosines = vectors @ self.signals.vector
        sides = {each: self._sides.of(each, float(cosines[place[each]])) for each in passages}
        rows = []
        for pair in pairs:
            first, second = sides[pair.first], sides[pair.second]
            between = float(vectors[place[pair.first]] @ vectors[place[pair.second]])
            rows.append(self._row(pair, first, second, between))
        return np.array(rows)

    def _row(self, pair: Pair, first: Side, second: Side, between: float) -> list[float]:
        question, words, title = self.signals.question, self.graph.words, self.graph.title_stems
        weights = dict(zip(question.stems, question.weights, strict=True))
        sentences = words.sentences(pair.first)
        best = sentences[first.best] if first.best >= 0 else frozenset()
        left = {word: weight for word, weight in weights.items() if word not in best}
        rest = sum(
            weight
            for word, weight in weights.items()
            if word in second.every and word not in first.every
        )
        others = words.sentences(pair.second)
        opening = others[1] if len(others) > 1 else second.every  # the first line is the title
        opens = sum(
            weight
            for word, weight in weights.items()
            if word in opening and word not in title[pair.first]
        )
        leftover = max(
            (sum(left[word] for word in left if word in sentence) for sentence in others),
            default=0.0,
        )
        bridging = 0.0
        if pair.leads_on and title[pair.second]:
            covers = zip(sentences, first.by_sentence, strict=True)
            bridging = max(
                (share for each, share in covers if title[pair.second] <= each), default=0.0
            )
        total = question.total
        best_first = max(first.by_sentence, default=0.0)
        together = (first.cosine + second.cosine) / (2 + 2 * between + 1e-9) ** 0.5
        rarity = 0.0 if pair.bridge == NO_BRIDGE else float(self.graph.rarity[pair.bridge]) / 9
        return [
            *(first.cosine, second.cosine, between, together),
            *(first.bm25, second.bm25, first.nearness, second.nearness),
            *(first.covered, second.covered, first.covered + rest / total),
            *(best_first, max(second.by_sentence, default=0.0), best_first + leftover / total),
            *(rest / total, opens / total, bridging),
            *(first.title, second.title),
            *(min(first.title, second.title), max(first.title, second.title)),
            *(first.named, second.named, first.fused, second.fused),
            *(float(pair.leads_on), float(pair.leads_back), rarity),
            *(second.year, second.number),
        ]
