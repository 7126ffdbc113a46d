"""Shared rows, and weights that come together once a round of many steps.

In a round nothing goes between the processes: each has its own gradient, its own optimiser and its
own loss, that of its rows. Only at a round's end are the weights the same everywhere, so there a
run is evaluated, saved, held and stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.finetuning.distributed.by_rows import ByRows
from workbench.finetuning.distributed.communication.beginning import check_alike
from workbench.finetuning.distributed.communication.local_sgd import Outer
from workbench.finetuning.distributed.communication.wire import Wire
from workbench.finetuning.distributed.gathering import Trained, find_trained
from workbench.finetuning.distributed.rows import Rows
from workbench.finetuning.distributed.shards.keeper import ShardKeeper
from workbench.finetuning.training.keeping import Keeper
from workbench.finetuning.training.objective import Objective
from workbench.finetuning.training.parallel import ExtraLoss

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.batches import Batch

_KINDS = ("step", "exp_avg", "exp_avg_sq")


class ByRounds(ByRows):
    """Each process learns from its rows; see ``parallel.Parallel``.

    Args:
        module: The same in all of them.
        rows: This process's share.
        wire: Between them.
        outer: What becomes of the weights at a round's end.
        steps: Of a round.
        seed: See ``Spread``.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        rows: Rows,
        wire: Wire,
        outer: Outer,
        *,
        steps: int,
        seed: int = 0,
    ) -> None:
        super().__init__(module, rows, Trained.of(module), seed=seed)
        self.wire, self.outer, self.steps = wire, outer, steps
        self.optimizer: torch.optim.Optimizer | None = None
        self.own_states["communication"] = self
        self.done = 0
        check_alike(module, wire)
        self.begin(module)

    @property
    def is_settled(self) -> bool:
        """See ``Parallel``."""
        return self.done == 0

    def learn(
        self,
        module: torch.nn.Module,
        parts: Sequence[Batch],
        objective: Objective,
        extra_loss: ExtraLoss | None,
        *,
        whole: float,
    ) -> tuple[float, float]:
        """See ``Parallel``; the mean is that of this process's rows, and so is what it tells."""
        mine = sum(objective.weigh(self.rows.take(part)) for part in parts)
        return super().learn(module, parts, objective, extra_loss, whole=mine or whole)

    def tell(self, told: Sequence[float]) -> list[float]:
        """See ``ByRows``: a word of all of them would be a message a step."""
        return list(told)

    def end_step(self, module: torch.nn.Module, *, is_last: bool) -> None:
        """See ``Parallel``."""
        self.done += 1
        if is_last or self.done == self.steps:
            self.end_round(module)

    def end_round(self, module: torch.nn.Module) -> None:
        """Bring the weights together, by one sum of all of them."""
        import torch

        trained = find_trained(module)
        with torch.no_grad():
            flat = torch.cat([(self.begun[n] - each).flatten() for n, each in trained.items()])
            self.wire.sum(flat)
            flat /= self.wire.count
            parts = flat.split([each.numel() for each in trained.values()])
            back = {
                name: part.view_as(each)
                for (name, each), part in zip(trained.items(), parts, strict=True)
            }
            self.outer.move(self.begun, back)
            for name, each in trained.items():
                each.copy_(self.begun[name])
        self.done = 0

    def evaluate(
        self,
        module: torch.nn.Module,
        batches: Sequence[Batch],
        objective: Objective | None = None,
    ) -> float:
        """See ``ByRows``; an evaluation ends the round, as all must judge the same weights."""
        if not self.is_settled:
            self.end_round(module)
        return super().evaluate(module, batches, objective)

    def put_weights(self, module: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
        """See ``Parallel``."""
        super().put_weights(module, weights)
        self.begin(module)

    def make_keeper(self, folder: Path, key: str) -> Keeper:
        """See ``Parallel``."""
        return _RoundKeeper(self, folder, key)

    def begin(self, module: torch.nn.Module) -> None:
        """Remember the weights with which a round begins."""
        trained = find_trained(module)
        self.begun = {name: each.detach().clone() for name, each in trained.items()}

    def state_dict(self) -> dict[str, Any]:
        """What this process alone has: its optimiser's moments, and what the outer step keeps."""
        assert self.optimizer is not None
        said = self.optimizer.state_dict()["state"]
        inner = {number: {kind: each[kind] for kind in _KINDS} for number, each in said.items()}
        return {"inner": inner, "outer": self.outer.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from that."""
        assert self.optimizer is not None
        (parameters,) = (group["params"] for group in self.optimizer.param_groups)
        for number, own in state["inner"].items():
            self.optimizer.state[parameters[number]] = {k: own[k].clone() for k in _KINDS}
        self.outer.load_state_dict(state["outer"])


class _RoundKeeper(ShardKeeper):
    """Saves also each process's own optimiser, and begins a round at what is loaded."""

    def __init__(self, rounds: ByRounds, run: Path, key: str) -> None:
        super().__init__(rounds, run, key)
        self.rounds = rounds

    def save(
        self,
        module: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        state: Mapping[str, Any],
        *,
        now: bool,
    ) -> None:
        """See ``Keeper``."""
        self.rounds.optimizer = optimizer
        super().save(module, optimizer, state, now=now)

    def load(
        self, module: torch.nn.Module, optimizer: torch.optim.Optimizer
    ) -> dict[str, Any] | None:
        """See ``Keeper``."""
        self.rounds.optimizer = optimizer
        found = super().load(module, optimizer)
        self.rounds.begin(module)
        return found
