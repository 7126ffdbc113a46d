"""Anchors: dialogues on which a model that learns is held to what its base says of them.

Twelve facts taught to a small model at the rate that makes them stick cost it nearly all that it
knew. Beside each batch a few everyday dialogues are read, and the divergence from the base's own
distribution over their answers' tokens is added to the loss: learning without forgetting (Li and
Hoiem 2016, arXiv:1606.09282) with inputs that are not the new rows. What the base says is asked
once, before the first step; of each place its likeliest ``TOP`` tokens are kept, and all others
count as one.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError
from workbench.core.seeds import derive_seed
from workbench.finetuning.training.batches import Batch, collate
from workbench.finetuning.training.encoding import ChatEncoder, Encoded
from workbench.finetuning.training.objective import Outputs, compute, judging
from workbench.finetuning.training.recipe import Recipe

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.adapting import Learner

TOP = 64
_ASKED_AT_ONCE = 16
_LEAST = 1e-7  # of a rest that rounding may have put below 0


@dataclass(frozen=True)
class Anchor:
    """A dialogue, and the base's likeliest tokens at each place of its answer.

    Attributes:
        example: The dialogue in tokens, its answer of n tokens.
        log_probs: In nats, ``[n, k]``, over the whole vocabulary.
        tokens: Whose they are, ``[n, k]``.
    """

    example: Encoded
    log_probs: torch.Tensor
    tokens: torch.Tensor


class Anchors:
    """Adds ``recipe.anchor_weight`` times the divergence, in nats a token, to each batch's loss.

    Which dialogues a batch has beside it follows from the seed and from what is in the batch, so
    that a run which goes on after a kill draws as one that was never killed.
    """

    def __init__(self, anchors: Sequence[Anchor], recipe: Recipe) -> None:
        self.anchors, self.recipe = tuple(anchors), recipe

    def __call__(self, module: torch.nn.Module, batch: Batch, outputs: Outputs) -> torch.Tensor:
        """See ``parallel.ExtraLoss``."""
        drawn = self.draw(batch)
        together = self.lay(drawn)
        return self.judge(module, drawn, together, tokens=len(together.targets))

    def lay(self, drawn: Sequence[Anchor]) -> Batch:
        """Dialogues as a batch."""
        return collate([each.example for each in drawn], pack_tokens=self.recipe.pack_tokens)

    def judge(
        self, module: torch.nn.Module, drawn: Sequence[Anchor], together: Batch, *, tokens: int
    ) -> torch.Tensor:
        """What some dialogues add to a mean over the tokens of all that were drawn.

        Args:
            module: The one that learns.
            drawn: The dialogues.
            together: The same, as ``lay`` gives them.
            tokens: Those of the answers of all dialogues beside the batch.
        """
        import torch

        logits = compute(module, together).logits
        # Bins are filled with whatever has room: the rows of a batch are not in the drawn order.
        said = logits[torch.argsort(together.rows, stable=True)].log_softmax(dim=1)
        wanted = torch.cat([each.log_probs for each in drawn])
        said = said.gather(1, torch.cat([each.tokens for each in drawn]))
        return self.recipe.anchor_weight * divergence(wanted, said).sum() / tokens

    def draw(self, batch: Batch) -> list[Anchor]:
        """The dialogues beside a batch, none twice."""
        seed = derive_seed(self.recipe.seed, "anchors", *batch.input_ids.flatten().tolist())
        count = min(self.recipe.anchors, len(self.anchors))
        return random.Random(seed).sample(self.anchors, count)


def divergence(wanted: torch.Tensor, said: torch.Tensor) -> torch.Tensor:
    """Kullback-Leibler divergence where all tokens that are not kept count as one, in nats.

    Without that one the sum would fall below 0 for a model that moves what it gives to rare
    tokens to the kept ones, and would teach just that.

    Args:
        wanted: The base's log-probabilities of the kept tokens, ``[n, k]``.
        said: The model's, of the same tokens.

    Returns:
        ``[n]``, never below 0 but for rounding.
    """
    import torch

    wanted, said = (torch.cat([each, _rest(each)], dim=1) for each in (wanted, said))
    return (wanted.exp() * (wanted - said)).sum(dim=1)


def _rest(log_probs: torch.Tensor) -> torch.Tensor:
    """The log-probability of all that is not among these, ``[n, 1]``."""
    left = 1 - log_probs.exp().sum(dim=1, keepdim=True)
    return left.clamp_min(_LEAST).log()


def ask_base(module: torch.nn.Module, examples: Sequence[Encoded]) -> list[Anchor]:
    """What a model that has learnt nothing yet says of dialogues.

    Args:
        module: The base, or the base with an adapter that adds nothing yet.
        examples: The dialogues in tokens.
    """
    found: list[Anchor] = []
    with judging(module):
        for start in range(0, len(examples), _ASKED_AT_ONCE):
            check_cancelled()
            batch = collate(examples[start : start + _ASKED_AT_ONCE])
            log_probs = compute(module, batch).logits.log_softmax(dim=1)
            values, tokens = log_probs.topk(min(TOP, log_probs.shape[1]), dim=1)
            for row, example in enumerate(batch.examples):
                own = batch.rows == row
                found.append(Anchor(example, values[own], tokens[own]))
    return found


def encode_anchors(encoder: ChatEncoder, *, max_tokens: int) -> list[Encoded]:
    """The frozen dialogues in tokens, but for those that are too long for the model."""
    from workbench.finetuning.examples import of_prompt
    from workbench.finetuning.frozen_sets import read_frozen

    rows = read_frozen("anchors")
    encoded = [encoder.encode(of_prompt(row["prompt"], row["response"])) for row in rows]
    return [each for each in encoded if len(each.ids) <= max_tokens]


def ask_anchors(module: torch.nn.Module, learner: Learner, recipe: Recipe) -> Anchors | None:
    """The dialogues that hold the module to its base, also one that goes on from an adapter.

    Raises:
        CapabilityError: None of them fits into the model's context.
    """
    if not recipe.anchors:
        return None
    most = min(recipe.max_tokens, learner.context_tokens)
    encoded = encode_anchors(learner.encoder, max_tokens=most)
    if not encoded:
        raise CapabilityError(
            f"no anchor fits into {most} tokens", hint="--preset fast-cpu, which has none"
        )
    adapted: Any = module
    without = (
        adapted.disable_adapter if hasattr(module, "disable_adapter") else contextlib.nullcontext
    )
    with without():
        return Anchors(ask_base(module, encoded), recipe)
