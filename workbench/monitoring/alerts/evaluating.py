"""One look at all rules: read the figures, move the states, and tell what changed.

States and incidents are written in one transaction, so that two who look at once (a gateway and a
command) fire once, and a restart goes on where it was. Events are published when that is on the
disk: ``alert.fired`` and ``alert.cleared`` for each change, ``alert.notice`` for what is told.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import asdict

from workbench.core import events
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger

from .deciding import Change, Standing, step
from .result import AlertCheck, Incident, Notice, RuleLine
from .rules import Rule, RuleFile
from .silences import silenced_until
from .sources import Figures
from .telling import due_notices

ACTOR = "monitoring"
_GONE = "the rule was taken away"


class Alerts:
    """The alerts of one store.

    Args:
        rules: By default those that ship, with ``alerts.yaml`` of the home.
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self,
        rules: RuleFile | None = None,
        *,
        database: Database | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if rules is None:
            from .reading import read_rules

            rules = read_rules()
        self.rules, self._clock = rules, clock
        self.database = database or open_database()

    def check(self, *, gate: bool = False) -> AlertCheck:
        """Look at every rule now.

        Args:
            gate: Whether a rule that fires is to fail whoever asked.
        """
        now_s = self._clock()
        figures = Figures(self.database, now_s)
        values = {name: figures.value_of(rule) for name, rule in self.rules.rules.items()}
        fired: list[str] = []
        cleared: list[str] = []
        with self.database.transaction() as connection:
            before = standings(connection)
            for name, rule in self.rules.rules.items():
                value, why = values[name]
                now, change = step(rule, before.get(name), value=value, why=why, now_s=now_s)
                _write_state(connection, name, now)
                self._enter(connection, name, rule, now, change)
                if change is not None:
                    (fired if change == "fired" else cleared).append(name)
            gone = [name for name in before if name not in self.rules.rules]
            cleared += [name for name in gone if self._forget(connection, name, now_s)]
            silenced = silenced_until(connection, now_s)
            notices = due_notices(connection, self.rules, silenced=silenced, now_s=now_s)
            self._publish(fired, cleared, values, notices)
        return AlertCheck(now_s, self.lines(), tuple(fired), tuple(cleared), notices, gate=gate)

    def lines(self) -> tuple[RuleLine, ...]:
        """Every rule as it stood at the last look; what fires comes first."""
        now_s = self._clock()
        with self.database.snapshot() as connection:
            known, silenced = standings(connection), silenced_until(connection, now_s)
        found = [
            _line(name, rule, known.get(name), silenced.get(name), self.rules.is_quiet(rule, now_s))
            for name, rule in self.rules.rules.items()
        ]
        order = ("firing", "pending", "no data", "ok", "not looked at")
        return tuple(sorted(found, key=lambda line: order.index(line.state)))

    def _enter(
        self, connection: sqlite3.Connection, name: str, rule: Rule, now: Standing,
        change: Change | None,
    ) -> None:  # fmt: skip
        """Bring incidents and the audit ledger up to date with a rule's state."""
        if change == "fired":
            connection.execute(
                "INSERT INTO alert_incidents (rule, title, severity, fired_s, value, worst) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (name, rule.title, rule.severity, now.looked_s, now.value, now.value),
            )
            self._record(name, "alert.fired", now.value)
        elif change == "cleared":
            _close(connection, name, now.looked_s, now.why or "it is back")
            self._record(name, "alert.cleared", now.value)
        elif now.state == "firing" and now.value is not None:
            open_ = connection.execute(
                "SELECT worst FROM alert_incidents WHERE rule = ? AND cleared_s IS NULL", (name,)
            ).fetchone()
            worst = None if open_ is None else open_["worst"]
            if open_ is not None and (worst is None or rule.is_worse(now.value, worst)):
                connection.execute(
                    "UPDATE alert_incidents SET worst = ? WHERE rule = ? AND cleared_s IS NULL",
                    (now.value, name),
                )

    def _forget(self, connection: sqlite3.Connection, name: str, now_s: float) -> bool:
        """Drop the state of a rule that is no more; whether it was firing."""
        connection.execute("DELETE FROM alert_states WHERE rule = ?", (name,))
        was = _close(connection, name, now_s, _GONE)
        if was:
            self._record(name, "alert.cleared", None)
        return was

    def _record(self, name: str, action: str, value: float | None) -> None:
        """Write it into the audit ledger, in the transaction that is open."""
        Ledger(self.database).append(action, name, actor=ACTOR, data={"value": value})

    def _publish(
        self, fired: list[str], cleared: list[str], values: dict[str, tuple[float | None, str]],
        notices: tuple[Notice, ...],
    ) -> None:  # fmt: skip
        """Tell listeners, once all of it is on the disk."""
        rules = self.rules.rules

        def tell() -> None:
            for kind, names in (("alert.fired", fired), ("alert.cleared", cleared)):
                for name in names:
                    rule = rules.get(name)
                    events.emit(
                        kind, rule=name, title=rule.title if rule else name,
                        severity=rule.severity if rule else "info",
                        group=rule.group if rule else "other",
                        value=values.get(name, (None, ""))[0],
                    )  # fmt: skip
            for notice in notices:
                events.emit("alert.notice", **asdict(notice))

        self.database.after_commit(tell)


def standings(connection: sqlite3.Connection) -> dict[str, Standing]:
    """Each rule as it stood at the last look."""
    return {
        row["rule"]: Standing(
            row["state"],
            row["since_s"],
            row["looked_s"],
            row["value"],
            row["why"],
            bool(row["by_lack"]),
        )
        for row in connection.execute("SELECT * FROM alert_states")
    }


def incidents(
    *, since_s: float = 0.0, limit: int = 100, is_open: bool = False,
    database: Database | None = None,
) -> tuple[Incident, ...]:  # fmt: skip
    """Incidents that lasted into the time since a Unix time, the newest first."""
    rows = (database or open_database()).read(
        "SELECT * FROM alert_incidents WHERE (cleared_s IS NULL OR (cleared_s >= ?1 AND NOT ?2)) "
        "ORDER BY fired_s DESC, id DESC LIMIT ?3",
        (since_s, is_open, limit),
    )
    return tuple(
        Incident(
            row["id"], row["rule"], row["title"], row["severity"], row["fired_s"],
            row["cleared_s"], row["value"], row["worst"], row["cleared_because"] or "",
            row["told_s"],
        )
        for row in rows
    )  # fmt: skip


def _write_state(connection: sqlite3.Connection, name: str, now: Standing) -> None:
    connection.execute(
        "INSERT INTO alert_states VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rule) DO UPDATE SET "
        "state = excluded.state, since_s = excluded.since_s, looked_s = excluded.looked_s, "
        "value = excluded.value, why = excluded.why, by_lack = excluded.by_lack",
        (name, now.state, now.since_s, now.looked_s, now.value, now.why, int(now.by_lack)),
    )


def _close(connection: sqlite3.Connection, name: str, now_s: float, because: str) -> bool:
    done = connection.execute(
        "UPDATE alert_incidents SET cleared_s = ?, cleared_because = ? "
        "WHERE rule = ? AND cleared_s IS NULL",
        (now_s, because, name),
    )
    return done.rowcount > 0


def _line(
    name: str, rule: Rule, known: Standing | None, silenced_s: float | None, quiet: bool
) -> RuleLine:
    side = "above" if rule.above is not None else "below"
    return RuleLine(
        name, rule.title, "not looked at" if known is None else known.state,
        None if known is None else known.value, f"{side} {rule.threshold:g}", rule.clear_level,
        rule.unit, rule.severity, rule.group, None if known is None else known.since_s,
        None if known is None else known.looked_s, silenced_s, quiet,
        "" if known is None else known.why, rule.advice,
    )  # fmt: skip
