"""The classifier of pairs: sums of sign vectors, words in their context, a chance per relation.

A word is its vector and, through two convolutions of three words, those beside it. A phrase is the
sum of its signs' vectors and of its words; a pair that of its own signs, of the words between, of
both phrases and of their product, as in the biaffine scorers of Dozat and Manning 2017 ("Deep
Biaffine Attention for Neural Dependency Parsing") with a diagonal in place of the full tensor.
Trained with torch (``training``), read with numpy: nothing of torch is loaded to extract.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from .tables import PairTable

if TYPE_CHECKING:
    import numpy as np

WORD_SCALE = 10.0  # word pieces' vectors are small
CONVOLUTIONS = 2
_EPSILON = 1e-5
_MOST_WORDS = 50_000  # that are kept


class Words(Protocol):
    """Gives words their vectors."""

    def of(self, words: Sequence[str]) -> np.ndarray:
        """float32 [words, size]."""


@dataclass(frozen=True)
class Network:
    """The network.

    Args:
        weights: By name, float32; the shapes are those of ``training.model``.
        classes: Of its output, ``none`` the first.
        words: Where words have their vectors.
    """

    weights: Mapping[str, np.ndarray]
    classes: tuple[str, ...]
    words: Words
    _known: dict[str, np.ndarray] = field(default_factory=dict)

    def chances(self, table: PairTable) -> np.ndarray:
        """The chance of each class for each pair, [pairs, classes]; rows sum to 1."""
        import numpy as np

        if not len(table.pairs):
            return np.zeros((0, len(self.classes)), np.float32)
        w = self.weights
        context = self._in_context(table)
        own = np.hstack([context[table.heads], _means(context, table.spans)])
        phrases = _sums(w["phrase_signs"], table.phrase_signs, table.phrase_starts)
        phrases = np.maximum(self._normed(phrases + self._line(own, "phrase"), "phrase_norm"), 0)
        one, two = table.pairs[:, 0], table.pairs[:, 1]
        hidden = _sums(w["pair_signs"], table.pair_signs, table.pair_starts)
        hidden += self._line(phrases, "subject")[one] + self._line(phrases, "object")[two]
        hidden += (phrases @ w["product.weight"].T)[one] * phrases[two]
        hidden += _means(
            context @ w["between.weight"].T, between(table.spans[one], table.spans[two])
        )
        scores = self._line(np.maximum(self._normed(hidden, "pair_norm"), 0), "output")
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))

    def _in_context(self, table: PairTable) -> np.ndarray:
        """The words' vectors [words, d]; sentences do not see each other."""
        import numpy as np

        # Another thread may empty what is kept, so what this table needs is held here too.
        words, known = dict.fromkeys(table.words), self._known
        held = {each: vector for each in words if (vector := known.get(each)) is not None}
        new = [each for each in words if each not in held]
        if new:
            made = self._normed(self._line(self.words.of(new) * WORD_SCALE, "word"), "word_norm")
            held.update(zip(new, made, strict=True))
            if len(known) + len(new) > _MOST_WORDS:
                known.clear()
            known.update(zip(new, made, strict=True))
        found = np.stack([held[each] for each in table.words])
        for layer in range(CONVOLUTIONS):
            before, after = np.zeros_like(found), np.zeros_like(found)
            before[1:], after[:-1] = found[:-1], found[1:]
            before[table.sentences[:, 0]] = 0
            after[table.sentences[:, 1] - 1] = 0
            seen = self._line(np.hstack([before, found, after]), f"convolution_{layer}")
            found = self._normed(found + np.maximum(seen, 0), f"convolution_{layer}_norm")
        return found

    def _line(self, values: np.ndarray, name: str) -> np.ndarray:
        found: np.ndarray = values @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return found

    def _normed(self, values: np.ndarray, name: str) -> np.ndarray:
        """Layer normalisation (Ba et al. 2016)."""
        import numpy as np

        centred = values - values.mean(axis=1, keepdims=True)
        deviation = np.sqrt(np.square(centred).mean(axis=1, keepdims=True) + _EPSILON)
        scaled = centred / deviation * self.weights[f"{name}.weight"]
        return np.asarray(scaled + self.weights[f"{name}.bias"])


def _sums(vectors: np.ndarray, signs: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The sum of the vectors of each group of signs; every group has one at least."""
    import numpy as np

    return np.asarray(np.add.reduceat(vectors[signs], starts, axis=0))


def _means(values: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """The mean of the rows of each span, zeros for one without any."""
    import numpy as np

    summed = np.zeros((len(values) + 1, values.shape[1]), values.dtype)
    np.cumsum(values, axis=0, out=summed[1:])
    lengths = np.maximum(spans[:, 1] - spans[:, 0], 1)[:, None]
    return np.asarray((summed[spans[:, 1]] - summed[spans[:, 0]]) / lengths)


def between(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """From the end of the earlier span to the start of the later; of no length if they touch."""
    import numpy as np

    is_before = one[:, 0] < two[:, 0]
    start = np.where(is_before, one[:, 1], two[:, 1])
    end = np.where(is_before, two[:, 0], one[:, 0])
    return np.stack([start, np.maximum(start, end)], axis=1)
