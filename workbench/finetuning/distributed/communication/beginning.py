"""Whether all processes begin at the same weights: each has them from its own disk and seed.

DDP would send the first process's, the frozen base with them: half a gigabyte for SmolLM2, seven
minutes at 10 Mbit/s, of what every process has loaded already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import IntegrityError

if TYPE_CHECKING:
    import torch

    from workbench.finetuning.distributed.communication.wire import Wire

_ROUNDING = 1e-12  # processors of other kinds, and more threads, take a sum in another order


def check_alike(module: torch.nn.Module, wire: Wire) -> None:
    """Compare two sums over all weights.

    Raises:
        IntegrityError: A process has others than the first.
    """
    import torch

    with torch.no_grad():
        sums = [(each.double().sum(), each.double().square().sum()) for each in module.parameters()]
        own = torch.tensor([[float(a), float(b)] for a, b in sums], dtype=torch.float64)
        # A weight in another place counts for another sum.
        own = (own * torch.arange(1, len(sums) + 1, dtype=torch.float64)[:, None]).sum(0)
    for number, other in enumerate(wire.gather(own)):
        if not torch.allclose(other, own, rtol=_ROUNDING, atol=_ROUNDING * float(own.abs().max())):
            raise IntegrityError(
                f"process {number} begins at other weights than another does",
                hint="fetch the model anew: workbench models fetch",
            )
