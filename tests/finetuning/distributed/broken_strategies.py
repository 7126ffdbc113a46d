"""Strategies with one fault each, which the comparison with one process must find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from workbench.finetuning.distributed import norms
from workbench.finetuning.distributed.rows import Rows


def break_it(what: str, parallel: Any) -> Callable[[], None]:
    """Break a strategy that was made, or what it calls; what is given mends the latter."""
    if what:
        return _FAULTS[what](parallel) or (lambda: None)
    return lambda: None


def _average(parallel: Any) -> None:
    """The gradients are a mean of the processes' sums: too small everywhere by their number."""
    parallel.averages = 1


def _see_the_same(parallel: Any) -> None:
    """Every process learns from the first one's rows."""
    parallel.rows = Rows(0, parallel.rows.count, parallel.rows.pack_tokens)


def _mean_of_means(parallel: Any) -> None:
    """Each process divides by the weight of its own rows."""
    whole_way = parallel._of_rows

    def of_rows(part: Any, objective: Any, whole: float) -> Any:
        mine = objective.weigh(parallel.rows.take(part)) or 1.0
        share = objective.weigh(part) / whole
        return whole_way(part, objective, mine * parallel.rows.count / share)

    parallel._of_rows = of_rows


def _forget_to_sum(parallel: Any) -> None:
    """A mesh whose groups do not sum up what they learnt."""
    parallel.finishing = None


def _norm_of_own_part(parallel: Any) -> Callable[[], None]:
    """The norm is that of a process's shard."""
    right = norms._own_part
    norms._own_part = lambda gradient: (right(gradient)[0], ())

    def mend() -> None:
        norms._own_part = right

    return mend


def _norm_of_own_stage(parallel: Any) -> None:
    """The norm is that of a process's layers."""
    parallel.measure_norm = norms.measure_norm


def _leave_input_partial(parallel: Any) -> None:
    """The gradient of what goes into a map that is cut by columns is not summed up."""
    from torch.distributed.tensor import DTensor, Partial, Replicate

    def keep(module: torch.nn.Module, inputs: Any) -> Any:
        (given,) = inputs
        mesh = module.weight.device_mesh
        return DTensor.from_local(given, mesh, [Replicate()], grad_placements=[Partial()])

    for name, module in parallel.wrapped.named_modules():
        if ".lora_B." in name and isinstance(getattr(module, "weight", None), DTensor):
            module.register_forward_pre_hook(keep, prepend=True)


def _count_twice(parallel: Any) -> None:
    """The norm counts what every process has, once for each."""
    import torch.distributed as dist

    right = parallel.measure_norm
    parallel.measure_norm = lambda trained: right(trained) * dist.get_world_size() ** 0.5


def _scale(parallel: Any) -> None:
    """The gradients are divided by the number of micro-batches, as torch's schedules do."""
    parallel.scales = True


def _forget_tied(parallel: Any) -> None:
    """The embedding's gradient at one end of a pipeline stays there."""
    parallel._ends = None


_FAULTS: dict[str, Callable[[Any], Callable[[], None] | None]] = {
    "gradients averaged": _average,
    "same rows": _see_the_same,
    "mean of means": _mean_of_means,
    "not summed over the data": _forget_to_sum,
    "norm of its own part": _norm_of_own_part,
    "norm of its own stage": _norm_of_own_stage,
    "input of lora_B not summed": _leave_input_partial,
    "norm counts what all have": _count_twice,
    "gradients scaled by micro-batches": _scale,
    "tied embedding not summed": _forget_tied,
}
