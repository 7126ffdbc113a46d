"""Which extractors a graph uses, since when; every passage of its file was seen by each in use."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence

from workbench.core.progress import track

from .agreed import AGREED, STATEMENT
from .extraction.grounding import extract_grounded
from .extraction.protocol import Extractor, Passage, all_at_work
from .extraction.registry import DEFAULT, make_extractor, settings_of
from .graphs import Graph
from .writing import write_extraction

_BATCH = 500


def extractors_in_use(graph: Graph) -> list[Extractor]:
    """The extractors of a graph by their names, as this workbench has them now.

    Raises:
        NotFoundError: One of them is not installed.
    """
    rows = graph.database.read(
        "SELECT name, settings FROM extractor_uses JOIN extractors "
        "ON extractors.id = extractor_id WHERE recorded_to IS NULL AND name <> ? ORDER BY name",
        (AGREED,),
    )
    return [make_extractor(row["name"], json.loads(row["settings"])) for row in rows]


def read_with(graph: Graph) -> dict[str, str]:
    """The extractors that the graph's facts are of, and their versions when they read it."""
    rows = graph.database.read(
        "SELECT name, version FROM extractor_uses JOIN extractors "
        "ON extractors.id = extractor_id WHERE recorded_to IS NULL AND name <> ? ORDER BY name",
        (AGREED,),
    )
    return {row["name"]: row["version"] for row in rows}


def update_due(graph: Graph, extractors: Sequence[Extractor]) -> str:
    """What to do where extractors are others now than when they read the graph; else empty."""
    read = read_with(graph)
    others = [each.name for each in extractors if read.get(each.name) != each.version]
    if not others:
        return ""
    return (
        f"an update is due: the graph was read with another version of {', '.join(others)} than "
        f"is here now; workbench knowledge update {graph.name} reads it anew"
    )


def advice_of(extractors: Sequence[Extractor]) -> str:
    """What would have them find more, in a line; empty where nothing is known."""
    return "; ".join(filter(None, (getattr(each, "advice", "") for each in extractors)))


def left_unread(graph: Graph, extractors: Sequence[Extractor]) -> str:
    """How to have all read that is read by default, where only sentences are; else empty."""
    names = {each.name for each in extractors}
    missing = sorted(set(DEFAULT) - names)
    if "dependencies" not in names or not missing:
        return ""
    named = [f"--extractors {each}" for each in sorted({*names, *missing} - {"gazetteer"})]
    named += ["--gazetteer FILE"] if "gazetteer" in names else []
    command = f"workbench knowledge update {graph.name} {' '.join(named)}"
    return f"no facts are read by {' and '.join(missing)}: {command} has them read"


def use_extractors(graph: Graph, extractors: Sequence[Extractor]) -> list[int]:
    """Have these extractors in use and no others; returns their ids in the order given.

    All passages are looked at by new ones first, and then all change in one transaction: at no time
    is a part of the graph seen by one version and a part by another.
    """
    ids = [_extractor_id(graph, each) for each in extractors]
    rows = graph.database.read(
        "SELECT extractor_id FROM extractor_uses JOIN extractors ON extractors.id = extractor_id "
        "WHERE recorded_to IS NULL AND name <> ?",
        (AGREED,),
    )
    used = {row["extractor_id"] for row in rows}
    for extractor_id, extractor in zip(ids, extractors, strict=True):
        if extractor_id not in used:
            _look_at_all(graph, extractor, extractor_id)
    if used != set(ids):
        with graph.database.transaction() as connection:
            moment_us = graph.next_moment_us(connection)
            for each in used - set(ids):
                connection.execute(
                    "UPDATE extractor_uses SET recorded_to = ? "
                    "WHERE extractor_id = ? AND recorded_to IS NULL",
                    (moment_us, each),
                )
            connection.executemany(
                "INSERT INTO extractor_uses (extractor_id, recorded_from) VALUES (?, ?)",
                [(each, moment_us) for each in sorted(set(ids) - used)],
            )
    return ids


def _extractor_id(graph: Graph, extractor: Extractor) -> int:
    kept = json.dumps(settings_of(extractor), sort_keys=True, ensure_ascii=False)
    words = (extractor.name, extractor.version, kept)
    with graph.database.transaction() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO extractors (name, version, settings) VALUES (?, ?, ?)", words
        )
        row = connection.execute(
            "SELECT id FROM extractors WHERE (name, version, settings) = (?, ?, ?)", words
        ).fetchone()
    return int(row["id"])


def _look_at_all(graph: Graph, extractor: Extractor, extractor_id: int) -> None:
    """Have an extractor look at each passage that it has not seen; can be broken off."""
    pending = list(_pending(graph, extractor_id))
    starts = range(0, len(pending), _BATCH)
    with all_at_work([extractor], len(pending)):
        for start in track(starts, f"Asking {extractor.name}", unit="batches"):
            ids = pending[start : start + _BATCH]
            rows = graph.database.read(
                f"SELECT id, kind, text FROM passages WHERE id IN ({','.join('?' * len(ids))})", ids
            )
            found = extract_grounded(extractor, [Passage(row["text"], row["kind"]) for row in rows])
            with graph.database.transaction() as connection:
                for row, each in zip(rows, found, strict=True):
                    write_extraction(connection, row["id"], extractor_id, each)


def _pending(graph: Graph, extractor_id: int) -> Iterator[int]:
    rows: list[sqlite3.Row] = graph.database.read(
        f"SELECT id FROM passages WHERE kind <> '{STATEMENT}' AND id NOT IN "
        "(SELECT passage_id FROM extractions WHERE extractor_id = ?)",
        (extractor_id,),
    )
    for row in rows:
        yield row["id"]
