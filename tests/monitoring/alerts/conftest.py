"""A clock that goes when it is told, a store, and rules written in a line or two."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import events
from workbench.monitoring.alerts.evaluating import Alerts
from workbench.monitoring.alerts.rules import RuleFile
from workbench.monitoring.samples.keeping import Samples
from workbench.store.database import Database, close_all, open_database

NOW_S = 1_764_000_000.0


class Clock:
    """A clock that goes when it is told."""

    def __init__(self, now_s: float = NOW_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


class Watched:
    """Rules over one series that a test gives value by value, and every event that came of it."""

    def __init__(self, database: Database, clock: Clock, **rule: Any) -> None:
        self.clock, self.database = clock, database
        self.heard: list[events.Event] = []
        self.quiet_hours: dict[str, Any] = {}
        self.use(**rule)

    def use(self, **rule: Any) -> None:
        """Take other keys of the rule."""
        told = {"title": "Much", "metric": "samples.requests_queued", **rule}
        rules = {"quiet_hours": self.quiet_hours, "rules": {"much": told}}
        self.restart(RuleFile.model_validate(rules))

    def restart(self, rules: RuleFile | None = None) -> None:
        """As after a new start: nothing is remembered but what the store has."""
        self.alerts = Alerts(rules or self.alerts.rules, database=self.database, clock=self.clock)

    def see(self, value: float | None, *, after_s: float = 60.0) -> str:
        """The state after the next reading."""
        self.clock.now_s += after_s
        if value is not None:
            Samples(self.database, clock=self.clock).add({"requests_queued": value})
        with events.listening(self.heard.append, "alert"):
            return self.alerts.check().rules[0].state

    def count(self, kind: str) -> int:
        return sum(event.kind == kind for event in self.heard)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    yield open_database()
    close_all()


@pytest.fixture
def watched(database: Database, clock: Clock) -> Watched:
    return Watched(database, clock, above=10, clear=5)
