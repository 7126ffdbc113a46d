"""Batches in which each unit is by a coin of its own: what the accountants assume."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError

if TYPE_CHECKING:
    import torch

    from .noise import Noise


class PoissonBatches:
    """Places of examples, one list a step, some of them empty; ``steps`` lists and no more.

    Args:
        count: How many examples there are.
        rate: The probability with which each unit is in a step.
        steps: How many there are.
        noise: Tosses the coins.
        units: To whom each example belongs, ``[count]``; by default each is a unit of its own.
    """

    def __init__(
        self,
        count: int,
        *,
        rate: float,
        steps: int,
        noise: Noise,
        units: Sequence[Any] | None = None,
    ) -> None:
        if count < 1:
            raise InputError("there is nothing to learn from", hint="give at least one example")
        if units is not None and len(units) != count:
            raise InputError(f"units names {len(units)} examples, and there are {count}")
        self.rate, self.steps, self.noise = rate, steps, noise
        self.members = _members(units) if units is not None else [[row] for row in range(count)]
        self.drawn = 0
        self.last_sizes: list[int] = []

    def __len__(self) -> int:
        return self.steps - self.drawn

    def __iter__(self) -> Iterator[list[int]]:
        while self.drawn < self.steps:
            self.drawn += 1
            yield self.draw()

    def draw(self) -> list[int]:
        """The examples of one step, those of a unit together."""
        chosen = self.noise.coins(len(self.members), self.rate).nonzero()[:, 0].tolist()
        self.last_sizes = [len(self.members[unit]) for unit in chosen]
        return [row for unit in chosen for row in self.members[unit]]


def _members(units: Sequence[Any]) -> list[list[int]]:
    found: dict[Any, list[int]] = {}
    for row, unit in enumerate(units):
        found.setdefault(unit, []).append(row)
    return list(found.values())


def make_loader(
    loader: torch.utils.data.DataLoader[Any], batches: PoissonBatches
) -> torch.utils.data.DataLoader[Any]:
    """The loader's data set in Poisson batches; an empty batch has tensors of length 0."""
    from torch.utils.data import DataLoader

    dataset: Any = loader.dataset
    return DataLoader(
        dataset,
        batch_sampler=batches,
        collate_fn=_CollateEmpty(loader.collate_fn, dataset),
        num_workers=loader.num_workers,
    )


def check_loader(loader: torch.utils.data.DataLoader[Any]) -> None:
    """Raise CapabilityError for a loader whose own way of drawing would silently be lost."""
    from torch.utils.data import IterableDataset, RandomSampler, SequentialSampler

    if isinstance(loader.dataset, IterableDataset):
        raise CapabilityError(
            "a stream cannot be sampled by a coin for each example",
            hint="load it into a data set with a length first",
        )
    sampler = loader.sampler
    plain = isinstance(sampler, SequentialSampler) or (
        isinstance(sampler, RandomSampler) and not sampler.replacement
    )
    if not plain:
        raise CapabilityError(
            f"the loader draws by {type(sampler).__name__}; a private run draws each example with "
            "the same probability, or its epsilon does not hold",
            hint="DataLoader(dataset, batch_size=...) without a sampler",
        )


def count_rows(batch: Any) -> int:
    """How many examples a batch has: the length of its first tensor.

    Raises:
        InputError: There is no tensor in it.
    """
    import torch

    if isinstance(batch, torch.Tensor):
        return len(batch)
    parts = batch.values() if isinstance(batch, dict) else batch
    for part in parts if isinstance(parts, (list, tuple)) or isinstance(batch, dict) else ():
        return count_rows(part)
    raise InputError(f"a batch of {type(batch).__name__} has no tensor whose rows are examples")


class _CollateEmpty:
    """A collate function that also knows what nothing looks like."""

    def __init__(self, collate: Callable[[list[Any]], Any], dataset: Any) -> None:
        self.collate, self.dataset = collate, dataset

    def __call__(self, rows: list[Any]) -> Any:
        return self.collate(rows) if rows else _emptied(self.collate([self.dataset[0]]))


def _emptied(batch: Any) -> Any:
    import torch

    if isinstance(batch, torch.Tensor):
        return batch[:0]
    if isinstance(batch, dict):
        return {name: _emptied(part) for name, part in batch.items()}
    if isinstance(batch, (list, tuple)):
        return type(batch)(_emptied(part) for part in batch)
    raise CapabilityError(
        f"a batch holds a {type(batch).__name__}, and an empty step can have none",
        hint="batches of tensors, in lists, tuples or dicts",
    )
