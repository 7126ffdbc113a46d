"""The network in torch, with the names and shapes of ``network.Network``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional

from ..network import CONVOLUTIONS, WORD_SCALE, between
from ..tables import SIGN_ROWS
from ..weights import CLASSES
from .labels import Example

if TYPE_CHECKING:
    import numpy as np

WIDTH = 64
_DROPPED, _DROPPED_WORDS, _DROPPED_SIGNS = 0.3, 0.2, 0.15


@dataclass(frozen=True)
class Batch:
    """Some examples in one; ``sentences`` is how many they are."""

    words: torch.Tensor
    is_first: torch.Tensor
    is_last: torch.Tensor
    heads: torch.Tensor
    spans: torch.Tensor
    between: torch.Tensor
    phrase_signs: torch.Tensor
    phrase_starts: torch.Tensor
    pairs: torch.Tensor
    pair_signs: torch.Tensor
    pair_starts: torch.Tensor
    classes: torch.Tensor
    weights: torch.Tensor
    sentences: int


def make_batch(examples: Sequence[Example], rows: dict[str, int]) -> Batch:
    """The examples as one batch; ``rows`` numbers the words in the table of their vectors."""
    import numpy as np

    tables = [each.table for each in examples]
    words = np.cumsum([0, *(len(each.words) for each in tables)])
    phrases = np.cumsum([0, *(len(each.candidates) for each in tables)])
    is_first, is_last = np.ones((words[-1], 1)), np.ones((words[-1], 1))
    is_first[words[:-1]], is_last[words[1:] - 1] = 0, 0

    def joined(name: str, added: Any) -> torch.Tensor:
        parts = [getattr(each, name) + more for each, more in zip(tables, added, strict=False)]
        return torch.from_numpy(np.concatenate(parts).astype(np.int64))

    def starts(name: str) -> np.ndarray:
        return np.cumsum([0, *(len(getattr(each, name)) for each in tables)])

    spans, pairs = joined("spans", words), joined("pairs", phrases)
    none = [0] * len(tables)
    gaps = between(spans.numpy()[pairs[:, 0]], spans.numpy()[pairs[:, 1]])
    return Batch(
        torch.tensor([rows.get(word, 0) for each in tables for word in each.words]),
        torch.from_numpy(is_first.astype(np.float32)),
        torch.from_numpy(is_last.astype(np.float32)),
        joined("heads", words),
        spans,
        torch.from_numpy(gaps),
        joined("phrase_signs", none),
        joined("phrase_starts", starts("phrase_signs")),
        pairs,
        joined("pair_signs", none),
        joined("pair_starts", starts("pair_signs")),
        torch.from_numpy(np.concatenate([each.classes for each in examples])),
        torch.from_numpy(np.concatenate([each.weights for each in examples])),
        len(examples),
    )


class PairModel(nn.Module):
    """The network; ``vectors`` [words, size] are not trained, the first row is of unknown words."""

    def __init__(self, vectors: torch.Tensor) -> None:
        super().__init__()
        self.vectors = vectors
        self.phrase_signs = nn.EmbeddingBag(SIGN_ROWS, WIDTH, mode="sum")
        self.pair_signs = nn.EmbeddingBag(SIGN_ROWS, WIDTH, mode="sum")
        for table in (self.phrase_signs, self.pair_signs):
            nn.init.normal_(table.weight, std=0.05)
        self.word, self.word_norm = nn.Linear(vectors.shape[1], WIDTH), nn.LayerNorm(WIDTH)
        for layer in range(CONVOLUTIONS):
            setattr(self, f"convolution_{layer}", nn.Linear(3 * WIDTH, WIDTH))
            setattr(self, f"convolution_{layer}_norm", nn.LayerNorm(WIDTH))
        self.phrase, self.phrase_norm = nn.Linear(2 * WIDTH, WIDTH), nn.LayerNorm(WIDTH)
        self.between = nn.Linear(WIDTH, WIDTH, bias=False)
        self.subject, self.object = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.product = nn.Linear(WIDTH, WIDTH, bias=False)
        self.pair_norm, self.output = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, len(CLASSES))
        self.drop, self.drop_words = nn.Dropout(_DROPPED), nn.Dropout(_DROPPED_WORDS)
        with torch.no_grad():
            self.output.bias[0] = 3.0  # most pairs are of no class

    def forward(self, batch: Batch) -> torch.Tensor:
        """Scores [pairs, classes]."""
        words = self._in_context(batch)
        own = torch.cat([words[batch.heads], _means(words, batch.spans)], 1)
        signs = self._signs(self.phrase_signs, batch.phrase_signs, batch.phrase_starts)
        phrases = self.drop(functional.relu(self.phrase_norm(signs + self.phrase(own))))
        one, two = batch.pairs[:, 0], batch.pairs[:, 1]
        hidden = self._signs(self.pair_signs, batch.pair_signs, batch.pair_starts)
        hidden = hidden + self.subject(phrases)[one] + self.object(phrases)[two]
        hidden = hidden + self.product(phrases)[one] * phrases[two]
        hidden = hidden + _means(self.between(words), batch.between)
        scores: torch.Tensor = self.output(self.drop(functional.relu(self.pair_norm(hidden))))
        return scores

    def told(self) -> dict[str, np.ndarray]:
        """The weights under the names that ``network.Network`` reads."""
        return {
            name.removesuffix(".weight") if "_signs" in name else name: values.detach().numpy()
            for name, values in self.named_parameters()
        }

    def _signs(
        self, table: nn.EmbeddingBag, signs: torch.Tensor, starts: torch.Tensor
    ) -> torch.Tensor:
        counted = None
        if self.training:
            kept = torch.rand(len(signs)) > _DROPPED_SIGNS
            counted = kept.float() / (1 - _DROPPED_SIGNS)
        summed: torch.Tensor = table(signs, starts, per_sample_weights=counted)
        return summed

    def _in_context(self, batch: Batch) -> torch.Tensor:
        own = self.drop_words(self.vectors[batch.words] * WORD_SCALE)
        found: torch.Tensor = self.word_norm(self.word(own))
        for layer in range(CONVOLUTIONS):
            none = torch.zeros_like(found[:1])
            before = torch.cat([none, found[:-1]]) * batch.is_first
            after = torch.cat([found[1:], none]) * batch.is_last
            seen = self.drop_words(torch.cat([before, found, after], 1))
            changed = functional.relu(getattr(self, f"convolution_{layer}")(seen))
            found = getattr(self, f"convolution_{layer}_norm")(found + changed)
        return found


def _means(values: torch.Tensor, spans: torch.Tensor) -> torch.Tensor:
    summed = torch.cat([torch.zeros_like(values[:1]), values.cumsum(0)])
    lengths = (spans[:, 1] - spans[:, 0]).clamp(min=1)[:, None]
    return (summed[spans[:, 1]] - summed[spans[:, 0]]) / lengths
