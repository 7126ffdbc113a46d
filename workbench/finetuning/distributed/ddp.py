"""Distributed data parallel (Li et al. 2020, arXiv:2006.15704): whole weights, shared rows.

Every process has all weights; the gradients are summed up in buckets while others are still being
computed. torch's own does it, and divides by the number of processes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench.finetuning.distributed.by_rows import ByRows
from workbench.finetuning.distributed.communication.beginning import check_alike
from workbench.finetuning.distributed.communication.exchange import Exchange
from workbench.finetuning.distributed.communication.plain import Plain
from workbench.finetuning.distributed.communication.wire import Wire
from workbench.finetuning.distributed.gathering import Trained
from workbench.finetuning.distributed.rows import Rows

if TYPE_CHECKING:
    import torch


_MOST_MB, _LEAST_MB, _BUCKETS = 25.0, 1.0, 8


def spread_by_ddp(
    module: torch.nn.Module, rows: Rows, *, exchange: Exchange | None = None, seed: int = 0
) -> ByRows:
    """Share the rows of a module that every process has whole.

    Args:
        module: The same in all of them.
        rows: This process's share.
        exchange: How gradients come together; by default as they are.
        seed: See ``Spread``.
    """
    from torch.nn.parallel import DistributedDataParallel

    trained = Trained.of(module)
    exchange = exchange or Plain(Wire())
    check_alike(module, exchange.wire)
    # No step writes into buffers: there is nothing to send of them.
    wrapped = DistributedDataParallel(
        module,
        forward_sync_buffers=False,
        bucket_cap_mb=choose_bucket_mb(trained),
        init_sync=False,
    )
    exchange.attach(wrapped)
    return ByRows(
        wrapped,
        rows,
        trained,
        averages=rows.count,
        holding=wrapped.no_sync,
        exchange=exchange,
        seed=seed,
    )


def choose_bucket_mb(trained: Trained) -> float:
    """An eighth of what is trained: with torch's 25 MB that of an adapter is one bucket, which is
    full only when the last gradient is there."""
    size_mb = 4 * sum(math.prod(each) for each in trained.shapes.values()) / 2**20
    return min(_MOST_MB, max(_LEAST_MB, size_mb / _BUCKETS))
