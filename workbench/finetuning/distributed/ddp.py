"""Distributed data parallel (Li et al. 2020, arXiv:2006.15704): whole weights, shared rows.

Every process has all weights; the gradients are summed up in buckets while others are still being
computed. torch's own does it, and divides by the number of processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.finetuning.distributed.by_rows import ByRows
from workbench.finetuning.distributed.gathering import Trained
from workbench.finetuning.distributed.rows import Rows

if TYPE_CHECKING:
    import torch


def spread_by_ddp(module: torch.nn.Module, rows: Rows, *, seed: int = 0) -> ByRows:
    """Share the rows of a module that every process has whole.

    Args:
        module: The same in all of them.
        rows: This process's share.
        seed: See ``Spread``.
    """
    from torch.nn.parallel import DistributedDataParallel

    trained = Trained.of(module)
    # No step writes into buffers: there is nothing to send of them.
    wrapped = DistributedDataParallel(module, forward_sync_buffers=False)
    return ByRows(wrapped, rows, trained, averages=rows.count, holding=wrapped.no_sync, seed=seed)
