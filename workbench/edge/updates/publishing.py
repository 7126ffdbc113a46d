"""What a folder offers to devices: bundles, and one signed statement of which one is meant.

The statement and its signature are two files. Both are written down beside first, so that what was
begun is ended by whoever comes next, and one process at a time writes here.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.core.errors import ConflictError, InputError, IntegrityError
from workbench.core.viewers import Viewable
from workbench.edge.bundles.faults import as_errors
from workbench.edge.bundles.keys import Signer, load_signer
from workbench.edge.device import channel
from workbench.edge.device.archive import Archive, Head
from workbench.edge.device.channel import ALL_PPM, Channel
from workbench.edge.device.faults import Fault
from workbench.edge.device.signatures import check_signature
from workbench.store import files

DAY_S = 86400
_PENDING, _LOCK = ".channel.pending", ".publishing"


@dataclass(frozen=True)
class Offer(Viewable):
    """What a folder offers: ``share`` of the devices are to take ``version``."""

    folder: Path
    file: str
    version: int
    digest: str
    share: float
    sequence: int
    expires_s: int | None
    back: bool = False


@contextmanager
def publishing(folder: Path) -> Iterator[None]:
    """Hold a folder alone to change what it offers; what was begun there before is ended first."""
    with holding(folder / _LOCK):
        pending = folder / _PENDING
        if pending.exists():
            _write_both(folder, *_read_pending(pending))
            pending.unlink()
        yield


@contextmanager
def holding(lock: Path) -> Iterator[None]:
    """Hold a file's lock; who comes second waits."""
    files.make_folder(lock.parent)
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def read_offer(folder: Path) -> Channel | None:
    """What a folder offers now; None if it offers nothing yet.

    Raises:
        IntegrityError: What is there is damaged.
    """
    try:
        return _read_now(folder)
    except IntegrityError:  # somebody may just have been writing it
        return _read_now(folder)


def _read_now(folder: Path) -> Channel | None:
    path, pending = folder / channel.NAME, folder / _PENDING
    with contextlib.suppress(FileNotFoundError):  # it is being written, or was as the power went
        return _load(*_read_pending(pending))
    if not path.exists():
        return None
    try:
        return _load(path.read_bytes(), (folder / channel.SIGNATURE_NAME).read_bytes())
    except FileNotFoundError:
        raise IntegrityError(
            f"{path} has no signature beside it", hint=f"workbench edge offer {folder} BUNDLE"
        ) from None


def _load(said: bytes, signature: bytes) -> Channel:
    with as_errors():
        check_signature(channel.FORMAT, said, signature, None)
        return channel.load(said)


def offer(
    folder: Path,
    bundle: Path,
    *,
    share: float = 1.0,
    valid_days: int | None = None,
    back: bool = False,
    signer: Signer | None = None,
    now_s: float | None = None,
) -> Offer:
    """Offer a bundle in a folder. It is copied there first, and then the statement is written.

    Args:
        folder: What devices update from; any file server may show it.
        bundle: The bundle, here or there.
        share: Of the devices, from 0 to 1: which ones is drawn by their own names.
        valid_days: After so many the statement says nothing any more; it is to be made anew before.
        back: Offer a version that is older than what is offered; devices go back to it.
        signer: What signs, by default the key of this home.
        now_s: The time, by default that of the clock.

    Raises:
        ConflictError: It is of another line than what is offered, older, or of a key that devices
            do not take statements from.
        InputError: The share is none.
    """
    if not 0 <= share <= 1:
        raise InputError(f"the share is {share}; it must be from 0 to 1")
    signer = signer or load_signer()
    head = read_bundle(bundle)
    if signer.public_key not in head.manifest.keys:
        raise ConflictError(
            f"devices that have {head.manifest.name} {head.manifest.version} take no statement of "
            f"the key {signer.name}",
            hint="sign with a key that the bundle names",
        )
    now_s = time.time() if now_s is None else now_s
    with publishing(folder):
        before = read_offer(folder)
        _check_follows(before, head, back)
        place = _copy(bundle, folder, head.digest)
        made = Channel(
            line=head.manifest.line,
            sequence=before.sequence + 1 if before else 1,
            made_s=int(now_s),
            expires_s=None if valid_days is None else int(now_s) + valid_days * DAY_S,
            version=head.manifest.version,
            digest=head.digest,
            file=place.name,
            share_ppm=round(share * ALL_PPM),
            back=back,
        )
        return write_offer(folder, made, signer)


def read_bundle(bundle: Path) -> Head:
    """What a bundle says of itself, after a look at each of its bytes.

    Raises:
        IntegrityError, InputError, NotFoundError: It is damaged, is none, or is not there.
    """
    with as_errors(), Archive(bundle) as archive:
        archive.check()
        return archive.head


def change_share(folder: Path, share: float, *, signer: Signer | None = None) -> Offer:
    """Offer what is offered to more devices, or to none: 0 halts it.

    Raises:
        ConflictError: Nothing is offered.
    """
    if read_offer(folder) is None:
        raise ConflictError(f"{folder} offers nothing", hint="workbench edge offer FOLDER BUNDLE")
    with publishing(folder):
        before = read_offer(folder)
        assert before is not None
        made = replace(before, sequence=before.sequence + 1, share_ppm=round(share * ALL_PPM))
        return write_offer(folder, made, signer or load_signer())


def write_offer(folder: Path, made: Channel, signer: Signer) -> Offer:
    """Write a statement and its signature, in a folder that is held (``publishing``).

    A device that reads in between the two finds that they do not match and tries later.
    """
    said = made.dump()
    signature = signer.sign(channel.FORMAT, said)
    pending = folder / _PENDING
    files.write_json(pending, {"said": said.decode(), "signature": signature.decode()})
    _write_both(folder, said, signature)
    pending.unlink()
    return Offer(
        folder=folder,
        file=made.file,
        version=made.version,
        digest=made.digest,
        share=made.share_ppm / ALL_PPM,
        sequence=made.sequence,
        expires_s=made.expires_s,
        back=made.back,
    )


def _write_both(folder: Path, said: bytes, signature: bytes) -> None:
    files.write_bytes(folder / channel.SIGNATURE_NAME, signature)
    files.write_bytes(folder / channel.NAME, said)


def _read_pending(pending: Path) -> tuple[bytes, bytes]:
    try:
        found = json.loads(pending.read_text(encoding="utf-8"))
        return found["said"].encode(), found["signature"].encode()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise IntegrityError(
            f"{pending} is damaged",
            hint=f"take it away, then: workbench edge offer {pending.parent} BUNDLE",
        ) from None


def _check_follows(before: Channel | None, head: Head, back: bool) -> None:
    manifest = head.manifest
    if before is None:
        return
    if manifest.line != before.line:
        raise ConflictError(
            f"{manifest.name} is of another line than what is offered there",
            hint="offer it in another folder",
        )
    if manifest.version == before.version and head.digest != before.digest:
        raise ConflictError(
            f"there are two versions {before.version}: {before.digest[:12]} is offered there, and "
            f"this one is {head.digest[:12]}",
            hint="find out who else makes versions of this line; a version that follows what is "
            "offered is made with --previous",
        )
    follows = before.digest in (*manifest.history, head.digest)
    if not follows and not back:
        raise ConflictError(
            f"version {manifest.version} does not follow version {before.version}, which is "
            "offered there",
            hint="make it with --previous; or say --back, if it is meant to go back",
        )


def _copy(bundle: Path, folder: Path, digest: str) -> Path:
    """Put a bundle into the folder; of another version under its name nothing is lost."""
    place = folder / bundle.name
    if place.exists():
        if place.samefile(bundle):
            return place
        if _digest_of(place) != digest:  # who fetches that one now is not to get parts of two
            place = folder / f"{bundle.stem}-{digest[:12]}{bundle.suffix}"
    with files.drafting(folder, place.name) as draft:
        with bundle.open("rb") as source:
            shutil.copyfileobj(source, draft.file, 1 << 20)
        draft.publish(place)
    return place


def _digest_of(place: Path) -> str:
    """Which bundle a file is; empty if it is none, or one that cannot be read."""
    with contextlib.suppress(Fault), Archive(place) as archive:
        return archive.head.digest
    return ""
