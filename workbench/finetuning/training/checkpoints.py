"""A run's state on the disk: all that decides its next step, whole or not at all."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.core.errors import ConflictError, IntegrityError
from workbench.store.files import remove_parts, replacing

if TYPE_CHECKING:
    import torch

NAME = "checkpoint.pt"
_FORMAT = 1


class Stateful(Protocol):
    """What has a state that a resumed run needs: the order of the batches, a replay buffer."""

    def state_dict(self) -> dict[str, Any]:
        """The state as plain data and tensors."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> Any:
        """Go on from that state."""
        ...


def write_checkpoint(folder: Path, state: Mapping[str, Any], *, key: str) -> Path:
    """Write a state in place of the one before it.

    Args:
        folder: The run's.
        state: Plain data and tensors.
        key: Names what is trained how; only a run with the same key goes on from it.

    Raises:
        StorageError: The disk is full; the checkpoint before it is still there.
    """
    import torch

    with replacing(folder / NAME) as file:
        torch.save({"format": _FORMAT, "key": key, "state": dict(state)}, file)
    return folder / NAME


def read_checkpoint(folder: Path, *, key: str) -> dict[str, Any] | None:
    """The last state of a run; None if there is none.

    Raises:
        ConflictError: It is of another recipe or of other data.
        IntegrityError: The file is damaged.
    """
    import pickle

    import torch

    path = folder / NAME
    remove_parts(folder)
    if not path.is_file():
        return None
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise IntegrityError(
            f"{path.name} of the run in {folder.name} is damaged: {error}",
            hint="remove it to begin the run anew",
            path=str(path),
        ) from None
    if found["format"] != _FORMAT or found["key"] != key:
        raise ConflictError(
            f"the checkpoint in {folder.name} is of another recipe, model or data",
            hint="remove it, or run in another folder",
        )
    state: dict[str, Any] = found["state"]
    return state


def take_weights(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """A copy of what is trained."""
    return {
        name: weights.detach().clone()
        for name, weights in module.named_parameters()
        if weights.requires_grad
    }


def put_weights(module: torch.nn.Module, weights: Mapping[str, torch.Tensor]) -> None:
    """Set what is trained. Raises ConflictError if it is not the same weights."""
    import torch

    trained = {name: each for name, each in module.named_parameters() if each.requires_grad}
    if set(trained) != set(weights):
        raise ConflictError("the checkpoint holds other weights than those that are trained")
    with torch.no_grad():
        for name, values in weights.items():
            trained[name].copy_(values)


def take_chance() -> dict[str, Any]:
    """The state of every random generator that a step may use."""
    import numpy as np
    import torch

    kind, keys, place, has_gauss, cached = np.random.get_state()
    version, numbers, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        "numpy": [kind, [int(key) for key in keys], int(place), int(has_gauss), float(cached)],
        "python": [version, list(numbers), gauss],
    }


def put_chance(state: Mapping[str, Any]) -> None:
    """Set the random generators."""
    import numpy as np
    import torch

    torch.set_rng_state(state["torch"])
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers), gauss))
