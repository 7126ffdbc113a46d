"""A folder that is whole or not there."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.errors import ConflictError
from workbench.store.files import make_folder, saying_why, sync_file, sync_folder


@contextmanager
def drafting_folder(destination: Path) -> Iterator[Path]:
    """A folder beside ``destination`` that gets its name when the block ends well.

    Whoever moves the draft away himself has given it its place. If the block fails, or the process
    is killed, nothing is at ``destination``; what a killed process leaves begins with ``.part-``.

    Raises:
        ConflictError: ``destination`` is there and holds something.
        StorageError: The disk is full, or the folder cannot be written.
    """
    check_free(destination)
    parent = destination.parent
    part = parent / f".part-{os.getpid()}-{secrets.token_hex(4)}"
    with saying_why(destination):
        make_folder(parent)
        part.mkdir()
        try:
            yield part
            if part.is_dir():
                _sync(part)
                if destination.is_dir():
                    destination.rmdir()  # it was empty
                part.rename(destination)
                sync_folder(parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def check_free(destination: Path) -> None:
    """Raise ConflictError if something is there already."""
    there = destination.is_dir() and any(destination.iterdir())
    if there or (destination.exists() and not destination.is_dir()):
        raise ConflictError(
            f"{destination} is there already",
            hint="remove it, or have it written to another folder with --out",
        )


def _sync(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb") as file:
            sync_file(file.fileno())
    sync_folder(folder)
