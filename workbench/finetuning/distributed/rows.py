"""Which rows of a batch are a process's own."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

from workbench.finetuning.training.batches import Batch, collate
from workbench.finetuning.training.encoding import Encoded

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Rows:
    """Deals every batch among ``count`` processes; this is number ``rank``.

    A batch is drawn by every process alike, so the sampler's place and the batch that a step learns
    from are the same for any number of them.
    """

    rank: int
    count: int
    pack_tokens: int = 0
    pad_id: int = 0

    def take(self, batch: Batch) -> Batch:
        """This process's examples of a batch.

        One that has none gets the batch's first, with a weight of 0: what is computed together is
        computed by all.
        """
        if self.count == 1:
            return batch
        return self.collate(self.pick(batch.examples) or [self.without_weight(batch)])

    def pick(self, items: Sequence[T]) -> list[T]:
        """This process's share of a list."""
        return list(items[self.rank :: self.count])

    def collate(self, examples: Sequence[Encoded]) -> Batch:
        """Examples as a batch, laid as the whole one was."""
        return collate(examples, pack_tokens=self.pack_tokens, pad_id=self.pad_id)

    @staticmethod
    def without_weight(batch: Batch) -> Encoded:
        """An example that teaches nothing."""
        return dataclasses.replace(batch.examples[0], weight=0.0)
