"""What the space of a graph's name agreed on, as the graph has it: events that are only ever added.

A decision stands above the graph's own events about the same thing, and is gone without a trace
when it is withdrawn. A statement is a document of its own that consists of one passage, so all that
is asked of documents is asked of it; its place says who proposed it and who agreed to it. No file
is called as such a document is: its name has no ending that a reader knows. See docs/adr/0068.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.core.errors import ConflictError

from .graphs import Graph

What = Literal["statement", "pair", "sense", "rule", "fact"]
AGREED, STATEMENT = "agreed", "statement"
"""What is named as the extractor of what is agreed on, and the kind of its passages."""
_FOREVER_US = (1 << 63) - 1


@dataclass(frozen=True)
class Agreed:
    """A statement or decision as it stands.

    Attributes:
        what: What it is.
        key: Its key in the space.
        content: It as plain data; None where it is agreed on no more.
        origin: The record that brought it, its proposal, who wrote and who approved it.
        actor: Whose record that is.
        reason: What is said of that record.
    """

    what: What
    key: str
    content: Mapping[str, Any] | None
    origin: Mapping[str, Any]
    actor: str
    reason: str


def agreed_until(graph: Graph) -> str | None:
    """The record of the space that was brought over last."""
    row = graph.database.read_one("SELECT record FROM agreed_until")
    return None if row is None else str(row["record"])


def agreed_values(
    graph: Graph, *, what: What | None = None, until_us: int = _FOREVER_US
) -> dict[str, Agreed]:
    """All that stands at a time by its keys, in the order in which it came to be."""
    rows = graph.database.read(
        "SELECT * FROM agreed_events WHERE recorded_us <= ?1 AND (what = ?2 OR ?2 IS NULL) "
        "ORDER BY number",
        (until_us, what),
    )
    found: dict[str, Agreed] = {}
    for row in rows:
        found.pop(row["key"], None)
        if row["kind"] == "agree":
            content, origin = json.loads(row["content"]), json.loads(row["origin"])
            by = (row["actor"], row["reason"])
            found[row["key"]] = Agreed(row["what"], row["key"], content, origin, *by)
    return found


def agreed_decisions(
    graph: Graph, what: What, *, until_us: int = _FOREVER_US
) -> list[tuple[str, str, str]]:
    """What the decisions of a kind are about, and their verdicts, in order."""
    values = agreed_values(graph, what=what, until_us=until_us).values()
    contents = [each.content for each in values if each.content is not None]
    return sorted((*each["about"], each["verdict"]) for each in contents)


def require_unsettled(graph: Graph, what: What, first: str, second: str) -> None:
    """Raise ConflictError if the space agreed on what a graph's own event would be about."""
    for one, other, verdict in agreed_decisions(graph, what):
        if (one, other) == (first, second):
            said = (
                f"{one} and {other}" if what == "pair" else f"{one}{f' in {other}' * bool(other)}"
            )
            raise ConflictError(
                f"the space {graph.name!r} agreed that {said}: {verdict}",
                hint=f"workbench knowledge checkout {graph.name} FOLDER, and propose another",
            )


def write_agreed(
    graph: Graph, connection: sqlite3.Connection, changes: Iterable[Agreed], *, record: str
) -> int:
    """Write down what is agreed on otherwise than before, inside the caller's transaction.

    All of it has one recorded time: at none is a part of a merge there.

    Args:
        graph: The graph.
        connection: Of the transaction.
        changes: What came, became another, or was withdrawn.
        record: The record of the space of which the graph is after it.

    Returns:
        How many events these are.
    """
    from .stating import close_statement, open_statement

    moment_us, count = graph.next_moment_us(connection), 0
    for each in changes:
        _add_event(connection, each, moment_us)
        count += 1
        if each.what == "statement":
            close_statement(connection, each.key, moment_us=moment_us)
            if each.content is not None:
                open_statement(connection, each, moment_us=moment_us)
    connection.execute(
        "INSERT INTO agreed_until VALUES (1, ?1) ON CONFLICT DO UPDATE SET record = ?1", (record,)
    )
    return count


def _add_event(connection: sqlite3.Connection, each: Agreed, moment_us: int) -> None:
    kind = "withdraw" if each.content is None else "agree"
    said = (_json(each.content), _json(each.origin), each.actor, each.reason)
    connection.execute(
        "INSERT INTO agreed_events SELECT coalesce(max(number), 0) + 1, ?, ?, ?, ?, ?, ?, ?, ? "
        "FROM agreed_events",
        (kind, each.what, each.key, *said, moment_us),
    )


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
