"""Lists of chunks: which digests a file is made of, in order, and how long each is."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

from .faults import Fault
from .manifest import Part

_ROW = struct.Struct(">32sI")
MOST_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Chunk:
    """One chunk of a file: the sha256 of its bytes, where it begins, how long it is."""

    sha256: bytes
    offset: int
    size_bytes: int

    @property
    def end(self) -> int:
        """Where the next one begins."""
        return self.offset + self.size_bytes

    def matches(self, data: bytes) -> bool:
        """Whether these are its bytes."""
        return len(data) == self.size_bytes and hashlib.sha256(data).digest() == self.sha256


def dump_chunks(chunks: list[Chunk]) -> bytes:
    """A list's bytes: 32 of the digest and 4 of the length (big-endian) a chunk."""
    return b"".join(_ROW.pack(each.sha256, each.size_bytes) for each in chunks)


def whole_chunk(part: Part) -> list[Chunk]:
    """The chunks of a part that is too small for a list."""
    return [Chunk(bytes.fromhex(part.sha256), 0, part.size_bytes)]


def load_chunks(data: bytes, part: Part) -> list[Chunk]:
    """The chunks of a part from its list.

    Raises:
        Fault: ``integrity``: it is not the list that the manifest names, or does not fit the part.
    """
    if hashlib.sha256(data).hexdigest() != part.chunks_sha256 or len(data) != part.chunks * 36:
        raise Fault("integrity", f"the list of chunks of {part.name} is damaged")
    found, place = [], 0
    for sha256, size_bytes in _ROW.iter_unpack(data):
        found.append(Chunk(sha256, place, size_bytes))
        place += size_bytes
    if place != part.size_bytes or any(not 0 < c.size_bytes <= MOST_CHUNK_BYTES for c in found):
        raise Fault("integrity", f"the list of chunks of {part.name} does not fit the part")
    return found
