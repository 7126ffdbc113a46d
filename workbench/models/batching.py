"""Texts of like length together, so that little of a batch is padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def batch_by_length(
    lengths: Sequence[int], *, batch_tokens: int, batch_size: int = 64
) -> Iterator[list[int]]:
    """Split texts into batches, longest first.

    Args:
        lengths: Of each text, in tokens.
        batch_tokens: A batch holds at most this many tokens, padding included, but one text.
        batch_size: A batch holds at most this many texts.

    Yields:
        Places in ``lengths``; each place comes once.
    """
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        longest = lengths[batch[0]] if batch else lengths[place]
        if batch and (len(batch) == batch_size or longest * (len(batch) + 1) > batch_tokens):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def pad_rows(rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of ids as ``input_ids`` and ``attention_mask`` ``[rows, tokens]``, padded at the end."""
    import torch

    longest = max(len(row) for row in rows)
    ids = torch.zeros((len(rows), longest), dtype=torch.long)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = 1
    return ids, mask
