"""Writing GGUF files, whole or not at all, one tensor in memory at a time."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.models.formats.gguf_types import (
    ARRAY,
    BOOL,
    DEFAULT_ALIGNMENT,
    F32,
    I32,
    I64,
    MAGIC,
    SCALARS,
    STRING,
    TENSOR_TYPES,
    TYPE_IDS,
    U32,
)
from workbench.store.files import replacing

if TYPE_CHECKING:
    import numpy as np

# What gguf makes in Python, and what needs llama.cpp's own library.
PYTHON_TYPES = ("F32", "F16", "BF16", "Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0")
LIBRARY_TYPES = ("Q6_K", "Q5_K", "Q4_K", "IQ4_NL", "IQ4_XS")
WRITABLE_TYPES = PYTHON_TYPES + LIBRARY_TYPES
_NUMBERS_AT_ONCE = 1 << 19
_VERSION = 3


@dataclass(frozen=True)
class PlannedTensor:
    """A tensor that will be written: its shape with the rows first, and its type."""

    name: str
    shape: tuple[int, ...]
    type: str

    @property
    def size_bytes(self) -> int:
        """Bytes in the file, without padding."""
        _, block, block_bytes = TENSOR_TYPES[TYPE_IDS[self.type]]
        numbers = 1
        for size in self.shape:
            numbers *= size
        return numbers // block * block_bytes


def write_gguf(
    path: Path,
    entries: Sequence[bytes],
    tensors: Sequence[PlannedTensor],
    contents: Iterable[bytes],
) -> None:
    """Write a GGUF.

    Args:
        path: The file.
        entries: The metadata, each from ``encode_entry`` or copied from another file.
        tensors: What will come.
        contents: The bytes of each tensor, in that order.

    Raises:
        InputError: The contents are not what ``tensors`` announced.
        StorageError: The disk is full, or the folder cannot be written.
    """
    head = [MAGIC, struct.pack("<IQQ", _VERSION, len(tensors), len(entries)), *entries]
    offset = 0
    for tensor in tensors:
        sizes = tensor.shape[::-1]
        head.append(_text(tensor.name))
        head.append(
            struct.pack(f"<I{len(sizes)}QIQ", len(sizes), *sizes, TYPE_IDS[tensor.type], offset)
        )
        offset += tensor.size_bytes + _padding(tensor.size_bytes)
    with replacing(path) as file:
        written = file.write(b"".join(head))
        file.write(bytes(_padding(written)))
        expected = iter(tensors)
        for content in contents:
            planned = next(expected, None)
            if planned is None or len(content) != planned.size_bytes:
                raise InputError(f"{len(content)} bytes came for the tensor {planned}")
            file.write(content)
            file.write(bytes(_padding(len(content))))
        if (missing := next(expected, None)) is not None:
            raise InputError(f"tensor {missing.name!r} was announced and never came")


def encode_entry(key: str, value: Any) -> bytes:
    """One entry of the metadata; the kind follows from the Python type.

    Whole numbers become uint32 (int32 when negative, int64 when large), floats float32.

    Raises:
        InputError: The value has a type that GGUF has not, or a list is mixed or empty.
    """
    kind, content = _encode_value(value)
    return _text(key) + struct.pack("<I", kind) + content


def encode_entries(metadata: Mapping[str, Any]) -> list[bytes]:
    """Each entry of ``metadata`` that is not None."""
    return [encode_entry(key, value) for key, value in metadata.items() if value is not None]


def quantize(
    numbers: np.ndarray,
    type: str,
    *,
    importance: np.ndarray | None = None,
    threads: int = 1,
) -> bytes:
    """Numbers in a tensor type.

    Args:
        numbers: Any shape, float32; the last axis a whole number of the type's blocks.
        type: One of ``WRITABLE_TYPES``.
        importance: How much the squared error of each column counts, ``[columns]``; types that are
            not quantised take no notice of it.
        threads: How many share the work.

    Raises:
        InputError: The type cannot be made, the rows are no whole blocks, or a number is not
            finite.
        DependencyError: The type, or an importance, needs llama.cpp's library, which is not here.
    """
    import numpy as np

    from workbench.models.formats import ggml_library

    check_writable(type)
    block = TENSOR_TYPES[TYPE_IDS[type]][1]
    if numbers.shape and numbers.shape[-1] % block:
        raise InputError(f"rows of {numbers.shape[-1]} are not whole blocks of {block} ({type})")
    if block > 1 and (importance is not None or ggml_library.is_available()):
        rows = np.asarray(numbers, np.float32).reshape(-1, numbers.shape[-1])
        return ggml_library.quantize_rows(rows, type, importance=importance, threads=threads)
    return _quantize_in_python(numbers, type)


def _quantize_in_python(numbers: np.ndarray, type: str) -> bytes:
    import numpy as np
    from gguf import GGMLQuantizationType
    from gguf.quants import quantize as quantize_some

    flat = np.ascontiguousarray(numbers, np.float32).reshape(-1)
    # As few long rows, because gguf works through 16 rows at a time; blocks know nothing of rows.
    parts = [
        quantize_some(
            flat[start : start + _NUMBERS_AT_ONCE].reshape(1, -1), GGMLQuantizationType[type]
        )
        for start in range(0, flat.size, _NUMBERS_AT_ONCE)
    ]
    return b"".join(part.tobytes() for part in parts)


def check_writable(type: str) -> None:
    """See that a tensor type can be made.

    Raises:
        InputError: It cannot.
        DependencyError: llama.cpp's library could, and is not here.
    """
    from workbench.models.formats import ggml_library

    if type not in WRITABLE_TYPES:
        raise InputError(
            f"{type!r} cannot be made here; {', '.join(WRITABLE_TYPES)} can",
            hint="use llama.cpp's llama-quantize for others",
        )
    if type in LIBRARY_TYPES:
        ggml_library.require_library(f"the type {type}")


def _encode_value(value: Any) -> tuple[int, bytes]:
    if isinstance(value, str):
        return STRING, _text(value)
    if isinstance(value, list | tuple):
        encoded = [_encode_value(item) for item in value]
        kinds = {kind for kind, _ in encoded}
        if kinds == {U32, I32} or kinds == {U32}:  # token types and the like are signed
            kinds, encoded = {I32}, [(I32, struct.pack("<i", item)) for item in value]
        if len(kinds) != 1 or ARRAY in kinds:
            raise InputError("a list in GGUF metadata must hold values of one kind, at least one")
        head = struct.pack("<IQ", kinds.pop(), len(encoded))
        return ARRAY, head + b"".join(content for _, content in encoded)
    if isinstance(value, bool):
        kind = BOOL
    elif isinstance(value, int):
        kind = I64 if abs(value) >= 1 << 31 else I32 if value < 0 else U32
    elif isinstance(value, float):
        kind = F32
    else:
        raise InputError(f"GGUF metadata cannot hold {type(value).__name__}")
    return kind, struct.pack("<" + SCALARS[kind][0], value)


def _text(text: str) -> bytes:
    content = text.encode()
    return struct.pack("<Q", len(content)) + content


def _padding(size_bytes: int) -> int:
    return -size_bytes % DEFAULT_ALIGNMENT
