"""Teaching within an epsilon: what a private run draws, and how it takes a step.

A row, or a user with all their rows, is what may be added or taken away: a unit. Each is in a step
by a coin of its own. A row is computed in a bin of its own (packed rows share what they begin with,
so none would have a gradient of its own), and counts by the mean over its own answer: what divides
it is not other rows' lengths. Of a user the mean of the rows' gradients is clipped, as in
``privacy.dp.training``. Anchors are public; they are drawn by the step's number and their gradient
has no noise. What a run says on the way, losses and evaluations, is for whoever may see the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from workbench.core.errors import CapabilityError, InputError
from workbench.finetuning.training.batches import Batch, Unit, collate
from workbench.finetuning.training.objective import casting, compute
from workbench.finetuning.training.recipe import Recipe

if TYPE_CHECKING:
    import torch

    from workbench.privacy.dp.gradients import SampleGradients
    from workbench.privacy.dp.mechanisms import GaussianSteps
    from workbench.privacy.dp.mechanisms import Unit as PrivateUnit
    from workbench.privacy.dp.private_optimizer import PrivateOptimizer


class PublicLoss(Protocol):
    """A loss that no private row decides: anchors."""

    def __call__(self, module: torch.nn.Module, batch: Batch, outputs: Any) -> torch.Tensor:
        """See ``loop.ExtraLoss``; the batch has the step's number as its only token."""
        ...


@dataclass(frozen=True)
class Privacy:
    """What a run may lose. ``seed`` makes it repeatable, for experiments; None is for release.

    With ``user_column``, what says whose each row is, it is a user with all their rows that is
    protected, of whom ``rows_per_user`` rows are learnt at most (10 if None); else a row.
    """

    epsilon: float
    delta: float = 1e-5
    seed: int | None = None
    user_column: str | None = None
    rows_per_user: int | None = None

    @property
    def unit(self) -> PrivateUnit:
        """What may be added or taken away."""
        return "example" if self.user_column is None else "user"


@dataclass(frozen=True)
class PrivateStep:
    """Of one step: the mean loss of its rows in nats, that of the anchors, and the tokens read."""

    loss_nats: float
    extra_loss: float
    tokens: int


class PrivateLearning:
    """Rows as Poisson samples, and steps on them that stay within what was accounted.

    Args:
        units: One row each.
        recipe: Its batch and accumulation are the rows that a step has in the mean; its clipping
            norm is a row's.
        privacy: What may be lost.
        steps: How many there will be.
        pad_id: Fills bins up.
        users: Whose each row is, as many as rows: then it is users that are private. They come into
            a step with all of these rows or none.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        recipe: Recipe,
        privacy: Privacy,
        *,
        steps: int,
        pad_id: int = 0,
        users: Sequence[str] | None = None,
    ) -> None:
        from workbench.privacy.dp.calibration import find_noise_multiplier
        from workbench.privacy.dp.deltas import warn_of_delta
        from workbench.privacy.dp.mechanisms import GaussianSteps
        from workbench.privacy.dp.noise import SeededNoise, SystemNoise
        from workbench.privacy.dp.sampling import PoissonBatches

        check_recipe(recipe)
        if any(len(unit) != 1 for unit in units):
            raise CapabilityError("rows that belong together are not one private unit", hint=None)
        if (users is None) != (privacy.unit == "example"):
            raise InputError(
                "whose each row is must be said where users are protected, and only so"
            )
        self.rows, self.recipe, self.privacy, self.pad_id = units, recipe, privacy, pad_id
        self.users = users
        rate = min(1.0, recipe.examples_a_step / len(units))
        noise = find_noise_multiplier(
            epsilon=privacy.epsilon, delta=privacy.delta, sampling_rate=rate, steps=steps
        )
        self.mechanism: GaussianSteps = GaussianSteps(noise, rate, steps)
        self.noise = SystemNoise() if privacy.seed is None else SeededNoise(privacy.seed)
        self.draws = PoissonBatches(
            len(units), rate=rate, steps=steps, noise=self.noise, units=users
        )
        warn_of_delta(privacy.delta, units=len(self.draws.members), unit=privacy.unit)
        self.optimizer: PrivateOptimizer | None = None
        self.gradients: SampleGradients | None = None

    def begin(self, module: torch.nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Put the hooks on a module and the noise before an optimiser."""
        from workbench.privacy.dp.clipping import FixedClipping
        from workbench.privacy.dp.gradients import SampleGradients
        from workbench.privacy.dp.private_optimizer import PrivateOptimizer

        # What costs least on adapters, which are linear layers: Opacus' hooks take half as much
        # again of what privacy costs, ghost clipping several times it (lab log, 26 Nov 2026).
        self.gradients = SampleGradients(module, mode="linear")
        self.optimizer = PrivateOptimizer(
            optimizer,
            noise_multiplier=self.mechanism.noise_multiplier,
            clipping=FixedClipping(self.recipe.clip_norm),
            expected_units=self.mechanism.sampling_rate * len(self.draws.members),
            steps=self.mechanism.steps,
            noise=self.noise,
            per_user="mean",
        )

    def end(self) -> None:
        """Take the hooks off."""
        if self.gradients is not None:
            self.gradients.close()

    def step(self, module: torch.nn.Module, *, public: PublicLoss | None = None) -> PrivateStep:
        """Draw, learn and take a step; one on nobody is noise, and what is public."""
        from workbench.privacy.dp.gradients import quiet_hooks

        assert self.optimizer is not None
        rows = self.draws.draw()
        self.optimizer.zero_grad()
        total = tokens = 0.0
        for part, owners in self._parts(rows):
            with quiet_hooks():
                with casting(module):
                    losses = row_losses(module, part)
                losses.sum().backward()
            self.optimizer.accumulate(owners)
            total, tokens = total + float(losses.detach().sum()), tokens + part.tokens
        extra, gradients = self._public(module, public)
        self.optimizer.step(public=gradients)
        return PrivateStep(total / max(1, len(rows)), extra, int(tokens))

    def _parts(self, rows: Sequence[int]) -> Iterator[tuple[Batch, list[int] | None]]:
        """Rows that are computed together, and whose each is, numbered from 0 (None where each is
        its own). All of a unit are in one part, or they would be clipped each by itself."""
        parts: list[list[list[int]]] = []
        start = 0
        for size in self.draws.last_sizes:
            own, start = list(rows[start : start + size]), start + size
            if parts and sum(map(len, parts[-1])) + size <= self.recipe.batch:
                parts[-1].append(own)
            else:
                parts.append([own])
        for part in parts:
            taken = [self.rows[row][0] for own in part for row in own]
            owners = [number for number, own in enumerate(part) for _ in own]
            yield collate(taken, pad_id=self.pad_id), None if self.users is None else owners

    def _public(
        self, module: torch.nn.Module, public: PublicLoss | None
    ) -> tuple[float, list[torch.Tensor] | None]:
        """The loss of what is public and its gradient, without the hooks."""
        import torch

        from workbench.privacy.dp.gradients import quiet_hooks

        if public is None:
            return 0.0, None
        assert self.optimizer is not None and self.gradients is not None
        self.gradients.hooks.disable_hooks()
        try:
            with quiet_hooks():
                with casting(module):
                    loss = public(module, _numbered(self.optimizer.taken), None)
                found = torch.autograd.grad(loss, self.optimizer.parameters, allow_unused=True)
        finally:
            self.gradients.hooks.enable_hooks()
        pairs = zip(found, self.optimizer.parameters, strict=True)
        known = [torch.zeros_like(each) if one is None else one for one, each in pairs]
        return float(loss.detach()), known

    def state_dict(self) -> dict[str, Any]:
        """How far it is; with a seed, also where its generators stand."""
        assert self.optimizer is not None
        state: dict[str, Any] = {"taken": self.optimizer.taken}
        for name in ("coin_generator", "noise_generator"):
            if hasattr(self.noise, name):
                state[name] = getattr(self.noise, name).get_state()
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there: the steps that were taken since are taken anew, and told to nobody."""
        assert self.optimizer is not None
        self.optimizer.taken = int(state["taken"])
        for name in ("coin_generator", "noise_generator"):
            if name in state:
                getattr(self.noise, name).set_state(state[name])


def check_recipe(recipe: Recipe) -> None:
    """Raise for choices that would tell of rows without any noise."""
    if recipe.patience:
        raise CapabilityError(
            "with patience the loss of held-out rows would choose the weights, and no noise is on "
            "it",
            hint="--patience 0, or another preset than quality",
        )
    if recipe.rewordings:
        raise CapabilityError(
            "which words stand in for a row's own depends on the other rows, and no noise is on "
            "that",
            hint="--rewordings 0",
        )
    if not recipe.clip_norm:
        raise InputError("clip_norm is 0: a row could add anything", hint="clip_norm=1.0")
    if recipe.method not in ("lora", "rslora"):
        raise CapabilityError(f"{recipe.method} is not trained privately", hint="--method lora")


def row_losses(module: torch.nn.Module, batch: Batch) -> torch.Tensor:
    """The mean loss of each row's answer, times its weight, ``[rows]``: no row knows of another."""
    import torch

    outputs = compute(module, batch)
    count = len(batch.examples)
    lengths = torch.bincount(batch.rows, minlength=count).clamp_min(1)
    summed = torch.zeros(count).index_add(0, batch.rows, outputs.losses_nats * batch.weights)
    return summed / lengths


def _numbered(step: int) -> Batch:
    """What stands for a batch before what is public: the number of the step and no row."""
    import torch

    none = torch.zeros(0, dtype=torch.long)
    return Batch((), torch.tensor([[step]]), none, none, none, none, none, torch.zeros(0), none)
