"""DiLoCo: many steps of AdamW a round, and between rounds a step with Nesterov's momentum along
the way that the processes went on the average (Douillard et al. 2023, arXiv:2311.08105, algorithm
1; their rate is .7 and their momentum .9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

RATE, MOMENTUM = 0.7, 0.9


class DiLoCo:
    """An outer step of Nesterov's: see ``Outer``.

    Args:
        rate: Of the outer step.
        momentum: What is kept of the way of the rounds before.
    """

    def __init__(self, *, rate: float = RATE, momentum: float = MOMENTUM) -> None:
        self.rate, self.momentum = rate, momentum
        self.velocity: dict[str, torch.Tensor] = {}

    def move(self, weights: Mapping[str, torch.Tensor], back: Mapping[str, torch.Tensor]) -> None:
        """See ``Outer``."""
        for name, each in weights.items():
            kept = self.velocity.get(name)
            way = back[name] if kept is None else self.momentum * kept + back[name]
            self.velocity[name] = way.clone()
            each -= self.rate * (back[name] + self.momentum * way)

    def state_dict(self) -> dict[str, Any]:
        """See ``Outer``."""
        return {"velocity": dict(self.velocity)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See ``Outer``."""
        self.velocity = {name: each.clone() for name, each in state["velocity"].items()}
