"""What people decide about a graph: events that are only ever added, and replayed.

Merges and unmerges, pairs found to be two, senses of homonyms, rules. Each kind has a table of its
own (`tables`), and all are entered in the home's audit ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Literal

from workbench.store.database import open_database
from workbench.store.ledger import Deed, Ledger

from .agreed import agreed_decisions
from .graphs import Graph

Kind = Literal["merge", "unmerge"]
PairKind = Literal["merge", "unmerge", "apart", "undecide"]
# For each table of events the column of `told` and what its kinds are called in the ledger.
_TABLES: Mapping[str, tuple[str, str]] = {
    "events": ("number", "knowledge.{}"),
    "apart_events": ("apart", "knowledge.{}"),
    "sense_events": ("senses", "knowledge.sense_{}"),
    "rule_events": ("rules", "knowledge.rule_{}"),
    "agreed_events": ("agreed", "knowledge.{}"),
}

_KINDS = {"one": "merge", "two": "apart"}
_AGREED_PAIRS = """
SELECT actor, reason, recorded_us, content ->> '$.about[0]' AS one,
    content ->> '$.about[1]' AS other, content ->> '$.verdict' AS verdict
FROM agreed_events AS event WHERE what = 'pair' AND kind = 'agree'
    AND number = (SELECT max(number) FROM agreed_events WHERE key = event.key)
"""
# Who and what stand by themselves; words that are agreed on are in the space that the key is of.
_UNTOLD = ("kind", "actor", "recorded_us", "content", "origin")


def merged_pairs(graph: Graph, *, until_us: int) -> list[tuple[str, str]]:
    """The pairs that are merged at a time, in order: their last event is a merge, or the graph's
    space agreed that they are one. What it agreed on stands above the graph's own events."""
    own = _pairs(graph, "events", "merge", until_us)
    return sorted({*own} - _agreed(graph, "two", until_us) | _agreed(graph, "one", until_us))


def pairs_apart(graph: Graph, *, until_us: int) -> list[tuple[str, str]]:
    """The pairs that were last found to be two, or agreed to be, in order."""
    own = _pairs(graph, "apart_events", "apart", until_us)
    return sorted({*own} - _agreed(graph, "one", until_us) | _agreed(graph, "two", until_us))


def standing_pairs(graph: Graph) -> list[Mapping[str, Any]]:
    """The event of each pair that is merged or was found to be two, the newest first."""
    agreed = [
        {**dict(row), "first": row["one"], "second": row["other"], "kind": _KINDS[row["verdict"]]}
        for row in graph.database.read(_AGREED_PAIRS)
    ]
    settled = {(row["first"], row["second"]) for row in agreed}
    found: list[Mapping[str, Any]] = []
    for table, kind in (("events", "merge"), ("apart_events", "apart")):
        rows = graph.database.read(
            f"SELECT * FROM {table} AS event WHERE kind = ? AND number = (SELECT max(number) "
            f"FROM {table} WHERE first = event.first AND second = event.second)",
            (kind,),
        )
        found += [dict(row) for row in rows if (row["first"], row["second"]) not in settled]
    return sorted([*found, *agreed], key=lambda row: -row["recorded_us"])


def add_pair_event(
    graph: Graph,
    connection: sqlite3.Connection,
    kind: PairKind,
    pair: tuple[str, str],
    *,
    actor: str,
    reason: str,
) -> int:
    """Write down what was decided of a pair, inside the caller's transaction."""
    first, second = sorted(pair)
    table = "events" if kind in ("merge", "unmerge") else "apart_events"
    row = {"kind": kind, "first": first, "second": second, "actor": actor, "reason": reason}
    return add_event(graph, connection, table, row)


def add_event(
    graph: Graph, connection: sqlite3.Connection, table: str, row: Mapping[str, Any]
) -> int:
    """Write down an event inside the caller's transaction; returns its number.

    Args:
        graph: The graph.
        connection: Of the transaction.
        table: One of the tables of events.
        row: Its columns but the number and the time.
    """
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    made = connection.execute(
        f"INSERT INTO {table} (number, {columns}, recorded_us) "
        f"SELECT coalesce(max(number), 0) + 1, {marks}, ? FROM {table} RETURNING number",
        (*row.values(), graph.next_moment_us(connection)),
    ).fetchone()
    return int(made["number"])


def tell_ledger(graph: Graph) -> None:
    """Enter in the home's audit ledger the events that it has not been told of.

    The graph and the ledger are two files: a kill between them is made good at the next call, and
    one between the entry and the note of it enters the same event, by its number, a second time.
    """
    told = graph.database.read_one("SELECT * FROM told")
    for table, (column, action) in _TABLES.items():
        since = int(told[column]) if told is not None else 0
        rows = graph.database.read(
            f"SELECT * FROM {table} WHERE number > ? ORDER BY number", (since,)
        )
        if not rows:
            continue
        Ledger(open_database()).append_many(
            Deed(action.format(row["kind"]), graph.name, row["actor"], _payload(row))
            for row in rows
        )
        with graph.database.transaction() as connection:
            connection.execute(
                f"UPDATE told SET {column} = max({column}, ?)", (rows[-1]["number"],)
            )


def _agreed(graph: Graph, verdict: str, until_us: int) -> set[tuple[str, str]]:
    made = agreed_decisions(graph, "pair", until_us=until_us)
    return {(first, second) for first, second, said in made if said == verdict}


def _pairs(graph: Graph, table: str, kind: PairKind, until_us: int) -> list[tuple[str, str]]:
    rows = graph.database.read(
        f"SELECT first, second, kind FROM {table} WHERE recorded_us <= ? ORDER BY number",
        (until_us,),
    )
    last = {(row["first"], row["second"]): row["kind"] for row in rows}
    return sorted(pair for pair, last_kind in last.items() if last_kind == kind)


def _payload(row: sqlite3.Row) -> dict[str, Any]:
    """What the ledger holds of an event: a pair as its entities, anything else by its columns."""
    known = {key: row[key] for key in row.keys()}  # noqa: SIM118 - a Row is no mapping
    pair = [known.pop("first"), known.pop("second")] if "first" in known else None
    told = {"event": known.pop("number"), **({"entities": pair} if pair else {})}
    return told | {key: value for key, value in known.items() if key not in _UNTOLD}
