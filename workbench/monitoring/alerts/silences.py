"""Silences: a person says that a rule is known to fire, and nobody is told of it for a while."""

from __future__ import annotations

import fnmatch
import sqlite3
from collections.abc import Iterable

from workbench.core.errors import InputError, NotFoundError
from workbench.store.database import Database
from workbench.store.ledger import Ledger

from .result import Silence
from .spans import span_s

LONGEST_S = 30 * 86_400.0


def silence(
    database: Database, names: Iterable[str], pattern: str, *, span: str, reason: str, actor: str,
    now_s: float,
) -> tuple[Silence, ...]:  # fmt: skip
    """Silence every rule that a pattern names, from now on, in place of what was said before.

    Raises:
        NotFoundError: It names none.
        InputError: The span is none, or longer than 30 days.
    """
    try:
        lasting_s = span_s(span)
    except ValueError as error:
        raise InputError(str(error), hint="--span 4h") from None
    if not 0 < lasting_s <= LONGEST_S:
        raise InputError(f"a silence of {span}", hint="at most 30d; what is no alert is no rule")
    made = [
        Silence(name, now_s, now_s + lasting_s, actor, reason) for name in _named(names, pattern)
    ]
    with database.transaction() as connection:
        for each in made:
            _end(connection, each.rule, now_s)
            connection.execute(
                "INSERT INTO alert_silences (rule, begun_s, until_s, actor, reason) "
                "VALUES (?, ?, ?, ?, ?)",
                (each.rule, each.begun_s, each.until_s, actor, reason),
            )
            data = {"span": span, "reason": reason}
            Ledger(database).append("alert.silenced", each.rule, actor=actor, data=data)
    return tuple(made)


def end_silence(
    database: Database, names: Iterable[str], pattern: str, *, actor: str, now_s: float
) -> tuple[Silence, ...]:
    """Let people be told again; the silences that were ended."""
    ended = []
    with database.transaction() as connection:
        for name in _named(names, pattern):
            for row in _end(connection, name, now_s):
                ended.append(Silence(name, row["begun_s"], now_s, row["actor"], row["reason"]))
                Ledger(database).append("alert.unsilenced", name, actor=actor)
    return tuple(ended)


def silenced_until(connection: sqlite3.Connection, now_s: float) -> dict[str, float]:
    """The rules that are silenced at a Unix time, and until when."""
    rows = connection.execute(
        "SELECT rule, max(until_s) AS until_s FROM alert_silences "
        "WHERE begun_s <= ?1 AND until_s > ?1 GROUP BY rule",
        (now_s,),
    )
    return {row["rule"]: row["until_s"] for row in rows}


def _end(connection: sqlite3.Connection, name: str, now_s: float) -> list[sqlite3.Row]:
    return connection.execute(
        "UPDATE alert_silences SET until_s = ?1 WHERE rule = ?2 AND until_s > ?1 RETURNING *",
        (now_s, name),
    ).fetchall()


def _named(names: Iterable[str], pattern: str) -> list[str]:
    known = sorted(names)
    found = [name for name in known if fnmatch.fnmatchcase(name, pattern)]
    if not found:
        raise NotFoundError.among("rule", pattern, known, hint="workbench monitoring alerts list")
    return found
