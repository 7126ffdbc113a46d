"""Dark Experience Replay++: what is kept also carries what the model said of it at the time.

Buzzega and others (2020), arXiv:2004.07211, equation 6 and algorithm 2. Of a language model only
the largest ``top_k`` logits of each answer token are kept; a classifier keeps all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.seeds import derive_seed
from workbench.finetuning.continual.pupil import Pupil, mean_loss, rows_of
from workbench.finetuning.continual.reservoir import Reservoir
from workbench.finetuning.continual.strategy import Settings, Strategy
from workbench.finetuning.training.objective import Outputs

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Remembered:
    """An example with logits ``[n, k]`` of its n predictions, and which outputs they are of."""

    example: Any
    logits: torch.Tensor
    places: torch.Tensor


class DarkExperienceReplay(Strategy):
    """Adds ``alpha`` times the squared distance to stored logits, ``beta`` times replay's loss."""

    def __init__(self, pupil: Pupil, settings: Settings, *, seed: int) -> None:
        super().__init__(pupil, settings, seed=seed)
        self.memory: Reservoir[Remembered] = Reservoir(
            settings.memory, seed=derive_seed(seed, "reservoir")
        )

    @property
    def memory_size(self) -> int:
        """See ``Strategy``."""
        return len(self.memory)

    def extra_loss(self, module: torch.nn.Module, batch: Any, outputs: Outputs) -> torch.Tensor:
        """See ``Strategy``. Two draws are independent, as in the paper."""
        first = self.memory.draw(self.settings.memory_batch)
        second = self.memory.draw(self.settings.memory_batch)
        self._keep(batch, outputs)
        if not first:
            return super().extra_loss(module, batch, outputs)
        again = self.pupil.collate([each.example for each in second])
        replayed = mean_loss(self.pupil.compute(module, again), again)
        return self.settings.alpha * self._distance(module, first) + self.settings.beta * replayed

    def _keep(self, batch: Any, outputs: Outputs) -> None:
        logits = outputs.logits.detach()
        kept = self.pupil.classes or min(self.settings.top_k, logits.shape[1])
        values, places = logits.topk(kept, dim=1)
        for example, rows in zip(batch.examples, rows_of(batch), strict=True):
            self.memory.offer(Remembered(example, values[rows], places[rows]))

    def _distance(self, module: torch.nn.Module, drawn: list[Remembered]) -> torch.Tensor:
        import torch

        batch = self.pupil.collate([each.example for each in drawn])
        logits = self.pupil.compute(module, batch).logits
        said = torch.cat(
            [
                logits[rows].gather(1, each.places)
                for each, rows in zip(drawn, rows_of(batch), strict=True)
            ]
        )
        return torch.nn.functional.mse_loss(said, torch.cat([each.logits for each in drawn]))
