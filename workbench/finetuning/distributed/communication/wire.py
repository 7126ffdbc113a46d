"""The collectives of the methods, counted where they are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


@dataclass
class Traffic:
    """What was given to collectives.

    Attributes:
        collectives: How many.
        payload_bytes: The tensors that this process gave.
        sent_bytes: What this process sends of them, as gloo does it: a sum goes around a ring in
            two rounds (Patarasu and Yuan 2009, doi:10.1016/j.jpdc.2008.09.002), of n processes
            each sends 2 (n - 1) / n of it; what is gathered goes to each of the others.
    """

    collectives: int = 0
    payload_bytes: int = 0
    sent_bytes: float = 0.0


class Wire:
    """A group of processes, and what goes between them.

    Args:
        group: Of ``torch.distributed``; None for all processes.
    """

    def __init__(self, group: Any = None) -> None:
        import torch.distributed as dist

        self.group, self.count = group, dist.get_world_size(group)
        self.traffic = Traffic()

    def begin_sum(self, tensor: torch.Tensor) -> torch.futures.Future[torch.Tensor]:
        """Sum a tensor over the processes in place, while others are computed."""
        import torch.distributed as dist

        self.note_sum(tensor.numel() * tensor.element_size())
        work: Any = dist.all_reduce(tensor, group=self.group, async_op=True)
        begun: torch.futures.Future[torch.Tensor] = work.get_future().then(lambda done: tensor)
        return begun

    def sum(self, tensor: torch.Tensor) -> None:
        """Sum a tensor over the processes in place."""
        import torch.distributed as dist

        if tensor.numel():  # gloo refuses an empty one (pytorch #58467)
            self.note_sum(tensor.numel() * tensor.element_size())
            dist.all_reduce(tensor, group=self.group)

    def gather(self, tensor: torch.Tensor) -> torch.Tensor:
        """What each process has, ``[processes, *shape]``; the shapes are alike."""
        import torch
        import torch.distributed as dist

        size_bytes = tensor.numel() * tensor.element_size()
        self._note(size_bytes, size_bytes * (self.count - 1))
        found = torch.empty((self.count, *tensor.shape), dtype=tensor.dtype)
        dist.all_gather(list(found.unbind()), tensor.contiguous(), group=self.group)
        return found

    def note_sum(self, size_bytes: int) -> None:
        """Count a sum of so many bytes that another library asks for."""
        self._note(size_bytes, 2 * size_bytes * (self.count - 1) / self.count)

    def _note(self, payload_bytes: int, sent_bytes: float) -> None:
        self.traffic.collectives += 1
        self.traffic.payload_bytes += payload_bytes
        self.traffic.sent_bytes += sent_bytes
