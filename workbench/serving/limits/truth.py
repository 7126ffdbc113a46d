"""What limits are counted from: the settlements of a home, and the home's own name."""

from __future__ import annotations

import functools
import secrets

from workbench.store.database import open_database
from workbench.store.records import Records
from workbench.store.usage_queries import settled_of

from .protocol import Truth


def usage_truth() -> Truth:
    """What was settled, from the usage log of the home that is set."""
    return functools.partial(settled_of, open_database())


def home_identity() -> str:
    """A name that no other home has, made when it is first asked for."""
    records = Records()
    with records.database.transaction():
        found = records.find("serving", "home")
        if found is None:
            made = {"id": secrets.token_hex(8)}
            found = records.put("serving", "home", document=made, expected_revision=0)
    return str(found.document["id"])
