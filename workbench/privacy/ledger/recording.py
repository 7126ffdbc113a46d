"""Writing down what was done with personal data: training, release, decryption, access, spending.

    from workbench import privacy

    privacy.record("training", "digits", data={"epsilon": 2.0, "delta": 1e-5, "rows": 1797})
    privacy.record("access", "patients", person="ann@example.org", personal={"why": "her request"})

It is ``store.ledger.Ledger.append`` with three things more: the action is one of a known list, so
that what was done can be counted and reported; a person goes in as a pseudonym, and what is
personal sealed with their own key; and nothing personal can be told in the wrong place by mistake.
In ``database.transaction()`` the entry is part of it, as with ``append``: record the spending of a
budget there, before what it pays for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.core.errors import InputError, NotFoundError
from workbench.identity.users import LOCAL
from workbench.store.database import Database, open_database
from workbench.store.ledger import Deed, Entry, Ledger

from .subject_keys import PREFIX, SubjectKeys

ROOM = "privacy."
ERASURE = "erasure"
ACTIONS = {
    "access": "personal data was read or shown",
    "anonymisation": "personal data was masked, recoded or replaced",
    "attack": "a claim of privacy was tested by an attack",
    "budget_set": "it was said how much may be learnt from a data set",
    "budget_spend": "a part of a data set's privacy budget was spent",
    "decryption": "something was decrypted",
    "encryption": "something was encrypted",
    ERASURE: "a person's key was dropped, and with it what the ledger told of them",
    "key": "a key was made, given away or destroyed",
    "release": "figures or data were given out",
    "training": "a model was trained on data",
}
_KEPT_NAMES = ("person", "sealed")


def record(
    action: str,
    subject: str,
    *,
    data: Mapping[str, Any] | None = None,
    person: str | None = None,
    personal: Mapping[str, Any] | None = None,
    actor: str = LOCAL,
    database: Database | None = None,
) -> Entry:
    """Write down one thing that was done. When this returns, it is on the disk.

    Args:
        action: One of ``ACTIONS``: what was done.
        subject: What it was done to: a data set, a model, a run. Never a person.
        data: More about it, as plain data, for whoever may read the ledger. Nothing personal.
        person: Whom it concerns, as you name them. Only a pseudonym is written.
        personal: What is personal about it. Written so that only the person's key opens it.
        actor: Who did it.
        database: The store, by default that of WORKBENCH_HOME.

    Raises:
        InputError: A field has no text or JSON form, or ``personal`` has no ``person``.
        NotFoundError: There is no such action.
        StorageError: The disk is full; nothing was written.
    """
    database = database or open_database()
    deed = deed_of(action, subject, data=data, person=person, personal=personal, actor=actor)
    return Ledger(database).append(deed.action, deed.subject, actor=deed.actor, data=deed.data)


def deed_of(
    action: str,
    subject: str,
    *,
    data: Mapping[str, Any] | None = None,
    person: str | None = None,
    personal: Mapping[str, Any] | None = None,
    actor: str = LOCAL,
    keys: SubjectKeys | None = None,
) -> Deed:
    """What ``record`` would write, for ``Ledger.append_many`` where thousands come at a time."""
    if action not in ACTIONS:
        raise NotFoundError.among("action", action, ACTIONS)
    if personal and person is None:
        raise InputError("personal values belong to a person", hint="name them: person=...")
    told = dict(data or {})
    taken = [name for name in _KEPT_NAMES if name in told]
    if taken:
        raise InputError(
            f"data of {action} has {taken[0]!r}, which is the ledger's own name",
            hint="person=... and personal=... are arguments of their own",
        )
    if person is not None:
        told["person"], told["sealed"] = (keys or SubjectKeys()).seal(
            person, personal or {}, bound_to=bound_to(ROOM + action, subject)
        )
        _refuse_names(person, subject, told)
    return Deed(ROOM + action, subject, actor, told)


def bound_to(action: str, subject: str) -> str:
    """What a sealed value is bound to: it opens in no entry of another action or subject."""
    return f"{action}\0{subject}"


def _refuse_names(person: str, subject: str, told: Mapping[str, Any]) -> None:
    """Refuse an entry that names the person in the clear: it could never be erased."""
    public = [subject, *(str(value) for name, value in told.items() if name not in _KEPT_NAMES)]
    named = re.compile(rf"(?<!\w){re.escape(person.casefold())}(?!\w)")
    if any(named.search(text.casefold()) for text in public):
        raise InputError(
            "the person is named in what everybody may read (subject or data)",
            hint="give it as personal=..., which is sealed with their key",
        )


def told_action(action: str, data: Any) -> str:
    """What an entry is counted as: budgets that were set before there was a word for it stand as
    spends."""
    old = action == f"{ROOM}budget_spend" and isinstance(data, dict) and "budget" in data
    return f"{ROOM}budget_set" if old else action


def is_pseudonym(text: str) -> bool:
    """Whether this is what a person is called in the ledger."""
    return text.startswith(PREFIX)
