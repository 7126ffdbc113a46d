"""The words of all passages, sentence by sentence, as numbers: coverage is told fast."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from .words import sentences_of, stems_of

if TYPE_CHECKING:
    import numpy as np

UNKNOWN = -1


@dataclass(frozen=True)
class PassageWords:
    """Stems by number, each once a sentence.

    ``numbers`` holds those of all sentences one after another; sentence s has those from
    ``sentence_starts[s]`` to the next, passage p the sentences from ``passage_starts[p]`` to the
    next.
    """

    stems: tuple[str, ...]
    numbers: np.ndarray
    sentence_starts: np.ndarray
    passage_starts: np.ndarray
    _sentences: dict[int, tuple[frozenset[int], ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def of(cls, texts: Sequence[str]) -> PassageWords:
        """The words of passages in their order."""
        import numpy as np

        sentences: list[frozenset[str]] = []
        passage_starts = [0]
        for text in texts:
            sentences += [stems_of(text[start:end]) for start, end in sentences_of(text)]
            passage_starts.append(len(sentences))
        stems = tuple(sorted(frozenset().union(*sentences))) if sentences else ()
        number = {word: place for place, word in enumerate(stems)}
        lengths = [len(each) for each in sentences]
        flat = [number[word] for each in sentences for word in sorted(each)]
        return cls(
            stems,
            np.array(flat, dtype=np.int32),
            np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64),
            np.array(passage_starts, dtype=np.int64),
        )

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The number of each stem."""
        return {word: place for place, word in enumerate(self.stems)}

    @cached_property
    def rarity(self) -> np.ndarray:
        """The inverse document frequency of each stem, shape (stems,)."""
        import numpy as np

        passages = len(self.passage_starts) - 1
        ends = self.sentence_starts[self.passage_starts]
        owner = np.repeat(np.arange(passages), np.diff(ends))
        pairs = np.unique(owner * (len(self.stems) + 1) + self.numbers)
        counts = np.bincount(pairs % (len(self.stems) + 1), minlength=len(self.stems))
        return np.asarray(np.log((passages + 1) / (counts + 0.5)))

    def rarity_of(self, word: int) -> float:
        """That of one stem; of one that no passage has, the most there can be."""
        if word < 0:
            return math.log(2 * len(self.passage_starts))
        return float(self.rarity[word])

    def numbers_of(self, stems: Iterable[str]) -> list[int]:
        """The numbers of stems; each one that no passage has gets a number below 0 of its own."""
        unknown, found = UNKNOWN, []
        for word in stems:
            number = self.number_of.get(word)
            if number is None:
                number, unknown = unknown, unknown - 1
            found.append(number)
        return found

    def sentences(self, passage: int) -> tuple[frozenset[int], ...]:
        """The stems of each sentence of a passage."""
        known = self._sentences.get(passage)
        if known is None:
            first, last = self.passage_starts[passage : passage + 2]
            starts = self.sentence_starts[first : last + 1]
            known = tuple(
                frozenset(self.numbers[start:end].tolist()) for start, end in pairwise(starts)
            )
            self._sentences[passage] = known
        return known

    @cached_property
    def is_year(self) -> np.ndarray:
        """Which stems are written as a year is, shape (stems,)."""
        import numpy as np

        return np.array([word.isdigit() and 3 <= len(word) <= 4 for word in self.stems], dtype=bool)

    @cached_property
    def is_number(self) -> np.ndarray:
        """Which stems have a digit, shape (stems,)."""
        import numpy as np

        return np.array([any(map(str.isdigit, word)) for word in self.stems], dtype=bool)
