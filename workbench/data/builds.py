"""Built data sets on the disk: a folder of Arrow files that is whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from workbench.core import settings
from workbench.core.errors import IntegrityError
from workbench.core.plain import to_plain
from workbench.core.progress import progress
from workbench.store.files import saying_why, sync_folder, write_json

from .fingerprints import fingerprint
from .schema import Schema

FOLDER = "datasets"
# Raised when the same input would give other files, so that old builds are not taken for new ones.
_FORMAT = 1


@dataclass(frozen=True)
class Build:
    """A finished build: rows and fingerprint of each split, and other facts about it."""

    folder: Path
    rows: dict[str, int]
    fingerprints: dict[str, str]
    facts: dict[str, Any]

    def path(self, split: str) -> Path:
        """The Arrow stream of one split."""
        return self.folder / f"{split}.arrow"

    @property
    def size_bytes(self) -> int:
        """What the Arrow files take."""
        return sum(self.path(split).stat().st_size for split in self.rows)


class Draft:
    """A build in the making."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, int] = {}
        self.fingerprints: dict[str, str] = {}
        self.facts: dict[str, Any] = {}

    def write_split(self, split: str, batches: Iterator[Any], schema: Schema) -> int:
        """Write one split as it comes; returns its rows."""
        import pyarrow as pa

        rows, path = 0, self.folder / f"{split}.arrow"
        with progress(f"build {split}", unit="rows") as task, path.open("wb") as file:
            with pa.ipc.new_stream(file, schema.arrow()) as writer:
                for batch in batches:
                    writer.write_batch(batch)
                    rows += batch.num_rows
                    task.update(rows)
            file.flush()
            os.fsync(file.fileno())
        with pa.memory_map(str(path)) as source:
            self.fingerprints[split] = fingerprint(pa.ipc.open_stream(source).read_all())
        self.rows[split] = rows
        return rows

    @contextmanager
    def text_file(self, name: str) -> Iterator[IO[str]]:
        """A text file of the build."""
        with (self.folder / name).open("w", encoding="utf-8") as file:
            yield file


def get(name: str, *, key: Mapping[str, Any], make: Callable[[Draft], None]) -> Build:
    """The build of that name and key; ``make`` fills it if it is not there.

    Args:
        name: The first part of the folder's name.
        key: Everything that the content depends on.
        make: Writes the splits; whatever it raises leaves nothing behind.

    Raises:
        StorageError: The disk is full.
    """
    text = json.dumps(to_plain({"format": _FORMAT, **key}), sort_keys=True)
    folder = settings.home() / FOLDER
    place = folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    if found := _read(place):
        return found
    draft = Draft(folder / f".{place.name}.part-{os.getpid()}-{secrets.token_hex(4)}")
    with saying_why(place):
        draft.folder.mkdir(parents=True)
        try:
            make(draft)
            card = {"rows": draft.rows, "fingerprints": draft.fingerprints, "facts": draft.facts}
            sizes = {
                split: (draft.folder / f"{split}.arrow").stat().st_size for split in draft.rows
            }
            write_json(draft.folder / "card.json", to_plain({**card, "sizes_bytes": sizes}))
            _publish(draft.folder, place)
        finally:
            shutil.rmtree(draft.folder, ignore_errors=True)
    made = _read(place)
    if made is None:
        raise IntegrityError(f"{place} was changed while it was made", hint="try again")
    return made


def check_against(
    draft: Draft, *, rows: Mapping[str, int], fingerprints: Mapping[str, str]
) -> None:
    """Raise IntegrityError if a build is not what it should be."""
    for split, expected in rows.items():
        found = draft.rows.get(split)
        if found != expected:
            raise IntegrityError(
                f"split {split}: expected {expected} rows, found {found}",
                hint="a library now reads the raw files differently; report it",
            )
        wanted = fingerprints[split]
        if wanted != draft.fingerprints[split]:
            raise IntegrityError(
                f"split {split}: expected fingerprint {wanted}, found {draft.fingerprints[split]}",
                hint="a library now reads the raw files differently; report it",
            )


def _publish(draft: Path, place: Path) -> None:
    if place.exists():  # another process was first, or what is there is damaged
        if _read(place) is not None:
            return
        shutil.rmtree(place)
    try:
        draft.rename(place)
    except OSError:
        if _read(place) is None:
            raise
        return
    sync_folder(place.parent)


def _read(place: Path) -> Build | None:
    """The build in a folder; None if it is not there or its files do not have their sizes."""
    try:
        card = json.loads((place / "card.json").read_text(encoding="utf-8"))
        for split, size_bytes in card["sizes_bytes"].items():
            if (place / f"{split}.arrow").stat().st_size != size_bytes:
                return None
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return Build(place, card["rows"], card["fingerprints"], card["facts"])
