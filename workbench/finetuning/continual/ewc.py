"""Elastic weight consolidation: weights that mattered to earlier tasks are held where they were.

Kirkpatrick and others (2017), arXiv:1612.00796, equation 3, with a penalty for each task. The
Fisher is that of the model: its answers are drawn from what it says, not taken from the data.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.seeds import derive_seed
from workbench.finetuning.continual.pupil import Pupil, Weights, learning, take_weights
from workbench.finetuning.continual.strategy import Settings, Strategy
from workbench.finetuning.training.objective import Outputs

if TYPE_CHECKING:
    import torch

Draw = Callable[["torch.Tensor"], "torch.Tensor"]


class ElasticWeights(Strategy):
    """Adds half of lambda times the Fisher-weighted squared way from each task's weights."""

    def __init__(self, pupil: Pupil, settings: Settings, *, seed: int) -> None:
        super().__init__(pupil, settings, seed=seed)
        self.learnt: list[tuple[Weights, Weights]] = []
        """For each task its Fisher and its weights."""

    def extra_loss(self, module: torch.nn.Module, batch: Any, outputs: Outputs) -> torch.Tensor:
        """See ``Strategy``."""
        total = super().extra_loss(module, batch, outputs)
        now = learning(module)
        for fisher, held in self.learnt:
            for name, weight in fisher.items():
                total = total + (weight * (now[name] - held[name]).square()).sum()
        return 0.5 * self.settings.ewc_strength * total

    def end_task(self, number: int, examples: Sequence[Any]) -> None:
        """See ``Strategy``."""
        chosen = random.Random(derive_seed(self.seed, "fisher", number)).sample(
            list(examples), min(self.settings.fisher_examples, len(examples))
        )
        fisher = measure_fisher(self.pupil, chosen, draw=_draw(derive_seed(self.seed, number)))
        self.learnt.append((fisher, take_weights(self.pupil.module)))


def measure_fisher(pupil: Pupil, examples: Sequence[Any], *, draw: Draw) -> Weights:
    """The diagonal of the Fisher information of the parameters that learn.

    Args:
        pupil: What learnt.
        examples: Of the task.
        draw: Chooses an answer for each of logits ``[n, outputs]``: indices ``[n]``.

    Returns:
        For each parameter the mean over examples of its squared gradient of the log-probability
        of the drawn answer.
    """
    import torch

    weights = learning(pupil.module)
    total = {name: torch.zeros_like(each) for name, each in weights.items()}
    was_training = pupil.module.training
    pupil.module.eval()
    for example in examples:
        check_cancelled()
        logits = pupil.compute(pupil.module, pupil.collate([example])).logits
        answers = draw(logits.detach())
        said = logits.log_softmax(dim=1).gather(1, answers[:, None]).sum()
        for name, found in zip(
            weights, torch.autograd.grad(said, list(weights.values())), strict=True
        ):
            total[name] += found.square()
    pupil.module.train(was_training)
    return {name: each / len(examples) for name, each in total.items()}


def _draw(seed: int) -> Draw:
    import torch

    generator = torch.Generator().manual_seed(seed)

    def draw(logits: torch.Tensor) -> torch.Tensor:
        return torch.multinomial(logits.softmax(dim=1), 1, generator=generator)[:, 0]

    return draw
