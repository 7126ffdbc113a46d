"""A graph: one SQLite file in a folder of its own, with the indexes that are made from it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import BusyError, InputError, NotFoundError
from workbench.core.near_names import near_names
from workbench.store import files
from workbench.store.database import Database

from .tables import MIGRATIONS

FOLDER = "knowledge"
FILE_NAME = "graph.sqlite"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Graph:
    """A graph by its name; its file is made when something is written.

    Args:
        name: Letters, digits, dots, dashes and underscores.
        home: The home that it is kept in, by default the one that is set.
        clock: Tells Unix time in nanoseconds; tests give their own.
        durable: Whether what was confirmed survives a power cut, too.

    Raises:
        InputError: It cannot be a name.
    """

    def __init__(
        self,
        name: str,
        *,
        home: Path | None = None,
        clock: Callable[[], int] = time.time_ns,
        durable: bool = True,
    ) -> None:
        if not _NAME.fullmatch(name):
            raise InputError(
                f"a graph cannot be named {name!r}: letters, digits, dots, dashes and underscores "
                "are allowed, 64 at most",
                hint="workbench knowledge build notes FOLDER",
            )
        self.name, self.clock = name, clock
        self.folder = (home or settings.home()) / FOLDER / name
        self.path = self.folder / FILE_NAME
        self.database = Database(self.path, migrations=MIGRATIONS, durable=durable)

    def folders(self) -> dict[int, Path]:
        """The folders that it is built from, by their ids, in the order they were named."""
        rows = self.database.read("SELECT id, path FROM folders WHERE kind = 'folder' ORDER BY id")
        return {row["id"]: Path(row["path"]) for row in rows}

    def next_moment_us(self, connection: sqlite3.Connection) -> int:
        """The recorded time of a transaction, later than that of any before it, in microseconds.

        A clock that is set back makes it go on a microsecond at a time.
        """
        row = connection.execute(
            "UPDATE clock SET last_us = max(last_us + 1, ?) RETURNING last_us",
            (self.clock() // 1000,),
        ).fetchone()
        return int(row[0])

    @contextmanager
    def ingesting(self, *, then: str = "update") -> Iterator[None]:
        """Keep other processes from taking documents in at the same time.

        Args:
            then: The command to try again, for who is told to wait.

        Raises:
            BusyError: One does.
        """
        with files.saying_why(self.path):
            files.make_folder(self.folder)
            handle = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError(
                    f"another process takes documents into {self.name!r} now",
                    hint=f"wait for it, then: workbench knowledge {then} {self.name}",
                ) from None
            yield
        finally:
            os.close(handle)


def list_names(home: Path | None = None) -> list[str]:
    """The names of the graphs of a home."""
    folder = (home or settings.home()) / FOLDER
    return sorted(path.parent.name for path in folder.glob(f"*/{FILE_NAME}"))


def open_graph(name: str, *, home: Path | None = None) -> Graph:
    """A graph that is there.

    Raises:
        NotFoundError: There is none of that name.
    """
    known = list_names(home)
    if name not in known:
        near = near_names(name, known)
        listing = "list" if known else f"build {name} FOLDER"
        hint = f"workbench knowledge {f'show {near[0]}' if near else listing}"
        raise NotFoundError.among("graph", name, known, hint=hint)
    return Graph(name, home=home)


@contextmanager
def opened(name: str) -> Iterator[Graph]:
    """A graph for as long as it is needed."""
    graph = open_graph(name)
    with contextlib.closing(graph.database):
        yield graph
