"""Putting a state into a database of a server: in batches, and said to be whole at the end.

The node ``State`` says whose the database is and which state it holds. It is told not to be whole
before anything is touched, so a load that was killed is seen, and done again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from workbench.core import settings
from workbench.core.errors import ConflictError
from workbench.core.progress import track

from ..graphs import FOLDER
from ..states import State
from .bolt_engine import BoltEngine
from .bolt_servers import Server
from .content import NODES, Content, Row, content_of
from .making import alone
from .protocol import Schema
from .stamps import stamp_of
from .statements import quoted

BATCH_ROWS = 2000
_LABELS = [label for label in NODES if label != "State"]


def ensure_loaded(state: State, server: Server) -> tuple[str, Schema]:
    """Load a state unless it is there; its stamp, and what it consists of.

    Raises:
        ConflictError: The database holds what this home did not load.
    """
    with contextlib.closing(BoltEngine(server.told())) as engine:
        stamp = stamp_of(state)
        schema = _held(engine, stamp)
        if schema is not None:
            return stamp, schema
        lock = settings.home() / FOLDER / ".bolt-lock"
        with alone(lock, f"the property graph at {server.place}"):
            stamp = stamp_of(state)
            schema = _held(engine, stamp)  # who held the lock may have loaded it
            if schema is None:
                content = content_of(state)
                stamp, schema = content.stamp, content.schema
                load(engine, content)
            return stamp, schema


def remove_loaded(name: str, server: Server) -> bool:
    """Take a graph out of the server; whether it was there."""
    with contextlib.closing(BoltEngine(server.told())) as engine:
        found = engine.rows("MATCH (s:State) RETURN s.graph AS graph, s.owner AS owner")
        if not found or found[0] != {"graph": name, "owner": _owner()}:
            return False
        lock = settings.home() / FOLDER / ".bolt-lock"
        with alone(lock, f"the property graph at {server.place}"):
            _empty(engine)
            engine.change("MATCH (s:State) DETACH DELETE s")
    return True


def load(engine: BoltEngine, content: Content) -> None:
    """Put a state in the place of what is there.

    Raises:
        ConflictError: The database holds what this home did not load.
    """
    _take_over(engine, content)
    _empty(engine)
    for label in _LABELS:
        engine.change(f"CREATE INDEX IF NOT EXISTS FOR (n:{label}) ON (n.key)")
    for label in track(_LABELS, "Loading nodes", unit="labels"):
        created = f"UNWIND $rows AS row CREATE (:{label} {_map(NODES[label])})"
        _in_batches(engine, created, content.nodes[label])
    for name, edges in track(list(content.edges.items()), "Loading edges", unit="relations"):
        created = (
            f"UNWIND $rows AS row MATCH (a:{edges.source} {{key: row.from_key}}), "
            f"(b:{edges.target} {{key: row.to_key}}) "
            f"CREATE (a)-[:{quoted(name)} {_map(edges.properties)}]->(b)"
        )
        rows = [{"from_key": source, "to_key": target, **row} for source, target, row in edges.rows]
        _in_batches(engine, created, rows)
    engine.change("MATCH (s:State) SET s.whole = true")


def _held(engine: BoltEngine, stamp: str) -> Schema | None:
    """What the database consists of, if it holds a state, whole."""
    rows = engine.rows("MATCH (s:State) RETURN s.key AS key, s.whole AS whole, s.schema AS schema")
    if not rows or rows[0]["key"] != stamp or not rows[0]["whole"]:
        return None
    return Schema.from_plain(json.loads(rows[0]["schema"]))


def _take_over(engine: BoltEngine, content: Content) -> None:
    """Say that the database is being filled, if it is ours or empty."""
    owners = engine.rows("MATCH (s:State) RETURN s.owner AS owner")
    if owners and [each["owner"] for each in owners] != [_owner()]:
        who = "another home of Workbench" if len(owners) == 1 and owners[0]["owner"] else "others"
        raise _not_ours(engine, f"the database belongs to {who}")
    if not owners and engine.rows("MATCH (n) RETURN 1 AS one LIMIT 1"):
        raise _not_ours(engine, "the database holds data that Workbench did not load")
    (row,) = content.nodes["State"]
    if not owners:
        engine.change("CREATE (:State {owner: $owner, whole: false})", {"owner": _owner()})
    engine.change(
        "MATCH (s:State) SET s.whole = false, s.key = $key, s.graph = $graph, "
        "s.recorded = $recorded, s.valid = $valid, s.schema = $schema",
        {**row, "schema": json.dumps(asdict(content.schema), ensure_ascii=False)},
    )


def _not_ours(engine: BoltEngine, what: str) -> ConflictError:
    return ConflictError(
        f"{what} at {engine.place}: it is not overwritten",
        hint="name an empty database at the end of graph_url, or empty this one yourself",
    )


def _empty(engine: BoltEngine) -> None:
    for label in _LABELS:
        removed = f"MATCH (n:{label}) WITH n LIMIT {BATCH_ROWS} DETACH DELETE n"
        while engine.change(removed):
            pass


def _in_batches(engine: BoltEngine, statement: str, rows: Sequence[Row]) -> None:
    for start in range(0, len(rows), BATCH_ROWS):
        engine.change(statement, {"rows": rows[start : start + BATCH_ROWS]})


def _map(properties: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{quoted(name)}: row.{quoted(name)}" for name in properties) + "}"


def _owner() -> str:
    """How a database knows this home again, without telling where it is."""
    told = f"{socket.gethostname()} {settings.home().resolve()}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]
