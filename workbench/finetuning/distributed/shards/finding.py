"""The newest state of a run, in whichever form it was kept: in shards, or by one process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import IntegrityError
from workbench.finetuning.distributed.shards.manifest import Manifest, find_checkpoint
from workbench.finetuning.distributed.shards.reading import make_optimizer_state, open_shards
from workbench.finetuning.training import checkpoints

if TYPE_CHECKING:
    import torch


def find_newest(run: Path, *, key: str) -> dict[str, Any] | tuple[Path, Manifest] | None:
    """What one process wrote, or the folder of shards, whichever has more steps.

    Raises:
        ConflictError: It is of another recipe or of other data.
        IntegrityError: What is there is damaged.
    """
    one, damage = None, None
    try:
        one = checkpoints.read_checkpoint(run, key=key)
    except IntegrityError as error:
        damage = error
    shards = find_checkpoint(run, key=key)
    if one is not None and (shards is None or len(one["training"]["steps"]) > shards[1].step):
        return one
    if shards is None and damage is not None:
        raise damage
    return shards


def read_whole(run: Path, *, key: str, order: list[str] | None = None) -> dict[str, Any] | None:
    """The newest state as ``training.checkpoints`` has it; None if there is none.

    Args:
        run: The run's folder.
        key: See ``checkpoints``.
        order: The names of what is trained as the optimiser has them; without it the optimiser's
            state is left out.

    Raises:
        ConflictError, IntegrityError: See ``find_newest``.
    """
    found = find_newest(run, key=key)
    if found is None or isinstance(found, dict):
        return found
    with open_shards(*found) as shards:
        plain = shards.plain(0)
        weights = shards.whole("weights")
        optimizer = plain.pop("optimizer")
        if order is not None:
            places = {name: number for number, name in enumerate(order)}
            plain["optimizer"] = make_optimizer_state(shards, places, optimizer)
        return {**plain, "weights": weights, "best_weights": shards.whole("best") or None}


def read_weights(run: Path, *, key: str) -> dict[str, torch.Tensor] | None:
    """What was trained, whole; None if there is no checkpoint. Raises as ``read_whole``."""
    state = read_whole(run, key=key)
    return None if state is None else state["weights"]
