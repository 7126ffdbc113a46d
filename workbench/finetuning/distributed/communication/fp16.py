"""Gradients rounded to 16 bits on their way (Micikevicius et al. 2018, arXiv:1710.03740), by
torch's own hook. Half the bytes; what is under 6e-8 becomes 0, what is over 65,504 infinite, which
ends the run by name. torch's twin for bfloat16 refuses gloo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.finetuning.distributed.communication.exchange import Exchange

if TYPE_CHECKING:
    import torch
    import torch.distributed as dist

_SIZE_BYTES = 2


class HalfPrecision(Exchange):
    """Every number in 16 bits."""

    def take(self, bucket: dist.GradBucket) -> torch.futures.Future[torch.Tensor]:
        """See ``Exchange``."""
        from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import fp16_compress_hook

        self.wire.note_sum(_SIZE_BYTES * bucket.buffer().numel())
        return fp16_compress_hook(self.wire.group, bucket)
