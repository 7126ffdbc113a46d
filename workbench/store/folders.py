"""Files from a folder of the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from workbench.core.errors import FetchError, NotFoundError


class Folder:
    """A folder. Its bytes are copied: with a hard link an edit by the user would change a blob."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes]]:
        """Stream one file's bytes.

        Raises:
            FetchError: The folder is not there.
            NotFoundError: The file is not; near names are given.
        """
        if not self._root.is_dir():
            raise FetchError(f"file:{self._root} is not a folder", hint=f"ls {self._root.parent}")
        full = self._root / path
        if not full.is_file():
            beside = full.parent.glob("*") if full.parent.is_dir() else self._root.glob("*")
            near = [str(p.relative_to(self._root)) for p in beside if p.is_file()]
            raise NotFoundError.among(f"file in file:{self._root}", path, near)
        with full.open("rb") as stream:
            yield stream

    def discard(self) -> None:
        """Nothing was staged."""
