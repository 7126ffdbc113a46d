"""The bundle as one file: a zip whose every byte follows from the manifest and what it names.

Entries are stored, not packed, in one order and with one time: ``manifest.json``,
``signature.json``, the lists of chunks, the parts by name. So where a chunk lies follows from the
manifest, a plain file server is enough to update from, Python runs the file, and a check can
compare what lies between the parts with what must lie there: no byte is left unchecked.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from .faults import Fault
from .manifest import FORMAT, MOST_BYTES, Manifest, Part, read_manifest
from .signatures import check_signature

MANIFEST, SIGNATURE = "manifest.json", "signature.json"
_MOST_SIGNATURE_BYTES = 4096
_READ_BYTES = 1 << 20
_LOCAL, _CENTRAL, _END = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I"), "<4s4H2IH"
_FULL, _FULL_COUNT = 0xFFFFFFFF, 0xFFFF
_DATE = 0x21  # 1 January 1980, the first that a zip can say

Read = Callable[[int, int], bytes]


@dataclass(frozen=True)
class Entry:
    """One file of the archive: its name and where its bytes are."""

    name: str
    size_bytes: int
    sha256: str
    header: int

    @property
    def offset(self) -> int:
        """Where its first byte is."""
        return self.header + _local_size(self.name, self.size_bytes)

    @property
    def end(self) -> int:
        """Where the next header is."""
        return self.offset + self.size_bytes


@dataclass(frozen=True)
class Head:
    """What stands first: the manifest and its signature, as bytes and read."""

    manifest: Manifest
    manifest_bytes: bytes
    signature: bytes

    @property
    def digest(self) -> str:
        """The bundle's own name."""
        return hashlib.sha256(self.manifest_bytes).hexdigest()


def lay_out(manifest_bytes: bytes, signature: bytes, manifest: Manifest) -> tuple[Entry, ...]:
    """Where each file of an archive is, by its manifest."""
    lists = [part for part in manifest.parts if part.chunks_sha256]
    files = [
        (MANIFEST, len(manifest_bytes), hashlib.sha256(manifest_bytes).hexdigest()),
        (SIGNATURE, len(signature), hashlib.sha256(signature).hexdigest()),
        *((each.chunk_list, each.chunks * 36, each.chunks_sha256) for each in _once(lists)),
        *((each.name, each.size_bytes, each.sha256) for each in manifest.parts),
    ]
    entries, place = [], 0
    for name, size_bytes, sha256 in files:
        entries.append(Entry(name, size_bytes, sha256, place))
        place = entries[-1].end
    return tuple(entries)


def _once(parts: list[Part]) -> list[Part]:
    """Parts with lists of chunks, those of equal bytes once."""
    return sorted({part.sha256: part for part in reversed(parts)}.values(), key=lambda p: p.sha256)


def local_header(entry: Entry, crc: int) -> bytes:
    """What stands before an entry's bytes."""
    big = entry.size_bytes >= _FULL
    size_bytes = _FULL if big else entry.size_bytes
    extra = struct.pack("<2H2Q", 1, 16, entry.size_bytes, entry.size_bytes) if big else b""
    name = entry.name.encode()
    need = 45 if big else 20
    head = _LOCAL.pack(
        b"PK\x03\x04", need, 0, 0, 0, _DATE, crc, size_bytes, size_bytes, len(name), len(extra)
    )
    return head + name + extra


def tail(entries: tuple[Entry, ...], crcs: dict[str, int]) -> bytes:
    """What stands behind the last entry: the zip's directory and its end."""
    start = entries[-1].end
    directory = b"".join(_central(entry, crcs[entry.name]) for entry in entries)
    count, size_bytes = len(entries), len(directory)
    end = b""
    if start >= _FULL or count >= _FULL_COUNT:
        end += struct.pack(
            "<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size_bytes, start
        )
        end += struct.pack("<4sIQI", b"PK\x06\x07", 0, start + size_bytes, 1)
    few, near = min(count, _FULL_COUNT), min(start, _FULL)
    return directory + end + struct.pack(_END, b"PK\x05\x06", 0, 0, few, few, size_bytes, near, 0)


def _central(entry: Entry, crc: int) -> bytes:
    big, far = entry.size_bytes >= _FULL, entry.header >= _FULL
    numbers = ([entry.size_bytes] * 2 if big else []) + ([entry.header] if far else [])
    extra = struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers) if numbers else b""
    size_bytes, place = (_FULL if big else entry.size_bytes), (_FULL if far else entry.header)
    need = 45 if numbers else 20
    made_by = 3 << 8 | need  # on Unix, so that the mode below is one
    name = entry.name.encode()
    head = _CENTRAL.pack(
        b"PK\x01\x02",
        made_by,
        need,
        0,
        0,
        0,
        _DATE,
        crc,
        size_bytes,
        size_bytes,
        len(name),
        len(extra),
        0,
        0,
        0,
        0o100444 << 16,
        place,
    )
    return head + name + extra


def _local_size(name: str, size_bytes: int) -> int:
    return _LOCAL.size + len(name) + (20 if size_bytes >= _FULL else 0)


def read_head(read: Read) -> Head:
    """The manifest and signature of an archive; who signed it is not looked at.

    Args:
        read: Gives so many bytes at a place; fewer only at the file's end.

    Raises:
        Fault: ``input``: this is no bundle. ``integrity``: it is damaged.
    """
    manifest_bytes, place = _read_entry(read, 0, MANIFEST, MOST_BYTES)
    signature, _ = _read_entry(read, place, SIGNATURE, _MOST_SIGNATURE_BYTES)
    return Head(read_manifest(manifest_bytes), manifest_bytes, signature)


def _read_entry(read: Read, place: int, name: str, most_bytes: int) -> tuple[bytes, int]:
    size = _LOCAL.size + len(name)
    head = read(place, size)
    if len(head) < size or head[:4] != b"PK\x03\x04" or head[_LOCAL.size :] != name.encode():
        raise Fault("input", f"this is no bundle: {name} is not where it must be")
    size_bytes = _LOCAL.unpack(head[: _LOCAL.size])[8]
    if size_bytes > most_bytes:
        raise Fault("integrity", f"{name} says that it has {size_bytes} bytes: it is damaged")
    data = read(place + size, size_bytes)
    if len(data) != size_bytes or local_header(_entry_of(name, data), zlib.crc32(data)) != head:
        raise Fault("integrity", f"{name} is damaged, or cut off", hint="get the bundle again")
    return data, place + size + size_bytes


def _entry_of(name: str, data: bytes) -> Entry:
    return Entry(name, len(data), "", 0)


class Archive:
    """A bundle's file, opened for reading.

    Raises:
        Fault: ``not-found`` or ``input``: there is none, or it is no bundle.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise Fault("not-found", f"{path} cannot be opened: {error.strerror}") from None
        try:
            self.head = read_head(self.read)
        except BaseException:
            os.close(self._handle)
            raise
        head = self.head
        self.entries = lay_out(head.manifest_bytes, head.signature, head.manifest)

    def read(self, offset: int, size_bytes: int) -> bytes:
        """So many bytes from a place, fewer only at the end."""
        found = []
        while size_bytes > 0 and (data := os.pread(self._handle, size_bytes, offset)):
            found.append(data)
            offset, size_bytes = offset + len(data), size_bytes - len(data)
        return b"".join(found)

    def blocks(self, entry: Entry) -> Iterator[bytes]:
        """An entry's bytes, some at a time."""
        place = entry.offset
        while place < entry.end:
            data = self.read(place, min(_READ_BYTES, entry.end - place))
            if not data:
                raise Fault("integrity", f"{self.path.name} is cut off in {entry.name}")
            yield data
            place += len(data)

    def check(
        self, keys: Collection[str] = (), looked: Callable[[int], None] = lambda done: None
    ) -> str:
        """See that every byte is as it was signed.

        Args:
            keys: Public keys that may have signed it; with none the one it names itself, which
                shows that it is whole but not whose it is.
            looked: Told how many bytes were looked at.

        Returns:
            The key that signed it.

        Raises:
            Fault: ``integrity``: a byte is not; the part is named. ``two-masters``: another key.
        """
        head = self.head
        key = check_signature(FORMAT, head.manifest_bytes, head.signature, keys or None)
        crcs = {}
        for entry in self.entries:
            digest, crc = hashlib.sha256(), 0
            for data in self.blocks(entry):
                digest.update(data)
                crc = zlib.crc32(data, crc)
            crcs[entry.name] = crc
            if digest.hexdigest() != entry.sha256:
                raise _damaged(self.path, f"{entry.name} is not what was signed")
            header = local_header(entry, crc)
            if self.read(entry.header, len(header)) != header:
                raise _damaged(self.path, f"what stands before {entry.name} is damaged")
            looked(entry.end)
        end = tail(self.entries, crcs)
        if self.read(self.entries[-1].end, len(end) + 1) != end:
            raise _damaged(self.path, "what stands behind the last part is damaged")
        return key

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _damaged(path: Path, what: str) -> Fault:
    return Fault("integrity", f"{path.name} is damaged: {what}", hint="get the bundle again")
