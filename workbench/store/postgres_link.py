"""A connection to Postgres, and its faults in our words: a password is in none of them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.core.errors import (
    AccessError,
    BusyError,
    ConfigError,
    FetchError,
    NotFoundError,
    StorageError,
    WorkbenchError,
)
from workbench.core.optional import require

if TYPE_CHECKING:
    import psycopg

EXTRA = "postgres"
# What a server is waited for: to answer at all, and to say something on a connection that stands.
_WAIT = {"connect_timeout": "5", "tcp_user_timeout": "30000", "keepalives_idle": "30"}
# By these a server tells that it does not take a user, and not that it is not there.
_REFUSED = ("authentication failed", "no password supplied", "pg_hba.conf", "is not permitted")


def connect_postgres(url: str, *, setting: str) -> psycopg.Connection[Any]:
    """A connection that commits each statement by itself.

    Args:
        url: ``postgresql://USER@HOST:PORT/DATABASE``; what it lacks libpq finds in PGPASSWORD,
            ``~/.pgpass`` and the like.
        setting: The setting that names it, for the words of errors.

    Raises:
        AccessError: The server refuses the user or the password.
        ConfigError: It is no such address.
        DependencyError: psycopg is not installed.
        FetchError: It cannot be reached.
        NotFoundError: It has no such database.
    """
    engine = require("psycopg", extra=EXTRA)
    given = _read(url, setting)
    name = f"workbench {socket.gethostname()} {os.getpid()}"
    try:
        connection: psycopg.Connection[Any] = engine.connect(
            **{**_WAIT, "application_name": name, **given}, autocommit=True
        )
    except engine.OperationalError as error:
        raise _why_not(error, place_of(url), setting) from None
    return connection


def place_of(url: str) -> str:
    """Where a server is, without user and password."""
    try:
        given = _read(url, "")
    except ConfigError:
        return "(unreadable)"
    host = given.get("host") or given.get("hostaddr") or "localhost"
    return f"{host}:{given.get('port', '5432')}/{given.get('dbname', '')}"


@contextmanager
def saying_why(url: str, *, what: str, rights: str | None = None) -> Iterator[None]:
    """Turn what goes wrong on a connection that stood into an error of ours.

    Args:
        url: Where it stands.
        what: What is kept there, as in *the spaces*.
        rights: What to try where a right is missing.
    """
    engine = require("psycopg", extra=EXTRA)
    place = place_of(url)
    try:
        yield
    except engine.errors.InsufficientPrivilege as error:
        raise AccessError(f"{what} at {place}: {last_words(error)}", hint=rights) from None
    except engine.errors.LockNotAvailable:
        raise BusyError(
            f"somebody else writes {what} at {place}, and it takes too long", hint="try again"
        ) from None
    except engine.errors.InsufficientResources as error:
        raise StorageError(
            f"the server at {place} has no room: {last_words(error)}", hint="free some there"
        ) from None
    except engine.OperationalError as error:
        raise FetchError(
            f"the connection to {place} was lost: {last_words(error)}",
            hint="nothing half is kept there; once it answers, the same command again",
        ) from None


def last_words(error: Exception) -> str:
    """The last part of a fault's first line: before it libpq repeats where it connected to."""
    line = (str(error).splitlines() or [""])[0]
    for word in ("FATAL:  ", "failed: "):
        if word in line:
            line = line.rsplit(word, 1)[1]
    return line.strip() or type(error).__name__


def _read(url: str, setting: str) -> dict[str, Any]:
    """The parts of an address; libpq's own word on a fault may quote the password."""
    engine = require("psycopg", extra=EXTRA)
    try:
        given: dict[str, Any] = engine.conninfo.conninfo_to_dict(url)
    except engine.Error:
        raise ConfigError(
            f"setting {setting!r} is no address of a Postgres",
            hint="postgresql://USER@HOST:5432/DATABASE; %-encode what is special in a password",
            setting=setting,
        ) from None
    return given


def _why_not(error: Exception, place: str, setting: str) -> WorkbenchError:
    told = last_words(error)
    if any(word in told for word in _REFUSED) or ('role "' in told and "does not exist" in told):
        return AccessError(
            f"the Postgres at {place} refuses this user: {told}",
            hint="put the password in PGPASSWORD or ~/.pgpass",
        )
    if 'database "' in told and "does not exist" in told:
        return NotFoundError(f"the Postgres at {place}: {told}", hint="createdb makes one")
    return FetchError(
        f"the Postgres at {place} cannot be reached: {told}",
        hint=f"look whether it runs; workbench config show {setting} says where it is sought",
    )
