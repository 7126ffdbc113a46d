"""Files kept under the sha256 of their bytes: ``<home>/blobs/sha256-<hex>``.

A blob is whole or not there, is never changed, and is checked when it is read. One that does not
match its name any more is moved aside, so that it can be fetched again; it goes for good once sound
bytes stand in its place.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from workbench.core import settings
from workbench.core.errors import InputError, IntegrityError, NotFoundError
from workbench.core.progress import Progress, progress
from workbench.core.viewers import Viewable

from . import files

log = logging.getLogger(__name__)

FOLDER = "blobs"
_PREFIX = "sha256-"
_DAMAGED = "damaged-"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK_BYTES = 1 << 20
_NO_LINK = (errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS)

# Which state of a file was found to match its name, so that a model is hashed once a process.
_State = tuple[int, int, int, int]
_verified: dict[str, _State] = {}


class Readable(Protocol):
    """What ``put_stream`` reads from."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True)
class Artifact:
    """One blob: the sha256 of its bytes, its size and where it lies."""

    sha256: str
    size_bytes: int
    path: Path


@dataclass(frozen=True)
class Damage:
    """A blob whose bytes do not match its name. ``moved_to`` is None if it could not be moved."""

    expected_sha256: str
    found_sha256: str
    moved_to: Path | None


@dataclass(frozen=True)
class Verification(Viewable):
    """What a check of all blobs found; ``set_aside`` counts damaged ones of earlier checks."""

    checked: int
    size_bytes: int
    damaged: tuple[Damage, ...]
    set_aside: int = 0

    @property
    def ok(self) -> bool:
        """Whether every blob matches its name."""
        return not self.damaged


class Artifacts:
    """The blobs of one home.

    Args:
        root: The folder that holds all state, by default WORKBENCH_HOME.
    """

    def __init__(self, root: Path | None = None) -> None:
        self.root = Path(root) if root is not None else settings.home()
        self.folder = self.root / FOLDER

    def put_bytes(self, content: bytes) -> Artifact:
        """Keep ``content``. When this returns it is on the disk.

        Raises:
            StorageError: The disk is full; nothing is left behind.
        """
        import io

        return self.put_stream(io.BytesIO(content))

    def put_file(self, path: Path, *, expected_sha256: str | None = None) -> Artifact:
        """Keep a copy of a file; see ``put_stream``.

        Raises:
            NotFoundError: There is no such file.
        """
        path = Path(path)
        if not path.is_file():
            raise NotFoundError(f"there is no file {path}", hint=f"ls {path.parent}")
        with path.open("rb") as file:
            return self.put_stream(file, expected_sha256=expected_sha256)

    def put_stream(self, stream: Readable, *, expected_sha256: str | None = None) -> Artifact:
        """Keep what a stream gives until its end, hashed on the way.

        Args:
            stream: Opened in binary mode. It is not closed.
            expected_sha256: What the bytes must hash to.

        Raises:
            IntegrityError: They hash to something else; nothing is kept.
            StorageError: The disk is full; nothing is left behind.
        """
        digest, size_bytes = hashlib.sha256(), 0
        with files.drafting(self.folder, "incoming") as draft:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
                draft.file.write(chunk)
                size_bytes += len(chunk)
            sha256 = digest.hexdigest()
            if expected_sha256 is not None and sha256 != _checked(expected_sha256):
                raise IntegrityError(
                    f"expected sha256 {expected_sha256}, found {sha256} in {size_bytes} bytes",
                    hint="fetch it again; if it stays so, the source has changed",
                    expected=expected_sha256,
                    found=sha256,
                )
            path = self._place(sha256)
            if not self._holds_sound(path, sha256):
                # Readable to all who may enter the folder, writable to nobody: it is shared by
                # hard links, and a write through one of them would damage it for all.
                os.fchmod(draft.file.fileno(), 0o444)
                draft.publish(path)
                _verified[str(path)] = _state(path.stat())
            self._aside(path).unlink(missing_ok=True)
        return Artifact(sha256, size_bytes, path)

    def contains(self, sha256: str) -> bool:
        """Whether a blob of that name is there; it is not read."""
        return self._place(sha256).is_file()

    def path(self, sha256: str, *, verify: bool = True, force: bool = False) -> Path:
        """Where a blob lies, for programs that open files themselves.

        Args:
            sha256: The blob.
            verify: Check its bytes first. A file found sound is not read again in this process
                while its inode, size and time of change stay the same.
            force: Read it again in any case.

        Raises:
            NotFoundError: It is not there.
            IntegrityError: Its bytes do not match; it is moved aside.
        """
        if verify:
            self.open(sha256, force=force).close()
        elif not self.contains(sha256):
            raise self._missing(sha256)
        return self._place(sha256)

    def open(self, sha256: str, *, force: bool = False) -> IO[bytes]:
        """Open a blob for reading, once its bytes are checked; see ``path``."""
        path = self._place(sha256)
        try:
            file = path.open("rb")
        except FileNotFoundError:
            raise self._missing(sha256) from None
        try:
            state = _state(os.fstat(file.fileno()))
            if force or _verified.get(str(path)) != state:
                found = _hash(file)
                if found != sha256:
                    raise self._damaged(sha256, found, state)
                file.seek(0)
                _verified[str(path)] = state
        except BaseException:
            file.close()
            raise
        return file

    def read(self, sha256: str) -> bytes:
        """A blob's bytes. What is returned is what was checked.

        Raises:
            NotFoundError: It is not there.
            IntegrityError: Its bytes do not match; it is moved aside.
        """
        try:
            with self._place(sha256).open("rb") as file:
                state, content = _state(os.fstat(file.fileno())), file.read()
        except FileNotFoundError:
            raise self._missing(sha256) from None
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise self._damaged(sha256, found, state)
        return content

    def link(self, sha256: str, destination: Path) -> Path:
        """Give a blob a readable name: a hard link, or a copy where there can be none.

        A file that stands at ``destination`` is replaced. The file must not be written to.

        Raises:
            NotFoundError: The blob is not there.
            IntegrityError: Its bytes do not match.
            StorageError: The destination cannot be written.
        """
        source, destination = self.path(sha256), Path(destination)
        with files.saying_why(destination):
            files.make_folder(destination.parent)
            beside = destination.with_name(f".{destination.name}.part-{secrets.token_hex(4)}")
            try:
                os.link(source, beside)
                beside.replace(destination)
                files.sync_folder(destination.parent)
            except OSError as error:
                if error.errno not in _NO_LINK:
                    raise
                self._copy(sha256, destination)
            finally:
                # A rename onto another link of the same file does nothing and leaves this one.
                beside.unlink(missing_ok=True)
        return destination

    def delete(self, sha256: str) -> bool:
        """Remove a blob; whether it was there. Links to it under other names stay."""
        path = self._place(sha256)
        _verified.pop(str(path), None)
        with files.saying_why(path):
            self._aside(path).unlink(missing_ok=True)
            try:
                path.unlink()
            except FileNotFoundError:
                return False
            files.sync_folder(self.folder)
        return True

    def list(self) -> tuple[Artifact, ...]:
        """Every blob by name. They are not read."""
        return tuple(self._walk())

    def verify_all(self) -> Verification:
        """Read every blob and move aside those that do not match their names."""
        blobs = self.list()
        total_bytes = sum(blob.size_bytes for blob in blobs)
        checked, damaged = 0, []
        with progress("verify artifacts", total=total_bytes, unit="bytes") as task:
            for blob in blobs:
                try:
                    file = blob.path.open("rb")
                except FileNotFoundError:  # deleted since the list was made
                    continue
                with file:
                    state, found = _state(os.fstat(file.fileno())), _hash(file, task)
                checked += 1
                if found != blob.sha256:
                    damaged.append(Damage(blob.sha256, found, self._set_aside(blob.sha256, state)))
        aside = sum(1 for _ in self.folder.glob(f"{_DAMAGED}{_PREFIX}*"))
        return Verification(checked, total_bytes, tuple(damaged), aside - len(damaged))

    def clean(self, *, older_than_s: float = 3600.0) -> int:
        """Remove what nobody needs; returns how many files.

        That is what writers that were killed left behind, and what was moved aside as damaged and
        is there again in sound bytes.
        """
        replaced = [
            path
            for path in self.folder.glob(f"{_DAMAGED}{_PREFIX}*")
            if path.with_name(path.name.removeprefix(_DAMAGED)).is_file()
        ]
        for path in replaced:
            path.unlink(missing_ok=True)
        return len(replaced) + len(files.remove_parts(self.folder, older_than_s=older_than_s))

    def _walk(self) -> Iterator[Artifact]:
        if not self.folder.is_dir():
            return
        for path in sorted(self.folder.glob(f"{_PREFIX}*")):
            sha256 = path.name.removeprefix(_PREFIX)
            if _SHA256.fullmatch(sha256):
                try:
                    yield Artifact(sha256, path.stat().st_size, path)
                except FileNotFoundError:  # deleted meanwhile
                    continue

    def _place(self, sha256: str) -> Path:
        return self.folder / f"{_PREFIX}{_checked(sha256)}"

    def _aside(self, path: Path) -> Path:
        return path.with_name(f"{_DAMAGED}{path.name}")

    def _holds_sound(self, path: Path, sha256: str) -> bool:
        """Whether these bytes are there already; a damaged blob is replaced by the new ones."""
        try:
            self.path(sha256)
        except (NotFoundError, IntegrityError):
            return False
        return True

    def _copy(self, sha256: str, destination: Path) -> None:
        with (
            self.open(sha256) as source,
            files.drafting(destination.parent, destination.name) as draft,
        ):
            while chunk := source.read(_CHUNK_BYTES):
                draft.file.write(chunk)
            draft.publish(destination)

    def _missing(self, sha256: str) -> NotFoundError:
        return NotFoundError(
            f"there is no artifact with sha256 {sha256} in {self.folder}",
            hint="workbench store artifacts",
            sha256=sha256,
        )

    def _damaged(self, expected: str, found: str, state: _State) -> IntegrityError:
        moved_to = self._set_aside(expected, state)
        where = f"it was moved to {moved_to}" if moved_to else "it could not be moved aside"
        return IntegrityError(
            f"the artifact with sha256 {expected} has bytes of sha256 {found}; {where}",
            hint="fetch or make it again",
            expected=expected,
            found=found,
            moved_to=moved_to,
        )

    def _set_aside(self, sha256: str, state: _State) -> Path | None:
        path = self._place(sha256)
        _verified.pop(str(path), None)
        aside = self._aside(path)
        try:
            if _state(path.stat()) != state:  # a sound one took its place meanwhile
                return None
            path.replace(aside)
        except OSError as error:
            log.warning("%s is damaged and cannot be moved aside: %s", path, error)
            return None
        return aside


def _checked(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise InputError(
            f"{sha256!r} is not a sha256: it has 64 digits of 0-9a-f",
            hint="workbench store artifacts",
        )
    return sha256


def _state(stat: os.stat_result) -> _State:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


def _hash(file: IO[bytes], task: Progress | None = None) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
        if task is not None:
            task.advance(len(chunk))
    return digest.hexdigest()
