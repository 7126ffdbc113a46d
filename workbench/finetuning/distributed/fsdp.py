"""Fully sharded data parallel: shared rows, and of every weight a shard (Rajbhandari et al. 2020,
arXiv:1910.02054, stage 3; Zhao et al. 2023, arXiv:2304.11277).

A layer's weights are brought together before it is computed and let go afterwards; its gradients
are summed up and cut at once. torch's ``fully_shard`` does it, a group a layer and one for the
rest; frozen weights are cut too. What is summed up is divided by the number of processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.finetuning.distributed.by_rows import ByRows
from workbench.finetuning.distributed.gathering import Trained
from workbench.finetuning.distributed.layers import find_layers
from workbench.finetuning.distributed.rows import Rows

if TYPE_CHECKING:
    import torch


def spread_by_fsdp(
    module: torch.nn.Module, rows: Rows, mesh: Any, *, trained: Trained | None = None, seed: int = 0
) -> ByRows:
    """Cut a module that every process has whole into shards, and share the rows.

    Args:
        module: The same in all of them, or split by ``tensor_parallel`` before.
        rows: This process's share.
        mesh: The processes among which it is cut, in one dimension.
        trained: What one process would train, if the module was split before.
        seed: See ``Spread``.
    """
    from torch.distributed.fsdp import fully_shard

    trained = trained or Trained.of(module)
    for layer in find_layers(module):
        fully_shard(layer, mesh=mesh)
    whole: Any = fully_shard(module, mesh=mesh)
    # After an evaluation what is outside of the layers would stay whole until the next gradient,
    # and what is written into it would be lost.
    return ByRows(
        module,
        rows,
        trained,
        group=mesh.get_group(),
        averages=rows.count,
        settling=whole.reshard,
        seed=seed,
    )
