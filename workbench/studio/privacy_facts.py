"""What the privacy page and its tile know: budgets, the ledger's end, and the last check of it.

``look`` reads the store (composing spends may take a second) and is called in a thread; drawing
asks nobody. In a home where nothing was ever done nothing is made to learn that.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.core.errors import WorkbenchError
from workbench.identity.users import LOCAL
from workbench.privacy.ledger.recording import ACTIONS, ROOM
from workbench.store.records import Records
from workbench.studio.notebook_results import database_files, database_stamp

if TYPE_CHECKING:
    from workbench.privacy.auditing.accuracy_curve import AccuracyCurve
    from workbench.privacy.dp.budget import BudgetState, Spend
    from workbench.privacy.ledger.checking import EvidenceCheck
    from workbench.privacy.ledger.checkpoints import KeptCheckpoint
    from workbench.store.ledger import Entry

log = logging.getLogger(__name__)

NAMESPACE, CHECK_KEY = "privacy", "last check of the ledger"
_MOST_ENTRIES = 60  # alike ones that follow each other are drawn as one


@dataclass(frozen=True)
class LastCheck:
    """The last check of the ledger that was asked for on the page: a note, and no evidence."""

    ok: bool
    entries: int
    signed_entries: int
    broken_at: int | None
    broken_to: int | None
    reason: str
    by: str
    checked_s: float


@dataclass
class PrivacyState:
    """What was found: ``trouble`` has what could not be read, by part."""

    budgets: tuple[BudgetState, ...] = ()
    spends: dict[str, list[Spend]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    entries: int = 0
    last: tuple[Entry, ...] = ()
    checkpoints: tuple[KeptCheckpoint, ...] = ()
    check: LastCheck | None = None
    curve: AccuracyCurve | None = None
    trouble: dict[str, WorkbenchError] = field(default_factory=dict)

    def name_of(self, sha256: str) -> str:
        """What a data set is called, where the catalogue knows it."""
        return self.names.get(sha256) or f"data set {sha256[:12]}"


class PrivacyFacts:
    """What was found at the last look (``now``). ``turn`` counts the looks that read anything."""

    def __init__(self) -> None:
        self.turn, self.now = 0, PrivacyState()
        self._seen: Hashable = object()
        self._lock = threading.Lock()

    def look(self) -> None:
        """Read again, if the store or the checkpoints changed since."""
        from workbench.privacy.ledger.checkpoints import checkpoints_folder

        with self._lock:
            folder = checkpoints_folder()
            signed = folder.stat().st_mtime_ns if folder.is_dir() else 0
            seen = (database_stamp(), signed)
            if seen == self._seen:
                return
            found = PrivacyState()
            if database_files()[0].exists():
                for name, read in _PARTS.items():
                    try:
                        read(found)
                    except WorkbenchError as error:  # the other parts stand
                        found.trouble[name] = error
            self.now, self._seen = found, seen
            self.turn += 1

    def stamp(self) -> Hashable:
        """Changes when something else was found."""
        return self.turn


def note_check(found: EvidenceCheck) -> None:
    """Keep what a check found, for the page to say when it was."""
    document = {
        "ok": found.ok, "entries": found.entries, "signed_entries": found.signed_entries,
        "broken_at": found.broken_at, "broken_to": found.broken_to, "reason": found.reason,
        "by": LOCAL, "checked_s": time.time(),
    }  # fmt: skip
    Records().put(NAMESPACE, CHECK_KEY, document=document)


def last_check() -> LastCheck | None:
    """The last check that the page made; None if there was none, or its note cannot be read."""
    found = Records().find(NAMESPACE, CHECK_KEY)
    if found is None:
        return None
    try:
        return LastCheck(**found.document)
    except TypeError:
        log.warning("the note of the last check of the ledger cannot be read")
        return None


def _read_budgets(found: PrivacyState) -> None:
    from workbench.privacy.dp.budget import Budgets
    from workbench.privacy.dp.naming import known_names

    budgets = Budgets()
    states = budgets.all()
    found.names = known_names()
    found.spends = {each.dataset_sha256: budgets.spends(each.dataset_sha256) for each in states}
    found.budgets = tuple(states)


def _read_ledger(found: PrivacyState) -> None:
    from workbench.store.ledger import Ledger

    ledger = Ledger()
    found.check = last_check()
    found.entries = ledger.head().number
    newest = [
        each
        for action in ACTIONS
        for each in ledger.entries(action=ROOM + action, limit=_MOST_ENTRIES)
    ]
    newest.sort(key=lambda each: each.number, reverse=True)
    found.last = tuple(newest[:_MOST_ENTRIES])


def _read_checkpoints(found: PrivacyState) -> None:
    from workbench.privacy.ledger.checkpoints import kept_checkpoints

    found.checkpoints = kept_checkpoints()


def _read_curve(found: PrivacyState) -> None:
    from workbench.privacy.auditing.accuracy_curve import kept_curve

    found.curve = kept_curve()


_PARTS: dict[str, Callable[[PrivacyState], None]] = {
    "budgets": _read_budgets,
    "ledger": _read_ledger,
    "checkpoints": _read_checkpoints,
    "curve": _read_curve,
}
