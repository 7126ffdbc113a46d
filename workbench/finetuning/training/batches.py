"""Examples side by side in one tensor, none of which sees another, and the order they come in.

Examples of a batch begin alike: the system message, the head of the user's turn. Where they are
packed, what they share is computed once, and each attends to it and to itself. The loss and its
gradient are those of the examples one by one; only the sums are taken in another order.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.seeds import derive_seed
from workbench.finetuning.training.encoding import Encoded

if TYPE_CHECKING:
    import torch

Unit = tuple[Encoded, ...]


@dataclass(frozen=True)
class Batch:
    """Examples as tensors.

    Attributes:
        examples: What is in it; ``rows`` are places among them.
        input_ids: ``[bins, tokens]``, padded on the right.
        position_ids: ``[bins, tokens]``, counted anew for each example.
        attention_mask: ``[bins, tokens]``, or ``[bins, 1, tokens, tokens]`` if a bin holds several.
        bins: The bin of each position that predicts a token of an answer, ``[n]``.
        places: Its place there, ``[n]``.
        targets: The token that comes next, ``[n]``.
        weights: What its loss is multiplied with, ``[n]``.
        rows: The example to which it belongs, ``[n]``.
    """

    examples: tuple[Encoded, ...]
    input_ids: torch.Tensor
    position_ids: torch.Tensor
    attention_mask: torch.Tensor
    bins: torch.Tensor
    places: torch.Tensor
    targets: torch.Tensor
    weights: torch.Tensor
    rows: torch.Tensor

    @property
    def tokens(self) -> int:
        """The tokens of the examples, each counted for itself."""
        return sum(len(each.ids) for each in self.examples)

    @property
    def computed_tokens(self) -> int:
        """The tokens that a model computes for it, padding included."""
        return self.input_ids.numel()


def collate(examples: Sequence[Encoded], *, pack_tokens: int = 0, pad_id: int = 0) -> Batch:
    """Lay examples into bins.

    Args:
        examples: At least one.
        pack_tokens: The length of a bin that several may share; 0 gives each its own.
        pad_id: Fills what is left.
    """
    import torch

    if not examples:
        raise InputError("a batch needs at least one example")
    bins = [_Bin(examples, rows) for rows in _fill_bins(examples, pack_tokens)]
    length = max(len(each.ids) for each in bins)
    input_ids = torch.full((len(bins), length), pad_id)
    position_ids = torch.zeros((len(bins), length), dtype=torch.long)
    for number, each in enumerate(bins):
        input_ids[number, : len(each.ids)] = torch.tensor(each.ids)
        position_ids[number, : len(each.ids)] = torch.tensor(each.positions)
    alone = all(len(each.rows) == 1 for each in bins)
    answers = [(number, *found) for number, each in enumerate(bins) for found in each.answers]
    places = torch.tensor([found[:4] for found in answers])
    return Batch(
        tuple(examples),
        input_ids,
        position_ids,
        _mask_alone(bins, length) if alone else _mask_packed(bins, length),
        bins=places[:, 0],
        places=places[:, 1],
        targets=places[:, 2],
        rows=places[:, 3],
        weights=torch.tensor([examples[row].weight for row in places[:, 3].tolist()]),
    )


class _Bin:
    """Examples in one row of a tensor: what they share, and then each one's own tokens."""

    def __init__(self, examples: Sequence[Encoded], rows: Sequence[int]) -> None:
        self.rows = rows
        shared = _shared_length([examples[row] for row in rows])
        self.ids = list(examples[rows[0]].ids[:shared])
        self.positions = list(range(shared))
        self.segments = [0] * shared  # 0 is seen by all
        self.answers: list[tuple[int, int, int]] = []  # place, target, row
        for segment, row in enumerate(rows, start=1):
            example = examples[row]
            offset = len(self.ids) - shared
            for place in range(example.start, len(example.ids)):
                before = place - 1 if place <= shared else place - 1 + offset
                self.answers.append((before, example.ids[place], row))
            self.ids += example.ids[shared:]
            self.positions += range(shared, len(example.ids))
            self.segments += [segment] * (len(example.ids) - shared)


def _shared_length(examples: Sequence[Encoded]) -> int:
    """How many tokens all begin with, at most up to the first answer."""
    if len(examples) == 1:
        return 0
    length = min(each.start for each in examples)
    first = examples[0].ids
    for each in examples[1:]:
        length = next((i for i in range(length) if each.ids[i] != first[i]), length)
    return length


def _fill_bins(examples: Sequence[Encoded], pack_tokens: int) -> list[list[int]]:
    """Which examples share a bin: in their order, each into the first that has room for it."""
    shared = _shared_length(examples) if len(examples) > 1 else 0
    found: list[tuple[int, list[int]]] = []
    for row, example in enumerate(examples):
        own = len(example.ids) - shared
        for number, (used, rows) in enumerate(found):
            if used + own <= pack_tokens:
                found[number] = (used + own, [*rows, row])
                break
        else:
            found.append((shared + own, [row]))
    return [rows for _, rows in found]


def _mask_alone(bins: Sequence[_Bin], length: int) -> torch.Tensor:
    import torch

    sizes = torch.tensor([len(each.ids) for each in bins])
    return (torch.arange(length)[None, :] < sizes[:, None]).long()


def _mask_packed(bins: Sequence[_Bin], length: int) -> torch.Tensor:
    import torch

    mask = torch.zeros((len(bins), 1, length, length), dtype=torch.bool)
    for number, each in enumerate(bins):
        segments = torch.tensor(each.segments + [-1] * (length - len(each.ids)))
        same = segments[:, None] == segments[None, :]
        mask[number, 0] = (same | (segments == 0)[None, :]).tril()
    return mask | torch.eye(length, dtype=torch.bool)  # padding sees itself, or it would be NaN


class Batches:
    """Batches without end, each epoch in an order of its own; their place can be saved.

    Args:
        units: What is drawn: one example each, or several that belong together.
        batch: How many units a batch has.
        seed: Decides the orders.
        pack_tokens: See ``collate``.
        pad_id: See ``collate``.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        *,
        batch: int,
        seed: int = 0,
        pack_tokens: int = 0,
        pad_id: int = 0,
    ) -> None:
        if not units:
            raise InputError("there is nothing to learn from", hint="give at least one example")
        self._units, self._seed = list(units), seed
        self._size = min(batch, len(self._units))
        self._pack_tokens, self._pad_id = pack_tokens, pad_id
        self._epoch = self._place = 0
        self._order = self._shuffle(0)

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        return collate(
            [example for unit in self.draw() for example in unit],
            pack_tokens=self._pack_tokens,
            pad_id=self._pad_id,
        )

    def draw(self) -> list[Unit]:
        """The next units, across the end of an epoch if need be, none of them twice."""
        drawn: list[int] = []
        while len(drawn) < self._size:
            if self._place == len(self._order):
                self._epoch, self._place = self._epoch + 1, 0
                order = self._shuffle(self._epoch)
                # What this batch has already comes later in the new epoch.
                self._order = [i for i in order if i not in drawn] + [
                    i for i in order if i in drawn
                ]
            drawn.append(self._order[self._place])
            self._place += 1
        return [self._give(number) for number in drawn]

    def _give(self, number: int) -> Unit:
        """A unit that was drawn, as it is learnt this time."""
        return self._units[number]

    def state_dict(self) -> dict[str, Any]:
        """Where it stands, as plain data."""
        return {"epoch": self._epoch, "place": self._place, "order": list(self._order)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from where ``state`` was taken."""
        self._epoch, self._place = int(state["epoch"]), int(state["place"])
        self._order = [int(number) for number in state["order"]]

    def _shuffle(self, epoch: int) -> list[int]:
        order = list(range(len(self._units)))
        random.Random(derive_seed(self._seed, "order", epoch)).shuffle(order)
        return order


def batches_in_order(
    examples: Sequence[Encoded], *, batch: int, pack_tokens: int = 0, pad_id: int = 0
) -> list[Batch]:
    """All examples once, in their order: what an evaluation reads."""
    return [
        collate(examples[start : start + batch], pack_tokens=pack_tokens, pad_id=pad_id)
        for start in range(0, len(examples), batch)
    ]
