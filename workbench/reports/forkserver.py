"""The fork server as its user sees it (to come)."""

from __future__ import annotations

from typing import Any


def find(server_id: str) -> Any:
    """The running server of that id."""
    raise LookupError(server_id)
