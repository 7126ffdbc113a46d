"""What a learner did, in the store: events one by one, and gradings with an entry in the ledger."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Any

from workbench.store.database import open_database
from workbench.store.documents import dump_document
from workbench.store.ledger import Ledger
from workbench.store.records import Record, Records

EVENTS, GRADES = "learning.events", "learning.grades"
ACTION = "learning.graded"


@dataclass(frozen=True)
class RecordedGrade:
    """A grading as it stands in the store; ``sound`` is whether the ledger holds the same."""

    key: str
    document: dict[str, Any]
    sound: bool


def record_event(lab: str, *, kind: str, question: str = "", **data: Any) -> None:
    """Add one event; it is never changed. Raises StorageError."""
    now_s = time.time()
    document = {"lab": lab, "kind": kind, "question": question, "time_s": now_s, **data}
    Records().put(EVENTS, _key(lab, now_s), document=document, expected_revision=0)


def events_of(lab: str) -> list[dict[str, Any]]:
    """The events of a lab, the oldest first."""
    return [record.document for record in Records().list(EVENTS, prefix=f"{lab}/")]


def record_grade(lab: str, document: dict[str, Any], *, actor: str) -> str:
    """Keep a grading and enter its digest in the ledger, both or neither; returns its key."""
    database, key = open_database(), _key(lab, time.time())
    with database.transaction():
        record = Records(database).put(GRADES, key, document=document, expected_revision=0)
        data = {"key": key, "sha256": _digest(record.document), "score": document["score"]}
        Ledger(database).append(ACTION, lab, actor=actor, data=data)
    return key


def grades_of(lab: str) -> list[RecordedGrade]:
    """The gradings of a lab, the oldest first, each held against the ledger."""
    database = open_database()
    records = Records(database).list(GRADES, prefix=f"{lab}/")
    if not records:
        return []
    ledger = Ledger(database)
    chain_ok = ledger.verify().ok
    entries = ledger.entries(action=ACTION, subject=lab, limit=1_000_000)
    known = {entry.data["key"]: entry.data["sha256"] for entry in entries}
    return [_held_against(record, known, chain_ok) for record in records]


def _held_against(record: Record, known: dict[str, str], chain_ok: bool) -> RecordedGrade:
    sound = chain_ok and known.get(record.key) == _digest(record.document)
    return RecordedGrade(record.key, record.document, sound)


def _key(lab: str, now_s: float) -> str:
    return f"{lab}/{int(now_s * 1e6):020}-{secrets.token_hex(4)}"


def _digest(document: Any) -> str:
    return hashlib.sha256(dump_document(document, what="grading").encode()).hexdigest()
