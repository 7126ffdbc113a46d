"""What is written of a document: values that were not there, and its row closed and opened.

Every function here runs inside the caller's transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from .extraction.grounding import Grounded
from .preparing import Cut, Prepared
from .scanning import Look


def close_document(
    connection: sqlite3.Connection, folder_id: int, path: str, *, moment_us: int
) -> None:
    """End the open version of a document, if there is one."""
    connection.execute(
        "UPDATE documents SET recorded_to = ? "
        "WHERE folder_id = ? AND path = ? AND recorded_to IS NULL",
        (moment_us, folder_id, path),
    )


def write_document(
    connection: sqlite3.Connection,
    made: Prepared,
    *,
    extractor_ids: Sequence[int],
    moment_us: int,
) -> None:
    """Close the old version and open the new one, with the values that it needs."""
    look, reading_id = made.look, None
    if made.fault is None:
        reading_id = _reading_id(connection, made, extractor_ids)
    close_document(connection, look.folder_id, look.path, moment_us=moment_us)
    connection.execute(
        "INSERT INTO documents (folder_id, path, source_sha256, size_bytes, reader, "
        "reader_version, reading_id, fault, recorded_from) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(look.folder_id, look.path, made.source_sha256, look.size_bytes, look.reader.name),
            *(look.reader.version, reading_id, made.fault, moment_us),
        ),
    )


def write_look(connection: sqlite3.Connection, look: Look, *, looked_ns: int) -> None:
    """Keep what the file looked like when it was hashed."""
    connection.execute(
        "INSERT OR REPLACE INTO looks VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            *(look.folder_id, look.path, look.size_bytes, look.mtime_ns),
            *(look.ctime_ns, look.inode, looked_ns),
        ),
    )


def _reading_id(
    connection: sqlite3.Connection, made: Prepared, extractor_ids: Sequence[int]
) -> int:
    known = connection.execute(
        "SELECT id FROM readings WHERE key = ?", (made.reading_key,)
    ).fetchone()
    if known is not None:  # also where two files of one batch hold the same
        return int(known["id"])
    assert made.cut is not None, "a reading that is not known was cut"
    look, reading = made.look, made.cut.reading
    row = connection.execute(
        "INSERT INTO readings (key, source_sha256, reader, reader_version, encoding, characters, "
        "note) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            *(made.reading_key, made.source_sha256, look.reader.name, look.reader.version),
            *(reading.encoding, len(reading.text), reading.note),
        ),
    ).fetchone()
    _write_chunks(connection, int(row["id"]), made.cut, made.found, extractor_ids)
    return int(row["id"])


def _write_chunks(
    connection: sqlite3.Connection,
    reading_id: int,
    cut: Cut,
    found: dict[str, list[Grounded]],
    extractor_ids: Sequence[int],
) -> None:
    for chunk, passage, key in zip(cut.chunks, cut.passages, cut.keys, strict=True):
        row = connection.execute("SELECT id FROM passages WHERE key = ?", (key,)).fetchone()
        if row is None:
            row = connection.execute(
                "INSERT INTO passages (key, kind, text) VALUES (?, ?, ?) RETURNING id",
                (key, passage.kind, passage.text),
            ).fetchone()
            for extractor_id, each in zip(extractor_ids, found[key], strict=True):
                write_extraction(connection, int(row["id"]), extractor_id, each)
        place = json.dumps(chunk.place, sort_keys=True, ensure_ascii=False)
        connection.execute(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?)",
            (reading_id, chunk.start, chunk.end, row["id"], place),
        )
    connection.executemany(
        "INSERT INTO boxes VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (reading_id, box.start, box.end, box.page, box.x0, box.y0, box.x1, box.y1)
            for box in cut.reading.boxes
        ],
    )


def write_extraction(
    connection: sqlite3.Connection, passage_id: int, extractor_id: int, found: Grounded
) -> None:
    """What one extractor found in one passage."""
    ids = (passage_id, extractor_id)
    connection.execute("INSERT INTO extractions VALUES (?, ?, ?)", (*ids, found.ungrounded))
    connection.executemany(
        "INSERT OR IGNORE INTO mentions VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*ids, *row) for row in found.mentions],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO aliases VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*ids, *row) for row in found.aliases],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO assertions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*ids, *row) for row in found.assertions],
    )
