"""What every strategy has in common: one word for all, and a state that is brought together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.core.errors import CapabilityError
from workbench.core.seeds import derive_seed, seed_everything
from workbench.finetuning.distributed import gathering, norms
from workbench.finetuning.distributed.gathering import Trained, find_trained
from workbench.finetuning.training import checkpoints
from workbench.finetuning.training.anchoring import Anchors
from workbench.finetuning.training.parallel import ExtraLoss

if TYPE_CHECKING:
    import torch

T = TypeVar("T")


class Spread:
    """The part of ``parallel.Parallel`` that does not depend on what is shared out.

    Args:
        trained: What one process would train.
        seed: From which each process draws its own chances where a checkpoint has none for it.
    """

    def __init__(self, trained: Trained, *, seed: int) -> None:
        import torch.distributed as dist

        self.trained, self._seed = trained, seed
        self.rank, self.count = dist.get_rank(), dist.get_world_size()

    @property
    def is_first(self) -> bool:
        """See ``Parallel``."""
        return self.rank == 0

    @property
    def chance(self) -> int:
        """Which processes draw the same numbers: those that compute the same rows."""
        return self.rank

    def agree(self, said: T) -> T:
        """See ``Parallel``."""
        import torch.distributed as dist

        told = [said if self.is_first else None]
        dist.broadcast_object_list(told, src=0)
        return told[0]  # type: ignore[return-value]

    def clip(self, trained: Sequence[torch.nn.Parameter], most: float) -> float:
        """See ``Parallel``."""
        norm = self.measure_norm(trained)
        norms.shorten(trained, norm, most)
        return norm

    def measure_norm(self, trained: Sequence[torch.nn.Parameter]) -> float:
        """The norm of the whole gradient."""
        return norms.measure_norm(trained)

    def take_weights(self, module: torch.nn.Module) -> dict[str, torch.Tensor]:
        """See ``Parallel``."""
        return gathering.bring_together(find_trained(module), self.trained, is_first=self.is_first)

    def put_weights(self, module: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
        """See ``Parallel``."""
        own = find_trained(module)
        gathering.deal_out(weights, own, self.trained, is_first=self.is_first)

    def take_optimizer(self, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
        """See ``Parallel``."""
        return gathering.take_optimizer(
            optimizer, self.own_names, self.trained, is_first=self.is_first
        )

    def put_optimizer(self, optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
        """See ``Parallel``."""
        gathering.put_optimizer(
            optimizer, self.own_names, self.trained, state, is_first=self.is_first
        )

    @property
    def own_names(self) -> list[str]:
        """What this process trains, in its optimiser's order."""
        return list(self.trained.shapes)

    def take_chance(self) -> dict[str, Any]:
        """See ``Parallel``. What one process would have stands beside the others'."""
        import torch.distributed as dist

        own = checkpoints.take_chance()
        found: list[Any] | None = [None] * self.count if self.is_first else None
        dist.gather_object(own, found)
        return {**own, "others": (found or [])[1:]}

    def put_chance(self, state: Mapping[str, Any]) -> None:
        """See ``Parallel``. On another number of processes the others draw anew."""
        others = state.get("others", ())
        if self.is_first:
            checkpoints.put_chance(state)
        elif len(others) == self.count - 1:
            checkpoints.put_chance(others[self.rank - 1])
        else:
            self.draw_apart()

    def draw_apart(self) -> None:
        """See ``Parallel``: each has dropout of its own for rows of its own."""
        if self.chance:
            seed_everything(derive_seed(self._seed, "training", self.chance))


def check_extra(extra_loss: ExtraLoss | None) -> Anchors | None:
    """What is added to the loss, if it is something that can be shared out.

    Raises:
        CapabilityError: It is not.
    """
    if extra_loss is None or isinstance(extra_loss, Anchors):
        return extra_loss
    raise CapabilityError(
        "of what may be added to a loss only anchors are shared among processes",
        hint="--processes 1",
    )
