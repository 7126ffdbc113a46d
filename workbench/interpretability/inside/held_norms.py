"""Norms with their scale held at what it was in one pass: then they are linear, and sums split.

A norm divides by the size of what it is given, so what it makes of a sum is not the sum of what it
makes of the parts. With that size held at the whole's it is: Elhage et al. 2021, A Mathematical
Framework for Transformer Circuits, "handling layer normalization".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError

if TYPE_CHECKING:
    import torch

_MOST_GAP = 1e-3


class HeldNorm:
    """``norm`` as the linear map that it was for one state, and its bias.

    Args:
        norm: An RMS norm of any family, or ``torch.nn.LayerNorm``.
        state: What it was given, ``[d]``.

    Raises:
        CapabilityError: It is neither: held, it does not give what it gave.
    """

    def __init__(self, norm: Any, state: torch.Tensor) -> None:
        import torch

        whole = state.double()
        self._centred = isinstance(norm, torch.nn.LayerNorm)
        size = self._centre(whole).pow(2).mean()
        epsilon = float(getattr(norm, "variance_epsilon", getattr(norm, "eps", 0.0)) or 0.0)
        self.bias = torch.zeros_like(whole)
        if self._centred:
            if norm.bias is not None:
                self.bias = norm.bias.detach().double()
            weight = torch.ones_like(whole) if norm.weight is None else norm.weight.detach()
        else:
            # Families keep the weight, or the weight less one: what ones become says it.
            weight = norm(torch.ones_like(state)) * (1.0 + epsilon) ** 0.5
        self._scale = weight.double() * torch.rsqrt(size + epsilon)
        expected = norm(state).double()
        gap = float((self(whole) + self.bias - expected).abs().max())
        if gap > _MOST_GAP * max(1.0, float(expected.abs().max())):
            raise CapabilityError(
                f"{type(norm).__name__} is no RMS norm or layer norm that can be held",
                hint="direct attribution needs a plain norm",
            )

    def __call__(self, part: torch.Tensor) -> torch.Tensor:
        """What it makes of a part of the state, ``[..., d]``, without the bias; in float64."""
        return self._centre(part.double()) * self._scale

    def pull_back(self, wanted: torch.Tensor) -> torch.Tensor:
        """The vector ``v`` with ``part @ v == self(part) @ wanted`` for every part."""
        return self._centre(wanted * self._scale)

    def _centre(self, state: torch.Tensor) -> torch.Tensor:
        return state - state.mean(dim=-1, keepdim=True) if self._centred else state
