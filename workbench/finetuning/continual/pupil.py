"""What a strategy teaches: a small classifier or a language model, seen through one protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from workbench.finetuning.training.objective import Objective, Outputs

if TYPE_CHECKING:
    import numpy as np
    import torch

Weights = dict[str, "torch.Tensor"]


class Pupil(Protocol):
    """A module that learns, and how its examples become batches.

    A batch has ``examples``, ``targets`` ``[n]`` and ``rows`` ``[n]``: for each prediction its
    right class or token, and the example that it belongs to. A picture has one, an answer several.
    """

    module: torch.nn.Module
    objective: Objective
    classes: int | None
    """How many outputs there are if tasks bring classes of their own; None for a vocabulary."""

    def collate(self, examples: Sequence[Any]) -> Any:
        """Examples as one batch."""
        ...

    def compute(self, module: Any, batch: Any) -> Outputs:
        """What a module, or a function that stands for it, says of a batch."""
        ...

    def train(self, examples: Sequence[Any], *, seed: int, extra_loss: Any) -> None:
        """Learn one task."""
        ...

    def measure(self, tests: Sequence[Any]) -> float:
        """The share of tests that are answered rightly."""
        ...

    def describe(self, examples: Sequence[Any]) -> np.ndarray:
        """What is asked, without the answers, as vectors of length 1: ``[n, d]``."""
        ...

    def describe_everyday(self) -> np.ndarray | None:
        """What is asked and belongs to no task, ``[m, d]`` as ``describe``; None if unknown."""
        ...

    def add_adapter(self, name: str) -> None:
        """Freeze the adapters there are and add one that learns; all of them act."""
        ...

    def read_deltas(self) -> Weights:
        """What was learnt on top of the base, a dense tensor for each weight."""
        ...

    def write_deltas(self, deltas: Mapping[str, torch.Tensor]) -> None:
        """Put changes of the base in place of what was learnt."""
        ...


def learning(module: torch.nn.Module) -> Weights:
    """The parameters that learn, by name; the tensors themselves."""
    return {name: each for name, each in module.named_parameters() if each.requires_grad}


def take_weights(module: torch.nn.Module) -> Weights:
    """A copy of the parameters that learn."""
    return {name: each.detach().clone() for name, each in learning(module).items()}


def put_weights(module: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Put a copy back."""
    import torch

    known = dict(module.named_parameters())
    with torch.no_grad():
        for name, value in weights.items():
            known[name].copy_(value)


def with_weights(module: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> Any:
    """A function that answers as the module would with other weights.

    The module's own stay as they are: a loss that was computed with them can still go back.
    """
    from torch.func import functional_call

    def call(*args: Any, **kwargs: Any) -> Any:
        return functional_call(module, dict(weights), args, kwargs)

    return call


def mean_loss(outputs: Outputs, batch: Any) -> torch.Tensor:
    """The weighted mean loss of a batch's predictions, in nats."""
    return (outputs.losses_nats * batch.weights).sum() / batch.weights.sum()


def rows_of(batch: Any) -> Iterable[torch.Tensor]:
    """The places of each example's predictions among the batch's, example by example."""
    for row in range(len(batch.examples)):
        yield (batch.rows == row).nonzero(as_tuple=True)[0]
