"""A server that speaks Bolt, asked through Neo4j's driver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from workbench.core.errors import (
    AccessError,
    CapacityError,
    ConflictError,
    DeadlineError,
    EngineError,
    FetchError,
    InputError,
    NotFoundError,
    WorkbenchError,
)
from workbench.core.optional import require

_CONNECT_S = 5.0
_STAMP = "MATCH (s:State) RETURN s.key AS key, s.whole AS whole LIMIT 1"


class BoltEngine:
    """A connection to one database of a server.

    Args:
        server: ``url``, ``database``, ``user`` and ``password``.
        stamp: That of the state that it has to hold when it is asked; None for who fills it.

    Raises:
        AccessError: The server refuses the user or the password.
        DependencyError: The driver is not installed.
        FetchError: It cannot be reached, or is no server of this kind.
        NotFoundError: It has no such database.
    """

    def __init__(self, server: Mapping[str, str], *, stamp: str | None = None) -> None:
        self._neo4j = require("neo4j", extra="bolt")
        self._server, self._stamp = server, stamp
        self.place = f"{server['url'].partition('://')[2]}/{server['database']}"
        with self._in_our_words():
            self._driver = self._neo4j.GraphDatabase.driver(
                server["url"],
                auth=(server["user"], server["password"]),
                connection_timeout=_CONNECT_S,
                connection_acquisition_timeout=2 * _CONNECT_S,
                max_transaction_retry_time=0,
                warn_notification_severity="OFF",
                notifications_min_severity="OFF",
                telemetry_disabled=True,
            )
        try:
            with self._in_our_words(), self._session("READ") as session:
                session.run("RETURN 1").consume()
        except BaseException:
            self._driver.close()
            raise

    def change(self, statement: str, parameters: Mapping[str, Any] | None = None) -> int:
        """Carry out and commit a statement; how many nodes it deleted."""
        with self._in_our_words(), self._session("WRITE") as session:
            summary = session.run(statement, dict(parameters or {})).consume()
            return int(summary.counters.nodes_deleted)

    def rows(self, cypher: str) -> list[dict[str, Any]]:
        """The rows of a question of our own."""
        with self._in_our_words(), self._session("READ") as session:
            return [dict(record) for record in session.run(cypher)]

    def ask(
        self, cypher: str, parameters: Mapping[str, Any], *, timeout_s: float
    ) -> tuple[list[str], Iterator[list[Any]]]:
        """The columns, and the rows as plain data.

        The transaction is opened for reading, which Neo4j holds it to, and rolled back in any case,
        which other servers need. That the state is the right one is looked at within it.
        """
        rows = self._asked(cypher, parameters, timeout_s)
        columns: list[str] = next(rows)
        return columns, rows

    def close(self) -> None:
        """Close the connection."""
        self._driver.close()

    def _session(self, mode: str) -> Any:
        return self._driver.session(
            database=self._server["database"], default_access_mode=mode, fetch_size=500
        )

    def _asked(
        self, cypher: str, parameters: Mapping[str, Any], timeout_s: float
    ) -> Iterator[list[Any]]:
        with self._in_our_words(), self._session("READ") as session:
            transaction = session.begin_transaction(timeout=timeout_s)
            try:
                self._check_stamp(transaction)
                result = transaction.run(cypher, dict(parameters))
                yield list(result.keys())
                for record in result:
                    yield [self._plain(value) for value in record.values()]
                self._check_stamp(transaction)
            finally:
                if not transaction.closed():
                    transaction.rollback()

    def _check_stamp(self, transaction: Any) -> None:
        record = transaction.run(_STAMP).single()
        if self._stamp is None or record is None:
            found = None
        else:
            found = record["key"] if record["whole"] else None
        if found != self._stamp:
            raise ConflictError(
                f"another state was loaded into {self.place} meanwhile",
                hint="ask again: it is loaded anew",
            )

    def _plain(self, value: Any) -> Any:
        """A value as JSON has it; nodes and edges without the server's own numbers for them."""
        graph = self._neo4j.graph
        if isinstance(value, graph.Path):
            return {
                "_nodes": [self._plain(node) for node in value.nodes],
                "_edges": [self._plain(edge) for edge in value.relationships],
            }
        if isinstance(value, graph.Node):
            return {"_label": ":".join(sorted(value.labels)), **self._properties(value)}
        if isinstance(value, graph.Relationship):
            return {"_relation": value.type, **self._properties(value)}
        if isinstance(value, dict):
            return {str(key): self._plain(each) for key, each in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._plain(each) for each in value]
        if isinstance(value, (str, int, float, bool, type(None))):
            return value
        return value.iso_format() if hasattr(value, "iso_format") else str(value)

    def _properties(self, thing: Any) -> dict[str, Any]:
        kept = {key: self._plain(each) for key, each in thing.items() if each is not None}
        return dict(sorted(kept.items()))

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        errors = self._neo4j.exceptions
        try:
            yield
        except WorkbenchError:  # ours derive from builtins that are caught below
            raise
        except errors.AuthError:
            raise AccessError(
                f"the server at {self.place} refuses this user or password",
                hint="the user stands in graph_url, the password in NEO4J_PASSWORD or in the file "
                "that graph_password_file names",
            ) from None
        except errors.Neo4jError as error:
            raise _refused(error, self.place) from None
        except (errors.DriverError, OSError, ValueError) as error:
            raise _unreached(error, self.place) from None


def _unreached(error: Exception, place: str) -> WorkbenchError:
    lines = str(error).splitlines() or [""]
    told = lines[-1].strip() or type(error).__name__
    low = str(error).lower()
    if "looks like http" in low or "handshake" in low or "version" in low or "protocol" in low:
        return FetchError(
            f"what answers at {place} does not speak Bolt, or another version of it",
            hint="workbench config show: graph_url names host and port (Neo4j's is 7687)",
        )
    return FetchError(
        f"the server at {place} cannot be reached: {told}",
        hint="look whether it runs; --on ladybug needs none",
    )


def _refused(error: Any, place: str) -> WorkbenchError:
    code, told = str(error.code or ""), str(error.message or "").strip()
    told = (told.splitlines() or ["refused"])[0]
    low = f"{code} {told}".lower()
    if "databasenotfound" in low:
        return NotFoundError(
            f"the server at {place} has no such database",
            hint="make it there, or name another at the end of graph_url",
        )
    if "timedout" in low or "timed out" in low or "terminated" in low:
        return DeadlineError("the query took longer than it may")
    if "memory" in low:
        return CapacityError(f"the server refused: {told}", hint="go fewer steps, or return less")
    if "accessmode" in low or "forbidden" in low or "read access" in low or "security" in low:
        return AccessError(f"the server at {place} refused: {told}", hint="only reading is allowed")
    if "statement" in low or "procedure" in low or "argument" in low or "semantic" in low:
        return InputError(told, hint="workbench knowledge schema NAME shows what may be asked for")
    return EngineError(f"the server at {place}: {told}", hint="the server's own log tells more")
