"""Gradients of single examples, four ways, and which of them costs least here.

- ``linear``: what listens to linear layers alone (``linear_hooks``), as adapters are made of;
- ``hooks``: a rule for each kind of layer, one backward pass (Opacus' GradSampleHooks);
- ``functorch``: the layer's own forward differentiated for each example (torch.func), for layers
  without a rule;
- ``ghost``: the norms alone are found, then a second backward pass of the weighted losses (Li and
  others (2022), arXiv:2110.05679): no gradient of an example is ever kept.

The last three are Opacus'. On LoRA the first costs least and ghost clipping most; with wide layers
and long batches it is the other way round. ``choose_mode`` measures.
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from workbench.core.errors import CapabilityError
from workbench.core.optional import require

from .linear_hooks import LinearHooks

if TYPE_CHECKING:
    import torch

Mode = Literal["linear", "hooks", "functorch", "ghost"]
MODES: tuple[Mode, ...] = ("linear", "hooks", "functorch", "ghost")
Losses: TypeAlias = "Callable[[torch.nn.Module, Any], torch.Tensor]"
_REPEATS = 3


class SampleGradients:
    """Hooks on a module that keep the gradient, or its norm, of each example of a batch.

    Args:
        module: It is not wrapped: its names, its methods and its class stay.
        mode: How.
        reduction: Whether the loss that is differentiated is a mean or a sum over the batch.

    Raises:
        CapabilityError: A layer mixes examples (batch normalisation), or has no single gradients.
    """

    def __init__(
        self, module: torch.nn.Module, *, mode: Mode, reduction: Literal["mean", "sum"] = "sum"
    ) -> None:
        require("opacus", extra="privacy")
        from opacus.grad_sample import GradSampleHooks, GradSampleHooksFastGradientClipping

        check_layers(module)
        self.mode, self.module = mode, module
        if mode == "linear":
            if reduction != "sum":
                raise CapabilityError(
                    "the linear layers' way is for losses of single examples", hint="losses=..."
                )
            self.hooks: Any = LinearHooks(module)
            return
        try:
            if mode == "ghost":
                self.hooks = GradSampleHooksFastGradientClipping(module, loss_reduction=reduction)
            else:
                self.hooks = GradSampleHooks(
                    module, loss_reduction=reduction, force_functorch=mode == "functorch"
                )
        except (NotImplementedError, ValueError) as error:
            raise CapabilityError(
                f"single gradients cannot be taken of this model: {error}",
                hint="train its supported layers only, or close() what was made before",
            ) from None

    def ghost_sums(
        self, losses: torch.Tensor, *, norm: float
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """The sums of clipped gradients, and the norms before, from losses ``[n]`` of a batch."""
        import torch

        trained = [each for each in self.module.parameters() if each.requires_grad]
        losses.sum().backward(retain_graph=True)
        norms = self.hooks.get_norm_sample().detach().clone()
        for each in trained:
            each.grad = None
        factors = (norm / (norms + 1e-6)).clamp(max=1.0)
        self.hooks.disable_hooks()
        try:
            (losses * factors).sum().backward()
        finally:
            self.hooks.enable_hooks()
        sums = [
            torch.zeros_like(each) if each.grad is None else each.grad.detach().clone()
            for each in trained
        ]
        return sums, norms

    def close(self) -> None:
        """Take the hooks off; the module is as it was."""
        self.hooks.cleanup()
        for each in self.module.parameters():
            for name in ("grad_sample", "summed_grad", "_norm_sample"):
                if hasattr(each, name):
                    delattr(each, name)


@contextlib.contextmanager
def quiet_hooks() -> Iterator[None]:
    """Without torch's word that a hook fires where no input needs a gradient, as it should."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Full backward hook is firing", UserWarning)
        yield


def check_layers(module: torch.nn.Module) -> None:
    """Raise CapabilityError for layers in which examples see one another."""
    import torch

    mixing = [
        name or type(each).__name__
        for name, each in module.named_modules()
        if isinstance(each, torch.nn.modules.batchnorm._BatchNorm)
    ]
    if mixing:
        raise CapabilityError(
            f"{', '.join(mixing[:3])}: batch normalisation mixes the examples of a batch, so no "
            "example has a gradient of its own",
            hint="GroupNorm or LayerNorm in its place",
        )


def choose_mode(
    module: torch.nn.Module, batch: Any, losses: Losses
) -> tuple[Mode, dict[Mode, float]]:
    """The mode that costs least on a batch, with what each cost in CPU seconds.

    The batch should be a made one or one that may be looked at: what time it takes is told.

    Args:
        module: What will be trained; its weights are not changed.
        batch: Of the size that steps will have.
        losses: Of a batch, one a example, ``[n]``.
    """
    check_layers(module)
    costs: dict[Mode, float] = {}
    for mode in MODES:
        try:
            costs[mode] = _cost(module, batch, losses, mode)
        except (CapabilityError, NotImplementedError, RuntimeError):
            continue  # this way does not go with this model; another may
    if not costs:
        raise CapabilityError(
            "none of the ways to gradients of single examples works with this model",
            hint=f"{', '.join(MODES)}: make_private(..., mode='hooks') says why",
        )
    return min(costs, key=lambda mode: costs[mode]), costs


def _cost(module: torch.nn.Module, batch: Any, losses: Losses, mode: Mode) -> float:
    import torch

    gradients = SampleGradients(module, mode=mode)
    try:
        times = []
        for _ in range(_REPEATS):
            started_s = time.process_time()
            with torch.enable_grad(), quiet_hooks():
                found = losses(module, batch)
                if mode == "ghost":
                    gradients.ghost_sums(found, norm=1.0)
                else:
                    found.sum().backward()
            times.append(time.process_time() - started_s)
            for each in module.parameters():
                each.grad = None
                cast(Any, each).grad_sample = None
        return sorted(times)[len(times) // 2]
    finally:
        gradients.close()
