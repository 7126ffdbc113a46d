"""Who is to be told what at this look: in groups, again after a while, not in quiet hours.

Delivery is not done here: each notice is published as the event ``alert.notice``, and whoever
delivers listens to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping

from .quiet import Severity
from .result import Notice
from .rules import Rule, RuleFile

_ORDER: tuple[Severity, ...] = ("info", "warning", "critical")
_FORGOTTEN_S = 7 * 86_400.0  # the end of an alert that nobody could be told of is no news after it


def due_notices(
    connection: sqlite3.Connection,
    rules: RuleFile,
    *,
    silenced: Collection[str],
    now_s: float,
) -> tuple[Notice, ...]:
    """What is to be told now; it is written down as told, in the caller's transaction."""
    fired: dict[str, int] = {}
    again: dict[str, int] = {}
    cleared: dict[str, int] = {}
    for row in connection.execute(
        "SELECT * FROM alert_incidents WHERE cleared_s IS NULL "
        "OR (told_s IS NOT NULL AND told_cleared_s IS NULL) ORDER BY id"
    ).fetchall():
        name, rule = row["rule"], rules.rules.get(row["rule"])
        if name in silenced or (rule is not None and rules.is_quiet(rule, now_s)):
            continue
        if row["cleared_s"] is not None:
            cleared[name] = row["id"]
        elif row["told_s"] is None:
            fired[name] = row["id"]
        elif rule is not None and rule.repeat_s and now_s - row["told_s"] >= rule.repeat_s:
            again[name] = row["id"]
    for ids, column in ((fired, "told_s"), (again, "told_s"), (cleared, "told_cleared_s")):
        connection.executemany(
            f"UPDATE alert_incidents SET {column} = ? WHERE id = ?",
            [(now_s, each) for each in ids.values()],
        )
    connection.execute(
        "UPDATE alert_incidents SET told_cleared_s = ? WHERE told_cleared_s IS NULL "
        "AND cleared_s < ?",
        (now_s, now_s - _FORGOTTEN_S),
    )
    return _in_groups(rules.rules, fired, again, cleared)


def _in_groups(
    rules: Mapping[str, Rule], fired: Collection[str], again: Collection[str],
    cleared: Collection[str],
) -> tuple[Notice, ...]:  # fmt: skip
    groups: dict[str, tuple[list[str], list[str], list[str]]] = {}
    for place, names in enumerate((fired, again, cleared)):
        for name in names:
            group = rules[name].group if name in rules else "other"
            groups.setdefault(group, ([], [], []))[place].append(name)
    return tuple(_notice(rules, group, *parts) for group, parts in sorted(groups.items()))


def _notice(
    rules: Mapping[str, Rule], group: str, fired: list[str], again: list[str], cleared: list[str]
) -> Notice:
    named: list[Severity] = [
        rules[name].severity for name in (*fired, *again) if name in rules
    ] or ["info"]
    lines = []
    for names, words in ((fired, ""), (again, "still: "), (cleared, "over: ")):
        for name in names:
            rule = rules.get(name)
            advice = f" ({rule.advice})" if rule and rule.advice and names is not cleared else ""
            lines.append(f"{words}{rule.title if rule else name}{advice}")
    return Notice(
        group, max(named, key=_ORDER.index), tuple(fired), tuple(again), tuple(cleared),
        "\n".join(lines),
    )  # fmt: skip
