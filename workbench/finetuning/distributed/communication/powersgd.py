"""PowerSGD: of each gradient a product of two narrow matrices (Vogels et al. 2019,
arXiv:1905.13727, algorithms 1 and 2).

One step of power iteration, from where the last one came to: P is the sum of the processes' M Q,
orthogonalised; Q the mean of their M' P; what is learnt is P Q'. What that leaves out of a
process's gradient is added to its next one (error feedback). Matrices that would hardly shrink, and
vectors, go as they are, all in one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.seeds import derive_seed
from workbench.finetuning.distributed.communication.exchange import Compressed, Gradients
from workbench.finetuning.distributed.communication.wire import Wire

if TYPE_CHECKING:
    import torch

_LEAST_RATE = 2  # under this a matrix is not worth its two multiplications, as torch's hook has it


class PowerSGD(Compressed):
    """Low-rank gradients with error feedback.

    Args:
        wire: See ``Exchange``.
        rank: Columns of the narrow matrices.
        seed: Of the first of them, the same in every process.
    """

    def __init__(self, wire: Wire, rank: int, *, seed: int = 0) -> None:
        super().__init__(wire)
        self.rank, self._seed = rank, seed
        self.errors: dict[str, torch.Tensor] = {}
        self.factors: dict[str, torch.Tensor] = {}

    @property
    def has_memory(self) -> bool:
        """See ``Exchange``."""
        return True

    def exchange(self, gradients: Gradients) -> None:
        """See ``Compressed``."""
        import torch

        narrow = {name: each for name, each in gradients.items() if self.shrinks(each.shape)}
        self._mean([each for name, each in gradients.items() if name not in narrow])
        whole = {name: self.add_error(name, each) for name, each in narrow.items()}
        firsts = [each @ self._factor(name, each) for name, each in whole.items()]
        self._sum(firsts)
        lefts = [torch.linalg.qr(each).Q for each in firsts]
        rights = [each.T @ left for each, left in zip(whole.values(), lefts, strict=True)]
        self._sum(rights)
        for (name, each), left, right in zip(whole.items(), lefts, rights, strict=True):
            right /= self.wire.count
            learnt = left @ right.T
            self.errors[name], self.factors[name] = each - learnt, right
            narrow[name].copy_(learnt.view_as(narrow[name]))

    def shrinks(self, shape: torch.Size) -> bool:
        """Whether a gradient of this shape is sent as two narrow matrices."""
        if len(shape) < 2:
            return False
        rows, columns = shape[0], shape[1:].numel()
        rank = min(rows, columns, self.rank)
        return rank * (rows + columns) * _LEAST_RATE < rows * columns

    def add_error(self, name: str, gradient: torch.Tensor) -> torch.Tensor:
        """A gradient as a matrix, with what was left out before."""
        matrix = gradient.reshape(gradient.shape[0], -1).float()
        left_out = self.errors.get(name)
        return matrix.clone() if left_out is None else matrix + left_out

    def _factor(self, name: str, matrix: torch.Tensor) -> torch.Tensor:
        """The last step's Q as orthogonal columns: what is 0 in it would stay so for ever."""
        import torch

        if name not in self.factors:
            rows, columns = matrix.shape
            chance = torch.Generator().manual_seed(derive_seed(self._seed, "powersgd", name))
            width = min(rows, columns, self.rank)
            self.factors[name] = torch.randn(columns, width, generator=chance)
        return torch.linalg.qr(self.factors[name]).Q

    def _mean(self, tensors: list[torch.Tensor]) -> None:
        self._sum(tensors)
        for each in tensors:
            each /= self.wire.count

    def _sum(self, tensors: list[torch.Tensor]) -> None:
        """All in one collective."""
        import torch

        if not tensors:
            return
        flat = torch.cat([each.flatten() for each in tensors])
        self.wire.sum(flat)
        for each, summed in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
            each.copy_(summed.view_as(each))

    def state_dict(self) -> dict[str, Any]:
        """See ``Exchange``."""
        return {"errors": dict(self.errors), "factors": dict(self.factors)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See ``Exchange``."""
        self.errors = {name: each.clone() for name, each in state["errors"].items()}
        self.factors = {name: each.clone() for name, each in state["factors"].items()}
