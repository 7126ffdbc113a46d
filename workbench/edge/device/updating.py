"""Taking a version: looked at, put together, tried, swapped in; and back, where it does not start.

The state file is written last. Until then the version that was in use is in use, and after it the
new one is, whole: a power cut leaves one of the two.
"""

from __future__ import annotations

import json
import os
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import boot, channel, disk, state
from .archive import Head, read_head
from .assembling import STAGING, Assembly, Looked, check_folder
from .faults import Fault
from .manifest import FORMAT
from .signatures import check_signature
from .sources import Source, check_address, is_address, open_source
from .trust import Here, check_machine, check_new, clock_fault, look_around

_HEALTH_S = 180.0

# Starts a version once, on trial: its folder, and the device's. Raises Fault if it does not start.
Try = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Update:
    """What an update did. ``outcome`` is ``updated``, ``same`` or ``waiting`` (a staged roll-out).

    ``fetched_bytes`` is all that was read from the source, the manifest among it.
    """

    outcome: str
    name: str
    version: int
    before: int
    digest: str
    total_bytes: int = 0
    fetched_bytes: int = 0
    reused_bytes: int = 0
    linked_bytes: int = 0
    fetched_chunks: int = 0
    note: str = ""


def install(
    root: Path,
    place: str,
    *,
    keys: tuple[str, ...] = (),
    here: Here | None = None,
    attempt: Try | None = None,
    looked: Looked = lambda done, total: None,
) -> Update:
    """Put a bundle on a device that has nothing yet; on one that has, this is ``update``.

    Args:
        root: The device's folder; it is made.
        place: The bundle, a path or an address.
        keys: Public keys (hexadecimal) that are trusted to sign; by default those that the bundle
            names, which is to trust whoever handed it over.
        here: The machine; by default this one.
        attempt: What starts a version once; by default its own runner in a process.
        looked: Told how many bytes of how many are there.
    """
    if (root / boot.STATE).exists():
        return update(root, place, here=here, attempt=attempt, looked=looked)
    source = open_source(place)
    try:
        head = read_head(source.read)
        manifest = head.manifest
        check_signature(FORMAT, head.manifest_bytes, head.signature, keys or None)
        here = here or look_around(manifest.runtime)
        fresh = state.new_state(manifest.line, list(keys or manifest.keys))
        check_machine(manifest, here)
        wrong = clock_fault(manifest, here.now_s)
        if wrong is not None:
            raise wrong
        with disk.saying_why(root):
            disk.make_folders(root)
        with state.locked(root):
            if not (root / boot.STATE).exists():
                return _take(root, fresh, head, source, 0, attempt, looked)
    finally:
        source.close()
    # Another installed something meanwhile: what it did is not to be forgotten.
    return update(root, place, here=here, attempt=attempt, looked=looked)


def update(
    root: Path,
    place: str,
    *,
    allow_older: bool = False,
    here: Here | None = None,
    attempt: Try | None = None,
    looked: Looked = lambda done, total: None,
) -> Update:
    """Bring a device to the version that a source has.

    Args:
        root: The device's folder.
        place: A bundle, or a folder with a channel in it; a path or an address.
        allow_older: Also take a version that is older, or did not start before.
        here: The machine; by default this one.
        attempt: What starts a version once; by default its own runner in a process.
        looked: Told how many bytes of how many are there.

    Raises:
        Fault: It cannot be or may not be; what is in use stays in use.
    """
    with state.locked(root):
        known = state.load(root)
        before = state.manifest_of(root, known.current) if known.current else None
        here = here or look_around(before.runtime if before else "xllamacpp")
        said = None
        if _is_folder(place):
            said = channel.read(place, known, before, here)
            if said.sequence > known.channel_sequence:
                with state.changing(root) as kept:
                    kept.channel_sequence = said.sequence
            place = channel.join(place, said.file)
        source = open_source(place)
        try:
            head = read_head(source.read)
            if said is not None:
                channel.check_bundle(said, head)
            back = said is not None and said.back
            check_new(head, known, here, allow_older=allow_older, back=back)
            told = (head.manifest.name, head.manifest.version, before.version if before else 0)
            if head.digest == known.current and not _set_aside_damaged(root, head):
                return Update("same", *told, head.digest, fetched_bytes=source.fetched_bytes)
            if said is not None and not said.is_for(known.device):
                return Update("waiting", *told, head.digest, note="it is not this device's turn")
            return _take(root, None, head, source, told[2], attempt, looked)
        finally:
            source.close()


def _take(
    root: Path,
    fresh: state.State | None,
    head: Head,
    source: Source,
    before: int,
    attempt: Try | None,
    looked: Looked,
) -> Update:
    """Put a version together, try it, and swap it in; ``fresh`` is the state of a new device."""
    manifest, digest = head.manifest, head.digest
    made = Assembly(root, head, source, looked)
    folder = made.run()
    try:
        (attempt or start_once)(folder, root)
    except Fault as fault:
        if fresh is None:
            with state.changing(root) as known:
                known.refused = {**known.refused, digest: fault.message}
        disk.DISK.remove(folder)
        raise Fault(
            fault.code if fault.code in ("architecture", "memory", "integrity") else "unhealthy",
            f"version {manifest.version} did not start, and nothing was replaced: {fault.message}",
            hint=fault.hint or "tell whoever made it",
        ) from None
    if not (root / boot.LAUNCHER).exists():
        put_launcher(root)
    _swap(root, fresh, head)
    return Update(
        "updated",
        manifest.name,
        manifest.version,
        before,
        digest,
        manifest.size_bytes,
        source.fetched_bytes,
        made.reused_bytes,
        made.linked_bytes,
        made.fetched_chunks,
    )


def _swap(root: Path, fresh: state.State | None, head: Head) -> None:
    """Have a version that was tried be the one in use, by one write; and clean up behind it."""
    manifest, digest = head.manifest, head.digest
    with state.changing(root, fresh) as known:
        # One version back is kept to fall back on; of two on trial the older is the good one.
        if known.current not in ("", digest) and known.trial is None:
            known.previous = known.current
        known.current, known.trial = digest, boot.STARTS
        if manifest.version >= known.highest:
            known.history = [*manifest.history, digest]
            known.keys = list(manifest.keys)
        known.refused.pop(digest, None)
        known.latest_s = max(known.latest_s, manifest.made_s)
        known.fell_back = []
    _clean(root, known)


def _set_aside_damaged(root: Path, head: Head) -> bool:
    """Make a damaged version the beginning of a new one; whether it was damaged."""
    folder, begun = state.folder_of(root, head.digest), root / STAGING / head.digest
    try:
        check_folder(folder, head.manifest)
        return False
    except Fault:
        with disk.saying_why(folder):
            disk.make_folders(begun.parent)
            disk.DISK.remove(begun)
            disk.DISK.rename(folder, begun)
            disk.DISK.sync_folder(folder.parent)
        return True


def start_once(folder: Path, root: Path) -> None:
    """Start a version's own runner in a process that answers once.

    Raises:
        Fault: It did not, with what it said.
    """
    command = [sys.executable, "-I", "-B", str(folder), "health", "--root", str(root), "--json"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_HEALTH_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Fault("unhealthy", f"it had not answered after {_HEALTH_S:.0f} s") from None
    if done.returncode == 0:
        return
    try:
        said = json.loads(done.stdout.decode().splitlines()[-1])["error"]
        fault = Fault(said["code"], said["message"], hint=said["hint"])
    except (ValueError, KeyError, TypeError, IndexError, AssertionError):
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        told = f": {last[0]}" if last else ""
        # What the C++ library cannot allocate ends the process; so does the kernel, by SIGKILL.
        full = "bad_alloc" in told or "MemoryError" in told or done.returncode == -signal.SIGKILL
        code = "memory" if full else "unhealthy"
        fault = Fault(code, f"its process ended with status {done.returncode}{told}")
    raise fault


def confirm(root: Path, digest: str | None = None) -> bool:
    """Note that a version, by default the one in use, was found well; whether that was news."""
    digest = digest or state.load(root).current
    if state.load(root).trial is None:
        return False
    put_launcher(root)  # of a version that is known to start
    with state.changing(root) as known:
        if known.current != digest:  # another one came meanwhile
            return False
        known.trial = None
    return True


def put_launcher(root: Path) -> None:
    """Write the launcher that this runner has, unless it is there already."""
    launcher, code = root / boot.LAUNCHER, pkgutil.get_data(__package__, "boot.py")
    assert code is not None
    if not launcher.exists() or launcher.read_bytes() != code:
        with disk.saying_why(launcher):
            disk.write_file(launcher, code)


def _clean(root: Path, known: state.State) -> None:
    """Take away the versions that are neither in use nor to fall back on."""
    bundles, kept = root / boot.BUNDLES, {known.current, known.previous}
    for folder in [*bundles.iterdir()]:
        if folder.name not in kept:
            disk.DISK.remove(folder)
    disk.DISK.remove(root / STAGING)


def _is_folder(place: str) -> bool:
    if is_address(place):
        return check_address(place).path.endswith("/")
    return os.path.isdir(place)  # noqa: PTH112 - a text, as an address is
