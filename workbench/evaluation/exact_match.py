"""Exact match and token F1 of short answers, as SQuAD defines them.

Rajpurkar, Zhang, Lopyrev, Liang: "SQuAD: 100,000+ Questions for Machine Comprehension of Text",
EMNLP 2016, section 6.1: answers are compared without case, punctuation and articles; of several
references the best counts.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

from .bootstrap import Interval, bootstrap_interval

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True)
class AnswerScores(Viewable):
    """Mean exact match and mean token F1 with intervals, and both for each answer."""

    exact_match: Interval
    f1: Interval
    each_exact: tuple[bool, ...]
    each_f1: tuple[float, ...]


def normalise_answer(text: str) -> str:
    """Lower case, without ASCII punctuation and English articles, single spaces.

    >>> normalise_answer("The  Eiffel-Tower!")
    'eiffeltower'
    """
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def is_exact_match(answer: str, references: str | Sequence[str]) -> bool:
    """Whether an answer equals a reference once both are normalised."""
    given = normalise_answer(answer)
    return any(given == normalise_answer(one) for one in _listed(references))


def token_f1(answer: str, references: str | Sequence[str]) -> float:
    """The harmonic mean of token precision and recall, of the best reference, in [0, 1].

    Tokens are the normalised answer's words, counted with repetition. Where either side has no
    words the value is 1 if neither has, else 0.
    """
    given = normalise_answer(answer).split()
    return max(_f1(given, normalise_answer(one).split()) for one in _listed(references))


def score_answers(
    answers: Sequence[str],
    references: Sequence[str | Sequence[str]],
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> AnswerScores:
    """Both measures over many answers, with bootstrap intervals over the answers.

    Raises:
        InputError: The lengths differ, there are fewer than two answers, or one has no reference.
    """
    import numpy as np

    if len(answers) != len(references):
        raise InputError(
            f"{len(answers)} answers and {len(references)} references",
            hint="give one reference, or one list of them, for each answer",
        )
    pairs = list(zip(answers, references, strict=True))
    exact = [is_exact_match(answer, reference) for answer, reference in pairs]
    f1 = [token_f1(answer, reference) for answer, reference in pairs]
    return AnswerScores(
        bootstrap_interval(np.mean, np.array(exact, float), confidence=confidence, seed=seed),
        bootstrap_interval(np.mean, np.array(f1), confidence=confidence, seed=seed),
        tuple(exact),
        tuple(f1),
    )


def _listed(references: str | Sequence[str]) -> Sequence[str]:
    listed = [references] if isinstance(references, str) else list(references)
    if not listed:
        raise InputError("an answer has no reference", hint="leave such questions out")
    return listed


def _f1(given: list[str], wanted: list[str]) -> float:
    if not given or not wanted:
        return float(given == wanted)
    shared = sum((Counter(given) & Counter(wanted)).values())
    if shared == 0:
        return 0.0
    precision, recall = shared / len(given), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)
