"""Where the warehouse lies, and which of its files belong together: files are never changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.core.errors import BusyError, IntegrityError
from workbench.store import files

FOLDER, MANIFEST = "warehouse", "manifest.json"
TABLES = ("clean", "hourly", "people", "durations", "quarantine")
_VERSION = 4


@dataclass
class Manifest:
    """The files that are the warehouse now, by month and table, and from what each was made."""

    months: dict[str, dict[str, Any]] = field(default_factory=dict)
    metrics: str = ""

    def paths(self, folder: Path, table: str) -> list[Path]:
        """The files of a table, the first month first."""
        return [folder / self.months[month]["files"][table] for month in sorted(self.months)]

    def names(self) -> frozenset[str]:
        """The names of all its files."""
        told = self.months.values()
        return frozenset(name for month in told for name in month["files"].values())


def read_manifest(folder: Path) -> Manifest:
    """What is published now; empty if nothing is.

    Raises:
        IntegrityError: The list of files is damaged.
    """
    path = folder / MANIFEST
    try:
        return parse_manifest(path.read_bytes(), str(path))
    except FileNotFoundError:
        return Manifest()


def parse_manifest(data: bytes, name: str) -> Manifest:
    """A manifest by its bytes; empty if it is of another version.

    Raises:
        IntegrityError: It is damaged.
    """
    try:
        told = json.loads(data)
        if told["version"] != _VERSION:
            return Manifest()
        return Manifest(told["months"], told["metrics"])
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(
            f"{name} is damaged: {error!r}", hint="workbench monitoring rebuild --again"
        ) from None


def publish(folder: Path, manifest: Manifest) -> None:
    """Make a manifest the one that is read, at once; what it no longer names is removed.

    A reader that has the old one open keeps its files until it closes them (POSIX).
    """
    told = {"version": _VERSION, "metrics": manifest.metrics, "months": manifest.months}
    with files.replacing(folder / MANIFEST) as file:
        file.write(json.dumps(told, indent=1, sort_keys=True).encode())
    named = manifest.names()
    for path in folder.glob("*.parquet"):
        if path.name not in named:
            path.unlink(missing_ok=True)


def named_by_content(part: Path, table: str, month: str) -> str:
    """Give a finished part its name, by the sha256 of what is in it."""
    with part.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    name = f"{table}-{month}-{digest[:16]}.parquet"
    part.replace(part.parent / name)
    return name


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Hold the warehouse to write in it: one process at a time, and it ends with the process.

    Raises:
        BusyError: Another process writes; its number is told.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "owner").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise BusyError(
                f"the warehouse is being written by process {handle.read().strip() or 'unknown'}",
                hint="wait for it; reading goes on meanwhile",
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        for left in folder.glob("*.part"):
            left.unlink(missing_ok=True)
        yield
