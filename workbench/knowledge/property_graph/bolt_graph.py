"""A property graph in a server that speaks Bolt: Neo4j, or another that its driver can ask."""

from __future__ import annotations

from ..states import State
from .asking import WorkerGraph
from .bolt_loading import ensure_loaded
from .bolt_servers import find_server
from .talking import Worker


class BoltGraph(WorkerGraph):
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
        server = find_server()
        stamp, schema = ensure_loaded(state, server)
        worker = Worker({"kind": "bolt", "server": server.told(), "stamp": stamp})
        worker.open()
        super().__init__(state.graph.name, schema, worker)
