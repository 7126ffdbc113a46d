"""How a method stands behind torch's DDP: its buckets of gradients go to a hook.

A hook gives back the mean over the processes. ``Compressed`` waits for the last bucket and brings
all gradients together at once, by their names. A method's memory then does not depend on how DDP
cuts the buckets, which it does anew after the first step, and again after a restart; and the
collectives of a step have one order in all processes. torch's own ``powerSGD_hook`` has neither: it
keeps its memory by a bucket's number, and begins sums in callbacks, of which two buckets on gloo
mix up theirs (lab log, 28 November 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.finetuning.distributed.communication.wire import Wire

if TYPE_CHECKING:
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel

Gradients = Mapping[str, "torch.Tensor"]


class Exchange:
    """Brings gradients together in place of DDP's own sums.

    Args:
        wire: Between the processes that have different rows.
    """

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.names: dict[int, str] = {}

    @property
    def has_memory(self) -> bool:
        """Whether a step depends on what this process kept of those before."""
        return False

    def attach(self, wrapped: DistributedDataParallel) -> None:
        """Stand behind a module that DDP has wrapped, before its first step."""
        own: torch.nn.Module = wrapped.module
        self.names = {id(each): name for name, each in own.named_parameters()}
        wrapped.register_comm_hook(self, _take)

    def take(self, bucket: dist.GradBucket) -> torch.futures.Future[torch.Tensor]:
        """The mean of a bucket over the processes."""
        raise NotImplementedError

    def state_dict(self) -> dict[str, Any]:
        """What this process kept, as plain data and tensors: a checkpoint needs that of each."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from that."""


class Compressed(Exchange):
    """Brings all gradients of a step together at its last bucket."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self._waiting: list[tuple[dist.GradBucket, torch.futures.Future[torch.Tensor]]] = []

    def take(self, bucket: dist.GradBucket) -> torch.futures.Future[torch.Tensor]:
        """See ``Exchange``."""
        import torch

        future: torch.futures.Future[torch.Tensor] = torch.futures.Future()
        self._waiting.append((bucket, future))
        if bucket.is_last():
            waiting, self._waiting = self._waiting, []
            found: dict[str, torch.Tensor] = {}
            for each, _ in waiting:
                for parameter, gradient in zip(each.parameters(), each.gradients(), strict=True):
                    found[self.names[id(parameter)]] = gradient
            # One order, however the buckets are cut: what goes together goes as one tensor.
            self.exchange({name: found[name] for name in self.names.values() if name in found})
            for each, promised in waiting:
                promised.set_result(each.buffer())
        return future

    def exchange(self, gradients: Gradients) -> None:
        """Put in place of this process's gradients the mean over all processes, in their shapes."""
        raise NotImplementedError


def _take(state: Any, bucket):  # type: ignore[no-untyped-def]  # DDP reads annotations
    return state.take(bucket)
