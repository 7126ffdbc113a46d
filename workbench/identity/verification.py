"""From a key's text to its principal, fast enough for every request.

What was read is kept by the key's sha256. The store counts the changes to keys and users, and the
count is looked at again after ``CHANGE_SEEN_S``: a key that was revoked by another process is
refused that much later at most, one that ``access.revoke_key`` revoked here at once. If the store
cannot be read nobody is let in.

Timing tells nothing: a key is looked for by its sha256, of which a stranger can choose nothing but
by trying 256-bit keys, and the last comparison takes the same time whatever differs.
"""

from __future__ import annotations

import hmac
import logging
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import AccessError, StorageError
from workbench.store.database import Database, open_database

from .keys import _JOINED, KEY_CHARS, PREFIX, read_key
from .principals import Principal
from .secret_texts import hash_secret

log = logging.getLogger(__name__)

CHANGE_SEEN_S = 0.25
_LAST_USED_S = 60.0  # so late at most is a key's last use written
_KEPT = 4096
_REFUSED_KEPT = 1024
_HINT = "workbench serving keys add NAME makes a key"


class Verifier:
    """The keys of one store as they are now, kept for as long as nothing changes.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self, database: Database | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database or open_database()
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[Principal, float]] = OrderedDict()
        self._refused: OrderedDict[bytes, str] = OrderedDict()
        self._changes = -1
        self._looked_s = float("-inf")
        self._used: dict[str, float] = {}
        self._written_s = time.monotonic()

    def verify(self, text: str) -> Principal:
        """Who a request with this key comes from.

        Raises:
            AccessError: The key is not known, was revoked or has expired, or its user is disabled.
                The context's ``reason`` says which.
            StorageError: The store cannot be read.
        """
        if len(text) != KEY_CHARS or not text.startswith(PREFIX) or not text.isascii():
            raise _unknown(text)
        digest = hash_secret(text)
        now_s = time.monotonic()
        if now_s - self._looked_s >= CHANGE_SEEN_S:
            self.refresh(now_s)
        found = self._known.get(digest) or self._read(digest)
        principal, expires_s = found
        time_s = self._clock()
        if time_s >= expires_s:
            raise _expired(principal.name, expires_s)
        self._used[principal.key_id] = time_s
        if now_s - self._written_s >= _LAST_USED_S:
            self._written_s = now_s
            # Apart from the caller, which is the gateway's loop: the write waits for the disk.
            threading.Thread(target=self.write_last_used, daemon=True).start()
        return principal

    def refresh(self, now_s: float | None = None) -> None:
        """Forget what was read if keys or users have changed since."""
        row = self.database.read_one("SELECT number FROM identity_changes")
        number = row["number"] if row else -1
        if number != self._changes:
            self._known.clear()
            self._refused.clear()
            self._changes = number
        self._looked_s = time.monotonic() if now_s is None else now_s

    def write_last_used(self) -> None:
        """Write down when keys were last used. What cannot be written now is dropped."""
        used, self._used = self._used, {}
        if not used:
            return
        try:
            with self.database.transaction() as connection:
                connection.executemany(
                    "UPDATE keys SET last_used_s = max(coalesce(last_used_s, 0), ?) WHERE id = ?",
                    [(time_s, key_id) for key_id, time_s in list(used.items())],
                )
        except StorageError as error:
            log.warning("when %d keys were last used was not written: %s", len(used), error)

    def _read(self, digest: bytes) -> tuple[Principal, float]:
        if digest in self._refused:
            raise _refusal(self._refused[digest])
        row = self.database.read_one(f"{_JOINED} WHERE keys.sha256 = ?", (digest,))
        reason = _why_not(row, digest)
        if reason or row is None:
            self._refused[digest] = reason
            if len(self._refused) > _REFUSED_KEPT:
                self._refused.popitem(last=False)
            raise _refusal(reason)
        key = read_key(row)
        expires_s = float("inf") if key.expires_s is None else key.expires_s
        self._known[digest] = (key.principal(), expires_s)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return self._known[digest]


def _why_not(row: sqlite3.Row | None, digest: bytes) -> str:
    if row is None or not hmac.compare_digest(row["sha256"], digest):
        return "unknown"
    if row["revoked_s"] is not None:
        return f"revoked:{row['name']}"
    return f"disabled:{row['user']}" if row["user_disabled_s"] is not None else ""


def _unknown(text: str) -> AccessError:
    if not text.strip():
        return AccessError("no key was given", hint=_HINT, reason="missing")
    return _refusal("unknown")


def _refusal(reason: str) -> AccessError:
    kind, _, name = reason.partition(":")
    said = {
        "unknown": "the key is not known here",
        "revoked": f"the key {name!r} was revoked",
        "disabled": f"the user {name!r} is disabled",
    }[kind]
    return AccessError(said, hint=_HINT, reason=kind)


def _expired(name: str, expires_s: float) -> AccessError:
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(expires_s))
    return AccessError(f"the key {name!r} expired on {when} UTC", hint=_HINT, reason="expired")


_verifiers: dict[Path, Verifier] = {}
_KEPT_VERIFIERS = 8


def verifier() -> Verifier:
    """The one of the home that is set; a process keeps one for each home."""
    home: Path = settings.resolve("home").value
    found = _verifiers.get(home)
    if found is None:
        while len(_verifiers) >= _KEPT_VERIFIERS:
            _verifiers.pop(next(iter(_verifiers)))
        found = _verifiers[home] = Verifier()
    return found
