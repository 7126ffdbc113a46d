"""A safetensors file written as it comes: no second copy of the tensors, its sha256 in passing.

Between the pieces other threads run, so that training goes on while a checkpoint is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.store.files import replacing

if TYPE_CHECKING:
    import torch

_PIECE = 4 << 20
_ALIGNED = 8
_NAMES = {
    "float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64",
    "int32": "I32", "int16": "I16", "int8": "I8", "uint8": "U8", "bool": "BOOL",
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """A file that is on the disk: its name in its folder, its length and its sha256."""

    name: str
    size_bytes: int
    sha256: str


def write_tensors(
    path: Path, tensors: Mapping[str, torch.Tensor], said: Mapping[str, str]
) -> Written:
    """Write tensors as safetensors; when it returns the file is on the disk under its name.

    Args:
        path: Where.
        tensors: By name, in memory and contiguous.
        said: What stands in the header beside them.

    Raises:
        StorageError: The disk is full; nothing is left behind.
    """
    digest, size = hashlib.sha256(), 0
    with replacing(path) as file:
        for piece in _pieces(tensors, said):
            digest.update(piece)
            file.write(piece)
            size += len(piece)
    return Written(path.name, size, digest.hexdigest())


def _pieces(tensors: Mapping[str, torch.Tensor], said: Mapping[str, str]) -> Iterator[Any]:
    header: dict[str, Any] = {"__metadata__": dict(said)}
    place = 0
    for name, each in tensors.items():
        end = place + each.numel() * each.element_size()
        kind = _NAMES[str(each.dtype).removeprefix("torch.")]
        header[name] = {"dtype": kind, "shape": list(each.shape), "data_offsets": [place, end]}
        place = end
    told = json.dumps(header, separators=(",", ":")).encode()
    told += b" " * (-len(told) % _ALIGNED)
    yield len(told).to_bytes(8, "little")
    yield told
    for each in tensors.values():
        content = memoryview(_as_bytes(each))
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]


def _as_bytes(tensor: torch.Tensor) -> Any:
    import torch

    return tensor.detach().reshape(-1).view(torch.uint8).numpy()
