"""A step of DP-SGD: each unit's gradient clipped, the sum made noisy, and then any optimiser.

Abadi and others (2016), "Deep learning with differential privacy", arXiv:1607.00133, algorithm 1.
The gradients of single examples are Opacus'; a test holds the step to Opacus' own. What is here
instead of there: units of several examples, clipping by a quantile without telling how many came,
steps in parts, a bound on the number of steps, noise of the operating system, and the look that
gradients of single examples add up to the gradient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from workbench.core.errors import CapabilityError, InputError, LimitError

if TYPE_CHECKING:
    import torch

    from .clipping import Clipping
    from .noise import Noise

Reduction = Literal["mean", "sum"]
PerUser = Literal["sum", "mean"]
# Against a division by 0, as in Opacus: it clips to a little less than the norm.
_TINY = 1e-6
# How far the sum of single gradients may lie from the gradient, of its norm: rounding in 16 bits.
_AGREEMENT = 0.02


class Canaries(Protocol):
    """Made units whose gradients are known, planted into a run: see ``auditing``.

    Each has ``rows_each`` examples, which go the way of any unit's: put together, clipped, summed.
    """

    rows_each: int

    def samples(self, shapes: Sequence[torch.Size], *, norm: float) -> list[torch.Tensor]:
        """The gradients of the examples of those that are in this step, a unit's behind one
        another: ``[n * rows_each, *shape]`` for each parameter."""
        ...

    def observe(self, told: torch.Tensor, *, norm: float) -> None:
        """What the step tells without the true units' part, over all parameters in a row."""
        ...


class PrivateOptimizer:
    """Wraps an optimiser; ``step`` makes the sum of clipped gradients noisy first.

    Args:
        optimizer: Any of torch's, over the parameters that are trained.
        noise_multiplier: What the account is of.
        clipping: The most that a unit adds.
        expected_units: How many units a step has in the mean; the sum is divided by it.
        steps: After so many there are no more: epsilon was stated for them.
        noise: Where the noise comes from.
        reduction: Whether the loss that was differentiated is a mean or a sum over the batch.
        noise_scale: Other than 1 the noise is not what is accounted: what an audit must catch.
        canaries: Of an audit.
        per_user: What of a unit's examples is clipped, the sum of their gradients or the mean.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        *,
        noise_multiplier: float,
        clipping: Clipping,
        expected_units: float,
        steps: int,
        noise: Noise,
        reduction: Reduction = "sum",
        noise_scale: float = 1.0,
        canaries: Canaries | None = None,
        per_user: PerUser = "sum",
    ) -> None:
        self.optimizer, self.clipping, self.noise = optimizer, clipping, noise
        self.expected_units, self.steps, self.reduction = expected_units, steps, reduction
        self.noise_scale, self.canaries, self.per_user = noise_scale, canaries, per_user
        self.gradient_noise = clipping.gradient_noise(noise_multiplier, expected_units)
        self.taken = 0
        self._sums: list[torch.Tensor] | None = None
        self._norms: list[torch.Tensor] = []
        self._agreed = False

    @property
    def parameters(self) -> list[Any]:
        """What is trained."""
        groups = self.optimizer.param_groups
        return [each for group in groups for each in group["params"] if each.requires_grad]

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Those of the wrapped optimiser; a schedule may change their rates."""
        return self.optimizer.param_groups

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of a part of a step that is not to count."""
        for each in self.parameters:
            each.grad = each.grad_sample = None

    def accumulate(self, units: Sequence[int] | None = None) -> None:
        """Clip the gradients that ``backward`` left and add them to the step's sum.

        Args:
            units: To which unit each example of the part belongs, numbered from 0; a unit's
                examples are all in one part. By default each is its own.

        Raises:
            CapabilityError: A parameter has a gradient, and none of single examples.
            InputError: A gradient is not finite.
        """
        found = [self._samples(each) for each in self.parameters]
        counts = {len(each) for each in found if each is not None}
        if len(counts) != 1:
            raise CapabilityError(
                f"parameters have gradients of {sorted(counts)} examples in one step",
                hint="call accumulate() after each backward()",
            )
        count = counts.pop()
        samples = [
            each.new_zeros((count, *each.shape)) if part is None else part.to(each.dtype)
            for each, part in zip(self.parameters, found, strict=True)
        ]
        self._check_agreement(samples)
        self.add(*self._clip_units(samples, units))
        self.zero_grad()

    def _clip_units(
        self, samples: list[torch.Tensor], units: Sequence[int] | None
    ) -> tuple[list[torch.Tensor], torch.Tensor]:
        """The sum over units of their clipped gradients, and the norms before. Whatever a unit's
        examples are, and however many, it adds ``clipping.norm`` at most."""
        if units is not None:
            mean = self.per_user == "mean"
            samples = [_put_together(each, units, mean=mean) for each in samples]
        return _clip(samples, self.clipping.norm)

    def add(self, sums: list[torch.Tensor], norms: torch.Tensor) -> None:
        """Add sums of gradients that are clipped already, and the units' norms before that."""
        if self._sums is None:
            self._sums = sums
        else:
            for mine, more in zip(self._sums, sums, strict=True):
                mine += more
        self._norms.append(norms)

    def step(self, *, public: Sequence[torch.Tensor] | None = None) -> None:
        """Make the sum noisy and let the optimiser take its step; a step on nobody is all noise.

        Args:
            public: A gradient that no private unit decides, added after the noise.

        Raises:
            LimitError: All steps that the account is of have been taken.
            CapabilityError, InputError: See ``accumulate``.
        """
        import torch

        if self.taken >= self.steps:
            raise LimitError(
                f"the {self.steps} steps that epsilon was stated for have been taken",
                hint="make_private(..., steps=...) with more of them, which costs more",
                limit="steps", allowed=self.steps, used=self.taken, asked=1, retry_after_s=None,
            )  # fmt: skip
        if any(getattr(each, "grad_sample", None) is not None for each in self.parameters):
            self.accumulate()
        elif self._sums is None and any(each.grad is not None for each in self.parameters):
            raise self._no_samples()
        sums = self._sums or [torch.zeros_like(each) for each in self.parameters]
        self._release(sums)
        for parameter, each in zip(self.parameters, public or (), strict=public is not None):
            parameter.grad += each
        self.taken += 1
        self.optimizer.step()
        none = torch.zeros(0)
        norms = torch.cat(self._norms) if self._norms else none
        self.clipping.learn(norms, expected_units=self.expected_units, noise=self.noise)
        self._sums, self._norms = None, []
        self.zero_grad()

    def _release(self, sums: list[torch.Tensor]) -> None:
        """Put what the optimiser may see into ``grad``: the noisy sum over the expected units."""
        norm = self.clipping.norm
        std = self.gradient_noise * norm * self.noise_scale
        planted = self._plant(sums, norm)
        whole = [old + new for old, new in zip(sums, planted, strict=True)] if planted else sums
        drawn = self.noise.normal((sum(each.numel() for each in whole),), std)
        parts = drawn.split([each.numel() for each in whole])  # one draw costs less than many
        told = [each + one.view_as(each).to(each) for each, one in zip(whole, parts, strict=True)]
        if planted:
            self._observe(told, sums, norm)
            # Canaries are made, so that to take them out of what was told costs nothing.
            told = [each - made for each, made in zip(told, planted, strict=True)]
        for parameter, each in zip(self.parameters, told, strict=True):
            parameter.grad = each / self.expected_units

    def _plant(self, sums: list[torch.Tensor], norm: float) -> list[torch.Tensor]:
        """The clipped sum of the canaries of this step; empty without any audit."""
        if self.canaries is None:
            return []
        made = self.canaries.samples([each.shape for each in sums], norm=norm)
        each_has = self.canaries.rows_each
        units = None if each_has == 1 else [row // each_has for row in range(len(made[0]))]
        alike = [each.to(like) for each, like in zip(made, sums, strict=True)]
        return self._clip_units(alike, units)[0]

    def _observe(self, told: list[torch.Tensor], sums: list[torch.Tensor], norm: float) -> None:
        import torch

        assert self.canaries is not None
        rest = [(new - old).reshape(-1) for new, old in zip(told, sums, strict=True)]
        self.canaries.observe(torch.cat(rest), norm=norm)

    def _samples(self, parameter: Any) -> torch.Tensor | None:
        """The gradients of single examples, scaled as those of a sum."""
        import torch

        found = getattr(parameter, "grad_sample", None)
        if found is None:
            if parameter.grad is not None:
                raise self._no_samples()
            return None
        return torch.cat(found) if isinstance(found, list) else found

    def _no_samples(self) -> CapabilityError:
        return CapabilityError(
            "a parameter has a gradient, and none of single examples: it would be trained "
            "without any privacy",
            hint="train the model that make_private returned, or use a layer that Opacus knows",
        )

    def _check_agreement(self, samples: list[torch.Tensor]) -> None:
        """Once: the gradients of single examples add up to the gradient that torch found.

        Layers that mix examples, or whose rule is wrong, are trained on something else otherwise,
        and nothing says so (pytorch/opacus #820).
        """
        if self._agreed or not len(samples[0]):
            return
        off = size = 0.0
        for parameter, each in zip(self.parameters, samples, strict=True):
            if parameter.grad is None:
                continue
            whole = each.mean(dim=0) if self.reduction == "mean" else each.sum(dim=0)
            off += float((whole - parameter.grad).double().square().sum())
            size += float(parameter.grad.double().square().sum())
        if off > (_AGREEMENT**2) * size + 1e-12:
            raise CapabilityError(
                f"the gradients of single examples do not add up to the gradient (off by "
                f"{(off / max(size, 1e-30)) ** 0.5:.0%}): a layer mixes examples, or Opacus has "
                "the wrong rule for it",
                hint="mode='functorch', or loss_reduction as your loss has it",
            )
        self._agreed = True

    def state_dict(self) -> dict[str, Any]:
        """The wrapped optimiser's state, the steps taken and the norm."""
        return {
            "optimizer": self.optimizer.state_dict(),
            "taken": self.taken,
            "norm": self.clipping.norm,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what ``state_dict`` gave."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.taken, self.clipping.norm = int(state["taken"]), float(state["norm"])


def _clip(samples: Sequence[torch.Tensor], norm: float) -> tuple[list[torch.Tensor], torch.Tensor]:
    """The sum of gradients cut to ``norm`` each, and their norms before.

    Raises:
        InputError: A gradient is not finite.
    """
    import torch

    # Not -1 for the numbers of one: a step with none of few canaries has no example here.
    flat = [each.reshape(len(each), math.prod(each.shape[1:])).norm(dim=1) for each in samples]
    norms = torch.stack(flat).norm(dim=0)
    if not bool(torch.isfinite(norms).all()):
        raise InputError(
            "the gradient of an example is no number any more",
            hint="lower the learning rate, or clip to a smaller norm",
        )
    factors = (norm / (norms + _TINY)).clamp(max=1.0)
    return [torch.einsum("i,i...", factors, each) for each in samples], norms


def _put_together(samples: torch.Tensor, units: Sequence[int], *, mean: bool) -> torch.Tensor:
    """The sums or means of the examples of each unit, ``[units, *shape]``."""
    import torch

    places = torch.as_tensor(units, dtype=torch.long)
    if len(places) != len(samples):
        raise InputError(f"units names {len(places)} examples of {len(samples)}")
    count = int(places.max()) + 1 if len(places) else 0
    sums = samples.new_zeros((count, *samples.shape[1:])).index_add_(0, places, samples)
    if not mean:
        return sums
    sizes = torch.bincount(places, minlength=count).clamp(min=1).to(sums)
    return sums / sizes.reshape(-1, *(1,) * (sums.dim() - 1))
