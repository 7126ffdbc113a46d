"""Checking a home's ledger, an exported file or a proof: what is given, handed to the verifier.

This only finds the bytes; every judgement is ``verifier``'s, which can be run without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import InputError, NotFoundError
from workbench.core.progress import progress
from workbench.core.viewers import Viewable
from workbench.store.database import FILE_NAME

from .checkpoints import PUBLIC_KEY_NAME, checkpoints_folder, list_checkpoints
from .portable import reading_home
from .verifier import (
    CannotCheckError,
    Fault,
    Report,
    Signed,
    check_file,
    read_checkpoint,
    verify,
)

NO_CHECKPOINTS_HERE = (
    "no signed checkpoint was given: a chain that was written anew as a whole, its head file with "
    "it, would pass"
)
NO_CHECKPOINTS = (
    "no signed checkpoint was given: a chain that was written anew as a whole, or whose end was "
    "cut off, would pass"
)
FOUND = (
    "the checkpoints are those of this home, which are of the same ledger; an export of before the "
    "newest of them ends before it too"
)
BESIDE = "the checkpoints in {folder} were used"
NONE_BESIDE = "no checkpoints were used: none were given, and there are none in {folder}"
OR_OLDER = ", or this was exported before then"
OWN_KEY = "the public key is the one beside the checkpoints: compare it with one you had before"


@dataclass(frozen=True)
class EvidenceCheck(Viewable):
    """What a check found.

    ``broken_at`` to ``broken_to`` are the entries among which the first fault lies; both are None
    where it lies in none of them (a signature, an empty file). ``signed_entries`` are covered by a
    good checkpoint, the rest by the chain alone. ``root`` is the Merkle root of what was read.
    """

    ok: bool
    path: Path = field(repr=False)
    entries: int
    checkpoints: int
    signed_entries: int
    root: str
    origin: str
    broken_at: int | None = None
    broken_to: int | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()


def verify_evidence(
    path: Path | None = None, *, checkpoints: Path | None = None, public_key: Path | None = None
) -> EvidenceCheck:
    """Check a ledger, by default that of this home, and name the first entry that is not as it was.

    Args:
        path: A home, an exported file, or a proof.
        checkpoints: A folder of signed checkpoints, or one; by default those beside what is
            checked (``PATH-checkpoints``), and this home's own, for it and for an export of the
            same ledger. Which were used is among the notes.
        public_key: The signer's, as PEM; by default the one that lies beside the checkpoints.

    Raises:
        InputError: What was given is no ledger, checkpoint, proof or key.
        IntegrityError: The store is damaged.
        NotFoundError: It is not there.
    """
    home = _home_of(path)
    place = _beside(home, path)
    beside = checkpoints is None and any(place.glob("*.json"))
    if beside:
        checkpoints = place
    key, own_key = _public_key(checkpoints, public_key)
    found = False
    try:
        kept = _read_checkpoints(checkpoints)
        if home is not None:
            report = _check_home(home, kept, key)
        else:
            assert path is not None
            report = _check_exported(path, kept, key)
            own = _own_checkpoints(report) if checkpoints is None else []
            if own:
                kept, found = own, True
                key, own_key = _public_key(checkpoints_folder(), public_key)
                report = _check_exported(path, kept, key)
    except CannotCheckError as error:
        raise InputError(
            f"this cannot be checked: {error}",
            hint="workbench privacy ledger verify PATH --checkpoints FOLDER --public-key FILE",
        ) from None
    told = _told(report, home or path or settings.home(), own_key=own_key and bool(kept),
                 head=home is not None)  # fmt: skip
    if beside:
        told = replace(told, notes=(*told.notes, BESIDE.format(folder=place)))
    elif told.ok and not kept and not report.checkpoints:
        told = replace(told, notes=(*told.notes, NONE_BESIDE.format(folder=place)))
    if not found:
        return told
    # It held together before this home's checkpoints were laid beside it: only its end can be gone.
    reason = told.reason + (OR_OLDER if told.broken_at == told.entries + 1 else "")
    return replace(told, reason=reason, notes=(*told.notes, FOUND))


def _beside(home: Path | None, path: Path | None) -> Path:
    """Where checkpoints of it lie if nobody says where: this home's own, else beside it."""
    if home is not None and home.resolve() == settings.home().resolve():
        return checkpoints_folder()
    whole = (home or path or settings.home()).resolve()
    return whole.with_name(f"{whole.name}-checkpoints")


def _home_of(path: Path | None) -> Path | None:
    """The home that is meant; None for a file."""
    if path is None:
        return settings.home()
    if path.is_dir():
        return path
    if not path.exists():
        raise NotFoundError(f"there is no {path}", hint="workbench privacy ledger export FILE")
    return path.parent if path.name == FILE_NAME else None


def _check_home(home: Path, kept: list[Signed], key: bytes | None) -> Report:
    with (
        reading_home(home) as (lines, head),
        progress("Checking the ledger", unit="entries") as task,
    ):
        said = None if head is None or head.number == 0 else (head.number, head.hash)
        report = verify(lines, checkpoints=kept, public_key=key, head=said, looked=task.update)
    if report.ok and head is None:
        reason = "the head file is missing or damaged: the end may have been cut off"
        return replace(report, ok=False, fault=Fault(reason, report.entries, report.entries))
    return report


def _check_exported(path: Path, kept: list[Signed], key: bytes | None) -> Report:
    with progress("Checking the ledger", unit="entries") as task:
        return check_file(path, kept, key, looked=task.update)


def _own_checkpoints(report: Report) -> list[Signed]:
    """This home's checkpoints of the ledger that a file was exported from, where none were given
    and the file holds together by itself."""
    if not report.ok or report.checkpoints:
        return []
    kept = list_checkpoints(checkpoints_folder())
    return [each for each in kept if each.checkpoint.origin == report.origin]


def _read_checkpoints(place: Path | None) -> list[Signed]:
    if place is None:
        return []
    if not place.exists():
        raise NotFoundError(f"there are no checkpoints in {place}", hint="name their folder")
    if place.is_dir():
        found = list_checkpoints(place)
        if not found:
            raise NotFoundError(f"no checkpoint in {place}", hint="name their folder")
        return found
    return [read_checkpoint(place.read_bytes(), place.name)]


def _public_key(checkpoints: Path | None, public_key: Path | None) -> tuple[bytes | None, bool]:
    """The key, and whether it was only found beside the checkpoints."""
    if public_key is not None:
        try:
            return public_key.read_bytes(), False
        except (FileNotFoundError, IsADirectoryError):
            raise NotFoundError(f"no public key {public_key}", hint="name a PEM file") from None
    if checkpoints is None:
        return None, False
    beside = (checkpoints if checkpoints.is_dir() else checkpoints.parent) / PUBLIC_KEY_NAME
    return (beside.read_bytes(), True) if beside.is_file() else (None, False)


def _told(report: Report, path: Path, *, own_key: bool, head: bool) -> EvidenceCheck:
    notes = []
    if report.ok and not report.checkpoints:
        notes.append(NO_CHECKPOINTS_HERE if head else NO_CHECKPOINTS)
    later = report.entries - report.signed_entries
    if report.ok and report.checkpoints and later > 0:
        which = "last entry" if later == 1 else f"last {later:,} entries"
        notes.append(f"the {which} came after the newest checkpoint")
    if own_key:
        notes.append(OWN_KEY)
    fault = report.fault
    return EvidenceCheck(
        report.ok,
        path,
        report.entries,
        report.checkpoints,
        report.signed_entries,
        report.root,
        report.origin,
        None if fault is None else fault.broken_at,
        None if fault is None else fault.broken_to,
        "" if fault is None else fault.reason,
        tuple(notes),
    )
