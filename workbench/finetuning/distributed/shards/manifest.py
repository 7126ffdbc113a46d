"""What makes a checkpoint one: a manifest of its files with their digests, written last.

    runs/ID/checkpoints/00000012-5f3c9a1e/
        shard-00000.safetensors, shard-00001.safetensors    each process's part
        shard-00000.json, shard-00001.json                  what each has written
        manifest.json                                       all of them: now it is a checkpoint

A folder without a manifest is no checkpoint. One whose files are not those of its manifest is torn,
and the one before it is used. ``hex`` behind the step tells attempts apart that saved it twice.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import logging
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, IntegrityError
from workbench.finetuning.distributed.shards.streaming import Written
from workbench.store.files import hash_file, sync_folder, write_json

log = logging.getLogger(__name__)

FOLDER = "checkpoints"
NAME = "manifest.json"
KEPT = 2  # one more than is needed, for where the newest turns out to be torn
_FORMAT = "workbench-shards/1"
_NAMED = re.compile(r"(\d{8,})-[0-9a-f]{8}")


@dataclass(frozen=True)
class Manifest:
    """A checkpoint as it says itself.

    Attributes:
        key: What is trained how; see ``training.checkpoints``.
        step: After how many steps.
        processes: How many wrote it.
        plan: How they shared the work, for whoever reads it; nothing depends on it.
        global_batch: How many rows a step learns from.
        files: What they wrote.
    """

    key: str
    step: int
    processes: int
    plan: Mapping[str, Any]
    global_batch: int
    files: tuple[Written, ...]


def name_checkpoint(step: int, attempt: str) -> str:
    """The folder's name; ``attempt`` is eight hexadecimal digits."""
    return f"{step:08d}-{attempt}"


def shard_name(rank: int) -> str:
    """Of a process's file."""
    return f"shard-{rank:05d}.safetensors"


def write_receipt(folder: Path, rank: int, written: Written) -> None:
    """Say that a process's file is on the disk."""
    write_json(_receipt(folder, rank), dataclasses.asdict(written))


def read_receipts(folder: Path, processes: int) -> tuple[Written, ...] | None:
    """What all processes wrote; None while one of them has not ended."""
    paths = [_receipt(folder, rank) for rank in range(processes)]
    if not all(path.is_file() for path in paths):
        return None
    return tuple(Written(**json.loads(path.read_bytes())) for path in paths)


def _receipt(folder: Path, rank: int) -> Path:
    return folder / shard_name(rank).replace(".safetensors", ".json")


def commit(folder: Path, manifest: Manifest) -> None:
    """Make a folder a checkpoint, for good: its files must be on the disk before."""
    plain = {"format": _FORMAT, **dataclasses.asdict(manifest)}
    sync_folder(folder)
    write_json(folder / NAME, {**plain, "sha256": _digest(plain)})


def read_manifest(folder: Path) -> Manifest:
    """What a checkpoint says of itself.

    Raises:
        IntegrityError: It is damaged.
    """
    try:
        plain = json.loads((folder / NAME).read_bytes())
        said = plain.pop("sha256")
        if said != _digest(plain) or plain.pop("format") != _FORMAT:
            raise ValueError("its digest is another")
        files = tuple(Written(**each) for each in plain.pop("files"))
        return Manifest(**plain, files=files)
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(f"the manifest of {folder.name} is damaged: {error}") from None


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raise IntegrityError unless each file is there with the bytes that were written."""
    for each in manifest.files:
        path = folder / each.name
        size = path.stat().st_size if path.is_file() else None
        if size != each.size_bytes or hash_file(path) != each.sha256:
            raise IntegrityError(
                f"{each.name} of the checkpoint {folder.name} is "
                + ("not there" if size is None else "not what was written"),
                path=str(path),
            )


def _digest(plain: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def find_checkpoint(run: Path, *, key: str) -> tuple[Path, Manifest] | None:
    """The newest checkpoint of a run that is whole; None if none was ever committed.

    Raises:
        ConflictError: It is of another recipe or of other data.
        IntegrityError: There are some, and all of them are damaged.
    """
    torn: list[IntegrityError] = []
    for folder in committed(run):
        try:
            manifest = read_manifest(folder)
            if manifest.key != key:
                raise ConflictError(
                    f"the checkpoint in {run.name} is of another recipe, model or data",
                    hint="remove it, or run in another folder",
                )
            check_files(folder, manifest)
        except IntegrityError as error:
            log.warning("%s: the checkpoint before it is used", error)
            torn.append(error)
            continue
        return folder, manifest
    if torn:
        raise IntegrityError(
            f"every checkpoint of the run in {run.name} is damaged: {torn[0]}",
            hint=f"remove {run / FOLDER} to begin the run anew",
            path=str(run / FOLDER),
        )
    return None


def committed(run: Path) -> Iterator[Path]:
    """The folders that have a manifest, the newest first."""
    for folder in reversed(_folders(run)):
        if (folder / NAME).is_file():
            yield folder


def prune(run: Path, *, keep: Sequence[Path] = ()) -> None:
    """Remove what is older than the last checkpoints, and what was never one."""
    kept = [*list(committed(run))[:KEPT], *keep]
    for folder in _folders(run):
        if folder not in kept:
            (folder / NAME).unlink(missing_ok=True)  # before its files: none is ever torn by this
            shutil.rmtree(folder, ignore_errors=True)


def remove_all(run: Path) -> None:
    """Remove every checkpoint of this form."""
    for folder in _folders(run):
        (folder / NAME).unlink(missing_ok=True)
    shutil.rmtree(run / FOLDER, ignore_errors=True)


def _folders(run: Path) -> list[Path]:
    """By step; of two of one step the one that was written later comes later."""
    place = run / FOLDER
    if not place.is_dir():
        return []
    found = [each for each in place.iterdir() if _NAMED.fullmatch(each.name)]
    return sorted(found, key=lambda each: (int(each.name.split("-")[0]), each.stat().st_mtime_ns))
