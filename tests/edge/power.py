"""A disk that loses what was not brought to it, and a power cut at any deed.

What a power cut leaves is not what a killed process leaves: the kernel's memory is gone, too. So
the deeds of an update are recorded, and a disk is put together as it may be after the first so many
of them: a file's bytes are there for certain once it was synced, a name once its folder was; of all
later deeds any part may have come through (after Pillai et al. 2014, "All File Systems Are Not
Created Equal").
"""

from __future__ import annotations

import os
import random
import signal
from dataclasses import dataclass, field
from pathlib import Path

from workbench.edge.device.disk import Disk

Deed = tuple  # type: ignore[type-arg] # its word, then paths, numbers and bytes


class RecordingDisk(Disk):
    """Does each deed and writes it down."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []
        self._paths: dict[int, Path] = {}

    def _note(self, *deed: object) -> None:
        self.deeds.append(deed)

    def make_folder(self, path: Path) -> None:
        self._note("folder", path)
        super().make_folder(path)

    def open(self, path: Path) -> int:
        self._note("create", path)
        handle = super().open(path)
        self._paths[handle] = path
        return handle

    def write(self, handle: int, data: bytes, offset: int) -> None:
        self._note("write", self._paths[handle], offset, bytes(data))
        super().write(handle, data, offset)

    def truncate(self, handle: int, size_bytes: int) -> None:
        self._note("truncate", self._paths[handle], size_bytes)
        super().truncate(handle, size_bytes)

    def sync(self, handle: int) -> None:
        self._note("sync", self._paths[handle])

    def sync_folder(self, path: Path) -> None:
        self._note("sync folder", path)

    def rename(self, source: Path, destination: Path) -> None:
        self._note("rename", source, destination)
        super().rename(source, destination)

    def link(self, source: Path, destination: Path) -> None:
        self._note("link", source, destination)
        super().link(source, destination)

    def remove(self, path: Path) -> None:
        self._note("remove", path)
        super().remove(path)


class ForgetfulDisk(RecordingDisk):
    """The broken variant that never waits for the disk: files are written, and not synced."""

    def sync(self, handle: int) -> None:
        """Nothing."""


class CarelessDisk(RecordingDisk):
    """The broken variant that syncs files and not the folders that name them."""

    def sync_folder(self, path: Path) -> None:
        """Nothing."""


class KillingDisk(Disk):
    """Ends its process with SIGKILL at one deed, before it or amid it."""

    def __init__(self, at: int, *, amid: bool) -> None:
        self.at, self.amid = at, amid

    def _count(self) -> bool:
        self.at -= 1
        return self.at == 0

    def _die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def write(self, handle: int, data: bytes, offset: int) -> None:
        if self._count():
            if self.amid:
                super().write(handle, data[: len(data) // 2], offset)
            self._die()
        super().write(handle, data, offset)

    def make_folder(self, path: Path) -> None:
        self._before()
        super().make_folder(path)

    def open(self, path: Path) -> int:
        self._before()
        return super().open(path)

    def truncate(self, handle: int, size_bytes: int) -> None:
        self._before()
        super().truncate(handle, size_bytes)

    def sync(self, handle: int) -> None:
        self._before()
        super().sync(handle)

    def sync_folder(self, path: Path) -> None:
        self._before()
        super().sync_folder(path)

    def rename(self, source: Path, destination: Path) -> None:
        self._before()
        super().rename(source, destination)

    def link(self, source: Path, destination: Path) -> None:
        self._before()
        super().link(source, destination)

    def remove(self, path: Path) -> None:
        self._before()
        super().remove(path)

    def _before(self) -> None:
        if self._count():
            self._die()


@dataclass
class _File:
    """A file's bytes: those that are safe, and the deeds that came after."""

    safe: bytes = b""
    later: list[Deed] = field(default_factory=list)

    def content(self, drawn: random.Random | None) -> bytes:
        """Its bytes with all later deeds; or with some, cut anywhere, as drawn."""
        data = bytearray(self.safe)
        for deed in self.later:
            share = 1.0 if drawn is None else drawn.choice((0.0, 0.0, drawn.random(), 1.0))
            if deed[0] == "truncate" and share:
                size = deed[2]
                data[size:] = b"" if len(data) >= size else bytes(size - len(data))
            elif deed[0] == "write":
                offset, said = deed[2], deed[3]
                said = said[: round(share * len(said))]
                data.extend(bytes(max(0, offset - len(data))))
                data[offset : offset + len(said)] = said
        return bytes(data)


class Model:
    """A disk as it is after some deeds, of which not all are safe."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.names: dict[Path, _File | None] = {root: None}  # None is a folder
        for path in sorted(root.rglob("*")):
            self.names[path] = None if path.is_dir() else _File(path.read_bytes())
        self.now = dict(self.names)
        self.later: list[Deed] = []

    def do(self, deed: Deed) -> None:
        """Take a deed in."""
        word, path = deed[0], deed[1]
        if word in ("write", "truncate"):
            file = self.now[path]
            assert file is not None
            file.later.append(deed)
        elif word == "sync":
            file = self.now[path]
            assert file is not None
            file.safe, file.later = file.content(None), []
        elif word == "sync folder":
            waiting = self.later
            self.later = []
            for each in waiting:
                if path in (each[1].parent, each[2].parent if len(each) > 2 else None):
                    _name(self.names, each)
                else:
                    self.later.append(each)
        else:
            made = self._with_file(deed)
            _name(self.now, made)
            self.later.append(made)

    def _with_file(self, deed: Deed) -> Deed:
        """A deed on names, with the file that a new one is of."""
        if deed[0] == "create":
            return (*deed, self.root / "-", self.now.get(deed[1]) or _File())
        return deed

    def cut(self, place: Path, drawn: random.Random) -> None:
        """Write to ``place`` what a power cut may leave."""
        names = dict(self.names)
        waiting = list(self.later)
        most = drawn.randint(0, len(waiting))
        kept = (
            waiting[:most] if drawn.random() < 0.5 else [d for d in waiting if drawn.random() < 0.5]
        )
        for deed in kept:
            _name(names, deed)
        for path, file in sorted(names.items()):
            there = place / path.relative_to(self.root)
            if file is None:
                there.mkdir(parents=True, exist_ok=True)
            elif names.get(path.parent, file) is None:
                there.parent.mkdir(parents=True, exist_ok=True)
                there.write_bytes(file.content(drawn))


def _name(names: dict[Path, _File | None], deed: Deed) -> None:
    """Change names as a deed says; one whose names are not there changes nothing."""
    word, path = deed[0], deed[1]
    if word == "folder":
        names.setdefault(path, None)
    elif word == "create":
        names.setdefault(path, deed[3])
    elif word == "link" and path in names:
        names[deed[2]] = names[path]
    elif word == "remove":
        for each in [each for each in names if each == path or path in each.parents]:
            del names[each]
    elif word == "rename" and path in names:
        for each in [each for each in names if each == path or path in each.parents]:
            names[deed[2] / each.relative_to(path)] = names.pop(each)
