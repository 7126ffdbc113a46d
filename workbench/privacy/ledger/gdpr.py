"""A record of processing activities after Art. 30(1) of the GDPR (Regulation (EU) 2016/679).

The ledger knows what was done, when and on what. It does not know why, or who answers for it: that
is the controller's to say, in ``details``. What nobody said is listed, never made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.core.errors import InputError
from workbench.core.near_names import meant, near_names

from .accounts import Account, Activity
from .recording import ACTIONS, ERASURE, ROOM

# What the article asks for that no ledger can know: the letter, and what is meant.
ASKED = {
    "controller": ("30(1)(a)", "name and contact of the controller"),
    "joint_controller": ("30(1)(a)", "joint controller, where there is one"),
    "representative": ("30(1)(a)", "the controller's representative, where there is one"),
    "data_protection_officer": ("30(1)(a)", "the data protection officer, where there is one"),
    "purposes": ("30(1)(b)", "what the processing is for"),
    "data_subjects": ("30(1)(c)", "categories of the persons"),
    "personal_data": ("30(1)(c)", "categories of personal data"),
    "recipients": ("30(1)(d)", "categories of recipients"),
    "transfers": ("30(1)(e)", "transfers to third countries, with their safeguards"),
    "time_limits": ("30(1)(f)", "when the categories of data are to be erased"),
    "organisation": ("30(1)(g)", "organisational measures of security"),
}
MEASURES = (
    "each entry holds the hash of the one before; the database refuses to change or delete one",
    "persons stand in entries as pseudonyms, what is personal is encrypted with a key of theirs",
    "a person is erased by dropping their key",
)
SIGNED = "the ledger is signed (Ed25519, Merkle tree) and its checkpoints are kept elsewhere"


def check_details(details: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the controller said, if it is something that the article asks for."""
    given = dict(details or {})
    for name in given:
        if name not in ASKED:
            near = near_names(name, sorted(ASKED))
            raise InputError(
                f"details has {name!r}, which the article does not ask for; "
                + (meant(near) if near else f"known: {', '.join(ASKED)}"),
                hint='details={"controller": "...", "purposes": "..."}',
            )
    return given


def processing_record(
    account: Account, *, details: Mapping[str, Any] | None = None, signed_entries: int = 0
) -> dict[str, Any]:
    """The record as plain data; ``not_known`` says what the controller has yet to state."""
    given = check_details(details)
    erasures = account.activities.get(ROOM + ERASURE)
    return {
        "document": "Record of processing activities, Art. 30(1) GDPR",
        "stated_by_the_controller": {name: given.get(name) for name in ASKED},
        "not_known": not_known(given),
        "activities": [_told(each) for each in account.activities.values()],
        "persons": {
            "told_of": len(account.persons),
            "erased": erasures.times if erasures else 0,
        },
        "security_measures": [*MEASURES, *([SIGNED] if signed_entries else [])],
        "source": {
            "entries": account.entries,
            "from": account.first,
            "to": account.last,
            "head": account.head,
            "signed_entries": signed_entries,
        },
    }


def not_known(given: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the article asks for, the ledger cannot know and nobody has said."""
    return [
        {"field": name, "article": article, "asks_for": said}
        for name, (article, said) in ASKED.items()
        if not given.get(name)
    ]


def _told(each: Activity) -> dict[str, Any]:
    name = each.action.removeprefix(ROOM)
    return {
        "action": each.action,
        "meaning": ACTIONS.get(name, "") if each.action.startswith(ROOM) else "",
        "times": each.times,
        "first": each.first,
        "last": each.last,
        "on": each.subjects,
        "times_on_others": each.more_subjects,
        "by": each.actors,
        "persons": len(each.persons),
        "recipients_named": each.recipients,
    }
