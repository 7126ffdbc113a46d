"""Addresses of servers as they may be shown."""

from __future__ import annotations

import re

# Up to the last `@`: a password that was not %-encoded may have one of its own.
_BEFORE_THE_HOST = re.compile(r"(://[^/\s:@]*):\S*@")
_AMONG_THE_OPTIONS = re.compile(r"(password=)[^&\s]*", re.IGNORECASE)


def without_password(said: str) -> str:
    """A text with *** for each password of an address in it.

    >>> without_password("postgresql://lab:secret@host:5432/usage")
    'postgresql://lab:***@host:5432/usage'
    """
    return _AMONG_THE_OPTIONS.sub(r"\1***", _BEFORE_THE_HOST.sub(r"\1:***@", said))
