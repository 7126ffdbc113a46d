"""How a run's state is kept: by one process in one file, or by several in a file each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.finetuning.training import checkpoints

if TYPE_CHECKING:
    import torch


class Keeper(Protocol):
    """Saves what decides a run's next step, and gives it back.

    Every process of a run calls the same in the same order.
    """

    def save(
        self,
        module: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        state: Mapping[str, Any],
        *,
        now: bool,
    ) -> None:
        """Save the weights, the optimiser, the random generators and the loop's ``state``.

        Args:
            module: What is trained.
            optimizer: Over it.
            state: ``batches`` and ``others`` as plain data and tensors, ``training`` as it stands,
                ``best_weights`` or None, and ``global_batch``, the rows of a step.
            now: Whether to wait until it is on the disk.
        """
        ...

    def settle(self) -> None:
        """Wait until what was begun is on the disk. Raises StorageError if it cannot be."""
        ...

    def load(
        self, module: torch.nn.Module, optimizer: torch.optim.Optimizer
    ) -> dict[str, Any] | None:
        """Set all of it from the last whole checkpoint; ``state`` as it was then, if there is one.

        Raises:
            ConflictError, IntegrityError: Of what is there.
        """
        ...


class FileKeeper:
    """One process, one file: see ``Keeper``."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key = folder, key

    def save(
        self,
        module: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        state: Mapping[str, Any],
        *,
        now: bool,
    ) -> None:
        """See ``Keeper``."""
        from workbench.finetuning.distributed.shards.manifest import remove_all

        kept = {
            **state,
            "training": asdict(state["training"]),
            "chance": checkpoints.take_chance(),
            "weights": checkpoints.take_weights(module),
            "optimizer": optimizer.state_dict(),
        }
        checkpoints.write_checkpoint(self.folder, kept, key=self.key)
        remove_all(self.folder)  # of a time with several processes

    def settle(self) -> None:
        """See ``Keeper``: nothing is under way."""

    def load(
        self, module: torch.nn.Module, optimizer: torch.optim.Optimizer
    ) -> dict[str, Any] | None:
        """See ``Keeper``."""
        from workbench.finetuning.distributed.shards.finding import read_whole

        order = [name for name, each in module.named_parameters() if each.requires_grad]
        state = read_whole(self.folder, key=self.key, order=order)
        if state is None:
            return None
        checkpoints.put_weights(module, state["weights"])
        optimizer.load_state_dict(state["optimizer"])
        checkpoints.put_chance(state["chance"])
        return state
