"""Gradients of single examples of linear layers, without a hook on the backward pass of a module.

Opacus' hooks wrap the inputs and outputs of each layer; on the many small layers of an adapter that
takes more than the products themselves. Here the output's own gradient is listened to. A layer may
be used several times in one forward pass, whose gradients are one example's; so there is one
backward pass before each ``accumulate()``, which ``PrivateTraining.learn`` sees to.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError

if TYPE_CHECKING:
    import torch


class LinearHooks:
    """Listens to the linear layers of a module that are trained.

    Raises:
        CapabilityError: Another layer is trained, or it is listened to already.
    """

    def __init__(self, module: torch.nn.Module) -> None:
        self._enabled = True
        self._handles: list[Any] = []
        layers: list[Any] = trained_layers(module)
        others = sorted({type(each).__name__ for each in layers if not is_linear(each)})
        if others:
            raise CapabilityError(
                f"only linear layers are listened to, and {', '.join(others)} is trained",
                hint="mode='hooks'",
            )
        if any(hasattr(each, "_private_hooks") for each in layers):
            raise CapabilityError(
                "single gradients are taken of this model already", hint="close() what was made"
            )
        self._layers = layers
        for layer in self._layers:
            layer._private_hooks = True
            self._handles.append(layer.register_forward_hook(self._listen))

    def enable_hooks(self) -> None:
        """Listen again."""
        self._enabled = True

    def disable_hooks(self) -> None:
        """Let what comes now be no private example's."""
        self._enabled = False

    def cleanup(self) -> None:
        """Take the hooks off."""
        for handle in self._handles:
            handle.remove()
        for layer in self._layers:
            if hasattr(layer, "_private_hooks"):
                del layer._private_hooks
        self._handles = []

    def _listen(self, layer: Any, given: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        if self._enabled and layer.training and output.requires_grad:
            output.register_hook(functools.partial(_keep, layer, given[0].detach()))


def trained_layers(module: torch.nn.Module) -> list[torch.nn.Module]:
    """The layers with parameters of their own that are trained."""
    return [
        each
        for each in module.modules()
        if any(parameter.requires_grad for parameter in each.parameters(recurse=False))
    ]


def is_linear(layer: torch.nn.Module) -> bool:
    """Whether it is torch's own linear layer, and no subclass that does more."""
    import torch

    return type(layer) is torch.nn.Linear


def _keep(layer: Any, given: torch.Tensor, gradient: torch.Tensor) -> None:
    """``gradient`` is ``[n, ..., out]`` of a sum over the batch, ``given`` ``[n, ..., in]``."""
    import torch

    count = len(gradient)
    outer = gradient.reshape(count, -1, gradient.shape[-1])
    if layer.weight.requires_grad:
        inner = given.to(gradient.dtype).reshape(count, -1, given.shape[-1])
        _add(layer.weight, torch.bmm(outer.transpose(1, 2), inner))
    if layer.bias is not None and layer.bias.requires_grad:
        _add(layer.bias, outer.sum(dim=1))


def _add(parameter: Any, sample: torch.Tensor) -> None:
    known = getattr(parameter, "grad_sample", None)
    parameter.grad_sample = sample if known is None else known + sample
