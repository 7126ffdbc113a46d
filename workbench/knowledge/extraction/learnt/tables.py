"""A passage's words, phrases and pairs as arrays, for the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .phrases import Candidate
from .signs import Sentence, number_of

if TYPE_CHECKING:
    import numpy as np

SIGN_ROWS = 1 << 13
"""The rows of each table of signs."""


@dataclass(frozen=True)
class PairTable:
    """Sentences' words, their candidates, and every ordered pair of these within a sentence.

    ``phrase_signs`` and ``pair_signs`` are row numbers one after the other; those of the nth phrase
    (pair) begin at the nth of ``phrase_starts`` (``pair_starts``). ``spans`` has the first word of
    each candidate and the one after its last, ``heads`` its head, as places in ``words``;
    ``sentences`` has where each sentence begins and ends. ``pairs`` [pairs, 2] numbers
    ``candidates``.
    """

    words: tuple[str, ...]
    sentences: np.ndarray
    candidates: tuple[Candidate, ...]
    heads: np.ndarray
    spans: np.ndarray
    phrase_signs: np.ndarray
    phrase_starts: np.ndarray
    pairs: np.ndarray
    pair_signs: np.ndarray
    pair_starts: np.ndarray


def pair_table(sentences: Sequence[Sentence]) -> PairTable:
    """The table of some sentences, in order."""
    import numpy as np

    words: list[str] = []
    bounds: list[tuple[int, int]] = []
    candidates: list[Candidate] = []
    heads: list[int] = []
    spans: list[tuple[int, int]] = []
    phrases: list[list[int]] = []
    pairs: list[tuple[int, int]] = []
    told: list[list[int]] = []
    for each in sentences:
        before, first = len(candidates), len(words)
        words += each.lower
        bounds.append((first, len(words)))
        candidates += each.candidates
        heads += [first + head for head in each.heads]
        spans += [(first + start, first + end) for start, end in each.spans]
        count = len(each.candidates)
        phrases += [_numbers("u", each.of_phrase(which)) for which in range(count)]
        for one in range(count):
            for two in range(count):
                if each.heads[one] != each.heads[two]:
                    pairs.append((before + one, before + two))
                    told.append(_numbers("", each.of_pair(one, two)))
    return PairTable(
        tuple(words),
        np.array(bounds, np.int64).reshape(-1, 2),
        tuple(candidates),
        np.array(heads, np.int64),
        np.array(spans, np.int64).reshape(-1, 2),
        *_joined(phrases),
        np.array(pairs, np.int64).reshape(-1, 2),
        *_joined(told),
    )


def _numbers(before: str, signs: Sequence[str]) -> list[int]:
    return [number_of(before + sign, SIGN_ROWS) for sign in signs]


def _joined(groups: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """All numbers one after the other, and where each group begins."""
    import numpy as np

    lengths = [len(each) for each in groups]
    starts = np.concatenate([[0], np.cumsum(lengths)])[: len(groups)]
    return np.array([number for each in groups for number in each], np.int64), starts
