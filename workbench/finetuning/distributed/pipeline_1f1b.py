"""Pipeline parallelism by one forward, one backward (Narayanan et al. 2019, PipeDream; 2021,
arXiv:2104.04473, section 2.2): each process has some of the layers.

A batch is cut into micro-batches that follow each other through the stages; once a stage has as
many under way as stages come after it, it takes a gradient back for each one that it sends on.
torch's ``Schedule1F1B`` does it. It would divide the gradients by the number of micro-batches,
which would be a mean of means: here each micro-batch's sum is divided by the step's whole weight,
and nothing after that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.finetuning.distributed import norms
from workbench.finetuning.distributed.gathering import Trained, find_trained
from workbench.finetuning.distributed.layers import find_causal
from workbench.finetuning.distributed.micro_batches import lay
from workbench.finetuning.distributed.rows import Rows
from workbench.finetuning.distributed.spread import Spread, check_extra
from workbench.finetuning.distributed.stage import EMBEDDING, End, has_tied_embedding, make_stage
from workbench.finetuning.training.anchoring import Anchors
from workbench.finetuning.training.objective import AnswerLoss, Objective, casting, judging
from workbench.finetuning.training.parallel import ExtraLoss

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.training.batches import Batch

# Of m micro-batches in p stages a stage waits for (p - 1) / (m + p - 1) of the time: with two a
# stage that is a fifth of two stages, and 3/11 of four.
MICRO_BATCHES_A_STAGE = 2


@dataclass(frozen=True)
class _Piece:
    """A micro-batch, and what its hidden states are judged by on the last stage."""

    batch: Batch
    end: End
    is_extra: bool = False


class ByStages(Spread):
    """Shares the layers; see ``parallel.Parallel``.

    Args:
        module: The same in all processes. What belongs to other stages is taken out of it.
        pack_tokens: See ``collate``.
        pad_id: See ``collate``.
        seed: See ``Spread``.
    """

    def __init__(
        self, module: torch.nn.Module, *, pack_tokens: int = 0, pad_id: int = 0, seed: int = 0
    ) -> None:
        import torch.distributed as dist

        super().__init__(Trained.of(module, are_apart=True), seed=seed)
        self._pack_tokens, self._pad_id = pack_tokens, pad_id
        self.last = self.count - 1
        tied = has_tied_embedding(module)
        self.hidden = int(find_causal(module).config.hidden_size)
        self.stage = make_stage(module, self.rank, self.count)
        self._own = find_trained(module)
        shares = tied and any(name.endswith(EMBEDDING) for name in self.trained.shapes)
        # Both ends have the embedding, and its gradient is that of both.
        self._ends = dist.new_group([0, self.last]) if shares and self.last else None
        self.scales = False

    @property
    def own_names(self) -> list[str]:
        """See ``Spread``."""
        return list(self._own)

    @property
    def is_last(self) -> bool:
        """Whether the losses are computed here."""
        return self.rank == self.last

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
        told = [0.0, 0.0]
        for part in parts:
            pieces = self._cut(part, objective, whole)
            if anchors is not None:
                pieces += self._cut_anchors(anchors, part, objective.weigh(part) / whole)
            with casting(module):
                losses = self._run(pieces, learns=True)
            for piece, loss in zip(pieces, losses, strict=False):
                told[piece.is_extra] += loss
        self._sum_tied()
        loss_nats, extra = self._tell(told)
        return loss_nats, extra

    def evaluate(
        self,
        module: torch.nn.Module,
        batches: Sequence[Batch],
        objective: Objective | None = None,
    ) -> float:
        """The mean of the objective, as ``evaluate_loss`` gives it."""
        objective = objective or AnswerLoss()
        total = weight = 0.0
        with judging(module):
            for batch in batches:
                check_cancelled()
                total += sum(self._run(self._cut(batch, objective, 1.0), learns=False))
                weight += objective.weigh(batch)
        return self._tell([total])[0] / weight

    def _cut(self, part: Batch, objective: Objective, whole: float) -> list[_Piece]:
        """A batch's rows in micro-batches, at least one a stage."""
        count = max(self.count, min(MICRO_BATCHES_A_STAGE * self.count, len(part.examples)))

        def judge(micro: Batch) -> End:
            return lambda head: objective(head, micro)[0] / whole

        deals = [Rows(n, count, self._pack_tokens, self._pad_id) for n in range(count)]
        micros = [each.take(part) for each in deals]
        return [_Piece(micro, judge(micro)) for micro in micros]

    def _cut_anchors(self, anchors: Anchors, part: Batch, share: float) -> list[_Piece]:
        drawn = anchors.draw(part)
        tokens = sum(len(each.tokens) for each in drawn)
        count = min(self.count, len(drawn))

        def make(number: int) -> _Piece:
            mine = drawn[number::count]
            together = anchors.lay(mine)
            return _Piece(
                together,
                lambda head: share * anchors.judge(head, mine, together, tokens=tokens),
                is_extra=True,
            )

        return [make(number) for number in range(count)]

    def _run(self, pieces: Sequence[_Piece], *, learns: bool) -> list[float]:
        """Send micro-batches through all stages; their losses, on the last one."""
        import torch
        from torch.distributed.pipelining import Schedule1F1B, ScheduleGPipe

        laid = lay([piece.batch for piece in pieces])
        caller: Any = self.stage
        caller.ends = [piece.end for piece in pieces]
        stage = self._make_pipeline_stage(laid.bins, laid.tokens, learns=learns)
        ways: dict[str, Any] = {
            "position_ids": laid.position_ids,
            "attention_mask": laid.attention_mask,
            "number": laid.number,
        }
        given = (laid.input_ids,) if self.is_first else ()
        dummies = torch.zeros(len(pieces))  # what is to be said stands in the ends
        kind = Schedule1F1B if learns else ScheduleGPipe
        schedule = kind(stage, len(pieces), loss_fn=_pass_on, scale_grads=self.scales)
        if learns:
            losses: list[torch.Tensor] = []
            schedule.step(*given, target=dummies, losses=losses, return_outputs=False, **ways)
            return [float(each.detach()) for each in losses]
        said = schedule.eval(*given, target=dummies, **ways)
        return said.tolist() if self.is_last else []

    def _make_pipeline_stage(self, bins: int, tokens: int, *, learns: bool) -> Any:
        """With the shapes that come and go, known to every stage: batches differ in length."""
        import torch
        from torch.distributed.pipelining import PipelineStage

        caller: Any = self.stage
        device = torch.device("meta")

        def between() -> torch.Tensor:
            shape = (bins, tokens, self.hidden)
            return torch.empty(shape, dtype=caller.dtype, device=device, requires_grad=learns)

        ids = torch.empty((bins, tokens), dtype=torch.long, device=device)
        loss = torch.empty(1, device=device, requires_grad=learns)
        return PipelineStage(
            self.stage,
            self.rank,
            self.count,
            torch.device("cpu"),
            input_args=ids if self.is_first else between(),
            output_args=loss if self.is_last else between(),
        )

    def _sum_tied(self) -> None:
        """The embedding's gradient is that of both ends."""
        import torch.distributed as dist

        if self._ends is None or self.rank not in (0, self.last):
            return
        for name, parameter in self._own.items():
            if name.endswith(EMBEDDING) and parameter.grad is not None:
                dist.all_reduce(parameter.grad, group=self._ends)

    def measure_norm(self, trained: Sequence[torch.nn.Parameter]) -> float:
        """See ``Spread``. What both ends have is counted at the first."""
        import torch.distributed as dist

        again = self.is_last and self._ends is not None
        counted = [not (again and name.endswith(EMBEDDING)) for name in self._own]
        return norms.measure_norm(trained, counted=counted, group=dist.group.WORLD)

    def _tell(self, values: Sequence[float]) -> list[float]:
        """What the last stage found, told to all."""
        import torch
        import torch.distributed as dist

        told = torch.tensor(values, dtype=torch.float64)
        dist.broadcast(told, src=self.last)
        return told.tolist()


def _pass_on(loss: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return loss.sum()
