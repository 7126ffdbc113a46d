"""What the ledger adds up to: each kind of deed, how often, when, on what, by whom, on how many."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import IntegrityError
from workbench.store.ledger import StoredEntry

from .recording import told_action

MOST_NAMED = 50


@dataclass
class Activity:
    """All deeds of one action. ``subjects`` has the first ones; ``persons`` their pseudonyms."""

    action: str
    first: str
    last: str = ""
    times: int = 0
    subjects: dict[str, int] = field(default_factory=dict)
    more_subjects: int = 0
    actors: dict[str, int] = field(default_factory=dict)
    persons: set[str] = field(default_factory=set)
    recipients: dict[str, int] = field(default_factory=dict)

    def add(self, entry: StoredEntry, data: Any) -> None:
        """Count one more."""
        _, time, actor, _, subject = entry[:5]
        self.last, self.times = time, self.times + 1
        if subject in self.subjects or len(self.subjects) < MOST_NAMED:
            self.subjects[subject] = self.subjects.get(subject, 0) + 1
        else:
            self.more_subjects += 1
        self.actors[actor] = self.actors.get(actor, 0) + 1
        if isinstance(data, dict):
            if isinstance(data.get("person"), str):
                self.persons.add(data["person"])
            recipient = data.get("recipient")
            if isinstance(recipient, str):
                self.recipients[recipient] = self.recipients.get(recipient, 0) + 1


@dataclass
class Account:
    """The whole ledger, added up."""

    entries: int = 0
    first: str = ""
    last: str = ""
    head: str = ""
    activities: dict[str, Activity] = field(default_factory=dict)

    @property
    def persons(self) -> set[str]:
        """The pseudonyms of all of whom something is told."""
        return set().union(*(each.persons for each in self.activities.values()))

    def add(self, entry: StoredEntry) -> Any:
        """Count one more; returns its data."""
        number, time, _, action, _, text, _, written = entry
        try:
            data = json.loads(text)
        except ValueError:
            raise IntegrityError(
                f"the data of entry {number} is no JSON",
                hint="workbench privacy ledger verify",
                broken_at=number,
            ) from None
        self.first, self.last = self.first or time, time
        self.entries, self.head = number, written
        action = told_action(action, data)
        if action not in self.activities:
            self.activities[action] = Activity(action, time)
        self.activities[action].add(entry, data)
        if not number & 0x3FFF:
            check_cancelled()
        return data


def account_of(entries: Iterable[StoredEntry]) -> Account:
    """Add up entries."""
    account = Account()
    for entry in entries:
        account.add(entry)
    return account
