"""The warehouse's files in an object store: files that never change, and one list that does.

A file is named by what is in it, so a copy of it is good or it is not. Who builds puts the new
files there and then the list; who reads brings a folder of its own up to the list, and asks that.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import BusyError, IntegrityError, NotFoundError
from workbench.core.progress import track
from workbench.store.objects import ObjectFolder

from .owning import check_owner, home_name
from .places import MANIFEST, Manifest, owned, parse_manifest, publish, read_manifest

# What no list names is kept so long: another builder may name it yet, a reader may fetch it.
_KEPT_S = 3600.0
OWNER = "owner.txt"
_TRIES = 3


def mirror_of(url: str) -> Path:
    """This home's folder for the files of a store."""
    return settings.home() / f"warehouse-{hashlib.sha256(url.encode()).hexdigest()[:8]}"


def check_remote_owner(there: ObjectFolder) -> None:
    """Refuse to build what another home builds.

    Raises:
        ConflictError: It is told which.
        FetchError: The store cannot be reached.
    """
    owner = there.read(OWNER)
    check_owner(
        None if owner is None else owner.decode(errors="replace"), there.place,
        hint=f"where that home is gone: remove {there.place}/{OWNER}, and build it anew",
    )  # fmt: skip


def push(folder: Path, there: ObjectFolder) -> list[str]:
    """Put a folder's warehouse in the place of the one in the store; the files that were sent.

    Raises:
        FetchError: The store cannot be reached; what is there is as it was.
    """
    manifest = read_manifest(folder)
    if manifest.months:  # who has nothing yet does not take it from those who will have
        there.write(OWNER, home_name().encode())
    before = read_remote(there).names()
    missing = sorted(manifest.names() - before)
    for name in track(missing, "Putting the warehouse"):
        there.put(folder / name, name)
    there.write(MANIFEST, (folder / MANIFEST).read_bytes())
    kept = manifest.names() | before
    oldest_s = time.time() - _KEPT_S
    for name, written_s in there.names().items():
        if name.endswith(".parquet") and name not in kept and written_s < oldest_s:
            there.remove(name)
    return missing


def pull(there: ObjectFolder, folder: Path) -> Manifest:
    """Bring a folder up to the warehouse in a store.

    Where another process does so at the moment, what is there by now is what is read.

    Raises:
        NotFoundError: Nothing has been built there.
        IntegrityError: A file is not what its name says.
        FetchError: The store cannot be reached.
    """
    manifest = read_remote(there)
    if not manifest.months:
        raise NotFoundError(
            f"there is no warehouse yet at {there.place}",
            hint="workbench monitoring rebuild, on the machine that serves",
        )
    if read_manifest(folder) == manifest:
        return manifest
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(owned(folder))
        except BusyError:
            if read_manifest(folder).months:
                return read_manifest(folder)
            raise
        for _ in range(_TRIES):
            if _fetch_all(there, folder, manifest):
                publish(folder, manifest)
                return manifest
            manifest = read_remote(there)  # what it named is gone: there is a newer one
    raise IntegrityError(
        f"{there.place} lacks files that its {MANIFEST} names",
        hint="workbench monitoring rebuild --again, on the machine that serves",
    )


def _fetch_all(there: ObjectFolder, folder: Path, manifest: Manifest) -> bool:
    missing = [name for name in sorted(manifest.names()) if not (folder / name).exists()]
    for name in track(missing, "Fetching the warehouse"):
        part = folder / f"{name}.part"  # left by a process that died, the next owner removes it
        if not there.fetch(name, part):
            return False
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if not name.endswith(f"-{digest[:16]}.parquet"):
            part.unlink()
            raise IntegrityError(
                f"{there.place}/{name} is not what its name says",
                hint="remove it there; then workbench monitoring rebuild --again",
            )
        part.replace(folder / name)
    return True


def read_remote(there: ObjectFolder) -> Manifest:
    """The list of the warehouse in a store; empty where there is none."""
    data = there.read(MANIFEST)
    return Manifest() if data is None else parse_manifest(data, f"{there.place}/{MANIFEST}")
