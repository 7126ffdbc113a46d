"""Taking documents in: the graph becomes what its folders hold now, a batch at a time.

A batch is prepared first and then written in one transaction, so a kill leaves each document as it
was or as it is. What was taken in is not looked at again when the work goes on. While a batch is
extracted from, the next one is read, so that no process waits for the disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import DependencyError, NotFoundError
from workbench.core.progress import Progress, progress
from workbench.core.viewers import Viewable

from .extraction.protocol import Extractor, all_at_work
from .extractors import advice_of, use_extractors
from .graphs import Graph
from .left_out import keep_left_out
from .preparing import Extracting, Prepared, begin_extracting, prepare
from .queries import FAULT, FROM_FILES
from .scanning import Look, Passed, scan
from .writing import close_document, write_document, write_look

BATCH_DOCUMENTS = 256
BATCH_CHARACTERS = 2_000_000


@dataclass(frozen=True)
class Ingest(Viewable):
    """What an update did. ``faults`` says of each file that was left out why.

    ``passed_over`` counts files by endings that no reader knows; ``notes`` say what of a document
    could not be read. ``advice`` says what would have its extractors find more.
    """

    name: str
    folders: tuple[Path, ...]
    documents: int
    added: int
    changed: int
    withdrawn: int
    unchanged: int
    chunks: int
    new_passages: int
    faults: dict[str, str]
    notes: dict[str, str]
    passed_over: dict[str, int]
    advice: str = field(default="", repr=False)


@dataclass(frozen=True)
class _Batch:
    """What one transaction will write: documents, and files that only were looked at anew."""

    extracting: Extracting
    seen: tuple[Look, ...]
    looked_ns: int


@dataclass
class _Work:
    """One run over the folders of a graph."""

    graph: Graph
    extractors: Sequence[Extractor]
    extractor_ids: Sequence[int]
    most_bytes: int
    batch_documents: int
    passed: Passed = field(default_factory=Passed)
    batch: list[Prepared] = field(default_factory=list)
    under_way: _Batch | None = None  # is extracted from while the next one is read
    seen: list[Look] = field(default_factory=list)  # the same bytes as before; looked at anew
    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    unchanged: int = 0

    def run(self) -> None:
        folders = self.graph.folders()
        for folder in folders.values():
            if not folder.is_dir():  # a disk that is not there must not withdraw all it holds
                raise NotFoundError(
                    f"the folder {folder} of graph {self.graph.name!r} is not there",
                    hint="mount it; or, if it is gone for good, make it again, empty, and update",
                )
        looks = [
            look
            for folder_id, folder in folders.items()
            for look in scan(folder_id, folder, self.passed)
        ]
        known = {
            (row["folder_id"], row["path"]): row
            for row in self.graph.database.read(
                f"SELECT * FROM documents WHERE recorded_to IS NULL AND {FROM_FILES}"
            )
        }
        gone = known.keys() - {(look.folder_id, look.path) for look in looks}
        self._withdraw(sorted(gone))
        before = self._looks()
        new = sum((look.folder_id, look.path) not in known for look in looks)
        with (
            all_at_work(self.extractors, new),
            progress("Taking documents in", total=len(looks), unit="documents") as task,
        ):
            for look in looks:
                key = (look.folder_id, look.path)
                self._take(look, known.get(key), before.get(key))
                self._write_full_batch(task)
                task.advance()
            self._end_batch()
            self._end_batch()  # nothing is left to be read: the last one is written

    def _looks(self) -> dict[tuple[int, str], tuple[int, int, int, int, int]]:
        rows = self.graph.database.read("SELECT * FROM looks")
        return {(row[0], row[1]): (row[2], row[3], row[4], row[5], row[6]) for row in rows}

    def _take(
        self,
        look: Look,
        known: sqlite3.Row | None,
        before: tuple[int, int, int, int, int] | None,
    ) -> None:
        try:
            version = look.reader.version
            current = known is not None and (known["reader"], known["reader_version"]) == (
                look.reader.name,
                version,
            )
            if current and before is not None and look.is_as(before):
                self._count_unchanged(known)
                return
            made = self._prepare(look)
        except DependencyError as error:  # of this format alone: the others go on
            self.passed.faults[look.path] = f"{error.message}: {error.hint}"
            made, current = None, False
        if made is None:
            if known is not None:
                self._withdraw([(look.folder_id, look.path)])
        elif current and known is not None and known["source_sha256"] == made.source_sha256:
            self._count_unchanged(known)
            self.seen.append(look)
        else:
            was = known is not None and known["fault"] is None
            self.added += made.fault is None and not was
            self.changed += made.fault is None and was
            self.withdrawn += made.fault is not None and was
            self.batch.append(made)

    def _count_unchanged(self, known: sqlite3.Row | None) -> None:
        """A file that still cannot be read is no document; that it is left out is told."""
        self.unchanged += known is not None and known["fault"] is None

    def _prepare(self, look: Look) -> Prepared | None:
        """The file made ready; None where it cannot be asked for now, which is stated."""
        if look.size_bytes > self.most_bytes:
            self.passed.faults[look.path] = (
                f"it has {look.size_bytes / 1e6:.1f} MB; the setting knowledge_document_bytes "
                f"allows {self.most_bytes / 1e6:.1f} MB"
            )
            return None
        try:
            with Path(look.full).open("rb") as file:
                content = file.read(self.most_bytes + 1)
        except OSError as error:
            self.passed.faults[look.path] = error.strerror or str(error)
            return None
        return prepare(look, content, self.graph.database)

    def _withdraw(self, documents: Sequence[tuple[int, str]]) -> None:
        if not documents:
            return
        with self.graph.database.transaction() as connection:
            moment_us = self.graph.next_moment_us(connection)
            for folder_id, path in documents:
                close_document(connection, folder_id, path, moment_us=moment_us)
                connection.execute(
                    "DELETE FROM looks WHERE folder_id = ? AND path = ?", (folder_id, path)
                )
        self.withdrawn += len(documents)

    def _write_full_batch(self, task: Progress) -> None:
        held = sum(made.characters for made in self.batch)
        count = max(len(self.batch), len(self.seen) // 100)
        if count >= self.batch_documents or held >= BATCH_CHARACTERS:
            self._end_batch()
            task.update(task.done, message="written")

    def _end_batch(self) -> None:
        """Hand the batch to the extractors, and write the one before it meanwhile."""
        before, self.under_way = self.under_way, None
        if self.batch or self.seen:
            looked_ns = self.graph.clock()
            extracting = begin_extracting(
                self.batch,
                self.graph.database,
                extractors=self.extractors,
                under_way=before.extracting if before is not None else None,
            )
            self.under_way = _Batch(extracting, tuple(self.seen), looked_ns)
            self.batch.clear()
            self.seen.clear()
        if before is not None:
            self._write(before)

    def _write(self, batch: _Batch) -> None:
        batch.extracting.finish()
        documents = batch.extracting.batch
        with self.graph.database.transaction() as connection:
            moment_us = self.graph.next_moment_us(connection)
            for made in documents:
                write_document(
                    connection, made, extractor_ids=self.extractor_ids, moment_us=moment_us
                )
            for look in [*batch.seen, *(made.look for made in documents)]:
                write_look(connection, look, looked_ns=batch.looked_ns)


def ingest(
    graph: Graph,
    *,
    extractors: Sequence[Extractor],
    batch_documents: int = BATCH_DOCUMENTS,
) -> Ingest:
    """Make a graph what its folders hold now.

    Args:
        graph: The graph; its folders are known.
        extractors: Those that are to be in use from now on.
        batch_documents: At most so many documents a transaction.

    Raises:
        BusyError: Another process takes documents in.
        NotFoundError: One of its folders is not there.
        StorageError: The disk is full; what was written stays.
    """
    with graph.ingesting():
        before = _count(graph, "passages")
        work = _Work(
            graph,
            extractors,
            use_extractors(graph, extractors),
            settings.get("knowledge_document_bytes"),
            batch_documents,
        )
        work.run()
        keep_left_out(graph, work.passed.faults)
        return _told(graph, work, new_passages=_count(graph, "passages") - before)


def _count(graph: Graph, table: str) -> int:
    row = graph.database.read_one(f"SELECT count(*) FROM {table}")
    return int(row[0]) if row else 0


def _told(graph: Graph, work: _Work, *, new_passages: int) -> Ingest:
    rows = graph.database.read(
        f"SELECT path, {FAULT} AS fault, note FROM documents LEFT JOIN readings "
        f"ON readings.id = reading_id WHERE recorded_to IS NULL AND {FROM_FILES} ORDER BY path"
    )
    faults = {row["path"]: row["fault"] for row in rows if row["fault"] is not None}
    chunks = graph.database.read_one(
        "SELECT count(*) FROM documents JOIN chunks USING (reading_id) "
        f"WHERE recorded_to IS NULL AND {FROM_FILES}"
    )
    return Ingest(
        graph.name,
        tuple(graph.folders().values()),
        sum(row["fault"] is None for row in rows),
        work.added,
        work.changed,
        work.withdrawn,
        work.unchanged,
        int(chunks[0]) if chunks else 0,
        new_passages,
        dict(sorted({**faults, **work.passed.faults}.items())),
        {row["path"]: row["note"] for row in rows if row["note"]},
        dict(sorted(work.passed.endings.items())),
        advice_of(work.extractors),
    )
