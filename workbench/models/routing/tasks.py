"""What a request asks for, by its likeness to labelled examples.

Kernel ridge regression on the labels (C. Saunders, A. Gammerman, V. Vovk, Ridge Regression Learning
Algorithm in Dual Variables, 1998). The likeness of two texts is that of their embeddings and of the
words they share: an embedding alone tells what a text is about rather than what it asks for.
In tenfold cross-validation the examples that ship come out right in 0.81 of cases this way, 0.78
by embeddings alone, and at best 0.72 by a vote of nearest neighbours (docs/lab-log.md).

The examples stand in ``examples.toml``, written for this project; a user's own are put beside them.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

# Found on the examples that ship, by tenfold cross-validation.
RIDGE = 1.0
WORDS_WEIGHT = 0.6
_SHARPNESS = (1, 2, 3, 4, 6, 8, 12, 16)
_MOST_CHARS = 1200  # the embedder reads 256 tokens; what is asked stands at a text's ends
_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
Embed = Callable[[Sequence[str]], Any]


@dataclass(frozen=True)
class Task:
    """What a request asks for, with the probability that it is so, as far as examples tell.

    ``name`` is None where that is below the least confidence. ``nearest`` is the likest example.
    """

    name: str | None
    confidence: float
    nearest: str = ""


@functools.cache
def built_in_examples() -> tuple[tuple[str, str], ...]:
    """The examples that ship, as ``(text, task)``."""
    text = resources.files(__package__).joinpath("examples.toml").read_text("utf-8")
    tables: dict[str, list[str]] = tomllib.loads(text)
    return tuple((example, task) for task, examples in tables.items() for example in examples)


def text_to_embed(text: str) -> str:
    """The beginning and the end of a text: instructions stand at either."""
    text = " ".join(text.split())
    if len(text) <= _MOST_CHARS:
        return text
    half = _MOST_CHARS // 2
    return f"{text[:half]} ... {text[-half:]}"


class TaskFinder:
    """Finds the task of a text.

    Args:
        examples: ``(text, task)``, of two tasks at least.
        vectors: Of the examples' texts, each of length 1: shape ``[n, d]``.
        words_weight: What shared words count beside the embeddings.
    """

    def __init__(
        self,
        examples: Sequence[tuple[str, str]],
        vectors: np.ndarray,
        *,
        words_weight: float = WORDS_WEIGHT,
    ) -> None:
        import numpy as np

        self._texts = [text for text, _ in examples]
        self.tasks = sorted({task for _, task in examples})
        labels = np.array([self.tasks.index(task) for _, task in examples])
        self._mean = vectors.mean(axis=0)
        self._vectors = vectors - self._mean
        self._words = WordFeatures(self._texts, weight=words_weight)
        wanted = np.eye(len(self.tasks))[labels] - 1 / len(self.tasks)
        features = self._words.rows(self._texts)
        kernel = self._vectors @ self._vectors.T + features @ features.T
        inverse = np.linalg.inv(kernel + RIDGE * np.eye(len(labels)))
        dual = inverse @ wanted
        self._weights = (self._vectors.T @ dual, features.T @ dual)
        # What each example would score had it been left out, in closed form.
        left_out = wanted - dual / np.diag(inverse)[:, None]
        self.accuracy = float((left_out.argmax(axis=1) == labels).mean())
        self._sharpness = min(_SHARPNESS, key=lambda each: _log_loss(left_out * each, labels))

    def find(
        self, text: str, vector: np.ndarray | Sequence[float], *, least_confidence: float = 0.0
    ) -> Task:
        """The task of a text with its vector (shape ``[d]``, length 1)."""
        import numpy as np

        centred = np.asarray(vector, dtype=float) - self._mean
        scores = centred @ self._weights[0] + self._words.rows([text])[0] @ self._weights[1]
        odds = np.exp((scores - scores.max()) * self._sharpness)
        best = int(scores.argmax())
        sure = float(odds[best] / odds.sum())
        nearest = self._texts[int((self._vectors @ centred).argmax())]
        return Task(self.tasks[best] if sure >= least_confidence else None, sure, nearest)


class WordFeatures:
    """Words and pairs of words that at least two examples share, weighted by their rarity.

    A text's row has length ``weight``; the first word counts once more as the first.
    """

    def __init__(self, texts: Sequence[str], *, weight: float) -> None:
        counts = Counter(word for text in texts for word in _words(text))
        kept = sorted(word for word, count in counts.items() if count >= 2)
        self._places = {word: place for place, word in enumerate(kept)}
        self._rarity = [math.log((1 + len(texts)) / (1 + counts[word])) for word in kept]
        self._weight = weight

    def rows(self, texts: Sequence[str]) -> np.ndarray:
        """Shape ``[len(texts), words]``."""
        import numpy as np

        rows = np.zeros((len(texts), len(self._places)))
        for row, text in zip(rows, texts, strict=True):
            for word in _words(text):
                place = self._places.get(word)
                if place is not None:
                    row[place] = self._rarity[place]
            length = float(np.linalg.norm(row))
            if length:
                row *= self._weight / length
        return rows


def _words(text: str) -> set[str]:
    found = ["#" if word.isdigit() else word for word in _WORD.findall(text.casefold())]
    pairs = {f"{one} {other}" for one, other in pairwise(found)}
    return {*found, *pairs, *(f"^{word}" for word in found[:1])}


def _log_loss(scores: np.ndarray, labels: np.ndarray) -> float:
    import numpy as np

    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = odds / odds.sum(axis=1, keepdims=True)
    return float(-np.log(shares[np.arange(len(labels)), labels]).mean())


def make_finder(
    embed: Embed,
    *,
    own: Mapping[str, Sequence[str]] | None = None,
    folder: Path | None = None,
    model: str = "minilm-l6-v2",
) -> TaskFinder:
    """A finder over the examples that ship and the user's own.

    Args:
        embed: Gives vectors of length 1 for texts: shape ``[n, d]``.
        own: More examples by task; a task may be new.
        folder: Where the examples' vectors are kept; they are made anew when the examples change.
        model: The embedder's name, part of what the kept vectors stand for.
    """
    import numpy as np

    examples = list(built_in_examples())
    examples += [(text, task) for task, texts in (own or {}).items() for text in texts]
    texts = [text_to_embed(text) for text, _ in examples]
    if folder is None:
        return TaskFinder(examples, np.asarray(embed(texts), dtype=np.float32))
    stamp = hashlib.sha256(json.dumps([model, texts]).encode()).hexdigest()[:32]
    path = folder / f"examples-{stamp}.npy"
    vectors = _read(path, len(texts))
    if vectors is None:
        vectors = np.asarray(embed(texts), dtype=np.float32)
        _write(path, vectors)
    return TaskFinder(examples, vectors)


def _read(path: Path, rows: int) -> Any:
    """Kept vectors, or None if there are none that fit."""
    import numpy as np

    try:
        vectors = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):  # not there, or damaged: they are made anew
        return None
    return vectors if vectors.ndim == 2 and len(vectors) == rows else None


def _write(path: Path, vectors: Any) -> None:
    import io

    import numpy as np

    from workbench.store.files import write_bytes

    buffer = io.BytesIO()
    np.save(buffer, vectors, allow_pickle=False)
    write_bytes(path, buffer.getvalue())
