"""What is minimised: the negative log-probability of the answers' tokens, and of nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from workbench.core.cancellation import check_cancelled

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.batches import Batch


@dataclass(frozen=True)
class Outputs:
    """What a model said of a batch.

    Attributes:
        logits: Before each token of an answer, float32 ``[n, vocabulary]``; in the order of the
            batch's ``targets``.
        losses_nats: Of each of those tokens, ``[n]``, without its weight.
    """

    logits: torch.Tensor
    losses_nats: torch.Tensor


class Objective(Protocol):
    """What a loop minimises: a sum over a batch, and the weight that the sum is divided by."""

    def weigh(self, batch: Batch) -> float:
        """What a batch counts for, known before it is computed."""
        ...

    def __call__(self, module: torch.nn.Module, batch: Batch) -> tuple[torch.Tensor, Outputs]:
        """The sum over the batch, a scalar with its gradient, and what the model said."""
        ...


class AnswerLoss:
    """The weighted sum of the answers' negative log-probabilities, in nats."""

    def weigh(self, batch: Batch) -> float:
        """The weight of the batch's answer tokens."""
        return float(batch.weights.sum())

    def __call__(self, module: torch.nn.Module, batch: Batch) -> tuple[torch.Tensor, Outputs]:
        """See ``Objective``."""
        outputs = compute(module, batch)
        return (outputs.losses_nats * batch.weights).sum(), outputs


def casting(module: torch.nn.Module) -> contextlib.AbstractContextManager[Any]:
    """Products in 16 bits where the base is kept in 16 bits; the loop computes under it."""
    import torch

    halved = any(each.dtype == torch.bfloat16 for each in module.parameters())
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=halved)


@contextlib.contextmanager
def judging(module: torch.nn.Module) -> Iterator[None]:
    """Ask a module that is being trained: no dropout, no gradients, the numbers of the loop."""
    import torch

    was_training = module.training
    module.eval()
    try:
        with torch.no_grad(), casting(module):
            yield
    finally:
        module.train(was_training)


def compute(module: torch.nn.Module, batch: Batch) -> Outputs:
    """Run a causal model of transformers on a batch; logits are made where they are needed."""
    import torch

    # One list of places for all bins is what the models take; a bin may then have some too many.
    kept, column = torch.unique(batch.places, return_inverse=True)
    said = module(
        input_ids=batch.input_ids,
        attention_mask=batch.attention_mask,
        position_ids=batch.position_ids,
        use_cache=False,
        logits_to_keep=kept,
    )
    logits = said.logits[batch.bins, column].float()
    losses = torch.nn.functional.cross_entropy(logits, batch.targets, reduction="none")
    return Outputs(logits, losses)


def evaluate_loss(
    module: torch.nn.Module, batches: Sequence[Batch], *, objective: Objective | None = None
) -> float:
    """The mean of an objective over what it weighs: by default nats an answer token."""
    objective = objective or AnswerLoss()
    total = weight = 0.0
    with judging(module):
        for batch in batches:
            check_cancelled()
            total += float(objective(module, batch)[0])
            weight += objective.weigh(batch)
    return total / weight
