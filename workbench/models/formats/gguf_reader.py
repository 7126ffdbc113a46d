"""Reading GGUF files without trusting them.

Everything that the file claims (counts, lengths, offsets) is held against the bytes that are
there before it is used. Long arrays such as the vocabulary are passed over until asked for.
"""

from __future__ import annotations

import math
import mmap
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError, IntegrityError, NotFoundError
from workbench.models.formats.gguf_types import (
    ARRAY,
    DEFAULT_ALIGNMENT,
    MAGIC,
    MAX_DIMENSIONS,
    SCALARS,
    STRING,
    TENSOR_TYPES,
    TYPE_IDS,
)

_BLOCKS_AT_ONCE = 1 << 14  # half a million numbers, which stay in the cache

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class GgufArray:
    """An array in the metadata that has not been read: its element kind, length and place."""

    kind: int
    count: int
    offset_bytes: int


@dataclass(frozen=True)
class GgufTensor:
    """One tensor: its shape with the rows first, its type and where its bytes are."""

    name: str
    shape: tuple[int, ...]
    type: str
    offset_bytes: int
    size_bytes: int


@dataclass(frozen=True)
class GgufFile:
    """What a GGUF holds. ``spans`` says where each metadata entry stands, to be copied as it is."""

    path: Path
    metadata: Mapping[str, Any]
    tensors: Mapping[str, GgufTensor]
    spans: Mapping[str, tuple[int, int]]

    @property
    def architecture(self) -> str:
        """The name of the architecture, e.g. ``llama``."""
        return str(self.metadata.get("general.architecture", ""))

    def array(self, key: str) -> list[Any]:
        """The elements of an array in the metadata.

        Raises:
            NotFoundError: There is no such array.
        """
        entry = self.metadata.get(key)
        if not isinstance(entry, GgufArray):
            arrays = [name for name, value in self.metadata.items() if isinstance(value, GgufArray)]
            raise NotFoundError.among(f"array in {self.path.name}", key, arrays)
        with _opened(self.path) as buffer:
            return _Cursor(self.path, buffer, entry.offset_bytes).elements(entry.kind, entry.count)

    def raw(self, name: str) -> np.ndarray:
        """The bytes of a tensor as they are in the file, not read until used: uint8 ``[size]``."""
        import numpy as np

        tensor = self._tensor(name)
        if tensor.size_bytes == 0:
            return np.empty(0, np.uint8)
        return np.memmap(
            self.path, np.uint8, "r", offset=tensor.offset_bytes, shape=(tensor.size_bytes,)
        )

    def dequantize(self, name: str) -> np.ndarray:
        """The numbers of a tensor in its own shape, float32.

        Raises:
            NotFoundError: There is no such tensor.
            CapabilityError: Its type cannot be turned into numbers here.
        """
        import numpy as np

        tensor = self._tensor(name)
        raw = self.raw(name)
        if tensor.type in ("F32", "F16"):
            return (
                raw.view("<f4" if tensor.type == "F32" else "<f2")
                .astype(np.float32)
                .reshape(tensor.shape)
            )
        numbers = np.empty(math.prod(tensor.shape), np.float32)
        _, block, block_bytes = TENSOR_TYPES[TYPE_IDS[tensor.type]]
        for start in range(0, len(numbers), _BLOCKS_AT_ONCE * block):
            some = raw[start // block * block_bytes :][: _BLOCKS_AT_ONCE * block_bytes]
            numbers[start : start + _BLOCKS_AT_ONCE * block] = self._dequantize(tensor, some)
        return numbers.reshape(tensor.shape)

    def _dequantize(self, tensor: GgufTensor, raw: np.ndarray) -> np.ndarray:
        import numpy as np
        from gguf import GGMLQuantizationType
        from gguf.quants import dequantize

        try:
            # As one long row: gguf works through 16 rows at a time, which is slow for short rows.
            return dequantize(np.asarray(raw).reshape(1, -1), GGMLQuantizationType[tensor.type])[0]
        except (KeyError, NotImplementedError) as error:
            raise CapabilityError(
                f"tensor {tensor.name!r} of {self.path.name} has type {tensor.type}, which cannot "
                "be de-quantised in Python",
                hint="use the llamacpp engine for this file",
                type=tensor.type,
            ) from error

    def _tensor(self, name: str) -> GgufTensor:
        if name not in self.tensors:
            raise NotFoundError.among(f"tensor in {self.path.name}", name, self.tensors)
        return self.tensors[name]


def read_gguf(path: Path) -> GgufFile:
    """Read the head of a GGUF: metadata and the list of tensors.

    Raises:
        NotFoundError: There is no such file.
        InputError: It is not a GGUF, or one of a version that is not read.
        IntegrityError: It is damaged: cut short, or what it says of itself cannot be.
        CapabilityError: A tensor has a type that is not known.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFoundError(f"there is no file {path}", hint="workbench models list")
    with _opened(path) as buffer:
        cursor = _Cursor(path, buffer)
        tensor_count, entry_count = _read_counts(cursor)
        metadata: dict[str, Any] = {}
        spans: dict[str, tuple[int, int]] = {}
        for _ in range(entry_count):
            start = cursor.offset
            key = cursor.text()
            if key in metadata:
                raise cursor.damaged(f"it has the metadata {key!r} twice")
            metadata[key] = cursor.value()
            spans[key] = (start, cursor.offset)
        tensors = _read_tensors(cursor, tensor_count, metadata)
    return GgufFile(path, metadata, tensors, spans)


@contextmanager
def _opened(path: Path) -> Iterator[mmap.mmap | bytes]:
    """The file's bytes as a read-only map, so that nothing is read that is not looked at."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size == 0:  # cannot be mapped
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
            yield buffer


class _Cursor:
    """A place in the file from which values are read, never past the end."""

    def __init__(self, path: Path, buffer: mmap.mmap | bytes, offset: int = 0) -> None:
        self.path, self.buffer, self.offset = path, buffer, offset
        self.size = len(buffer)

    def damaged(self, what: str) -> IntegrityError:
        return IntegrityError(
            f"{self.path.name} is damaged: {what} (near byte {self.offset})",
            hint="fetch the model again: workbench models pull NAME --force",
            path=str(self.path),
        )

    def take(self, size_bytes: int) -> int:
        """Pass over bytes that must be there; returns where they begin."""
        if size_bytes > self.size - self.offset:
            raise self.damaged(
                f"it ends after {self.size} bytes where {size_bytes} more are wanted"
            )
        start = self.offset
        self.offset += size_bytes
        return start

    def scalar(self, kind: int) -> Any:
        code, size = SCALARS[kind]
        return struct.unpack_from("<" + code, self.buffer, self.take(size))[0]

    def number(self, code: str, size: int) -> int:
        value: int = struct.unpack_from("<" + code, self.buffer, self.take(size))[0]
        return value

    def text(self) -> str:
        size = self.number("Q", 8)
        start = self.take(size)
        return self.buffer[start : start + size].decode("utf-8", "replace")

    def value(self) -> Any:
        kind = self.number("I", 4)
        if kind == STRING:
            return self.text()
        if kind in SCALARS:
            return self.scalar(kind)
        if kind != ARRAY:
            raise self.damaged(f"there is no value of kind {kind}")
        element, count = self.number("I", 4), self.number("Q", 8)
        if element != STRING and element not in SCALARS:
            raise self.damaged(f"there is no array of kind {element}")
        start = self.offset
        self.skip(element, count)
        return GgufArray(element, count, start)

    def skip(self, kind: int, count: int) -> None:
        if kind in SCALARS:
            self.take(SCALARS[kind][1] * count)
            return
        self._check_count(count, 8)
        read, buffer, end = struct.Struct("<Q").unpack_from, self.buffer, self.size - 8
        offset = self.offset
        for _ in range(count):  # the hot loop: a vocabulary has a hundred thousand of them
            if offset > end:
                break
            offset += 8 + read(buffer, offset)[0]
        else:
            self.take(offset - self.offset)
            return
        raise self.damaged("an array of texts goes past the end of the file")

    def elements(self, kind: int, count: int) -> list[Any]:
        if kind == STRING:
            self._check_count(count, 8)
            return [self.text() for _ in range(count)]
        code, size = SCALARS[kind]
        return list(struct.unpack_from(f"<{count}{code}", self.buffer, self.take(size * count)))

    def _check_count(self, count: int, least_bytes: int) -> None:
        if count * least_bytes > self.size - self.offset:
            raise self.damaged(f"it says that {count} entries follow, for which there is no room")


def _read_counts(cursor: _Cursor) -> tuple[int, int]:
    name = cursor.path.name
    start = cursor.take(4) if cursor.size >= 4 else 0
    if cursor.buffer[start : start + 4] != MAGIC:
        raise InputError(f"{name} is not a GGUF file", hint="name a file that ends in .gguf")
    version = cursor.number("I", 4)
    if version not in (2, 3):
        raise InputError(
            f"{name} is a GGUF of version {version:#x}; versions 2 and 3, little-endian, are read",
            hint="convert the model again with a newer llama.cpp",
        )
    tensor_count, entry_count = cursor.number("Q", 8), cursor.number("Q", 8)
    cursor._check_count(tensor_count, 24)
    cursor._check_count(entry_count, 13)
    return tensor_count, entry_count


def _read_tensors(
    cursor: _Cursor, count: int, metadata: Mapping[str, Any]
) -> dict[str, GgufTensor]:
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or not 0 < alignment <= 1 << 16 or alignment & 7:
        raise cursor.damaged(f"its alignment is {alignment!r}")
    heads = list(_read_heads(cursor, count))
    data_start = -(-cursor.offset // alignment) * alignment
    tensors: dict[str, GgufTensor] = {}
    for name, shape, type_name, offset, size in heads:
        start = data_start + offset
        if offset % alignment or start + size > cursor.size:
            raise cursor.damaged(f"tensor {name!r} lies outside the file, which is cut short")
        if name in tensors:
            raise cursor.damaged(f"it has the tensor {name!r} twice")
        tensors[name] = GgufTensor(name, shape, type_name, start, size)
    return tensors


def _read_heads(
    cursor: _Cursor, count: int
) -> Iterator[tuple[str, tuple[int, ...], str, int, int]]:
    for _ in range(count):
        name = cursor.text()
        dimensions = cursor.number("I", 4)
        if dimensions > MAX_DIMENSIONS:
            raise cursor.damaged(f"tensor {name!r:.80} has {dimensions} dimensions")
        shape = tuple(cursor.number("Q", 8) for _ in range(dimensions))[::-1]
        type_id, offset = cursor.number("I", 4), cursor.number("Q", 8)
        if type_id not in TENSOR_TYPES:
            raise CapabilityError(
                f"tensor {name!r:.80} of {cursor.path.name} has type {type_id}, which is not known",
                hint="take the model in another quantisation; llama.cpp may know more of them",
            )
        type_name, block, block_bytes = TENSOR_TYPES[type_id]
        numbers = 1
        for size in shape:
            numbers *= size
        if shape and shape[-1] % block:
            raise cursor.damaged(f"a row of tensor {name!r:.80} is not whole blocks of {type_name}")
        yield name, shape, type_name, offset, numbers // block * block_bytes
