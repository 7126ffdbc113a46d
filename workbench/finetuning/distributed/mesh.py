"""A mesh of data and tensor (Narayanan et al. 2021, arXiv:2104.04473): groups that share every
matrix, and among which the rows are shared.

With ``fsdp`` the parts of the matrices are cut once more along the data. With ``ddp`` they are
whole along it, and the parts' gradients are summed up after a step: torch's own DDP does not take
parts of matrices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.finetuning.distributed.by_rows import ByRows
from workbench.finetuning.distributed.fsdp import spread_by_fsdp
from workbench.finetuning.distributed.gathering import Trained, find_trained
from workbench.finetuning.distributed.rows import Rows
from workbench.finetuning.distributed.tensor_parallel import split_matrices

if TYPE_CHECKING:
    import torch


def spread_by_mesh(
    module: torch.nn.Module, rows: Rows, mesh: Any, *, shards: bool, seed: int = 0
) -> ByRows:
    """Split the matrices along ``tensor``, and share the rows along ``data``.

    Args:
        module: The same in all processes.
        rows: This process's share along ``data``.
        mesh: Of the dimensions ``data`` and ``tensor``.
        shards: Whether the weights are cut along ``data`` as well.
        seed: See ``Spread``.
    """
    trained = Trained.of(module)
    split_matrices(module, mesh["tensor"])
    if shards:
        return spread_by_fsdp(module, rows, mesh["data"], trained=trained, seed=seed)
    group = mesh.get_group("data")
    return ByRows(
        module,
        rows,
        trained,
        group=group,
        finishing=(lambda: sum_gradients(module, group)) if rows.count > 1 else None,
        seed=seed,
    )


def sum_gradients(module: torch.nn.Module, group: Any) -> None:
    """Sum the gradients of the same parts of weights, all at once."""
    import torch
    import torch.distributed as dist
    from torch.distributed.tensor import DTensor

    gradients = [
        each.grad.to_local() if isinstance(each.grad, DTensor) else each.grad
        for each in find_trained(module).values()
        if each.grad is not None
    ]
    flat = torch.cat([each.flatten() for each in gradients])
    dist.all_reduce(flat, group=group)
    for each, summed in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        each.copy_(summed.view_as(each))
