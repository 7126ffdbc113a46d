"""Pseudo-rehearsal: the model is held to what its base says of questions that the base made up.

Robins (1995), Catastrophic forgetting, rehearsal and pseudorehearsal,
doi:10.1080/09540099550039318. The questions are what a chat model writes where a user's turn would
stand (Xu and others 2024, arXiv:2406.08464), its answers its own: nobody's data are kept or needed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError
from workbench.core.seeds import derive_seed
from workbench.finetuning.continual.lwf import distil
from workbench.finetuning.continual.pupil import Pupil, Weights, take_weights, with_weights
from workbench.finetuning.continual.strategy import Settings, Strategy
from workbench.finetuning.training.objective import Outputs

if TYPE_CHECKING:
    import torch


class Rehearsal(Strategy):
    """Adds ``distillation`` times the divergence from the base on examples that it made up."""

    def __init__(self, pupil: Pupil, settings: Settings, *, seed: int) -> None:
        super().__init__(pupil, settings, seed=seed)
        self.base: Weights = {}
        self.made: list[Any] = []
        self._random = random.Random(derive_seed(seed, "rehearsal"))

    def begin_task(self, number: int, examples: Sequence[Any]) -> None:
        """See ``Strategy``. Before the first task the pupil is the base, and is asked to write.

        Raises:
            CapabilityError: The pupil writes no examples.
        """
        if number > 0:
            return
        imagine = getattr(self.pupil, "imagine", None)
        if imagine is None:
            raise CapabilityError(
                "a classifier makes up no examples to rehearse", hint="--method lwf or replay"
            )
        self.base = take_weights(self.pupil.module)
        self.made = list(imagine(self.settings.memory, seed=derive_seed(self.seed, "made up")))

    def extra_loss(self, module: torch.nn.Module, batch: Any, outputs: Outputs) -> torch.Tensor:
        """See ``Strategy``."""
        import torch

        count = min(self.settings.memory_batch, len(self.made))
        made = self.pupil.collate(self._random.sample(self.made, count))
        with torch.no_grad():
            taught = self.pupil.compute(with_weights(module, self.base), made).logits
        said = self.pupil.compute(module, made).logits
        return self.settings.distillation * distil(said, taught, self.settings.temperature)
