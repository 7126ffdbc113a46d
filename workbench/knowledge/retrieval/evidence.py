"""How much the passages that were found say on a question, and the chance that it is enough.

A question is passed over (abstained from) where that chance is under a bound. The line was fitted
on questions with and without an answer, so its chance is a calibrated one for questions like them:
Platt 1999, "Probabilistic Outputs for Support Vector Machines".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .asked_features import ASKED_FEATURES, PAIRS, asked_features
from .plans import Plan
from .scorers import Scorer, read_weights, scorer_of
from .sides import Side, Sides
from .signals import Corpus, Signals
from .statements import (
    PATH_FEATURES,
    SENTENCE_FEATURES,
    Statements,
    path_features,
    sentence_features,
)

if TYPE_CHECKING:
    import numpy as np

FEATURES = (
    *("hops", "first_chance", "pair_chance", "margin"),
    *("covered", "best_sentence", "covered_together", "best_sentences_together"),
    *("cosine", "second_cosine", "names_said", "names_in_title", "rest_in_named"),
    *("rest_in_sentence", "rest_together", "rarest_missing", "missing_words", "unknown_words"),
    *("year_missing", "number_missing", "year_beside", "number_beside"),
    *("hops_together", "single_rest", "length"),
    *SENTENCE_FEATURES,
    *PATH_FEATURES,
    *("said_beyond_75", "hops_together_beyond_60", "hops_together_beyond_90"),
    *ASKED_FEATURES,
)
"""What evidence is told by. The names are the question's capitalised words, the rest its other
telling words."""

LOOKED_AT = 5
"""How many passages are looked at for what they say, beside pairs."""


@dataclass(frozen=True)
class Answerable:
    """The chance that the passages hold an answer, and the bound under which none is given."""

    chance: float
    bound: float

    @property
    def abstained(self) -> bool:
        """Whether the evidence is too thin."""
        return self.chance < self.bound


@dataclass(frozen=True)
class EvidenceLines:
    """Two lines over the features, for questions of one hop and of two, with their bound.

    What tells of an answer is another thing for each. Whether a question has two hops is itself
    only likely, so that its chance of an answer is the mean of both by that likelihood.
    """

    one: Scorer
    two: Scorer
    bound: float

    def chances(self, table: np.ndarray) -> np.ndarray:
        """The chances that rows of features come of questions with an answer, shape (rows,)."""
        hops = table[:, FEATURES.index("hops")]
        mixed: np.ndarray = (1 - hops) * self.one.chances(table) + hops * self.two.chances(table)
        return mixed

    def judge(self, features: Sequence[float]) -> Answerable:
        """The chance that features like these come of a question with an answer."""
        import numpy as np

        return Answerable(float(self.chances(np.array([features]))[0]), self.bound)


def kept_evidence_lines(read: Sequence[str] = ()) -> EvidenceLines:
    """The lines whose weights are kept in this package.

    Args:
        read: The names of what a reader adds to the features; none where nothing is read.
    """
    told = read_weights("evidence_read" if read else "evidence")
    one, two = (scorer_of(told[name], (*FEATURES, *read)) for name in ("one", "two"))
    return EvidenceLines(one, two, told["bound"])


def evidence_features(
    signals: Signals, corpus: Corpus, *, reranked: dict[int, float], plan: Plan, hops: float
) -> list[float]:
    """What the found passages say, in the order of ``FEATURES``.

    Args:
        signals: What was found for the question.
        corpus: What was searched.
        reranked: Chances of passages, the best first.
        plan: Pairs of passages.
        hops: The chance that the question needs two passages.
    """
    question, words = signals.question, corpus.graph.words
    first, pair = list(reranked)[:LOOKED_AT], plan.passages(2)
    looked = list(dict.fromkeys(first + pair))
    if not looked:
        return [0.0] * len(FEATURES)
    sides = _sides(signals, corpus, looked)
    weights = dict(zip(question.stems, question.weights, strict=True))
    names = {word: weight for word, weight in weights.items() if word in question.names}
    rest = {word: weight for word, weight in weights.items() if word not in question.names}
    singles = [sides[passage] for passage in first]
    both = frozenset[int]().union(*(sides[passage].every for passage in pair))
    every = frozenset[int]().union(*(side.every for side in singles)) | both
    said = [each for passage in first[:2] + pair for each in words.sentences(passage)]
    titled = max(sides.values(), key=lambda side: (side.title, side.named))
    chances = [*list(reranked.values())[:2], 0.0, 0.0]
    left = [weight for word, weight in weights.items() if word not in every]
    together = _share(weights, both)
    statements = Statements(question, corpus.graph)
    cosines = {passage: side.cosine for passage, side in sides.items()}
    found = [
        *(hops, chances[0], [*plan.chances, 0.0][0], chances[0] - chances[1]),
        max(side.covered for side in singles),
        max(side.best_share for side in singles),
        together,
        sum(sides[passage].best_share for passage in pair),
        *[*sorted((side.cosine for side in sides.values()), reverse=True), 0.0][:2],
        _share(names, every),
        titled.title,
        _share(rest, titled.every),
        max((_share(rest, each) for each in said), default=0.0),
        _share(rest, both),
        max(left, default=0.0) / 10,
        len(left) / 5,
        sum(1 for word in weights if word < 0) / 3,
        float(question.asks_year and not any(side.year for side in singles[:2])),
        float(question.asks_number and not any(side.number for side in singles[:2])),
        *_beside(signals, corpus, looked),
        hops * together,
        (1 - hops) * _share(rest, titled.every),
        min(len(weights), 15) / 15,
        *sentence_features(statements, first or pair, cosines),
        *path_features(statements, plan),
    ]
    found += _bends(found[FEATURES.index("said")], hops * together)
    return found + _asked(signals, corpus, first, plan, hops)


def _asked(
    signals: Signals, corpus: Corpus, first: Sequence[int], plan: Plan, hops: float
) -> list[float]:
    """What sentences say of what is asked, of the first passages and the first pairs."""
    looked = dict.fromkeys(first)
    for pair in plan.pairs[:PAIRS]:
        looked.update({pair.first: None, pair.second: None})
    titles = {each: corpus.graph.titles[each] for each in looked}
    texts = corpus.read(list(looked))
    text = signals.question.text
    return asked_features(text, first, plan, hops=hops, texts=texts, titles=titles)


def _bends(said: float, hops_together: float) -> list[float]:
    """Where the lines may bend: from much to nearly all that is said, more of it weighs more."""
    knots = ((said, 0.75), (hops_together, 0.6), (hops_together, 0.9))
    return [max(0.0, value - knot) for value, knot in knots]


def _sides(signals: Signals, corpus: Corpus, passages: Sequence[int]) -> dict[int, Side]:
    cosines = corpus.vectors_of(passages) @ signals.vector
    reader = Sides(signals, corpus.graph)
    return {
        passage: reader.of(passage, float(cosine))
        for passage, cosine in zip(passages, cosines, strict=True)
    }


def _share(weights: dict[int, float], words: frozenset[int]) -> float:
    """The share of weights that some words have; all, where there is nothing to have."""
    total = sum(weights.values())
    return sum(weights[word] for word in weights if word in words) / total if total else 1.0


def _beside(signals: Signals, corpus: Corpus, looked: Sequence[int]) -> tuple[float, float]:
    """Of what a year, or a number, is asked for: the most that a sentence with one covers."""
    question, words = signals.question, corpus.graph.words
    found = []
    for asked, is_one in (
        (question.asks_year, words.is_year),
        (question.asks_number, words.is_number),
    ):
        shares = [
            question.coverage(sentence)
            for passage in (looked if asked else ())
            for sentence in words.sentences(passage)
            if any(is_one[word] for word in sentence)
        ]
        found.append(max(shares, default=0.0))
    return found[0], found[1]
