"""Local SGD: each goes on for itself, and now and then all take the mean of their weights (Stich
2019, arXiv:1805.09767; McMahan et al. 2017, arXiv:1602.05629)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import torch


class Outer(Protocol):
    """What becomes of the weights at a round's end."""

    def move(self, weights: Mapping[str, torch.Tensor], back: Mapping[str, torch.Tensor]) -> None:
        """Move the weights with which a round began, in place.

        Args:
            weights: By name.
            back: From the mean of the processes' weights back to those, by the same names.
        """
        ...

    def state_dict(self) -> dict[str, Any]:
        """What the next round depends on, the same in every process."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from that."""
        ...


class LocalSGD:
    """The mean: see ``Outer``."""

    def move(self, weights: Mapping[str, torch.Tensor], back: Mapping[str, torch.Tensor]) -> None:
        """See ``Outer``."""
        for name, each in weights.items():
            each -= back[name]

    def state_dict(self) -> dict[str, Any]:
        """See ``Outer``."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See ``Outer``."""
