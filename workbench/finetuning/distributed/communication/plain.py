"""Gradients as they are, summed bucket by bucket while others are computed, as DDP itself does it
(Li et al. 2020, arXiv:2006.15704, section 3.2); what is sent is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.finetuning.distributed.communication.exchange import Exchange

if TYPE_CHECKING:
    import torch
    import torch.distributed as dist


class Plain(Exchange):
    """Nothing is left out."""

    def take(self, bucket: dist.GradBucket) -> torch.futures.Future[torch.Tensor]:
        """See ``Exchange``."""
        return self.wire.begin_sum(bucket.buffer().div_(self.wire.count))
