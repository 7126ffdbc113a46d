"""What the reader makes of the likeliest sentences, as features of the evidence.

Words choose a few sentences of the passages that were found; the reader says of each whether it
says what is asked. So a near miss, with the words and the form of an answer, can be told from one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.knowledge.sentences import split_sentences

from .asked_features import PAIRS
from .asked_sentences import Asked, AskedSentences
from .asked_words import most_said
from .evidence import LOOKED_AT
from .plans import Plan
from .signals import Corpus, Signals
from .words import content_stems, stems_of

if TYPE_CHECKING:
    import numpy as np

Read = Callable[[str, Sequence[str]], "np.ndarray"]
"""Gives the log odds that sentences say what a question asks."""

READ_FEATURES = (
    *("read_best", "read_second", "read_chance", "read_named", "read_in_first"),
    *("read_likeliest", "read_together"),
)
"""The log odds of the best sentence and the next; the best one's chance; the best chance by how far
the sentence has the question's names; the log odds of the best in the first passage; the chance of
the sentence that the words say is likeliest; and the sum of chances where the names are said."""

READ = 5
"""How many sentences are read."""

_NOTHING = -6.0  # log odds where there is no sentence
_NAMED, _ASKED, _AMONG_FIRST = 0.4, 0.5, 0.2


@dataclass(frozen=True)
class Likely:
    """A sentence that may say what is asked: its passage, what is read, how far words say it."""

    passage: int
    text: str
    asked: Asked
    score: float


def likely_sentences(
    question: str, passages: Sequence[int], texts: Mapping[int, str], titles: Mapping[int, str]
) -> list[Likely]:
    """The sentences that by their words say most of what is asked, the likeliest first.

    Args:
        question: As it was asked.
        passages: Those that are looked at, the best first.
        texts: Of the passages.
        titles: Of the same.
    """
    asked, words = AskedSentences(question), content_stems(question)
    found = []
    for rank, passage in enumerate(passages):
        title = titles[passage]
        for sentence in _sentences(texts[passage], title):
            told = asked.sentence(sentence, title)
            every = stems_of(sentence) | stems_of(title)
            share = sum(most_said(word, every) for word in words) / max(1, len(words))
            score = told.best * told.rest + _ASKED * told.said + _NAMED * told.named + share
            score += _AMONG_FIRST * (rank < 2)
            found.append(Likely(passage, f"{title}: {sentence}", told, score))
    return sorted(found, key=lambda each: -each.score)[:READ]


def read_features(
    signals: Signals, corpus: Corpus, read: Read, *, reranked: Mapping[int, float], plan: Plan
) -> list[float]:
    """In the order of ``READ_FEATURES``; the arguments are those of ``evidence_features``."""
    first = list(reranked)[:LOOKED_AT]
    looked = dict.fromkeys(first)
    for pair in plan.pairs[:PAIRS]:
        looked.update({pair.first: None, pair.second: None})
    titles = {each: corpus.graph.titles[each] for each in looked}
    question = signals.question.text
    likely = likely_sentences(question, list(looked), corpus.read(list(looked)), titles)
    return features_of(likely, read(question, [each.text for each in likely]), first)


def features_of(likely: Sequence[Likely], odds: np.ndarray, first: Sequence[int]) -> list[float]:
    """What was read of sentences, in the order of ``READ_FEATURES``.

    Args:
        likely: The sentences.
        odds: The log odds of each.
        first: The passages, the best first.
    """
    import numpy as np

    if not likely:
        return [_NOTHING, _NOTHING, 0.0, 0.0, _NOTHING, 0.0, 0.0]
    chances = 1 / (1 + np.exp(-odds))
    named = np.array([each.asked.named for each in likely])
    best = sorted((float(each) for each in odds), reverse=True)
    inside = [
        float(value)
        for value, each in zip(odds, likely, strict=True)
        if first and each.passage == first[0]
    ]
    return [
        best[0],
        best[1] if len(best) > 1 else _NOTHING,
        float(chances.max()),
        float((chances * named).max()),
        max(inside, default=_NOTHING),
        float(chances[0]),
        float((chances * named**2).sum()),
    ]


def _sentences(text: str, title: str) -> Iterator[str]:
    parts = [text[start:end].strip() for start, end in split_sentences(text)]
    if len(parts) > 1 and parts[0].strip("# ") == title:
        parts = parts[1:]
    yield from parts
