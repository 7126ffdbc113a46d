"""Failed attempts to sign in, and how long one waits after them.

Who fails makes himself wait, and others as little as can be:

- **He himself** (one user at one source): after 5 failures a second, doubling with each.
- **A user under attack** (20 failures in all): whoever failed for him from some source waits longer
  there, counted from *that source's* last failure for him. Failures elsewhere never move that
  moment, so they shut nobody out: the first attempt from a source is always taken, and so is the
  next after the wait.
- **A source that tries many users** (20 failures in all): attempts from it wait a minute at most.
- **A known device** (a proof that a sign-in left in the browser) has failures of its own and
  nobody else's, also where an attacker has the same address. This is what OWASP calls a device
  cookie.

Waits end at a quarter of an hour, failures are forgotten after a day without one. An attempt while
one waits is not taken, and not counted either.
"""

from __future__ import annotations

import hashlib
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.errors import LimitError
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger

from .users import LOCAL

FREE_FAILURES = 5
FREE_FAILURES_IN_ALL = 20
MOST_WAIT_S = 900.0
MOST_SOURCE_WAIT_S = 60.0
FORGOTTEN_S = 86_400.0
_PAIR = "user and source"
_KINDS = (_PAIR, "user", "source")


@dataclass(frozen=True)
class Seen:
    """The failures of one kind before an attempt, and when the last one was."""

    kind: str
    subject: bytes
    failures: int
    last_s: float


@dataclass(frozen=True)
class Attempt:
    """One attempt that was taken, counted as failed until it is known to be none."""

    before: tuple[Seen, ...]
    time_s: float


class Attempts:
    """The failures in one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self, database: Database | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database or open_database()
        self._clock = clock

    def begin(self, user: str, source: str, *, device: bytes | None = None) -> Attempt:
        """Take an attempt, and count it as failed before the password is looked at.

        So attempts at the same moment count like those one after another.

        Args:
            user: The name as it was typed, whether there is one of that name or not.
            source: Where it comes from, an address of a network in most cases.
            device: The sha256 of the proof of a device that is known to be this user's.

        Raises:
            LimitError: One has to wait; the context says ``retry_after_s``.
        """
        with self.database.transaction() as connection:
            now_s = self._clock()
            self._forget(now_s)
            subjects = _subjects(user, source_of(source), device)
            seen = tuple(self._seen(kind, subject) for kind, subject in subjects.items())
            wait_s = _wait_s(seen, now_s)
            if wait_s <= 0:
                connection.executemany(
                    "INSERT INTO sign_in_failures VALUES (?, ?, 1, ?) ON CONFLICT (kind, subject) "
                    "DO UPDATE SET failures = failures + 1, last_s = excluded.last_s",
                    [(each.kind, each.subject, now_s) for each in seen],
                )
        if wait_s > 0:  # only now: what was forgotten, and clocks put right, are to stay so
            raise LimitError(
                f"too many attempts failed; the next is taken in {max(1, round(wait_s))} s",
                hint="wait: attempts until then are not taken, and make the wait no longer",
                limit="sign-in",
                retry_after_s=wait_s,
            )
        return Attempt(seen, now_s)

    def succeeded(self, attempt: Attempt) -> None:
        """Count an attempt as none.

        What others failed at for the user, and this source for others, stays counted: else one's
        own account would wipe the slate clean.
        """
        with self.database.transaction() as connection:
            for each in attempt.before:
                if each.kind == _PAIR:
                    connection.execute(
                        "DELETE FROM sign_in_failures WHERE kind = ? AND subject = ?",
                        (each.kind, each.subject),
                    )
                    continue
                connection.execute(
                    "UPDATE sign_in_failures SET failures = failures - 1, "
                    "last_s = CASE WHEN last_s = ? THEN ? ELSE last_s END "
                    "WHERE kind = ? AND subject = ?",
                    (attempt.time_s, each.last_s, each.kind, each.subject),
                )
            connection.execute("DELETE FROM sign_in_failures WHERE failures <= 0")

    def clear(self, *, actor: str = LOCAL) -> int:
        """Forget all failures, so that nobody waits; returns how many counts there were."""
        with self.database.transaction() as connection:
            found = connection.execute("DELETE FROM sign_in_failures").rowcount
            Ledger(self.database).append(
                "sign_in.failures_forgotten", "all", actor=actor, data={"counts": found}
            )
        return found

    def _seen(self, kind: str, subject: bytes) -> Seen:
        row = self.database.read_one(
            "SELECT failures, last_s FROM sign_in_failures WHERE kind = ? AND subject = ?",
            (kind, subject),
        )
        return Seen(kind, subject, *(tuple(row) if row else (0, 0.0)))

    def _forget(self, now_s: float) -> None:
        with self.database.transaction() as connection:
            connection.execute(
                "DELETE FROM sign_in_failures WHERE last_s < ?", (now_s - FORGOTTEN_S,)
            )
            # A clock that was put back must not make anybody wait until it has caught up.
            connection.execute(
                "UPDATE sign_in_failures SET last_s = ? WHERE last_s > ?", (now_s, now_s)
            )


def source_of(address: str) -> str:
    """What counts as one source: an IPv4 address, an IPv6 network of 64 bits, other names as is.

    Who has one address of IPv6 has 2^64 of them.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), 64), strict=False))
    return str(found)


def _wait_s(seen: tuple[Seen, ...], now_s: float) -> float:
    """How long the next attempt has to wait; 0 or less if it has not."""
    by_kind = {each.kind: each for each in seen}
    own = by_kind[_PAIR]
    lengths = [(_growing(own.failures - FREE_FAILURES, MOST_WAIT_S), own)]
    if own.failures and (in_all := by_kind.get("user")):
        beyond = in_all.failures - FREE_FAILURES_IN_ALL
        lengths.append((_growing(beyond, MOST_WAIT_S), own))
    if of_source := by_kind.get("source"):
        beyond = of_source.failures - FREE_FAILURES_IN_ALL
        lengths.append((_growing(beyond, MOST_SOURCE_WAIT_S), of_source))
    return max(length_s - (now_s - each.last_s) for length_s, each in lengths)


def _growing(beyond: int, most_s: float) -> float:
    """0 until the free failures are used, then 1 s, doubling with each."""
    return 0.0 if beyond < 0 else min(most_s, 2.0 ** min(beyond, 30))


def _subjects(user: str, source: str, device: bytes | None) -> dict[str, bytes]:
    """What is counted, as hashes of what was typed: people type passwords where names belong."""

    def digest(*parts: str) -> bytes:
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

    if device is not None:
        return {_PAIR: digest("device", user, device.hex())}
    return {
        _PAIR: digest("pair", user, source),
        "user": digest("user", user),
        "source": digest("source", source),
    }
