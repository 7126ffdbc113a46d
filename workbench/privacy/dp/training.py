"""A private run from an epsilon to an accuracy, with the audit of its claim in the same run."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.errors import InputError
from workbench.core.progress import progress
from workbench.core.seeds import derive_seed
from workbench.core.torch_threads import torch_threads
from workbench.core.viewers import Viewable

from .accounting import account
from .claims import Verdict, claim_of
from .clipping import Clipping, FixedClipping, QuantileClipping
from .make_private import PrivateTraining, make_private
from .mechanisms import GaussianSteps, Unit
from .noise import describe_seeded
from .task import ClassifierTask

if TYPE_CHECKING:
    import numpy as np
    import torch

    from workbench.privacy.auditing.canaries import GradientCanaries
    from workbench.privacy.auditing.one_run import Audit
    from workbench.privacy.dp.budget import Budgets, Spend

log = logging.getLogger(__name__)
ClippingName = Literal["fixed", "quantile"]
OptimizerName = Literal["sgd", "adam"]

# Chosen on the rows to tune on (lab log, 26 November 2026).
CLIP_NORM = 0.5
SAMPLING_RATE = 0.5
_BIAS = 0.1  # a constant feature: as long as this, so that it takes little of the clipped norm
_FASTEST = 64.0
_RATE_AN_EPSILON = 24.0
_ADAM_RATE = 0.1
_CANARIES, _LEAST_CANARIES = 1000, 100


@dataclass(frozen=True)
class PrivateRun(Viewable):
    """What a private run came to.

    ``accuracy`` is on rows that were never learnt from; ``epsilon_pld`` is what the run costs at
    ``delta``, ``epsilon_rdp`` the looser account; ``audit.upper`` is the claim again and
    ``audit.lower`` what its canaries prove (None without canaries). ``noise`` says where the noise
    came from. ``unit`` is what epsilon protects: one of ``rows``, or one of ``users`` with all
    their rows, of which ``rows_per_user`` at most were learnt from. Accuracy and numbers of rows
    have no noise on them: they are for whoever may see the data. ``audit_note`` says why there is
    no audit, or why it proves little; "" where it is one.
    """

    dataset: str
    dataset_sha256: str
    accuracy: float
    epsilon_pld: float
    epsilon_rdp: float | None
    delta: float
    noise_multiplier: float
    noise_scale: float
    sampling_rate: float
    steps: int
    clip_norm: float
    mode: str
    rows: int
    seed: int | None
    noise: str
    audit: Audit | None
    unit: Unit = "example"
    users: int | None = None
    rows_per_user: int | None = None
    audit_note: str = ""

    @property
    def ok(self) -> bool:
        """Whether no audit refuted the claim; a command ends with 1 where one did."""
        return self.audit is None or not self.audit.flagged


def choose_steps(epsilon: float) -> int:
    """How many steps: with less noise, more of them can be used."""
    return 60 if epsilon > 4 else 30


def choose_rate(epsilon: float) -> float:
    """The learning rate of DP-SGD: with more noise, smaller steps."""
    return min(_FASTEST, _RATE_AN_EPSILON * epsilon)


def train_classifier(
    task: ClassifierTask,
    *,
    epsilon: float,
    delta: float = 1e-5,
    seed: int | None = 0,
    steps: int | None = None,
    sampling_rate: float = SAMPLING_RATE,
    clip_norm: float = CLIP_NORM,
    clipping: ClippingName = "fixed",
    optimizer: OptimizerName = "sgd",
    learning_rate: float | None = None,
    noise_scale: float = 1.0,
    canaries: int = 1000,
    budgets: Budgets | None = None,
) -> PrivateRun:
    """Train a linear classifier within an epsilon, and audit it in the same run.

    What comes out is the mean of the weights over the run's second half: it costs nothing, and
    takes much of the noise away. With ``budgets`` the run is spent before its first step, at what
    the noise that it really adds costs (``noise_scale``), and what the audit finds is written down.

    Where the task says whose its examples are, it is users that are private: they come into a step
    by coins, the mean gradient of a user's examples is clipped, and noise is for one user.
    (McMahan and others (2018), arXiv:1710.06963; Charles and others (2024), arXiv:2407.07737,
    who call it user-level sampling.) The canaries are then users of as many examples.

    Raises:
        LimitError: The data set's budget has not so much left.
        InputError: A number is not allowed, or no noise is enough.
        CapabilityError: There is no room for so many canaries.
    """
    if not noise_scale > 0:
        raise InputError(f"noise_scale is {noise_scale}, which must be above 0")
    number = steps or choose_steps(epsilon)
    planted = _plant(task, canaries, sampling_rate=sampling_rate, seed=seed)
    model = _make_model(task)
    inner = _make_optimizer(model, optimizer, learning_rate, epsilon)
    private = make_private(
        model,
        inner,
        _loader(task, sampling_rate),
        epsilon=epsilon,
        delta=delta,
        steps=number,
        clipping=_make_clipping(clipping, clip_norm),
        losses=_losses,
        mode="hooks",
        units=task.users,
        per_user="mean",
        seed=None if seed is None else derive_seed(seed, "private training"),
        noise_scale=noise_scale,
        canaries=planted,
    )
    try:
        with _spending(budgets, task, private, delta) as spend, torch_threads(1):
            weights = _run_and_average(private)
    finally:
        private.close()
    made = replace(
        _tell(task, private, weights, delta=delta, seed=seed), audit_note=_note(task, canaries)
    )
    if planted is None:
        return made
    return replace(made, audit=_audit(planted, private.mechanism, delta, budgets, spend))


def _audit(
    planted: GradientCanaries, claimed: GaussianSteps, delta: float, budgets: Budgets | None,
    spend: Spend | None,
) -> Audit:  # fmt: skip
    """What the run's canaries show of its claim, written down where it was spent."""
    from workbench.privacy.auditing.one_run import audit_run

    audit = audit_run(planted, claimed, delta=delta)
    if budgets is not None and spend is not None:
        budgets.judge(spend, Verdict(audit.lower, audit.confidence, audit.flagged))
    return audit


def _tell(
    task: ClassifierTask, private: PrivateTraining, weights: torch.Tensor, *, delta: float,
    seed: int | None,
) -> PrivateRun:  # fmt: skip
    """How right it is on rows that were not learnt from, and what it cost."""
    import torch

    right = (_with_bias(task.test_x) @ weights.T).argmax(dim=1) == torch.from_numpy(task.test_y)
    lost = account(private.mechanism, delta=delta)
    return PrivateRun(
        dataset=task.name,
        dataset_sha256=task.sha256,
        accuracy=float(right.double().mean()),
        epsilon_pld=lost.epsilon_pld,
        epsilon_rdp=lost.epsilon_rdp,
        delta=delta,
        noise_multiplier=private.mechanism.noise_multiplier,
        noise_scale=private.optimizer.noise_scale,
        sampling_rate=private.mechanism.sampling_rate,
        steps=private.mechanism.steps,
        clip_norm=private.optimizer.clipping.norm,
        mode=private.mode,
        rows=len(task.train_y),
        seed=seed,
        noise=private.noise.told if seed is None else describe_seeded(seed),
        audit=None,
        unit=task.unit,
        users=None if task.users is None else len(set(task.users)),
        rows_per_user=task.rows_per_user,
    )


@contextlib.contextmanager
def _spending(
    budgets: Budgets | None, task: ClassifierTask, private: PrivateTraining, delta: float
) -> Iterator[Spend | None]:
    """Write the spend down before the first step, and its end however it ends."""
    if budgets is None:
        yield None
        return
    purpose = f"training of a classifier of {task.name}"
    scale = private.optimizer.noise_scale
    claim = claim_of(private.mechanism, private.added, delta=delta, noise_scale=scale)
    spend = budgets.spend(task.sha256, private.added, purpose=purpose, unit=task.unit, claim=claim)
    try:
        yield spend
    finally:
        budgets.end(spend)


def _run_and_average(private: PrivateTraining) -> torch.Tensor:
    """All steps; the mean of the weights after each of the second half."""
    import torch

    model: Any = private.model
    total, steps = torch.zeros_like(model.weight), private.mechanism.steps
    first = steps // 2
    with progress("private training", total=steps, unit="steps") as task:
        for number, loss in enumerate(private.run()):
            if number >= first:
                total += model.weight.detach()
            task.advance(message=f"loss {loss:.3f}")
    return total / (steps - first)


def _plant(
    task: ClassifierTask, count: int, *, sampling_rate: float, seed: int | None
) -> GradientCanaries | None:
    """The audit's canaries, each of as many examples as a user may have; None without an audit."""
    from workbench.privacy.auditing.canaries import GradientCanaries, check_room

    if not count:
        return None
    check_room(count, _numbers(task))  # now, while nothing is spent
    if count < _LEAST_CANARIES:
        log.warning(
            "%d canaries prove little or nothing, whatever the run does: some hundreds are wanted",
            count,
        )
    rate, rows = _rate(task, sampling_rate), task.rows_per_user or 1
    return GradientCanaries(count, rate=rate, rows_each=rows, seed=seed)


def _note(task: ClassifierTask, canaries: int) -> str:
    """Why there is no audit, or what so few canaries are worth; "" where there are enough."""
    from workbench.privacy.auditing.canaries import most_canaries

    if canaries >= _LEAST_CANARIES:
        return ""
    if canaries:
        told = "canary proves" if canaries == 1 else "canaries prove"
        return f"{canaries} {told} little or nothing, whatever the run does: some hundreds do"
    numbers = _numbers(task)
    most = most_canaries(numbers)
    if most >= _LEAST_CANARIES:
        return f"no canaries were asked for; there is room for {min(most, _CANARIES):,}"
    return (
        f"its classifier has {numbers:,} numbers, which leaves room for {most:,} canaries, and "
        f"under {_LEAST_CANARIES} prove nothing; the claim is the accountant's alone"
    )


def choose_canaries(task: ClassifierTask) -> int:
    """How many the audit plants: as many as its classifier has room for, up to 1,000; none where
    those would be too few to prove anything."""
    from workbench.privacy.auditing.canaries import most_canaries

    count = min(_CANARIES, most_canaries(_numbers(task)))
    return count if count >= _LEAST_CANARIES else 0


def _numbers(task: ClassifierTask) -> int:
    """How many numbers the task's classifier has."""
    return (task.train_x.shape[1] + 1) * task.classes


def _make_model(task: ClassifierTask) -> torch.nn.Linear:
    import torch

    model = torch.nn.Linear(task.train_x.shape[1] + 1, task.classes, bias=False)
    torch.nn.init.zeros_(model.weight)
    return model


def _make_optimizer(
    model: torch.nn.Module, name: OptimizerName, rate: float | None, epsilon: float
) -> torch.optim.Optimizer:
    import torch

    if name == "adam":
        return torch.optim.Adam(model.parameters(), lr=rate or _ADAM_RATE)
    return torch.optim.SGD(model.parameters(), lr=rate or choose_rate(epsilon))


def _make_clipping(name: ClippingName, norm: float) -> Clipping:
    return FixedClipping(norm) if name == "fixed" else QuantileClipping(norm)


def _loader(task: ClassifierTask, rate: float) -> torch.utils.data.DataLoader[Any]:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    rows = TensorDataset(_with_bias(task.train_x), torch.from_numpy(task.train_y))
    return DataLoader(rows, batch_size=max(1, round(rate * len(rows))))


def _rate(task: ClassifierTask, rate: float) -> float:
    """The rate that whole batches of the mean size make."""
    return min(1.0, max(1, round(rate * len(task.train_y))) / len(task.train_y))


def _with_bias(features: np.ndarray) -> torch.Tensor:
    import torch

    given = torch.from_numpy(features)
    return torch.cat([given, torch.full((len(given), 1), _BIAS)], dim=1)


def _losses(model: torch.nn.Module, batch: Any) -> torch.Tensor:
    import torch

    features, labels = batch
    return torch.nn.functional.cross_entropy(model(features), labels, reduction="none")
