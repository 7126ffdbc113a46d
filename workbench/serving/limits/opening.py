"""The store of limits that the settings ask for."""

from __future__ import annotations

from .protocol import LimitStore
from .sqlite_store import SqliteLimits


def open_limits() -> LimitStore:
    """The limits of the home that is set; ``close`` it at the end."""
    return SqliteLimits()
