"""A device's folder: which versions are there, which one is in use, what it trusts."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from . import boot, disk
from .archive import MANIFEST
from .faults import Fault
from .manifest import Manifest, read_manifest


@dataclass
class State:
    """What a device remembers. ``history`` only grows, and ``latest_s`` never goes down.

    ``trial`` is how often the current version may still be started without having been found well;
    None once it was. ``keys`` may sign what comes next. ``history`` has the digests of all versions
    up to the highest that was ever taken. ``latest_s`` is the latest time known to have passed.
    """

    device: str
    line: str
    keys: list[str]
    current: str = ""
    previous: str = ""
    trial: int | None = None
    history: list[str] = field(default_factory=list)
    latest_s: int = 0
    channel_sequence: int = 0
    fell_back: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    format: str = boot.FORMAT

    @property
    def highest(self) -> int:
        """The highest version that was ever taken; 0 at first."""
        return len(self.history)


def new_state(line: str, keys: list[str]) -> State:
    """Of a device that has nothing yet."""
    return State(secrets.token_hex(8), line, keys)


def load(root: Path) -> State:
    """The state of a folder.

    Raises:
        Fault: ``not-found``: nothing was installed there. ``integrity``: it is damaged.
    """
    try:
        found: dict[str, Any] = boot.load_state(root)
    except FileNotFoundError:
        raise Fault(
            "not-found", f"nothing is installed in {root}", hint=f"install BUNDLE --root {root}"
        ) from None
    except (OSError, ValueError) as error:
        raise Fault(
            "integrity", f"the state of {root} is damaged: {error}", hint="install the bundle again"
        ) from None
    known = {each.name for each in fields(State)}
    return State(**{name: value for name, value in found.items() if name in known})


def save(root: Path, state: State) -> None:
    """Write the state, whole or not at all."""
    with disk.saying_why(root):
        boot.save_state(root, asdict(state), disk.write_file)


@contextmanager
def changing(root: Path, fresh: State | None = None) -> Iterator[State]:
    """Hold the state alone, to change it; it is written as the block ends well.

    A start, an update and a look at the health may come at once, each in a process of its own.

    Args:
        root: The device's folder.
        fresh: The state of a device that has none yet.
    """
    with boot.changing(root):
        known = fresh or load(root)
        yield known
        save(root, known)


def fall_back(root: Path, digest: str, reason: str) -> bool:
    """Go back to the version before ``digest``, if that is in use and there is one."""
    with changing(root) as known:
        if known.current != digest:
            return False
        plain = asdict(known)
        went = boot.fall_back(plain, reason)
        for name, value in plain.items():
            setattr(known, name, value)
    return went


def folder_of(root: Path, digest: str) -> Path:
    """Where a version's files are."""
    return root / boot.BUNDLES / digest


def manifest_of(root: Path, digest: str) -> Manifest:
    """A version's manifest.

    Raises:
        Fault: ``integrity``: it is not there, or not what its folder is called.
    """
    try:
        manifest = read_manifest((folder_of(root, digest) / MANIFEST).read_bytes())
    except OSError as error:
        raise Fault(
            "integrity", f"the version {digest[:12]} cannot be read: {error.strerror}"
        ) from None
    if manifest.digest != digest:
        raise Fault("integrity", f"the manifest of {digest[:12]} is damaged", hint="update")
    return manifest


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold a device's folder alone. Raises Fault ``busy`` if another process does."""
    handle = os.open(root / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise Fault("busy", f"another process works on {root}", hint="wait for it") from None
    try:
        yield
    finally:
        os.close(handle)
