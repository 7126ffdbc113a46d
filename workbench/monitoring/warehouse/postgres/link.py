"""A connection to Postgres, and its faults in our words: a password is in none of them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from workbench.core.errors import (
    AccessError,
    ConfigError,
    DataError,
    FetchError,
    NotFoundError,
    StorageError,
    WorkbenchError,
)
from workbench.core.optional import require
from workbench.store.postgres_words import REFUSED, last_words

if TYPE_CHECKING:
    import psycopg

EXTRA = "postgres"
SCHEMA = "workbench"
# What a server is waited for: to answer at all, and to say something on a connection that stands.
_WAIT = {"connect_timeout": "5", "tcp_user_timeout": "30000", "keepalives_idle": "30"}


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection that commits each statement by itself, in UTC, with our schema first.

    Args:
        url: ``postgresql://USER@HOST:PORT/DATABASE``; what it lacks libpq finds in PGPASSWORD,
            ``~/.pgpass`` and the like.

    Raises:
        ConfigError: It is no such address.
        AccessError: The server refuses the user or the password.
        NotFoundError: It has no such database.
        FetchError: It cannot be reached.
        DependencyError: psycopg is not installed.
    """
    engine = require("psycopg", extra=EXTRA)
    given = _read(url)
    try:
        connection: psycopg.Connection[Any] = engine.connect(
            **{**_WAIT, "application_name": f"workbench {socket.gethostname()} {os.getpid()}"},
            **given, autocommit=True,
        )  # fmt: skip
    except engine.OperationalError as error:
        raise _why_not(error, place_of(url)) from None
    with saying_why(url):
        # Before the built-in functions: ours are those of DuckDB, and `round` is of both.
        connection.execute(f"SET search_path = {SCHEMA}, pg_catalog; SET TimeZone = 'UTC'")
    # A server would else end a long statement before it sees that its client is dead. Not every
    # system that it runs on can tell.
    with suppress(engine.errors.InvalidParameterValue, engine.errors.UndefinedObject):
        connection.execute("SET client_connection_check_interval = '1s'")
    _read_numbers(connection)
    return connection


def place_of(url: str) -> str:
    """Where a server is, without user and password."""
    try:
        given = _read(url)
    except ConfigError:
        return "(unreadable)"
    host = given.get("host") or given.get("hostaddr") or "localhost"
    return f"{host}:{given.get('port', '5432')}/{given.get('dbname', '')}"


@contextmanager
def saying_why(url: str) -> Iterator[None]:
    """Turn what goes wrong on a connection that stood into an error of ours."""
    engine = require("psycopg", extra=EXTRA)
    place = place_of(url)
    try:
        yield
    except engine.errors.InsufficientPrivilege as error:
        raise AccessError(
            f"the warehouse at {place}: {last_words(error)}",
            hint="docs/how-to/measure-usage.md says which rights reading and building need",
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
    except engine.DataError as error:
        raise DataError(f"{place} cannot take a figure: {last_words(error)}") from None


def _read(url: str) -> dict[str, Any]:
    """The parts of an address; libpq's own word on a fault may quote the password."""
    engine = require("psycopg", extra=EXTRA)
    try:
        given: dict[str, Any] = engine.conninfo.conninfo_to_dict(url)
    except engine.Error:
        raise ConfigError(
            "setting 'warehouse_url' is no address of a Postgres",
            hint="postgresql://USER@HOST:5432/DATABASE; %-encode what is special in a password",
            setting="warehouse_url",
        ) from None
    return given


def _why_not(error: Exception, place: str) -> WorkbenchError:
    told = last_words(error)
    if any(word in told for word in REFUSED) or ('role "' in told and "does not exist" in told):
        return AccessError(
            f"the Postgres at {place} refuses this user: {told}",
            hint="put the password in PGPASSWORD or ~/.pgpass",
        )
    if 'database "' in told and "does not exist" in told:
        return NotFoundError(f"the Postgres at {place}: {told}", hint="createdb makes one")
    return FetchError(
        f"the Postgres at {place} cannot be reached: {told}",
        hint="look whether it runs; workbench config show warehouse_url says where it is sought",
    )


def _read_numbers(connection: psycopg.Connection[Any]) -> None:
    """``numeric`` as DuckDB gives it: sums of whole numbers are int, quotients float."""
    from psycopg.adapt import Buffer, Loader

    class Number(Loader):
        def load(self, data: Buffer) -> int | float:
            said = bytes(data)
            return int(said) if said.lstrip(b"-").isdigit() else float(said)

    connection.adapters.register_loader("numeric", Number)
