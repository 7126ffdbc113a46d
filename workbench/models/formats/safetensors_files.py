"""Safetensors one tensor at a time, so that no more than one is in memory."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError, IntegrityError
from workbench.store.files import replacing

if TYPE_CHECKING:
    import numpy as np

DTYPES = {"float32": ("F32", 4), "float16": ("F16", 2), "bfloat16": ("BF16", 2)}


def to_dtype(numbers: np.ndarray, dtype: str) -> np.ndarray:
    """Float32 numbers as the bytes of ``dtype``, little-endian; rounded to the nearest even.

    Returns:
        The same shape, in float32, float16, or for bfloat16 (which numpy has not) uint16.

    Raises:
        InputError: A number is too large for float16.
    """
    import numpy as np

    if dtype == "float32":
        return numbers.astype("<f4", copy=False)
    if dtype == "float16":
        if numbers.size and np.abs(numbers).max() > np.finfo(np.float16).max:
            raise InputError(
                "a weight is larger than float16 can hold (65504)", hint="dtype='bfloat16'"
            )
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


def list_safetensors(path: Path) -> list[tuple[str, tuple[int, ...]]]:
    """The name and shape of each tensor of one file, in the order in which they are read.

    Raises:
        IntegrityError: The file is damaged.
    """
    return [(name, tuple(entry["shape"])) for name, entry in _read_head(path)[0].items()]


def read_safetensors(
    path: Path, *, wanted: Callable[[str], bool] = lambda name: True
) -> Iterator[tuple[str, np.ndarray]]:
    """Each tensor of one file, by name, as float32.

    Args:
        path: The file.
        wanted: Whether a tensor of that name is read; others may have any dtype.

    Raises:
        IntegrityError: The file is damaged.
        CapabilityError: A tensor has another dtype than float32, float16 or bfloat16.
    """
    import numpy as np

    head, start_of_data = _read_head(path)
    room = path.stat().st_size - start_of_data
    kinds = {"F32": "<f4", "F16": "<f2", "BF16": "<u2"}
    for name, entry in head.items():
        if not wanted(name):
            continue
        code, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        if code not in kinds:
            raise CapabilityError(
                f"tensor {name!r} of {path.name} is {code}, not a float", hint=None
            )
        count = math.prod(shape)
        if not 0 <= start <= end <= room or count * np.dtype(kinds[code]).itemsize != end - start:
            raise _damaged(path)
        numbers = np.fromfile(path, kinds[code], offset=start_of_data + start, count=count)
        if code == "BF16":
            numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
        yield name, numbers.astype(np.float32, copy=False).reshape(shape)


def _read_head(path: Path) -> tuple[dict[str, Any], int]:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > path.stat().st_size - 8:
            raise _damaged(path)
        try:
            head = json.loads(file.read(length))
        except ValueError:
            raise _damaged(path) from None
    head.pop("__metadata__", None)
    return dict(sorted(head.items(), key=lambda item: item[1]["data_offsets"])), 8 + length


def _damaged(path: Path) -> IntegrityError:
    return IntegrityError(f"{path.name} is damaged", hint="fetch the model again", path=str(path))
