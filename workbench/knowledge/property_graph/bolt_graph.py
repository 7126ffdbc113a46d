"""A property graph in a server that speaks Bolt: Neo4j, or another that its driver can ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from ..states import State
from .asking import ask_worker
from .bolt_loading import ensure_loaded
from .bolt_servers import find_server
from .protocol import MOST_ROWS, TIMEOUT_S, Rows
from .talking import Worker


class BoltGraph:
    """A state's property graph in the server of ``graph_url``, loaded if another is there.

    Args:
        state: The state.

    Raises:
        AccessError: The server refuses the user or the password.
        ConfigError, InputError: ``graph_url`` is no address, or not set.
        ConflictError: The database holds what this home did not load.
        DependencyError: The driver is not installed.
        FetchError: The server cannot be reached, or does not speak Bolt.
        NotFoundError: It has no such database.
    """

    def __init__(self, state: State) -> None:
        self.name = state.graph.name
        server = find_server()
        stamp, self.schema = ensure_loaded(state, server)
        self._worker = Worker({"kind": "bolt", "server": server.told(), "stamp": stamp})
        self._worker.open()

    def query(
        self,
        cypher: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        limit: int = MOST_ROWS,
        timeout_s: float = TIMEOUT_S,
    ) -> Rows:
        """Ask in Cypher; see ``protocol.PropertyGraph``."""
        return ask_worker(self, self._worker, cypher, parameters, limit=limit, timeout_s=timeout_s)

    def close(self) -> None:
        """End the process that has the connection."""
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
