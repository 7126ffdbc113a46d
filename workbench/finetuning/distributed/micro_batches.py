"""A batch cut into parts of one shape, which follow each other through a pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.batches import Batch


@dataclass(frozen=True)
class Laid:
    """Several batches of one shape, one after the other.

    Attributes:
        input_ids: ``[batches * bins, tokens]``.
        position_ids: The same.
        attention_mask: ``[batches * bins, 1, tokens, tokens]``, whether a token sees another.
        number: The batch of each bin, ``[batches * bins]``.
        bins: Of each batch.
        tokens: Of each bin.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    attention_mask: torch.Tensor
    number: torch.Tensor
    bins: int
    tokens: int


def lay(batches: Sequence[Batch]) -> Laid:
    """Fill batches up to the shape of the largest; what is filled in is judged by nobody."""
    import torch

    bins = max(each.input_ids.shape[0] for each in batches)
    tokens = max(each.input_ids.shape[1] for each in batches)
    count = len(batches)
    ids = torch.zeros((count, bins, tokens), dtype=torch.long)
    positions = torch.zeros_like(ids)
    # What is filled in sees itself, or it would be NaN.
    mask = torch.eye(tokens, dtype=torch.bool).repeat(count, bins, 1, 1)
    for number, batch in enumerate(batches):
        rows, columns = batch.input_ids.shape
        ids[number, :rows, :columns] = batch.input_ids
        positions[number, :rows, :columns] = batch.position_ids
        mask[number, :rows, :columns, :columns] |= _sees(batch)
    return Laid(
        ids.flatten(0, 1),
        positions.flatten(0, 1),
        mask.flatten(0, 1).unsqueeze(1),
        torch.arange(count).repeat_interleave(bins),
        bins,
        tokens,
    )


def _sees(batch: Batch) -> torch.Tensor:
    """Which token sees which, ``[bins, tokens, tokens]``: none sees a later one, nor padding."""
    import torch

    if batch.attention_mask.dim() == 4:
        return batch.attention_mask[:, 0]
    length = batch.attention_mask.shape[1]
    return (
        torch.ones((length, length), dtype=torch.bool).tril()
        & batch.attention_mask[:, None, :].bool()
    )
