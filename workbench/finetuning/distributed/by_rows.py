"""Strategies in which every process has all layers, and a share of the rows.

The gradient of a step is a mean over the weight of all its rows. Each process divides the sum over
its own rows by the weight of *all*, and what comes together is a sum: a mean of the processes'
means would count a row less where its process has many.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.finetuning.distributed.gathering import Trained
from workbench.finetuning.distributed.rows import Rows
from workbench.finetuning.distributed.spread import Spread, check_extra
from workbench.finetuning.training.anchoring import Anchors
from workbench.finetuning.training.objective import AnswerLoss, Objective, casting, judging
from workbench.finetuning.training.parallel import ExtraLoss

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.distributed.communication.exchange import Exchange
    from workbench.finetuning.training.batches import Batch

Loss = Callable[[], "torch.Tensor"]


class ByRows(Spread):
    """Shares the rows; see ``parallel.Parallel``.

    Args:
        module: As the strategy wrapped it: what is called, and brings the gradients together.
        rows: This process's share.
        trained: What one process would train.
        group: The processes that have the other rows of the same weights; None for all.
        averages: By how many the wrapper divides what it sums up.
        holding: Gives a context in which gradients stay as they are; they are then brought together
            with the last one of a step.
        finishing: Called after the last gradient of a step.
        settling: Called after an evaluation.
        exchange: What brings the gradients together, if it is not the wrapper.
        seed: See ``Spread``.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        rows: Rows,
        trained: Trained,
        *,
        group: Any = None,
        averages: int = 1,
        holding: Callable[[], contextlib.AbstractContextManager[Any]] = contextlib.nullcontext,
        finishing: Callable[[], None] | None = None,
        settling: Callable[[], None] | None = None,
        exchange: Exchange | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(trained, seed=seed)
        self.wrapped, self.rows, self.group = module, rows, group
        self.averages, self.holding = averages, holding
        self.finishing, self.settling, self.exchange = finishing, settling, exchange
        if exchange is not None and exchange.has_memory:
            self.own_states["communication"] = exchange

    @property
    def chance(self) -> int:
        """Processes that share a matrix draw alike, or what they have twice would part."""
        return self.rows.rank

    def learn(
        self,
        module: torch.nn.Module,
        parts: Sequence[Batch],
        objective: Objective,
        extra_loss: ExtraLoss | None,
        *,
        whole: float,
    ) -> tuple[float, float]:
        """See ``Parallel``."""
        anchors = check_extra(extra_loss)
        losses: list[tuple[int, Loss]] = []
        for part in parts:
            losses.append((0, self._of_rows(part, objective, whole)))
            if anchors is not None:
                share = objective.weigh(part) / whole
                losses.append((1, self._of_anchors(anchors, part, share)))
        told = [0.0, 0.0]
        for number, (kind, loss) in enumerate(losses):
            is_last = number == len(losses) - 1
            with contextlib.nullcontext() if is_last else self.holding():
                with casting(module):
                    found = loss()
                (found * self.averages).backward()
            told[kind] += float(found.detach())
        if self.finishing is not None:
            self.finishing()
        loss_nats, extra = self.tell(told)
        return loss_nats, extra

    def _of_rows(self, part: Batch, objective: Objective, whole: float) -> Loss:
        mine = self.rows.take(part)
        return lambda: objective(self.wrapped, mine)[0] / whole

    def _of_anchors(self, anchors: Anchors, part: Batch, share: float) -> Loss:
        """Which dialogues stand beside a batch follows from the whole batch, as on one process."""
        drawn = anchors.draw(part)
        tokens = sum(len(each.tokens) for each in drawn)
        mine = self.rows.pick(drawn)
        weight = share if mine else 0.0
        mine = mine or drawn[:1]
        together = anchors.lay(mine)
        return lambda: weight * anchors.judge(self.wrapped, mine, together, tokens=tokens)

    def evaluate(
        self,
        module: torch.nn.Module,
        batches: Sequence[Batch],
        objective: Objective | None = None,
    ) -> float:
        """The mean of the objective, as ``evaluate_loss`` gives it, the rows shared."""
        objective = objective or AnswerLoss()
        total = weight = 0.0
        with judging(module):
            for batch in batches:
                check_cancelled()
                total += float(objective(module, self.rows.take(batch))[0])
                weight += objective.weigh(batch)
        if self.settling is not None:
            self.settling()
        return self.add_up([total])[0] / weight

    def tell(self, told: Sequence[float]) -> list[float]:
        """The losses of a step, from those of this process's rows."""
        return self.add_up(told)

    def add_up(self, values: Sequence[float]) -> list[float]:
        """Numbers summed over the processes that have different rows."""
        import torch
        import torch.distributed as dist

        summed = torch.tensor(values, dtype=torch.float64)
        if self.rows.count > 1:
            dist.all_reduce(summed, group=self.group)
        return summed.tolist()
