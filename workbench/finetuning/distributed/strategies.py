"""From a plan to a module that is shared out by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.finetuning.distributed.plan import Plan
from workbench.finetuning.distributed.rows import Rows
from workbench.finetuning.training.recipe import Recipe

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.distributed.by_rows import ByRows
    from workbench.finetuning.distributed.pipeline_1f1b import ByStages


def spread(
    module: torch.nn.Module, plan: Plan, recipe: Recipe, *, pad_id: int = 0
) -> ByRows | ByStages:
    """Share a module out among the processes of the default group, each of which calls this.

    Args:
        module: The same in all of them; it is changed.
        plan: How.
        recipe: What is trained.
        pad_id: See ``collate``.
    """
    shared = _spread(module, plan, recipe, pad_id)
    shared.told = {
        "processes": plan.processes, "strategy": plan.strategy, "tensor": plan.tensor_processes
    }  # fmt: skip
    return shared


def _spread(module: torch.nn.Module, plan: Plan, recipe: Recipe, pad_id: int) -> ByRows | ByStages:
    from torch.distributed.device_mesh import init_device_mesh

    from workbench.finetuning.distributed.communication.choice import read_choice
    from workbench.finetuning.distributed.communication.spreading import (
        make_exchange,
        spread_by_rounds,
    )
    from workbench.finetuning.distributed.communication.wire import Wire
    from workbench.finetuning.distributed.ddp import spread_by_ddp
    from workbench.finetuning.distributed.fsdp import spread_by_fsdp
    from workbench.finetuning.distributed.mesh import spread_by_mesh
    from workbench.finetuning.distributed.pipeline_1f1b import ByStages

    if plan.strategy == "pp":
        return ByStages(module, pack_tokens=recipe.pack_tokens, pad_id=pad_id, seed=recipe.seed)
    shape = (plan.data_processes, plan.tensor_processes)
    mesh = init_device_mesh("cpu", shape, mesh_dim_names=("data", "tensor"))
    rows = Rows(mesh.get_local_rank("data"), plan.data_processes, recipe.pack_tokens, pad_id)
    if plan.tensor_processes > 1:
        shards = plan.strategy == "fsdp"
        return spread_by_mesh(module, rows, mesh, shards=shards, seed=recipe.seed)
    if plan.strategy == "fsdp":
        return spread_by_fsdp(module, rows, mesh["data"], seed=recipe.seed)
    choice = read_choice(plan.communication)
    if choice.is_in_rounds:
        return spread_by_rounds(module, rows, choice, seed=recipe.seed)
    exchange = make_exchange(choice, Wire(), seed=recipe.seed)
    return spread_by_ddp(module, rows, exchange=exchange, seed=recipe.seed)
