"""Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290, equation 7).

The reference is the base without the adapter, which PEFT switches off, or for a run that goes on
from a taught adapter the model as it was taught; what it says of the two answers of each pair never
changes, so it is asked once, before the first step.

A margin may also grow while the wanted answer becomes less likely, its end with it: the model then
writes on and on. The loss of the wanted answers themselves, added to it, keeps them likely (Pang
et al. 2024, arXiv:2404.19733, equation 1).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, InputError
from workbench.core.progress import progress
from workbench.evaluation.wilson import wilson_interval
from workbench.finetuning.examples import Example, Preference
from workbench.finetuning.training.batches import Batch, Unit, batches_in_order
from workbench.finetuning.training.encoding import Encoded, Encodes, check_lengths
from workbench.finetuning.training.objective import Outputs, compute, judging

if TYPE_CHECKING:
    import torch

Reference = Literal["base", "start"]


@dataclass(frozen=True)
class Margins:
    """How far a model prefers what is wanted on held-out pairs.

    ``accuracy`` is the share of pairs whose margin is above 0, with its interval; a margin is what
    ``DpoLoss`` gives, without beta, in nats. ``likelier`` is the share of pairs whose wanted answer
    is the likelier one of itself; a longer answer has more tokens to lose by.
    """

    accuracy: float
    low: float
    high: float
    mean_margin_nats: float
    likelier: float
    pairs: int


def encode_pairs(encoder: Encodes, pairs: Sequence[Preference], *, max_tokens: int) -> list[Unit]:
    """Each pair as two examples, the answer that is wanted first.

    Raises:
        ContextLengthError: Some are longer than ``max_tokens``; they are named.
    """
    units: list[Unit] = []
    for number, pair in enumerate(pairs, start=1):
        check_cancelled()
        identity = pair.identity or f"pair {number}"
        units.append(
            tuple(
                encoder.encode(
                    Example(
                        (*pair.messages, ("assistant", said)), f"{identity}: {which}", pair.task
                    )
                )
                for which, said in (("chosen", pair.chosen), ("rejected", pair.rejected))
            )
        )
    check_lengths([each for unit in units for each in unit], max_tokens=max_tokens)
    return units


class DpoLoss:
    """The mean of ``-log sigmoid(beta * margin)`` over pairs.

    A pair's margin is how much more than the reference the model prefers the wanted answer: the
    sum of its tokens' log-probabilities less that of the other answer, minus the same of the
    reference. A batch holds pairs: the wanted answer, then the other.

    Args:
        module: Its reference is asked now.
        units: Every pair that will come.
        beta: How dearly leaving the reference is paid for.
        reference: ``base`` is the module without its adapter, ``start`` the module as it is now.
        answer_weight: What the loss of the wanted answers counts beside it, in nats a token.

    Raises:
        CapabilityError: The reference is the base, and the module has no adapter to switch off.
    """

    def __init__(
        self,
        module: torch.nn.Module,
        units: Sequence[Unit],
        *,
        beta: float = 0.1,
        reference: Reference = "base",
        answer_weight: float = 0.0,
    ) -> None:
        if reference == "base" and not hasattr(module, "disable_adapter"):
            raise CapabilityError("DPO needs an adapter: its reference is the base without it")
        check_weights(beta, answer_weight)
        self.beta, self.answer_weight = beta, answer_weight
        self._reference = ask_reference(module, units, reference=reference)

    def weigh(self, batch: Batch) -> float:
        """The pairs of a batch."""
        return len(batch.examples) / 2

    def __call__(self, module: torch.nn.Module, batch: Batch) -> tuple[torch.Tensor, Outputs]:
        """See ``Objective``."""
        import torch

        outputs = compute(module, batch)
        logprobs = answer_logprobs(outputs, batch)
        margins = self.margins(logprobs, batch)
        loss = -torch.nn.functional.logsigmoid(self.beta * margins).sum()
        if self.answer_weight:
            tokens = torch.bincount(batch.rows, minlength=len(batch.examples))
            loss = loss - self.answer_weight * (logprobs / tokens)[0::2].sum()
        return loss, outputs

    def margins(self, logprobs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """The margins of a batch's pairs, ``[pairs]``, in nats."""
        import torch

        known = torch.tensor([self._reference[_name(each)] for each in batch.examples])
        gains = logprobs - known
        return gains[0::2] - gains[1::2]

    def reference_gaps(self, units: Sequence[Unit]) -> list[float]:
        """How much likelier the reference finds the wanted answer of each pair, in nats."""
        known = self._reference
        return [known[_name(chosen)] - known[_name(other)] for chosen, other in units]


def check_weights(beta: float, answer_weight: float) -> None:
    """Raise InputError unless beta is above 0 and the answers' weight is not below it."""
    if not (math.isfinite(beta) and beta > 0):
        raise InputError(f"beta is {beta}; it must be above 0", hint="beta=0.1")
    if not (math.isfinite(answer_weight) and answer_weight >= 0):
        raise InputError(
            f"answer_weight is {answer_weight}; it must be 0 or above", hint="answer_weight=1"
        )


def ask_reference(
    module: torch.nn.Module, units: Sequence[Unit], *, reference: Reference = "base"
) -> dict[tuple[tuple[int, ...], int], float]:
    """What the reference says of every answer: its log-probability, in nats."""
    adapted: Any = module
    found: dict[tuple[tuple[int, ...], int], float] = {}
    as_asked = adapted.disable_adapter() if reference == "base" else contextlib.nullcontext()
    with judging(module), as_asked, progress("asking the reference") as task:
        for unit in units:
            check_cancelled()
            (batch,) = batches_in_order(unit, batch=len(unit))
            said = answer_logprobs(compute(module, batch), batch)
            found |= {_name(e): float(value) for e, value in zip(unit, said, strict=True)}
            task.advance()
    return found


def answer_logprobs(outputs: Outputs, batch: Batch) -> torch.Tensor:
    """The log-probability of each example's answer, ``[examples]``, in nats."""
    import torch

    empty = torch.zeros(len(batch.examples), dtype=outputs.losses_nats.dtype)
    return empty.index_add(0, batch.rows, -outputs.losses_nats)


def measure_margins(
    module: torch.nn.Module, units: Sequence[Unit], *, objective: DpoLoss
) -> Margins:
    """How often the model, more than its reference, prefers the wanted answer of each pair.

    The interval is Wilson's, at 95%.
    """
    margins: list[float] = []
    likelier = 0
    with judging(module):
        for unit in units:
            check_cancelled()
            (batch,) = batches_in_order(unit, batch=2)
            said = answer_logprobs(compute(module, batch), batch)
            margins += objective.margins(said, batch).tolist()
            likelier += int((said[0::2] > said[1::2]).sum())
    right = sum(margin > 0 for margin in margins)
    count = len(margins)
    low, high = wilson_interval(right / count, count)
    return Margins(right / count, low, high, sum(margins) / count, likelier / count, count)


def _name(example: Encoded) -> tuple[tuple[int, ...], int]:
    return example.ids, example.start
