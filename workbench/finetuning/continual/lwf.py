"""Learning without forgetting: on the new examples the model also says what it said before.

Li and Hoiem (2016), arXiv:1606.09282, equations 2 to 4: a softened cross-entropy with the model as
it was before the task, over the outputs that it knew. A language model, whose outputs are one
vocabulary, is held to the base without its adapter from the first task on: no example of an
earlier task is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.finetuning.continual.pupil import Pupil, Weights, take_weights, with_weights
from workbench.finetuning.continual.strategy import Settings, Strategy
from workbench.finetuning.training.objective import Outputs

if TYPE_CHECKING:
    import torch


class LearningWithoutForgetting(Strategy):
    """Adds ``distillation`` times the divergence from the teacher, in nats a prediction."""

    def __init__(self, pupil: Pupil, settings: Settings, *, seed: int) -> None:
        super().__init__(pupil, settings, seed=seed)
        self.teacher: Weights | None = None
        self.known: set[int] = set()

    def begin_task(self, number: int, examples: Sequence[Any]) -> None:
        """See ``Strategy``."""
        is_classifier = self.pupil.classes is not None
        if (is_classifier and number > 0) or (not is_classifier and number == 0):
            self.teacher = take_weights(self.pupil.module)

    def end_task(self, number: int, examples: Sequence[Any]) -> None:
        """See ``Strategy``."""
        if self.pupil.classes is not None:
            self.known |= set(self.pupil.collate(examples).targets.tolist())

    def extra_loss(self, module: torch.nn.Module, batch: Any, outputs: Outputs) -> torch.Tensor:
        """See ``Strategy``."""
        import torch

        if self.teacher is None:
            return super().extra_loss(module, batch, outputs)
        with torch.no_grad():
            taught = self.pupil.compute(with_weights(module, self.teacher), batch).logits
        said = outputs.logits
        if self.known:
            columns = sorted(self.known)
            said, taught = said[:, columns], taught[:, columns]
        return self.settings.distillation * distil(said, taught, self.settings.temperature)


def distil(said: torch.Tensor, taught: torch.Tensor, temperature: float) -> torch.Tensor:
    """Kullback-Leibler divergence of softened distributions, mean over rows, in nats.

    Its gradient is that of the paper's cross-entropy. It is multiplied with the temperature
    squared, so that its weight stays the same (Hinton and others 2015, arXiv:1503.02531).

    Args:
        said: The pupil's logits ``[n, outputs]``.
        taught: The teacher's.
        temperature: Above 1 softens both.
    """
    import torch

    return temperature**2 * torch.nn.functional.kl_div(
        (said / temperature).log_softmax(dim=1),
        (taught / temperature).log_softmax(dim=1),
        reduction="batchmean",
        log_target=True,
    )
