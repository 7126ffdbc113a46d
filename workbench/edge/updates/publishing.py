"""What a folder offers to devices: bundles, and one signed statement of which one is meant."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.core.errors import ConflictError, InputError
from workbench.core.viewers import Viewable
from workbench.edge.bundles.faults import as_errors
from workbench.edge.bundles.keys import Signer, load_signer
from workbench.edge.device import channel
from workbench.edge.device.archive import Archive, Head
from workbench.edge.device.channel import ALL_PPM, Channel
from workbench.edge.device.signatures import check_signature
from workbench.store import files

DAY_S = 86400


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


def read_offer(folder: Path) -> Channel | None:
    """What a folder offers now; None if it offers nothing yet.

    Raises:
        IntegrityError: What is there is damaged.
    """
    path = folder / channel.NAME
    if not path.exists():
        return None
    with as_errors():
        data = path.read_bytes()
        signature = (folder / channel.SIGNATURE_NAME).read_bytes()
        check_signature(channel.FORMAT, data, signature, None)
        return channel.load(data)


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
        back: Offer a version that is older than what is offered.
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
    with as_errors(), Archive(bundle) as archive:
        archive.check()
        head = archive.head
    if signer.public_key not in head.manifest.keys:
        raise ConflictError(
            f"devices that have {head.manifest.name} {head.manifest.version} take no statement of "
            f"the key {signer.name}",
            hint="sign with a key that the bundle names",
        )
    before = read_offer(folder)
    _check_follows(before, head, back)
    files.make_folder(folder)
    _copy(bundle, folder / bundle.name)
    now_s = time.time() if now_s is None else now_s
    made = Channel(
        line=head.manifest.line,
        sequence=before.sequence + 1 if before else 1,
        made_s=int(now_s),
        expires_s=None if valid_days is None else int(now_s) + valid_days * DAY_S,
        version=head.manifest.version,
        digest=head.digest,
        file=bundle.name,
        share_ppm=round(share * ALL_PPM),
    )
    return write_offer(folder, made, signer)


def change_share(folder: Path, share: float, *, signer: Signer | None = None) -> Offer:
    """Offer what is offered to more devices, or to none: 0 halts it.

    Raises:
        ConflictError: Nothing is offered.
    """
    before = read_offer(folder)
    if before is None:
        raise ConflictError(f"{folder} offers nothing", hint="workbench edge offer FOLDER BUNDLE")
    made = replace(before, sequence=before.sequence + 1, share_ppm=round(share * ALL_PPM))
    return write_offer(folder, made, signer or load_signer())


def write_offer(folder: Path, made: Channel, signer: Signer) -> Offer:
    """Write a statement and its signature.

    They are two files: a reader in between the two finds that they do not match and tries later.
    """
    said = made.dump()
    files.write_bytes(folder / channel.SIGNATURE_NAME, signer.sign(channel.FORMAT, said))
    files.write_bytes(folder / channel.NAME, said)
    return Offer(
        folder=folder,
        file=made.file,
        version=made.version,
        digest=made.digest,
        share=made.share_ppm / ALL_PPM,
        sequence=made.sequence,
        expires_s=made.expires_s,
    )


def _check_follows(before: Channel | None, head: Head, back: bool) -> None:
    manifest = head.manifest
    if before is None:
        return
    if manifest.line != before.line:
        raise ConflictError(
            f"{manifest.name} is of another line than what is offered there",
            hint="offer it in another folder",
        )
    follows = before.digest in (*manifest.history, head.digest)
    if not follows and not back:
        raise ConflictError(
            f"version {manifest.version} does not follow version {before.version}, which is "
            "offered there",
            hint="make it with --previous; or say --back, if it is meant to go back",
        )


def _copy(bundle: Path, place: Path) -> None:
    if place.exists() and place.samefile(bundle):
        return
    with files.drafting(place.parent, place.name) as draft:
        with bundle.open("rb") as source:
            shutil.copyfileobj(source, draft.file, 1 << 20)
        draft.publish(place)
