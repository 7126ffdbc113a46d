"""A property graph in a file of ladybug's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from workbench.core.errors import IntegrityError

from ..states import State
from .asking import ask_worker
from .ladybug_files import BUFFER_BYTES, FILE, ensure_file
from .protocol import MOST_ROWS, TIMEOUT_S, Rows
from .talking import Worker


class LadybugGraph:
    """A state's property graph, made if it is not there.

    Args:
        state: The state.

    Raises:
        BusyError: Another process has been making it for minutes.
        DependencyError: ladybug or pyarrow is not installed.
    """

    def __init__(self, state: State) -> None:
        self.name = state.graph.name
        folder, self.schema = ensure_file(state)
        opening = {"kind": "ladybug", "folder": str(folder), "name": FILE, "write": False}
        self._worker = Worker({**opening, "buffer_bytes": BUFFER_BYTES})
        try:
            self._worker.open()
        except IntegrityError:  # its bytes are those that were written, and still it does not open
            (folder / FILE).unlink(missing_ok=True)
            _, self.schema = ensure_file(state)
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
        """End the process that has the file open."""
        self._worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
