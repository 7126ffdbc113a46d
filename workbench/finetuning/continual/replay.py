"""Experience replay: some of what was learnt is learnt again with each new batch.

Chaudhry and others (2019), On Tiny Episodic Memories in Continual Learning, arXiv:1902.10486; the
memory is a reservoir (Vitter 1985).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.seeds import derive_seed
from workbench.finetuning.continual.pupil import Pupil, mean_loss
from workbench.finetuning.continual.reservoir import Reservoir
from workbench.finetuning.continual.strategy import Settings, Strategy
from workbench.finetuning.training.objective import Outputs

if TYPE_CHECKING:
    import torch


class Replay(Strategy):
    """Adds the mean loss of a batch drawn from memory."""

    def __init__(self, pupil: Pupil, settings: Settings, *, seed: int) -> None:
        super().__init__(pupil, settings, seed=seed)
        self.memory: Reservoir[Any] = Reservoir(
            settings.memory, seed=derive_seed(seed, "reservoir")
        )

    @property
    def memory_size(self) -> int:
        """See ``Strategy``."""
        return len(self.memory)

    def extra_loss(self, module: torch.nn.Module, batch: Any, outputs: Outputs) -> torch.Tensor:
        """See ``Strategy``. The batch is offered to the memory after memory was drawn from."""
        drawn = self.memory.draw(self.settings.memory_batch)
        for example in batch.examples:
            self.memory.offer(example)
        if not drawn:
            return super().extra_loss(module, batch, outputs)
        again = self.pupil.collate(drawn)
        return mean_loss(self.pupil.compute(module, again), again)
