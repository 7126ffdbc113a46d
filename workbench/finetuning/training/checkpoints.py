"""A run's state on the disk: all that decides its next step, whole or not at all."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.core.errors import ConflictError, IntegrityError
from workbench.store.files import remove_parts, replacing

if TYPE_CHECKING:
    import torch

NAME = "checkpoint.safetensors"
_FORMAT = "2"


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
        TypeError: Something in the state is neither.
        StorageError: The disk is full; the checkpoint before it is still there.
    """
    return write_state(folder / NAME, state, key=key)


def write_state(path: Path, state: Mapping[str, Any], *, key: str) -> Path:
    """Write plain data and tensors: tensors as safetensors, the rest as JSON in its header.

    Raises:
        TypeError, StorageError: See ``write_checkpoint``.
    """
    from safetensors.torch import save

    tensors: dict[str, torch.Tensor] = {}
    tree = json.dumps(take_apart(dict(state), tensors))
    content = save(tensors, metadata={"format": _FORMAT, "key": key, "tree": tree})
    with replacing(path) as file:
        file.write(content)
    return path


def read_checkpoint(folder: Path, *, key: str) -> dict[str, Any] | None:
    """The last state of a run; None if there is none.

    Raises:
        ConflictError: It is of another recipe or of other data.
        IntegrityError: The file is damaged.
    """
    remove_parts(folder)
    return read_state(folder / NAME, key=key)


def read_state(path: Path, *, key: str) -> dict[str, Any] | None:
    """What ``write_state`` wrote; None if there is none.

    Raises:
        ConflictError, IntegrityError: See ``read_checkpoint``.
    """
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            said = file.metadata() or {}
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        tree = json.loads(said["tree"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise IntegrityError(
            f"{path.name} of the run in {path.parent.name} is damaged: {error}",
            hint="remove it to begin the run anew",
            path=str(path),
        ) from None
    if said.get("format") != _FORMAT or said.get("key") != key:
        raise ConflictError(
            f"the checkpoint in {path.parent.name} is of another recipe, model or data",
            hint="remove it, or run in another folder",
        )
    state: dict[str, Any] = put_together(tree, tensors)
    return state


def take_apart(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """Plain data as JSON keeps it: what JSON has no form for is an object that says what it is.

    Tensors are put into ``tensors`` under numbers. Raises TypeError for anything else.
    """
    import torch

    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().contiguous().clone()
        return {"tensor": name}
    if isinstance(value, Mapping):
        return {"pairs": [[key, take_apart(each, tensors)] for key, each in value.items()]}
    if isinstance(value, tuple):
        return {"tuple": [take_apart(each, tensors) for each in value]}
    if isinstance(value, list):
        return [take_apart(each, tensors) for each in value]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"a checkpoint keeps plain data and tensors, not {type(value).__name__}")


def put_together(tree: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    """What ``take_apart`` took apart."""
    if isinstance(tree, list):
        return [put_together(each, tensors) for each in tree]
    if not isinstance(tree, dict):
        return tree
    if "tensor" in tree:
        return tensors[tree["tensor"]]
    if "tuple" in tree:
        return tuple(put_together(each, tensors) for each in tree["tuple"])
    return {key: put_together(each, tensors) for key, each in tree["pairs"]}


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
