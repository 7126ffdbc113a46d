"""Whose a shared warehouse is: one home builds it, the others only ask.

Without that a home with little usage, or none, would put its own in the place of everybody's.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket

from workbench.core import settings
from workbench.core.errors import ConflictError
from workbench.store import files

FILE = "warehouse-owner"


def home_name() -> str:
    """How a shared warehouse knows this home again: its machine, and a number that was drawn."""
    path = settings.home() / FILE
    if not path.exists():
        with files.drafting(path.parent, FILE, text=True) as draft:
            draft.file.write(f"{socket.gethostname()} {secrets.token_hex(8)}\n")
            draft.file.flush()
            with contextlib.suppress(FileExistsError):  # the first one drawn counts, for good
                os.link(draft.path, path)
    return path.read_text(encoding="utf-8").strip()


def check_owner(owner: str | None, place: str, *, hint: str) -> None:
    """Refuse to build what another home builds.

    Raises:
        ConflictError: ``owner`` is another home.
    """
    if owner and owner != home_name():
        raise ConflictError(
            f"the warehouse at {place} is built by another home, on {owner.split()[0]}; "
            "this one may ask it",
            hint=hint,
        )
