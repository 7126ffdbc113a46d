"""Writing safetensors one tensor at a time, so that no more than one is in memory."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.store.files import replacing

if TYPE_CHECKING:
    import numpy as np

DTYPES = {"float32": ("F32", 4), "float16": ("F16", 2), "bfloat16": ("BF16", 2)}


def to_dtype(numbers: np.ndarray, dtype: str) -> np.ndarray:
    """Float32 numbers as the bytes of ``dtype``, little-endian; rounded to the nearest even.

    Returns:
        The same shape, in float32, float16, or for bfloat16 (which numpy has not) uint16.
    """
    import numpy as np

    if dtype == "float32":
        return numbers.astype("<f4", copy=False)
    if dtype == "float16":
        return numbers.astype("<f2")
    bits = np.ascontiguousarray(numbers, np.float32).view(np.uint32)
    rounded = (bits + (0x7FFF + ((bits >> 16) & 1))) >> 16
    # Rounding could turn a NaN into an infinity: keep it a quiet NaN.
    return np.where(np.isnan(numbers), (bits >> 16) | 0x40, rounded).astype("<u2")


def write_safetensors(
    path: Path,
    shapes: Mapping[str, tuple[int, ...]],
    tensors: Iterable[tuple[str, np.ndarray]],
    *,
    dtype: str,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write ``tensors`` to one file, in the order of ``shapes``, whole or not at all.

    Args:
        path: The file.
        shapes: Each tensor's shape, known before the first is there.
        tensors: Name and float32 numbers, in the same order.
        dtype: ``float32``, ``float16`` or ``bfloat16``.
        metadata: Text that the file says of itself.

    Raises:
        InputError: The dtype is unknown, or the tensors are not what ``shapes`` announced.
        StorageError: The disk is full, or the folder cannot be written.
    """
    if dtype not in DTYPES:
        raise InputError(
            f"dtype {dtype!r} is not one of {', '.join(DTYPES)}", hint="dtype='float32'"
        )
    code, size = DTYPES[dtype]
    head: dict[str, object] = {"__metadata__": dict(metadata or {"format": "pt"})}
    end = 0
    for name, shape in shapes.items():
        start, end = end, end + math.prod(shape) * size
        head[name] = {"dtype": code, "shape": list(shape), "data_offsets": [start, end]}
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with replacing(path) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        expected = iter(shapes.items())
        for name, numbers in tensors:
            if (name, numbers.shape) != next(expected, None):
                raise InputError(f"tensor {name!r} of shape {numbers.shape} was not announced")
            file.write(to_dtype(numbers, dtype).tobytes())
        if (missing := next(expected, None)) is not None:
            raise InputError(f"tensor {missing[0]!r} was announced and never came")
