"""Putting a version's folder together: from what is here already, and chunks from a source.

What is written is kept over cuts and looked at again: each chunk that is whole in its place stays.
Nothing is part of the device until its folder has its final name.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from . import boot, disk
from .archive import MANIFEST, SIGNATURE, Entry, Head, lay_out
from .chunks import Chunk, load_chunks, whole_chunk
from .faults import Fault
from .manifest import Manifest, Part
from .sources import Source
from .state import folder_of, manifest_of

STAGING = "staging"
_MOST_AT_ONCE = 1 << 20  # bytes that are asked for together
_NO_LINK = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS)

Looked = Callable[[int, int], None]


@dataclass
class Assembly:
    """One folder on its way. The counts are in bytes of the parts."""

    root: Path
    head: Head
    source: Source
    looked: Looked = lambda done, total: None
    linked_bytes: int = 0
    reused_bytes: int = 0
    fetched_chunks: int = 0
    _known: dict[bytes, tuple[Path, Chunk]] = field(default_factory=dict)
    _entries: dict[str, Entry] = field(default_factory=dict)
    _done_bytes: int = 0

    @property
    def folder(self) -> Path:
        """Where the files are put until all are there."""
        return self.root / STAGING / self.head.digest

    def run(self) -> Path:
        """Put it together; returns the folder under its final name.

        Raises:
            Fault: ``fetch``: the source broke off; what came is kept. ``integrity``: what came is
                not what was signed. ``storage``: no space.
        """
        head, final = self.head, folder_of(self.root, self.head.digest)
        if final.is_dir():  # whole already, and then the power went
            try:
                check_folder(final, head.manifest)
                return final
            except Fault:
                disk.DISK.remove(final)
        entries = lay_out(head.manifest_bytes, head.signature, head.manifest)
        self._entries = {entry.name: entry for entry in entries}
        with disk.saying_why(final):
            self._drop_others()
            self._make_folders()
            have = self._whole_files()
            self._check_space(have)
            disk.write_file(self.folder / MANIFEST, head.manifest_bytes)
            disk.write_file(self.folder / SIGNATURE, head.signature)
            for part in head.manifest.parts:
                self._make(part, have)
                self._done_bytes += part.size_bytes
                self.looked(self._done_bytes, head.manifest.size_bytes)
            for folder in sorted({path.parent for path in self.folder.rglob("*")}):
                disk.DISK.sync_folder(folder)
            disk.make_folders(final.parent)
            disk.DISK.rename(self.folder, final)
            disk.DISK.sync_folder(final.parent)
            disk.DISK.sync_folder(self.folder.parent)
        return final

    def _drop_others(self) -> None:
        """What was begun of another version is given up."""
        staging = self.folder.parent
        for path in staging.iterdir() if staging.is_dir() else ():
            if path != self.folder:
                disk.DISK.remove(path)

    def _make_folders(self) -> None:
        disk.make_folders(self.folder / "chunks")
        for part in self.head.manifest.parts:
            disk.make_folders((self.folder / part.name).parent)

    def _whole_files(self) -> dict[str, Path]:
        """The files of the versions that are here, by digest; and their chunks are noted."""
        have: dict[str, Path] = {}
        bundles = self.root / boot.BUNDLES
        for folder in sorted(bundles.iterdir()) if bundles.is_dir() else ():
            try:
                manifest = manifest_of(self.root, folder.name)
            except Fault:  # it is damaged, and so is nothing to build on
                continue
            for part in manifest.parts:
                path = folder / part.name
                have.setdefault(part.sha256, path)
                with contextlib.suppress(Fault, OSError):  # a list that is damaged is not used
                    for chunk in _chunks_in(folder, part):
                        self._known.setdefault(chunk.sha256, (path, chunk))
        return have

    def _check_space(self, have: dict[str, Path]) -> None:
        parts = [part for part in self.head.manifest.parts if part.sha256 not in have]
        needed = sum(part.size_bytes for part in parts)
        there = sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())
        free = shutil.disk_usage(self.root).free
        if free < needed - there:
            raise Fault(
                "storage",
                f"{needed - there:,} bytes are needed in {self.root}, {free:,} are free",
                hint="free some space",
            )

    def _make(self, part: Part, have: dict[str, Path]) -> None:
        path = self.folder / part.name
        if part.sha256 in have and self._take(part, have[part.sha256], path):
            self.linked_bytes += part.size_bytes
            return
        chunks = self._list_of(part)
        handle = disk.DISK.open(path)
        try:
            sha256 = self._fill(handle, part, chunks)
            if os.fstat(handle).st_size != part.size_bytes:
                disk.DISK.truncate(handle, part.size_bytes)
            if sha256 != part.sha256:
                disk.DISK.truncate(handle, 0)
                raise Fault("integrity", f"{part.name} is not what was signed", hint="try again")
            disk.DISK.sync(handle)
        finally:
            os.close(handle)

    def _take(self, part: Part, source: Path, path: Path) -> bool:
        """Use a file of another version, if it is sound: by a second name, or a copy."""
        if _digest(source) != part.sha256:
            return False
        disk.DISK.remove(path)
        try:
            disk.DISK.link(source, path)
            self._take_list(part, source)
            return True
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            return False  # its chunks are copied one by one, as for any other part

    def _take_list(self, part: Part, source: Path) -> None:
        if not part.chunks_sha256:
            return
        for folder in (self.root / boot.BUNDLES).iterdir():
            data = _read_or_none(folder / part.chunk_list)
            if data is not None and hashlib.sha256(data).hexdigest() == part.chunks_sha256:
                disk.write_file(self.folder / part.chunk_list, data)
                return
        self._list_of(part)

    def _list_of(self, part: Part) -> list[Chunk]:
        """A part's chunks: its list is here from before, or is fetched."""
        if not part.chunks_sha256:
            return whole_chunk(part)
        path = self.folder / part.chunk_list
        data = _read_or_none(path)
        if data is not None:
            with contextlib.suppress(Fault):
                return load_chunks(data, part)
        entry = self._entries[part.chunk_list]
        data = self.source.read(entry.offset, entry.size_bytes)
        chunks = load_chunks(data, part)
        disk.write_file(path, data)
        return chunks

    def _fill(self, handle: int, part: Part, chunks: list[Chunk]) -> str:
        """Bring each chunk to its place, unless it is there from before; the file's digest.

        Those that another file has are copied, the others fetched, neighbours at once.
        """
        digest, place = hashlib.sha256(), 0
        while place < len(chunks):
            run, data = [chunks[place]], _in_place(handle, chunks[place])
            if data is None:
                data = self._local(chunks[place])
                if data is not None:
                    self.reused_bytes += len(data)
                else:
                    while self._goes_on(handle, run, chunks[place + len(run) :]):
                        run.append(chunks[place + len(run)])
                    data = self._fetch(part, run)
                disk.DISK.write(handle, data, run[0].offset)
            digest.update(data)
            place += len(run)
            self.looked(self._done_bytes + run[-1].end, self.head.manifest.size_bytes)
        return digest.hexdigest()

    def _goes_on(self, handle: int, run: list[Chunk], rest: list[Chunk]) -> bool:
        """Whether the next chunk is to be fetched, too, and together with those before."""
        return (
            bool(rest)
            and rest[0].end - run[0].offset <= _MOST_AT_ONCE
            and rest[0].sha256 not in self._known
            and _in_place(handle, rest[0]) is None
        )

    def _local(self, chunk: Chunk) -> bytes | None:
        """A chunk's bytes from a version that is here; None if it is not, or is damaged there."""
        if chunk.sha256 not in self._known:
            return None
        path, known = self._known[chunk.sha256]
        try:
            with path.open("rb") as file:
                file.seek(known.offset)
                data = file.read(known.size_bytes)
        except OSError:
            data = b""
        if not chunk.matches(data):
            del self._known[chunk.sha256]
            return None
        return data

    def _fetch(self, part: Part, run: list[Chunk]) -> bytes:
        start = self._entries[part.name].offset + run[0].offset
        data = self.source.read(start, run[-1].end - run[0].offset)
        for chunk in run:
            begin = chunk.offset - run[0].offset
            if not chunk.matches(data[begin : begin + chunk.size_bytes]):
                raise Fault(
                    "integrity",
                    f"the source gave other bytes for {part.name} at {chunk.offset} than were "
                    "signed",
                    hint="try again; if it stays so, the source is damaged",
                )
        self.fetched_chunks += len(run)
        return data


def _in_place(handle: int, chunk: Chunk) -> bytes | None:
    """A chunk's bytes where they are in their place already, whole."""
    data = os.pread(handle, chunk.size_bytes, chunk.offset)
    return data if chunk.matches(data) else None


def _chunks_in(folder: Path, part: Part) -> list[Chunk]:
    if not part.chunks_sha256:
        return whole_chunk(part)
    return load_chunks((folder / part.chunk_list).read_bytes(), part)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _read_or_none(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def check_folder(folder: Path, manifest: Manifest) -> None:
    """See that each file of a version is as it was signed.

    Raises:
        Fault: ``integrity``: one is not; it is named.
    """
    for part in manifest.parts:
        if _digest(folder / part.name) != part.sha256:
            raise Fault(
                "integrity",
                f"{part.name} of version {manifest.version} is damaged",
                hint="update, or install the bundle again",
            )
