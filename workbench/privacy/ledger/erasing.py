"""A person's rights over what the ledger tells of them: to see it (GDPR, Art. 15), and to be
forgotten (Art. 17). Both are deeds themselves, and are written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.core.errors import ConflictError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.identity.users import LOCAL
from workbench.store.database import Database, open_database
from workbench.store.documents import load_document
from workbench.store.ledger import Ledger

from .recording import ERASURE, ROOM, bound_to, record
from .subject_keys import SubjectKeys

NOT_REACHED = (
    "copies of the key in backups, snapshots or a drive's spare blocks: drop them there too",
    "what other parts keep of the person, and names of who acted: those are plain in the ledger",
)


@dataclass(frozen=True)
class Erasure(Viewable):
    """A person's key is gone. ``entries`` told of them; ``entry`` says that it was dropped."""

    pseudonym: str
    entries: int
    entry: int
    not_reached: tuple[str, ...] = NOT_REACHED


@dataclass(frozen=True)
class PersonEntry:
    """One entry on a person, opened."""

    number: int
    time: str
    actor: str
    action: str
    subject: str
    data: Any
    personal: dict[str, Any]


def erase_person(person: str, *, actor: str = LOCAL, database: Database | None = None) -> Erasure:
    """Drop a person's key: from now on nobody can read what the ledger tells of them.

    No entry changes, so the chain, the checkpoints and all proofs hold as before. That it was done
    is written down under the pseudonym before the key is destroyed; a crash in between is made good
    by the next call of this or of ``finish_erasures``.

    Args:
        person: Whom, as they were named when it was written.
        actor: Who does it.
        database: The store, by default that of WORKBENCH_HOME.

    Raises:
        ConflictError: This is part of a transaction, which could take the entry back but not the
            key.
        NotFoundError: No key of that person is kept.
    """
    database = database or open_database()
    if database.connection().in_transaction:
        raise ConflictError("a key cannot be dropped inside a transaction", hint="end it first")
    unended = finish_erasures(actor=actor, database=database)
    keys = SubjectKeys()
    pseudonym = keys.pseudonym(person)
    if pseudonym is None and unended:
        # Most likely theirs: a call before this one was killed. Whose it was nobody can tell now.
        return _told(unended[-1], database)
    pseudonym = keys.drop(person, lambda name: _enter(name, actor, database))
    return _told(pseudonym, database)


def finish_erasures(*, actor: str = LOCAL, database: Database | None = None) -> list[str]:
    """End erasures that a crash cut short; the pseudonyms that they concerned."""
    database = database or open_database()
    return SubjectKeys().finish(lambda name: _enter(name, actor, database))


def tell_person(
    person: str, *, actor: str = LOCAL, database: Database | None = None
) -> tuple[PersonEntry, ...]:
    """All that the ledger tells of a person, opened with their key; the oldest first.

    That it was read is written down, as every access is.

    Raises:
        IntegrityError: An entry does not open with their key: it was falsified.
        NotFoundError: No key of that person is kept.
    """
    database = database or open_database()
    keys = SubjectKeys()
    pseudonym = keys.pseudonym(person)
    if pseudonym is None:
        raise NotFoundError(
            "the ledger tells nothing of that person, or they were erased",
            hint="name them as they were named when it was written",
        )
    rows = database.read(
        "SELECT number, time, actor, action, subject, data FROM ledger "
        "WHERE instr(data, ?) ORDER BY number",
        (_mark(pseudonym),),
    )
    found = []
    for row in rows:
        data = load_document(row["data"])
        bound = bound_to(row["action"], row["subject"])
        personal = keys.open(person, data.pop("sealed"), bound_to=bound)
        data.pop("person")
        about = (row["actor"], row["action"], row["subject"])
        found.append(PersonEntry(row["number"], row["time"], *about, data, personal))
    told_of = {"entries": len(found)}
    record("access", "ledger", person=person, data=told_of, actor=actor, database=database)
    return tuple(found)


def _enter(pseudonym: str, actor: str, database: Database) -> None:
    """Write down that a key is dropped, once."""
    ledger = Ledger(database)
    if not ledger.entries(action=ROOM + ERASURE, subject=pseudonym, limit=1):
        told = {"entries": _count(pseudonym, database)}
        ledger.append(ROOM + ERASURE, pseudonym, actor=actor, data=told)


def _told(pseudonym: str, database: Database) -> Erasure:
    (entry,) = Ledger(database).entries(action=ROOM + ERASURE, subject=pseudonym, limit=1)
    return Erasure(pseudonym, entry.data["entries"], entry.number)


def _count(pseudonym: str, database: Database) -> int:
    row = database.read_one(
        "SELECT count(*) AS n FROM ledger WHERE instr(data, ?)", (_mark(pseudonym),)
    )
    assert row is not None
    return int(row["n"])


def _mark(pseudonym: str) -> str:
    """How an entry on that person has it in its data."""
    return f'"person":"{pseudonym}"'
