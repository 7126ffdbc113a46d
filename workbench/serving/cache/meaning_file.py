"""Texts and vectors in ``cache.sqlite``, only where ``semantic_cache_disk`` allows it."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.core.errors import StorageError
from workbench.store.database import Database

from .disk import MIGRATIONS, graphs_folder, remove_graphs
from .nearest import Nearest
from .semantic import Meaning

log = logging.getLogger(__name__)

_WAIT_S = 5.0
_INSERT = "INSERT OR REPLACE INTO meanings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


class MeaningFile:
    """Meanings in the cache's own file. One thread writes.

    Args:
        path: ``cache.sqlite``; ``DiskTwin`` has made it its owner's alone.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, migrations=MIGRATIONS, busy_s=_WAIT_S, durable=False)
        self._waiting: deque[tuple[Meaning, bytes] | int] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def last_ident(self) -> int:
        """The highest id that was given; 0 if none was."""
        row = self._database.read_one("SELECT coalesce(max(id), 0) AS last FROM meanings")
        return 0 if row is None else int(row["last"])

    def load(self, now_s: float) -> tuple[list[Meaning], dict[bytes, Nearest]]:
        """All that have not expired, with their vectors by group."""
        import numpy as np

        rows = self._database.read(
            "SELECT * FROM meanings WHERE expires_s > ? ORDER BY id", (now_s,)
        )
        self._database.close()
        meanings, by_group = [], defaultdict[bytes, list[int]](list)
        for place, row in enumerate(rows):
            meanings.append(
                Meaning(
                    row["id"],
                    row["key"],
                    row["class"],
                    row["tenant"],
                    row["model"],
                    row["made_s"],
                    row["expires_s"],
                    row["text"],
                )
            )
            by_group[row["class"]].append(place)
        groups = {}
        for group, places in by_group.items():
            vectors = [np.frombuffer(rows[place]["vector"], dtype=np.float32) for place in places]
            ids = [meanings[place].ident for place in places]
            groups[group] = Nearest.of(ids, np.stack(vectors), saved=self._graph(group))
        return meanings, groups

    def add(self, meaning: Meaning, vector: Any) -> None:
        """Keep one, soon."""
        self._put((meaning, vector.tobytes()))

    def remove(self, idents: Sequence[int]) -> None:
        """Forget some, soon."""
        for ident in idents:
            self._put(ident)

    def close(self, groups: Mapping[bytes, tuple[Nearest, Sequence[int]]]) -> None:
        """Write what waits, and the graphs of the groups that have one: for a fast start."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
        self._database.close()
        try:
            remove_graphs(self._database.path)
            for group, (nearest, ids) in groups.items():
                if nearest.is_graph:
                    graphs_folder(self._database.path).mkdir(mode=0o700, exist_ok=True)
                    nearest.save(self._graph(group), ids)
        except (StorageError, OSError) as error:
            log.warning("the next start builds its graphs anew: %s", error)

    def _graph(self, group: bytes) -> Path:
        return graphs_folder(self._database.path) / f"{group.hex()[:32]}.json"

    def _put(self, item: tuple[Meaning, bytes] | int) -> None:
        with self._wake:
            self._waiting.append(item)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._write_all, name="meaning-writer", daemon=True
                )
                self._thread.start()
            self._wake.notify()

    def _write_all(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closing:
                    self._wake.wait()
                batch = list(self._waiting)
                self._waiting.clear()
            if not batch:
                break
            try:
                self._write(batch)
            except StorageError as error:  # after a restart these are not found by their meaning
                log.warning("%d texts are not kept on the disk: %s", len(batch), error)
        self._database.close()

    def _write(self, batch: list[tuple[Meaning, bytes] | int]) -> None:
        with self._database.transaction() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            for item in batch:
                if isinstance(item, int):
                    connection.execute("DELETE FROM meanings WHERE id = ?", (item,))
                else:
                    meaning, vector = item
                    connection.execute(
                        _INSERT,
                        (
                            meaning.ident,
                            meaning.key,
                            meaning.group,
                            meaning.tenant,
                            meaning.model,
                            meaning.made_s,
                            meaning.expires_s,
                            meaning.text,
                            vector,
                        ),
                    )
