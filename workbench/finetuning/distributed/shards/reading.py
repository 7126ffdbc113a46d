"""A checkpoint's parts put together again, in whatever parts they are wanted.

Each process reads the bytes of its own boxes, from whichever files have them: nothing is sent, and
how many processes wrote it does not matter.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import IntegrityError
from workbench.finetuning.distributed.shards.boxes import Box, whole_box
from workbench.finetuning.distributed.shards.manifest import Manifest, shard_name
from workbench.finetuning.training.checkpoints import put_together

if TYPE_CHECKING:
    import torch

LAYOUT, TREE = "layout", "tree"  # in a file's header


class Shards:
    """A checkpoint that is open. Tensors are called as ``weights/NAME``."""

    def __init__(self, folder: Path, manifest: Manifest, files: list[Any]) -> None:
        self.folder, self.manifest, self._files = folder, manifest, files
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._parts: dict[str, list[tuple[Any, Box]]] = {}
        for file in files:
            for name, (shape, start, lengths) in json.loads(file.metadata()[LAYOUT]).items():
                self.shapes[name] = tuple(shape)
                part = (file, Box(tuple(start), tuple(lengths)))
                self._parts.setdefault(name, []).append(part)
        for name, parts in self._parts.items():
            found = sum(box.size for _, box in parts)
            if found != math.prod(self.shapes[name]):
                raise IntegrityError(f"the checkpoint {folder.name} has not all of {name}")

    def plain(self, rank: int) -> dict[str, Any]:
        """What a process kept beside its parts of the tensors."""
        file = self._files[rank]
        tensors = {name: file.get_tensor(name) for name in file.keys() if "/" not in name}  # noqa: SIM118
        told: dict[str, Any] = put_together(json.loads(file.metadata()[TREE]), tensors)
        return told

    def names(self, kind: str) -> list[str]:
        """Of the tensors of a kind, such as ``weights``."""
        return [each.partition("/")[2] for each in self.shapes if each.startswith(f"{kind}/")]

    def fill(self, name: str, into: torch.Tensor, box: Box) -> None:
        """Write what the checkpoint has of a box into a tensor of its shape.

        Raises:
            IntegrityError: It has not all of it.
        """
        left = box.size
        for file, part in self._parts.get(name, ()):
            both = box.overlap(part)
            if both is not None:
                here, there = both
                found = file.get_slice(name)[there] if part.shape else file.get_tensor(name)
                into[here].copy_(found)
                left -= found.numel()
        if left:
            raise IntegrityError(f"the checkpoint {self.folder.name} has not all of {name}")

    def whole(self, kind: str) -> dict[str, torch.Tensor]:
        """All tensors of a kind, whole."""
        import torch

        found = {}
        for name in self.names(kind):
            shape, file = self.shapes[f"{kind}/{name}"], self._parts[f"{kind}/{name}"][0][0]
            kind_of = file.get_slice(f"{kind}/{name}")[:0].dtype if shape else torch.float32
            found[name] = torch.empty(shape, dtype=kind_of)
            self.fill(f"{kind}/{name}", found[name], whole_box(shape))
        return found


@contextlib.contextmanager
def open_shards(folder: Path, manifest: Manifest) -> Iterator[Shards]:
    """Open the files of a checkpoint that was found to be whole."""
    from safetensors import safe_open

    with contextlib.ExitStack() as stack:
        yield Shards(
            folder,
            manifest,
            [
                stack.enter_context(safe_open(folder / shard_name(rank), framework="pt"))
                for rank in range(manifest.processes)
            ],
        )


def make_optimizer_state(
    shards: Shards, order: Mapping[str, int], plain: Mapping[str, Any]
) -> dict[str, Any]:
    """AdamW's state as one process has it; ``order`` is the names' place in the optimiser."""
    import torch

    state: dict[int, dict[str, Any]] = {}
    for kind in ("exp_avg", "exp_avg_sq"):
        for name, values in shards.whole(kind).items():
            state.setdefault(order[name], {})[kind] = values
    for name, steps in plain["steps"].items():
        if order[name] not in state:  # never had a gradient
            continue
        state[order[name]]["step"] = torch.tensor(steps, dtype=torch.float32)
    return {"state": state, "param_groups": [{**plain["group"], "params": list(order.values())}]}
