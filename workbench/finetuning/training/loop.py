"""The one training loop: adapters, whole models, preferences and sequences of tasks go through it.

A run that was killed goes on from its last checkpoint with the same numbers: the weights, the
optimiser, the place in the data, the random generators and the early stopping are all in it, and
the learning rate follows from the step.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import events
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CancelledError, InputError
from workbench.core.progress import progress
from workbench.core.seeds import derive_seed, seed_everything
from workbench.finetuning.training.checkpoints import Stateful
from workbench.finetuning.training.keeping import Keeper
from workbench.finetuning.training.objective import AnswerLoss, Objective, casting
from workbench.finetuning.training.parallel import Alone, ExtraLoss, Parallel
from workbench.finetuning.training.recipe import Recipe

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.batches import Batch
    from workbench.finetuning.training.private_learning import PrivateLearning


@dataclass(frozen=True)
class Step:
    """One step as it was: the first is number 1."""

    number: int
    loss_nats: float
    extra_loss: float
    learning_rate: float
    gradient_norm: float
    tokens: int
    seconds: float


@dataclass(frozen=True)
class Evaluation:
    """The loss on what a run is evaluated on, after so many steps."""

    step: int
    loss_nats: float


@dataclass(frozen=True)
class Restart:
    """Where a run began again, on several processes, since one was lost or was there again.

    Attributes:
        at_step: How many steps were done.
        from_step: How many of them were in the last checkpoint.
        processes: On how many it went on.
        cause: Why.
    """

    at_step: int
    from_step: int
    processes: int
    cause: str

    @property
    def steps_lost(self) -> int:
        """Steps that were done twice."""
        return self.at_step - self.from_step


@dataclass
class Training:
    """How a run went. ``stopped`` says why it ended: ``steps`` or ``patience``."""

    steps: list[Step] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    best: Evaluation | None = None
    waited: int = 0
    stopped: str = ""
    resumed_at: int | None = None
    restarts: list[Restart] = field(default_factory=list)
    sent_bytes: int | None = None  # by the first of several processes since it was started

    def tell_restarts(self) -> list[dict[str, Any]]:
        """As plain data, with how many steps each of them cost."""
        return [{**asdict(each), "steps_lost": each.steps_lost} for each in self.restarts]

    @property
    def tokens(self) -> int:
        """The tokens of all examples that were learnt from."""
        return sum(step.tokens for step in self.steps)

    @property
    def seconds(self) -> float:
        """What the steps took, those before a kill included."""
        return sum(step.seconds for step in self.steps)

    @property
    def tokens_per_s(self) -> float:
        """Tokens of examples a second of training; evaluations are not in it."""
        return self.tokens / self.seconds if self.seconds else 0.0


@dataclass(frozen=True)
class Keeping:
    """Where a run keeps its state. ``key`` names what is trained how: see ``checkpoints``.

    ``others`` are saved and restored with it, by their names.
    """

    folder: Path
    key: str
    others: Mapping[str, Stateful] = field(default_factory=dict)


def train(
    module: torch.nn.Module,
    batches: Iterable[Batch],
    recipe: Recipe,
    *,
    steps: int,
    objective: Objective | None = None,
    extra_loss: ExtraLoss | None = None,
    evaluate: Callable[[torch.nn.Module], float] | None = None,
    watch: Callable[[torch.nn.Module, Training], None] | None = None,
    keeping: Keeping | None = None,
    between_steps: Callable[[], None] | None = None,
    private: PrivateLearning | None = None,
    parallel: Parallel | None = None,
) -> Training:
    """Train what requires a gradient in ``module``.

    Args:
        module: The model, its base frozen or not. It is trained in place.
        batches: Endless, ``recipe.accumulation`` of them a step. With ``keeping`` it needs
            ``state_dict`` and ``load_state_dict``, as ``Batches`` has.
        recipe: Learning rate, schedule, clipping and the rest.
        steps: How many there are; ``Recipe.count_steps`` says.
        objective: What is minimised; by default the loss of the answers.
        extra_loss: Added to the mean loss of each batch.
        evaluate: Gives the loss on held-out examples: before, after, and every
            ``recipe.evaluate_every_steps``.
        watch: Called after each evaluation and checkpoint, with the run so far.
        keeping: Where checkpoints go, from which a run that was killed goes on.
        between_steps: Called before each step; it may wait, as where serving goes first.
        private: Draws the rows and takes the steps in place of ``batches`` and ``objective``;
            ``extra_loss`` may then read public rows alone.
        parallel: How the work is shared among processes, each of which calls this; by default
            there is this one alone. ``evaluate`` must then say the same in all of them.

    Raises:
        CancelledError: It was cancelled; with ``keeping`` the steps that were done are kept.
        InputError: Nothing can be trained, or the loss is no number any more.
        ConflictError, IntegrityError: Of the checkpoint.
        StorageError: A checkpoint could not be written.
    """
    loop = _Loop(
        module,
        batches,
        recipe,
        steps=steps,
        objective=objective or AnswerLoss(),
        extra_loss=extra_loss,
        evaluate=evaluate,
        watch=watch,
        keeping=keeping,
        between_steps=between_steps,
        private=private,
        parallel=parallel or Alone(),
    )
    try:
        return loop.run()
    finally:
        if private is not None:
            private.end()


class _Loop:
    """One run: what its steps change, and when they are saved."""

    def __init__(
        self,
        module: torch.nn.Module,
        batches: Iterable[Batch],
        recipe: Recipe,
        *,
        steps: int,
        objective: Objective,
        extra_loss: ExtraLoss | None,
        evaluate: Callable[[torch.nn.Module], float] | None,
        watch: Callable[[torch.nn.Module, Training], None] | None,
        keeping: Keeping | None,
        between_steps: Callable[[], None] | None,
        private: PrivateLearning | None,
        parallel: Parallel,
    ) -> None:
        import torch

        self.module, self.recipe, self.steps, self.keeping = module, recipe, steps, keeping
        self.objective, self.extra_loss, self.parallel = objective, extra_loss, parallel
        self.evaluate, self.watch, self.between_steps = evaluate, watch, between_steps
        self.source, self.batches = batches, iter(batches)
        self.trained = [each for each in module.parameters() if each.requires_grad]
        if not self.trained:
            raise InputError("nothing in the model is trained", hint="adapt(module, recipe) first")
        if keeping is not None and not hasattr(batches, "state_dict"):
            raise InputError("the batches have no state to resume from", hint="use Batches")
        self.optimizer = torch.optim.AdamW(
            self.trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay
        )
        self.private = private
        if private is not None:
            private.begin(module, self.optimizer)
        self.done = Training()
        self.best_weights: dict[str, torch.Tensor] | None = None
        self.saved_s, self.is_between_steps, self.is_due = time.monotonic(), True, False
        self.keeper: Keeper | None = (
            None if keeping is None else self.parallel.make_keeper(keeping.folder, keeping.key)
        )

    def run(self) -> Training:
        """All steps that are left."""
        seed_everything(derive_seed(self.recipe.seed, "training"))
        self.parallel.draw_apart()
        self._resume()
        self.module.train()
        with progress("training", total=self.steps, unit="steps") as task:
            try:
                while not self.done.stopped:
                    self._evaluate_if_due()
                    if self.done.stopped:
                        break
                    if len(self.done.steps) >= self.steps:
                        self.done.stopped = "steps"
                        break
                    if self.parallel.is_settled:
                        if self.between_steps is not None:
                            self.between_steps()
                        check_cancelled()
                    step = self._step()
                    self._save()
                    task.update(step.number, message=f"loss {step.loss_nats:.3f}")
            except CancelledError:
                if self.is_between_steps:
                    self._save(now=True)
                raise
        self._finish()
        return self.done

    def _step(self) -> Step:
        """One step, written down and told."""
        started_s, number = time.perf_counter(), len(self.done.steps)
        self.is_between_steps = False
        rate = self.recipe.learning_rate_at(number, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        loss, extra, norm, tokens = (
            self._take_step(number) if self.private is None else self._take_private_step()
        )
        seconds = time.perf_counter() - started_s
        step = Step(number + 1, loss, extra, rate, norm, tokens, seconds)
        self.done.steps.append(step)
        self.is_between_steps = True
        events.emit(
            "finetuning.step", steps=self.steps, tokens_per_s=tokens / seconds, **asdict(step)
        )
        return step

    def _take_private_step(self) -> tuple[float, float, float, int]:
        """As ``_take_step``, by rows that are clipped and under noise; the norm is a row's most."""
        assert self.private is not None
        found = self.private.step(self.module, public=self.extra_loss)
        return found.loss_nats, found.extra_loss, self.recipe.clip_norm, found.tokens

    def _take_step(self, number: int) -> tuple[float, float, float, int]:
        """Loss, extra loss, norm and tokens of a step: the mean over the weight of all its batches,
        however they are cut."""
        parts = [next(self.batches) for _ in range(self.recipe.accumulation)]
        whole = sum(self.objective.weigh(part) for part in parts)
        if not whole > 0:
            raise InputError("the examples of a step have no weight", hint="weights above 0")
        loss, extra = self.parallel.learn(
            self.module, parts, self.objective, self.extra_loss, whole=whole
        )
        norm = self.parallel.clip(self.trained, self.recipe.clip_norm)
        if not math.isfinite(loss + extra + norm):
            raise InputError(
                f"the loss at step {number + 1} is no number any more (loss {loss}, gradient "
                f"{norm})",
                hint="lower the learning rate, or precision='fp32'",
            )
        if self.keeper is not None:
            # A checkpoint is written beside the gradient that follows it, and is there before
            # another step is: no more than what lies between two of them is ever lost.
            self.keeper.settle()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.parallel.end_step(self.module, is_last=number + 1 == self.steps)
        return loss, extra, norm, sum(part.tokens for part in parts)

    def _evaluate_if_due(self) -> None:
        number, every = len(self.done.steps), self.recipe.evaluate_every_steps
        due = number in (0, self.steps) or (every > 0 and number % every == 0)
        known = self.done.evaluations and self.done.evaluations[-1].step == number
        if self.evaluate is None or not due or known:
            return
        with casting(self.module):
            found = Evaluation(number, self.evaluate(self.module))
        self.done.evaluations.append(found)
        events.emit("finetuning.evaluation", steps=self.steps, **asdict(found))
        if self.done.best is None or found.loss_nats < self.done.best.loss_nats:
            self.done.best, self.done.waited = found, 0
            if self.recipe.patience:
                self.best_weights = self.parallel.take_weights(self.module)
        else:
            self.done.waited += 1
            if 0 < self.recipe.patience <= self.done.waited:
                self.done.stopped = "patience"
        self._tell()

    def _finish(self) -> None:
        if self.best_weights is not None:
            self.parallel.put_weights(self.module, self.best_weights)
        self._save(now=True)
        self.module.eval()

    def _tell(self) -> None:
        if self.watch is not None:
            self.watch(self.module, self.done)

    def _states(self) -> dict[str, Any]:
        assert self.keeping is not None
        source: Any = self.source
        others = {name: each.state_dict() for name, each in self._others().items()}
        return {"batches": source.state_dict(), "others": others}

    def _set_states(self, state: Mapping[str, Any]) -> None:
        assert self.keeping is not None
        source: Any = self.source
        source.load_state_dict(state["batches"])
        for name, each in self._others().items():
            each.load_state_dict(state["others"][name])

    def _others(self) -> dict[str, Stateful]:
        """What is saved beside the loop's own state."""
        assert self.keeping is not None
        private = {} if self.private is None else {"private": self.private}
        return {**self.keeping.others, **private}

    def _save(self, *, now: bool = False) -> None:
        """Write a checkpoint if one is due."""
        if self.keeper is None:
            return
        number, every = len(self.done.steps), self.recipe.checkpoint_every_steps
        since_s = time.monotonic() - self.saved_s
        self.is_due |= now or (every > 0 and number % every == 0)
        self.is_due |= 0 < self.recipe.checkpoint_every_s <= since_s
        if not self.parallel.is_settled or not self.parallel.agree(self.is_due):
            return
        state = {
            **self._states(),
            "training": self.done,
            "best_weights": self.best_weights,
            "global_batch": self.recipe.examples_a_step,
        }
        self.keeper.save(self.module, self.optimizer, state, now=now)
        self.saved_s, self.is_due = time.monotonic(), False
        self._tell()

    def _resume(self) -> None:
        state = None if self.keeper is None else self.keeper.load(self.module, self.optimizer)
        if state is None:
            return
        self._set_states(state)
        self.best_weights = state["best_weights"]
        self.done = read_training(state["training"])
        self.done.resumed_at = len(self.done.steps)
        self._tell()


def read_training(plain: Mapping[str, Any]) -> Training:
    """A run so far, from its plain form."""
    best = plain["best"]
    return Training(
        steps=[Step(**each) for each in plain["steps"]],
        evaluations=[Evaluation(**each) for each in plain["evaluations"]],
        best=None if best is None else Evaluation(**best),
        waited=plain["waited"],
        stopped=plain["stopped"],
        resumed_at=plain.get("resumed_at"),
        restarts=[Restart(**each) for each in plain.get("restarts", ())],
        sent_bytes=plain.get("sent_bytes"),
    )
