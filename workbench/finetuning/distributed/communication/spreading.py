"""From what was chosen to what does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.finetuning.distributed.communication.choice import Choice
from workbench.finetuning.distributed.communication.diloco import DiLoCo
from workbench.finetuning.distributed.communication.exchange import Exchange
from workbench.finetuning.distributed.communication.fp16 import HalfPrecision
from workbench.finetuning.distributed.communication.local_sgd import LocalSGD
from workbench.finetuning.distributed.communication.plain import Plain
from workbench.finetuning.distributed.communication.powersgd import PowerSGD
from workbench.finetuning.distributed.communication.rounds import ByRounds
from workbench.finetuning.distributed.communication.topk import TopK
from workbench.finetuning.distributed.communication.wire import Wire
from workbench.finetuning.distributed.rows import Rows

if TYPE_CHECKING:
    import torch


def make_exchange(choice: Choice, wire: Wire, *, seed: int = 0) -> Exchange:
    """The method by which gradients are brought together after each step's backward pass."""
    if choice.method == "fp16":
        return HalfPrecision(wire)
    if choice.method == "powersgd":
        return PowerSGD(wire, int(choice.number), seed=seed)
    if choice.method == "topk":
        return TopK(wire, choice.number)
    return Plain(wire)


def spread_by_rounds(
    module: torch.nn.Module, rows: Rows, choice: Choice, *, seed: int = 0
) -> ByRounds:
    """Share the rows of a module that every process has whole, and bring it together in rounds.

    Args:
        module: The same in all of them.
        rows: This process's share.
        choice: A method in rounds.
        seed: See ``Spread``.
    """
    outer = DiLoCo() if choice.method == "diloco" else LocalSGD()
    return ByRounds(module, rows, Wire(), outer, steps=int(choice.number), seed=seed)
