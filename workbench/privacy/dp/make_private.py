"""A model, an optimiser and a loader, made into training that loses no more than it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, InputError

from .accounting import PrivacyLoss, account
from .calibration import find_noise_multiplier
from .claims import really_added
from .clipping import Clipping, FixedClipping
from .deltas import warn_of_delta
from .gradients import Losses, Mode, SampleGradients, choose_mode, quiet_hooks
from .mechanisms import GaussianSteps, Unit
from .noise import Noise, SeededNoise, SystemNoise
from .private_optimizer import Canaries, PerUser, PrivateOptimizer, Reduction
from .sampling import PoissonBatches, check_loader, count_rows, make_loader

if TYPE_CHECKING:
    import torch


@dataclass
class PrivateTraining:
    """What is trained with. In a loop of your own, as without privacy::

        for x, y in private.loader:
            private.optimizer.zero_grad()
            criterion(private.model(x), y).backward()
            private.optimizer.step()

    or, with losses of single examples, ``for losses in private.run(...)``, which also knows ghost
    clipping, users of several examples, and steps on nobody.

    Attributes:
        model: As it was given, with hooks; ``close()`` takes them off.
        optimizer: Clips, adds noise, and ends after the steps that were accounted.
        loader: Poisson samples, so many as there are steps.
        mechanism: What all of it costs, as an accountant reads it.
        unit: Whether an example or a user is what may be added or taken away.
        noise: Where coins and noise come from; ``noise.told`` says what that is worth.
        mode: How gradients of single examples are taken; ``costs`` what each way took, if measured.
    """

    model: torch.nn.Module
    optimizer: PrivateOptimizer
    loader: torch.utils.data.DataLoader[Any]
    mechanism: GaussianSteps
    unit: Unit
    noise: Noise
    mode: Mode
    gradients: SampleGradients = field(repr=False)
    batches: PoissonBatches = field(repr=False)
    losses: Losses | None = field(default=None, repr=False)
    costs: dict[Mode, float] = field(default_factory=dict)

    @property
    def added(self) -> GaussianSteps:
        """What the noise that is really added makes of it: ``mechanism``, unless the run lies."""
        return really_added(
            self.mechanism, gradient_noise=self.optimizer.gradient_noise,
            noise_scale=self.optimizer.noise_scale,
        )  # fmt: skip

    def spent(self, delta: float) -> PrivacyLoss:
        """What the steps that were taken so far cost."""
        if not self.optimizer.taken:
            return account(delta=delta)
        taken = GaussianSteps(
            self.mechanism.noise_multiplier, self.mechanism.sampling_rate, self.optimizer.taken
        )
        return account(taken, delta=delta)

    def run(self, *, max_rows: int | None = None) -> Iterator[float]:
        """Take all steps; after each, the mean loss of its examples (NaN-free; 0 on nobody).

        The losses are for whoever may see the data: no noise is on them.

        Args:
            max_rows: A step on more examples is computed in parts of so many.

        Raises:
            InputError: make_private was given no ``losses``.
            CancelledError: It was cancelled.
        """
        for batch in self.loader:
            check_cancelled()
            yield self.learn(batch, max_rows=max_rows)

    def learn(self, batch: Any, *, max_rows: int | None = None) -> float:
        """One step on a batch; see ``run``."""
        if self.losses is None:
            raise InputError("no losses were given", hint="make_private(..., losses=...)")
        self.optimizer.zero_grad()
        with quiet_hooks():
            return self._learn(batch, max_rows)

    def _learn(self, batch: Any, max_rows: int | None) -> float:
        assert self.losses is not None
        rows, total = count_rows(batch), 0.0
        if rows:
            units = self._units_of(rows)
            if max_rows is not None and units is not None:
                raise CapabilityError(
                    "a user's examples are clipped together and cannot be cut into parts",
                    hint="a smaller sampling rate",
                )
            size = max_rows or rows
            for start in range(0, rows, size):
                part = batch if size >= rows else _cut(batch, start, start + size)
                found = self.losses(self.model, part)
                total += float(found.detach().sum())
                self._accumulate(found, units)
        self.optimizer.step()
        return total / max(rows, 1)

    def _accumulate(self, losses: torch.Tensor, units: Sequence[int] | None) -> None:
        if self.mode == "ghost":
            sums, norms = self.gradients.ghost_sums(losses, norm=self.optimizer.clipping.norm)
            self.optimizer.zero_grad()
            self.optimizer.add(sums, norms)
        else:
            losses.sum().backward()
            self.optimizer.accumulate(units)

    def _units_of(self, rows: int) -> list[int] | None:
        """Of the batch that was drawn last: the unit of each of its rows."""
        if self.unit == "example":
            return None
        sizes = self.batches.last_sizes
        units = [number for number, size in enumerate(sizes) for _ in range(size)]
        if len(units) != rows:
            raise CapabilityError(
                "the batch is not the one that was drawn last",
                hint="num_workers=0, and each batch as it comes from the loader",
            )
        return units

    def close(self) -> None:
        """Take the hooks off the model."""
        self.gradients.close()


def make_private(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    loader: torch.utils.data.DataLoader[Any],
    *,
    delta: float,
    epsilon: float | None = None,
    noise_multiplier: float | None = None,
    epochs: float | None = None,
    steps: int | None = None,
    clipping: Clipping | float = 1.0,
    losses: Losses | None = None,
    mode: Mode | Literal["auto"] = "auto",
    loss_reduction: Reduction | None = None,
    units: Sequence[Any] | None = None,
    per_user: PerUser = "sum",
    seed: int | None = None,
    noise_scale: float = 1.0,
    canaries: Canaries | None = None,
) -> PrivateTraining:
    """Make training differentially private (DP-SGD, DP-Adam: whatever the optimiser does).

    Args:
        model: Any module without layers that mix examples; LoRA adapters on a frozen base too.
        optimizer: Over what is trained; its state is fed noisy gradients alone.
        loader: Its data set is drawn anew: each unit by a coin of its own, with the probability
            that makes ``batch_size`` examples in the mean.
        delta: Well under 1 in the number of units.
        epsilon: The least noise that stays within it is found; or give ``noise_multiplier``.
        noise_multiplier: The noise's standard deviation over the clipping norm.
        epochs: How often each unit is seen in the mean; or give ``steps``.
        steps: How many there are.
        clipping: A norm, ``FixedClipping`` or ``QuantileClipping``.
        losses: Gives the losses ``[n]`` of a batch, one an example, for ``run`` and ``learn``.
        mode: How gradients of single examples are taken. ``auto`` measures on a made batch if
            there are ``losses``, and takes the hooks otherwise; name one where a run shall be
            repeated to the bit.
        loss_reduction: Of the loss in a loop of your own; ``mean`` by default, as torch's losses.
        units: Whose each example is, in the data set's order: then it is users that are private.
        per_user: What of a user's examples is clipped: the sum of their gradients, or their mean,
            with which those with many examples lose no more to the clipping than others.
        seed: The run can be repeated, for experiments. None takes the operating system's
            generator, for what is released.
        noise_scale: Other than 1 the run lies about its noise: what an audit must catch.
        canaries: Of an audit.

    Raises:
        CapabilityError: The loader or the model cannot be trained so.
        InputError: A number is not allowed, or no noise is enough.
    """
    check_loader(loader)
    dataset: Any = loader.dataset
    rate, number = _plan(loader, steps=steps, epochs=epochs)
    if (noise_multiplier is None) == (epsilon is None):
        raise InputError("one of epsilon and noise_multiplier is needed, and not both")
    if losses is not None and loss_reduction == "mean":
        raise InputError("losses of single examples are summed", hint="leave loss_reduction out")
    if noise_multiplier is None:
        assert epsilon is not None
        noise_multiplier = find_noise_multiplier(
            epsilon=epsilon, delta=delta, sampling_rate=rate, steps=number
        )
    noise = SystemNoise() if seed is None else SeededNoise(seed)
    batches = PoissonBatches(len(dataset), rate=rate, steps=number, noise=noise, units=units)
    unit: Unit = "example" if units is None else "user"
    warn_of_delta(delta, units=len(batches.members), unit=unit)
    drawn = make_loader(loader, batches)
    chosen, costs = _choose(mode, model, drawn, losses, units)
    reduction: Reduction = loss_reduction or ("mean" if losses is None else "sum")
    gradients = SampleGradients(model.train(), mode=chosen, reduction=reduction)
    private = PrivateOptimizer(
        optimizer, noise_multiplier=noise_multiplier,
        clipping=FixedClipping(clipping) if isinstance(clipping, (int, float)) else clipping,
        expected_units=rate * len(batches.members), steps=number, noise=noise,
        reduction=reduction, noise_scale=noise_scale, canaries=canaries, per_user=per_user,
    )  # fmt: skip
    return PrivateTraining(
        model, private, drawn, GaussianSteps(noise_multiplier, rate, number),
        unit, noise, chosen, gradients, batches, losses, costs,
    )  # fmt: skip


def _plan(loader: Any, *, steps: int | None, epochs: float | None) -> tuple[float, int]:
    """The sampling rate and the number of steps."""
    if not loader.batch_size:
        raise CapabilityError("the loader has no batch size", hint="DataLoader(..., batch_size=)")
    if (steps is None) == (epochs is None):
        raise InputError("one of steps and epochs is needed, and not both")
    rate = min(1.0, loader.batch_size / len(loader.dataset))
    return rate, steps if steps is not None else max(1, round((epochs or 0) / rate))


def _choose(
    mode: Mode | Literal["auto"],
    model: torch.nn.Module,
    loader: Any,
    losses: Losses | None,
    units: Sequence[Any] | None,
) -> tuple[Mode, dict[Mode, float]]:
    """The mode, and what each costs if that was measured."""
    if mode == "ghost" and (units is not None or losses is None):
        raise CapabilityError(
            "ghost clipping needs losses of single examples, each example a unit of its own",
            hint="losses=..., or mode='hooks'",
        )
    if mode != "auto":
        return mode, {}
    if losses is None or units is not None:
        return "hooks", {}
    size = max(1, round(loader.batch_sampler.rate * len(loader.dataset)))
    return choose_mode(model, _made_batch(loader, loader.dataset, size), losses)


def _made_batch(loader: Any, dataset: Any, size: int) -> Any:
    """A batch to measure on, of one example many times over: nothing is learnt from it."""
    return loader.collate_fn([dataset[0]] * size)


def _cut(batch: Any, start: int, stop: int) -> Any:
    import torch

    if isinstance(batch, torch.Tensor):
        return batch[start:stop]
    if isinstance(batch, dict):
        return {name: _cut(part, start, stop) for name, part in batch.items()}
    return type(batch)(_cut(part, start, stop) for part in batch)
