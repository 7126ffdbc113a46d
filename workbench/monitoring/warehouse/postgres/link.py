"""The warehouse's connection to Postgres: in UTC, with its own schema first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DataError
from workbench.core.optional import require
from workbench.store import postgres_link
from workbench.store.postgres_link import EXTRA, connect_postgres, last_words, place_of

if TYPE_CHECKING:
    import psycopg

SCHEMA = "workbench"


def connect(url: str) -> psycopg.Connection[Any]:
    """A connection that commits each statement by itself, in UTC, with our schema first.

    Args:
        url: As ``connect_postgres`` takes it.

    Raises: As ``connect_postgres``.
    """
    engine = require("psycopg", extra=EXTRA)
    connection = connect_postgres(url, setting="warehouse_url")
    with saying_why(url):
        # Before the built-in functions: ours are those of DuckDB, and `round` is of both.
        connection.execute(f"SET search_path = {SCHEMA}, pg_catalog; SET TimeZone = 'UTC'")
    # A server would else end a long statement before it sees that its client is dead. Not every
    # system that it runs on can tell.
    with suppress(engine.errors.InvalidParameterValue, engine.errors.UndefinedObject):
        connection.execute("SET client_connection_check_interval = '1s'")
    _read_numbers(connection)
    return connection


@contextmanager
def saying_why(url: str) -> Iterator[None]:
    """Turn what goes wrong on a connection that stood into an error of ours."""
    rights = "docs/how-to/measure-usage.md says which rights reading and building need"
    engine = require("psycopg", extra=EXTRA)
    try:
        with postgres_link.saying_why(url, what="the warehouse", rights=rights):
            yield
    except engine.DataError as error:
        raise DataError(f"{place_of(url)} cannot take a figure: {last_words(error)}") from None


def _read_numbers(connection: psycopg.Connection[Any]) -> None:
    """``numeric`` as DuckDB gives it: sums of whole numbers are int, quotients float."""
    from psycopg.adapt import Buffer, Loader

    class Number(Loader):
        def load(self, data: Buffer) -> int | float:
            said = bytes(data)
            return int(said) if said.lstrip(b"-").isdigit() else float(said)

    connection.adapters.register_loader("numeric", Number)
