"""A property graph in a file of ladybug's."""

from __future__ import annotations

from workbench.core.errors import IntegrityError

from ..states import State
from .asking import WorkerGraph
from .ladybug_files import BUFFER_BYTES, FILE, ensure_file
from .talking import Worker


class LadybugGraph(WorkerGraph):
    """A state's property graph, made if it is not there.

    Args:
        state: The state.

    Raises:
        BusyError: Another process has been making it for minutes.
        DependencyError: ladybug or pyarrow is not installed.
    """

    def __init__(self, state: State) -> None:
        folder, schema = ensure_file(state)
        opening = {"kind": "ladybug", "folder": str(folder), "name": FILE, "write": False}
        worker = Worker({**opening, "buffer_bytes": BUFFER_BYTES})
        try:
            worker.open()
        except IntegrityError:  # its bytes are those that were written, and still it does not open
            (folder / FILE).unlink(missing_ok=True)
            _, schema = ensure_file(state)
            worker.open()
        super().__init__(state.graph.name, schema, worker)
