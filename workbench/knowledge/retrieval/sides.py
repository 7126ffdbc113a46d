"""What is told of one passage for a question, whatever it is put beside."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .passage_graph import PassageGraph
from .signals import Signals

_UNRANKED = 200  # the place, for the features, of what no ranking has
_LEAST_NEAR = 1e-4  # of the nearest, from where on all are as far


@dataclass(frozen=True)
class Side:
    """Numbers of one passage, most of them from 0 to 1.

    ``covered`` is the share of the question's weight that it has, ``by_sentence`` that of each
    sentence; ``title`` how far the question says its title; ``fused`` minus the logarithm of its
    rank; ``year`` and ``number`` whether it has one where one is asked for.
    """

    cosine: float
    bm25: float
    nearness: float
    covered: float
    by_sentence: tuple[float, ...]
    title: float
    named: float
    fused: float
    year: float
    number: float
    every: frozenset[int]

    @property
    def best(self) -> int:
        """The sentence that covers most; -1 where there is none."""
        return max(range(len(self.by_sentence)), key=self.by_sentence.__getitem__, default=-1)

    @property
    def best_share(self) -> float:
        """What that sentence covers."""
        return max(self.by_sentence, default=0.0)


class Sides:
    """Tells of passages for one question, each time alike.

    Args:
        signals: What was found for the question.
        graph: The graph of what was searched.
    """

    def __init__(self, signals: Signals, graph: PassageGraph) -> None:
        self.signals, self.graph = signals, graph
        self._most_bm25 = max(signals.bm25.values(), default=0.0) or 1.0
        self._most_near = float(signals.nearness.max(initial=0.0)) or 1.0
        self._most_named = max(signals.named.values(), default=0.0) or 1.0
        self._year = signals.question.asks_year
        self._number = signals.question.asks_number

    def of(self, passage: int, cosine: float) -> Side:
        """What is told of a passage, whose vector has that cosine with the question's."""
        question, words = self.signals.question, self.graph.words
        sentences = words.sentences(passage)
        every = frozenset[int]().union(*sentences)
        numbers = list(every)
        place = self.signals.places.get(passage, _UNRANKED)
        nearness = float(self.signals.nearness[passage]) / self._most_near
        return Side(
            cosine,
            self.signals.bm25.get(passage, 0.0) / self._most_bm25,
            1 + math.log(nearness + _LEAST_NEAR) / -math.log(_LEAST_NEAR),
            question.coverage(every),
            tuple(question.coverage(each) for each in sentences),
            question.titled(self.graph.title_stems[passage], self.graph),
            self.signals.named.get(passage, 0.0) / self._most_named,
            -math.log(1 + place),
            float(self._year and bool(words.is_year[numbers].any())),
            float(self._number and bool(words.is_number[numbers].any())),
            every,
        )
