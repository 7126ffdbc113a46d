"""Of each gradient the entries of largest magnitude, the rest remembered (Stich, Cordonnier and
Jaggi 2018, arXiv:1809.07599, algorithm 1).

Each process sends its own places and values, 8 bytes an entry; what is learnt is the mean of all.
An entry that is not sent waits in the memory and grows until it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.finetuning.distributed.communication.exchange import Compressed, Gradients
from workbench.finetuning.distributed.communication.wire import Wire

if TYPE_CHECKING:
    import torch


class TopK(Compressed):
    """Sparse gradients with error feedback.

    Args:
        wire: See ``Exchange``.
        share: Of each gradient's entries, at least one.
    """

    def __init__(self, wire: Wire, share: float) -> None:
        super().__init__(wire)
        self.share = share
        self.errors: dict[str, torch.Tensor] = {}

    @property
    def has_memory(self) -> bool:
        """See ``Exchange``."""
        return True

    def exchange(self, gradients: Gradients) -> None:
        """See ``Compressed``."""
        import torch

        sizes, places, values = [], [], []
        for name, gradient in gradients.items():
            whole = self.add_error(name, gradient)
            size = max(1, math.ceil(self.share * whole.numel()))
            chosen = whole.abs().topk(size, sorted=False).indices
            sizes.append(size)
            places.append(chosen.to(torch.int32))
            values.append(whole[chosen])
            self.errors[name] = whole.index_fill(0, chosen, 0.0)
        all_places = self.wire.gather(torch.cat(places)).split(sizes, dim=1)
        all_values = self.wire.gather(torch.cat(values)).split(sizes, dim=1)
        for gradient, where, what in zip(gradients.values(), all_places, all_values, strict=True):
            total = torch.zeros(gradient.numel(), dtype=what.dtype)
            total.index_add_(0, where.flatten(), what.flatten())
            gradient.copy_((total / self.wire.count).view_as(gradient))

    def add_error(self, name: str, gradient: torch.Tensor) -> torch.Tensor:
        """A gradient, flat, with what was not sent before."""
        flat = gradient.flatten().float()
        left_out = self.errors.get(name)
        return flat.clone() if left_out is None else flat + left_out

    def state_dict(self) -> dict[str, Any]:
        """See ``Exchange``."""
        return {"errors": dict(self.errors)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See ``Exchange``."""
        self.errors = {name: each.clone() for name, each in state["errors"].items()}
