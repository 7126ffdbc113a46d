"""O-LoRA: each task learns in an adapter of its own, at right angles to those before it.

Wang and others (2023), arXiv:2310.14152, equations 6 to 8: the subspace of a task is the rows of
its A; earlier adapters are frozen, and all of them act together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.finetuning.continual.strategy import Strategy
from workbench.finetuning.training.objective import Outputs

if TYPE_CHECKING:
    import torch


class OrthogonalLora(Strategy):
    """Adds ``orthogonality`` times the overlap of the new adapter's subspace with the old ones'."""

    needs_adapter = True
    names: tuple[str, ...] = ("default",)

    def begin_task(self, number: int, examples: Sequence[Any]) -> None:
        """See ``Strategy``."""
        if number > 0:
            name = f"task{number}"
            self.pupil.add_adapter(name)
            self.names = (*self.names, name)

    def extra_loss(self, module: torch.nn.Module, batch: Any, outputs: Outputs) -> torch.Tensor:
        """See ``Strategy``."""
        total = super().extra_loss(module, batch, outputs)
        *old, new = self.names
        for layer in lora_layers(module):
            now = layer.lora_A[new].weight
            for name in old:
                total = total + overlap(layer.lora_A[name].weight, now)
        return self.settings.orthogonality * total


def overlap(old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
    """Sum of the magnitudes of the inner products of rows of ``[r, d]`` and ``[s, d]``."""
    return (old @ new.T).abs().sum()


def lora_layers(module: torch.nn.Module) -> list[Any]:
    """PEFT's layers with LoRA, in the module's order."""
    from peft.tuners.lora import LoraLayer

    return [each for each in module.modules() if isinstance(each, LoraLayer)]
