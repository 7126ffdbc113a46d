"""What every strategy has in common: one word for all, and a state that is brought together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.core.errors import CapabilityError
from workbench.core.seeds import derive_seed, seed_everything
from workbench.finetuning.distributed import gathering, norms
from workbench.finetuning.distributed.gathering import Trained, find_trained
from workbench.finetuning.training.anchoring import Anchors
from workbench.finetuning.training.checkpoints import Stateful
from workbench.finetuning.training.keeping import Keeper
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
        # How the work is shared, for checkpoints to tell, and what this process alone has, by name.
        self.told: dict[str, Any] = {}
        self.own_states: dict[str, Stateful] = {}

    @property
    def is_first(self) -> bool:
        """See ``Parallel``."""
        return self.rank == 0

    @property
    def is_settled(self) -> bool:
        """See ``Parallel``."""
        return True

    def end_step(self, module: torch.nn.Module, *, is_last: bool) -> None:
        """See ``Parallel``: what a gradient changed is the same everywhere."""

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

    def make_keeper(self, folder: Path, key: str) -> Keeper:
        """See ``Parallel``: each process writes its share, beside the next step."""
        from workbench.finetuning.distributed.shards.keeper import ShardKeeper

        return ShardKeeper(self, folder, key)

    @property
    def own_names(self) -> list[str]:
        """What this process trains, in its optimiser's order."""
        return list(self.trained.shapes)

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
