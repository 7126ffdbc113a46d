"""Merges and unmerges of entities: events that are only ever added, and replayed."""

from __future__ import annotations

import sqlite3
from typing import Literal

from workbench.store.database import open_database
from workbench.store.ledger import Deed, Ledger

from .graphs import Graph

Kind = Literal["merge", "unmerge"]


def merged_pairs(graph: Graph, *, until_us: int) -> list[tuple[str, str]]:
    """The pairs whose last event up to a time is a merge, in order."""
    rows = graph.database.read(
        "SELECT first, second, kind FROM events WHERE recorded_us <= ? ORDER BY number", (until_us,)
    )
    last = {(row["first"], row["second"]): row["kind"] for row in rows}
    return sorted(pair for pair, kind in last.items() if kind == "merge")


def add_event(
    graph: Graph,
    connection: sqlite3.Connection,
    kind: Kind,
    pair: tuple[str, str],
    *,
    actor: str,
    reason: str,
) -> int:
    """Write down an event inside the caller's transaction; returns its number."""
    first, second = sorted(pair)
    row = connection.execute(
        "INSERT INTO events SELECT coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ? FROM events "
        "RETURNING number",
        (kind, first, second, actor, reason, graph.next_moment_us(connection)),
    ).fetchone()
    return int(row["number"])


def tell_ledger(graph: Graph) -> None:
    """Enter in the home's audit ledger the events that it has not been told of.

    The graph and the ledger are two files: a kill between them is made good at the next call, and
    one between the entry and the note of it enters the same event, by its number, a second time.
    """
    told = graph.database.read_one("SELECT number FROM told")
    since = int(told["number"]) if told is not None else 0
    rows = graph.database.read("SELECT * FROM events WHERE number > ? ORDER BY number", (since,))
    if not rows:
        return
    Ledger(open_database()).append_many(
        Deed(
            f"knowledge.{row['kind']}",
            graph.name,
            row["actor"],
            {
                "event": row["number"],
                "entities": [row["first"], row["second"]],
                "reason": row["reason"],
            },
        )
        for row in rows
    )
    with graph.database.transaction() as connection:
        connection.execute("UPDATE told SET number = max(number, ?)", (rows[-1]["number"],))
