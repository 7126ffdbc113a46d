"""The files that ladybug reads: made from a state, named by its stamp, and never changed.

Each is a folder with ``graph.lbug`` and ``made.json``; it gets its name when it is whole. So any
number of processes read it at a time, and none of them needs to own it. Who makes one holds a lock;
others that want it wait for it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.core.optional import require
from workbench.core.progress import track
from workbench.store import files

from ..graphs import Graph
from ..states import State
from .content import NODES, Content, Edges, Row, content_of
from .making import alone
from .protocol import Schema
from .stamps import stamp_of
from .statements import quoted
from .talking import Worker

FOLDER, FILE, MADE = "property", "graph.lbug", "made.json"
BUFFER_BYTES = 256 << 20
KEPT = 4
"""How many states of a graph have a file: that of now, and those that were asked for last."""
_LOAD_S = 3600.0
_TYPES = {"text": "STRING", "whole": "INT64", "real": "DOUBLE", "flag": "BOOLEAN"}


def ensure_file(state: State) -> tuple[Path, Schema]:
    """The folder of a state's file, made if it is not there, torn, or another version's.

    Raises:
        BusyError: Another process has been making one for minutes.
        DependencyError: ladybug or pyarrow is not installed.
    """
    base = state.graph.folder / FOLDER
    place = base / _name(stamp_of(state))
    schema = _read(place)
    if schema is None:
        with _making(state.graph):
            schema = _read(place)  # who held the lock may have made it
            if schema is None:
                place, schema = _make(base, state)
            _clear(base, keep=place)
    with contextlib.suppress(OSError):  # only says that it was asked for
        os.utime(place)
    return place, schema


def remove_files(graph: Graph) -> None:
    """Take all of them away: who forgets a document must not find its words in them."""
    base = graph.folder / FOLDER
    if base.is_dir():
        with _making(graph):
            for place in base.iterdir():
                if place.is_dir():
                    shutil.rmtree(place)


def _name(stamp: str) -> str:
    """That of a stamp's folder: another version of ladybug has another format, and another name."""
    engine = require("ladybug", extra="knowledge").__version__
    return f"{hashlib.sha256(f'{stamp} {engine}'.encode()).hexdigest()[:24]}"


def _read(place: Path) -> Schema | None:
    """What a whole file consists of; None if it is not there, or not as it was made."""
    try:
        made: dict[str, Any] = json.loads((place / MADE).read_bytes())
        path = place / FILE
        if path.stat().st_size != made["size_bytes"]:
            return None
        if files.hash_file(path) != made["sha256"]:
            return None
        return Schema.from_plain(made["schema"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _making(graph: Graph) -> AbstractContextManager[None]:
    what = f"the property graph of {graph.name!r}"
    return alone(graph.folder / FOLDER / ".lock", what)


def _make(base: Path, state: State) -> tuple[Path, Schema]:
    """Make a file in a folder of another name, and give it its own when it is on the disk."""
    content = content_of(state)
    draft = base / f".part-{os.getpid()}"
    with files.saying_why(draft):
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        try:
            fill_file(draft, content)
            path = draft / FILE
            made = {
                "stamp": content.stamp,
                "size_bytes": path.stat().st_size,
                "sha256": files.hash_file(path),
                "schema": asdict(content.schema),
            }
            files.write_bytes(draft / MADE, json.dumps(made, ensure_ascii=False).encode())
            place = base / _name(content.stamp)
            shutil.rmtree(place, ignore_errors=True)
            draft.rename(place)
            files.sync_folder(base)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return place, content.schema


def fill_file(folder: Path, content: Content) -> None:
    """Write ``graph.lbug`` into a folder, by way of Parquet, which ladybug reads fastest."""
    opening = {"kind": "ladybug", "folder": str(folder), "name": FILE, "write": True}
    worker = Worker({**opening, "buffer_bytes": 2 * BUFFER_BYTES})
    tables: list[tuple[str, list[Row] | Edges]] = [*content.nodes.items(), *content.edges.items()]
    try:
        for number, (name, rows) in enumerate(track(tables, "Loading the graph", unit="tables")):
            part = folder / f"{number}.parquet"
            if isinstance(rows, Edges):
                _write_edges(part, rows)
                head = f"FROM {rows.source} TO {rows.target}"
                made = f"CREATE REL TABLE {quoted(name)}({head}, {_columns(rows.properties)})"
            else:
                _write_table(part, rows, NODES[name])
                columns = _columns(NODES[name])
                made = f"CREATE NODE TABLE {quoted(name)}({columns}, PRIMARY KEY (key))"
            worker.ask({"statement": made}, timeout_s=_LOAD_S)
            copied = f"COPY {quoted(name)} FROM '{part.name}'"
            worker.ask({"statement": copied}, timeout_s=_LOAD_S)
            part.unlink()
        worker.ask({"close": True}, timeout_s=_LOAD_S)
    finally:
        worker.close()
    with (folder / FILE).open("rb") as file:
        files.sync_file(file.fileno())


def _columns(properties: dict[str, str]) -> str:
    return ", ".join(f"{quoted(name)} {_engine_type(kind)}" for name, kind in properties.items())


def _engine_type(kind: str) -> str:
    return _TYPES[kind.removesuffix("[]")] + ("[]" if kind.endswith("[]") else "")


def _write_edges(path: Path, edges: Edges) -> None:
    rows = [
        {"_from": source, "_to": target, **properties} for source, target, properties in edges.rows
    ]
    _write_table(path, rows, {"_from": "text", "_to": "text", **edges.properties})


def _write_table(path: Path, rows: list[Row], properties: dict[str, str]) -> None:
    arrow = require("pyarrow", extra="knowledge")
    parquet = require("pyarrow.parquet", extra="knowledge")
    types = {
        "text": arrow.string(),
        "whole": arrow.int64(),
        "real": arrow.float64(),
        "flag": arrow.bool_(),
    }
    fields = []
    for name, kind in properties.items():
        one = types[kind.removesuffix("[]")]
        fields.append((name, arrow.list_(one) if kind.endswith("[]") else one))
    columns = {name: [row[name] for row in rows] for name in properties}
    parquet.write_table(arrow.table(columns, schema=arrow.schema(fields)), path)


def _clear(base: Path, *, keep: Path) -> None:
    """Take away what a killed process left, and files of states that nobody asked for lately."""
    places = [each for each in base.iterdir() if each.is_dir() and each != keep]
    parts = [each for each in places if each.name.startswith(".part-")]
    whole = sorted((each for each in places if each not in parts), key=_last_used, reverse=True)
    for place in [*parts, *whole[KEPT - 1 :]]:
        shutil.rmtree(place, ignore_errors=True)


def _last_used(place: Path) -> float:
    try:
        return place.stat().st_mtime
    except FileNotFoundError:
        return 0.0
