"""Papermill's engine for reports: its notebook handling, our kernels, a look at each cell.

Imports papermill (two seconds), so only the runner imports this module, and late.
"""

from __future__ import annotations

import ast
import logging
import sys
from pathlib import Path, PurePath
from typing import Any

import papermill
from jupyter_core.utils import ensure_event_loop
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines
from papermill.translators import PythonTranslator, papermill_translators

from ..core.plain import to_plain
from . import provisioner
from .kernel_manager import ReportKernelManager
from .machine import MAIN_PACKAGES
from .sessions import KernelSession

# The name under which papermill finds our engine and our way to write parameters.
NAME = "workbench"


class _CellLog(logging.LoggerAdapter):
    """What nbclient says while it runs the cells, but for a kernel that we have killed ourselves.

    Then its "Kernel died while waiting for execute reply" would alarm who has only pressed Ctrl-C.
    """

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802  its name in logging
        assert self.extra is not None
        session = self.extra["session"]
        assert isinstance(session, KernelSession)
        return session.stopped is None and super().isEnabledFor(level)


class ReportClient(PapermillNotebookClient):
    """Runs the cells of one notebook in its session's kernel."""

    session: KernelSession

    def create_kernel_manager(self) -> ReportKernelManager:
        """A manager whose kernel belongs to the session."""
        provisioner.register()
        folder = self.session.folder
        self.km = ReportKernelManager(
            transport="ipc", ip=str(folder / "k"), connection_file=str(folder / "kernel.json")
        )
        self.km.spec = provisioner.kernel_spec(self.session.server_id, sys.executable)
        self.session.attach(self.km)
        return self.km

    def papermill_execute_cells(self) -> None:
        """Run the cells, then ask the kernel which of the main packages it has loaded."""
        super().papermill_execute_cells()
        names = tuple(MAIN_PACKAGES)
        asked = f"','.join(n for n in {names!r} if n in __import__('sys').modules)"
        message = self.kc.execute("", silent=True, user_expressions={"loaded": asked})
        reply = self.wait_for_reply(message)
        told = (reply or {}).get("content", {}).get("user_expressions", {}).get("loaded", {})
        if told.get("status") == "ok":
            self.session.loaded = ast.literal_eval(told["data"]["text/plain"]).split(",")


class ReportEngine(NBClientEngine):
    """Papermill's own engine, with a client that is given its session."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Run a notebook; its metadata keep no path of this machine and only plain values."""
        told = nb.metadata.papermill
        told["parameters"] = to_plain(told.get("parameters", {}))
        told["input_path"] = told["output_path"] = PurePath(told["input_path"]).name
        return super().execute_notebook(nb, kernel_name, **kwargs)

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        session: KernelSession,
        start_timeout: int = 120,
        **kwargs: Any,
    ) -> Any:
        """Run a notebook whose parameters papermill has set."""
        session.nb = nb_man.nb

        def tell(cell: Any, cell_index: int, **_: Any) -> None:
            session.begin_cell(cell_index, len(nb_man.nb.cells))

        client = ReportClient(
            nb_man,
            log=_CellLog(logging.getLogger("traitlets"), {"session": session}),
            startup_timeout=start_timeout,
            kernel_name="python3",
            on_cell_start=tell,
            # A report is read, and its widgets are shown as their text: their state is dead weight.
            store_widget_state=False,
            record_timing=False,  # papermill times the cells
        )
        client.session = session
        with session.log_path.open("wb") as log:
            return client.execute(
                cwd=str(session.cwd), env=session.environment(), stdout=log, stderr=log
            )


class ReportTranslator(PythonTranslator):
    """Writes parameters as the notebook's author would: readable text, and paths as paths."""

    @classmethod
    def translate(cls, val: Any) -> str:
        """A value as a Python literal."""
        if isinstance(val, PurePath):
            return f"Path({str(val)!r})"
        if isinstance(val, str):
            return repr(val)
        return str(super().translate(val))

    @classmethod
    def inspect(cls, parameters_cell: Any) -> list[Any]:
        """The names; papermill compares no more, and they were checked before."""
        from papermill.models import Parameter

        targets = [
            target
            for node in ast.parse(parameters_cell["source"]).body
            for target in getattr(node, "targets", [getattr(node, "target", None)])
        ]
        return [Parameter(t.id, "", "", "") for t in targets if isinstance(t, ast.Name)]


def execute(source: Path, target: Path, *, parameters: dict[str, Any], session: Any) -> None:
    """Run ``source`` with papermill in a thread that has no event loop yet.

    Raises:
        PapermillExecutionError: A cell raised.
    """
    papermill_engines.register(NAME, ReportEngine)
    papermill_translators.register(NAME, ReportTranslator)
    try:
        papermill.execute_notebook(
            _as_template(source),
            _as_template(target),
            parameters=parameters or None,
            engine_name=NAME,
            kernel_name=NAME,
            language="python",
            progress_bar=False,
            session=session,
        )
    finally:
        # nbclient makes a loop for each thread that it runs in, and leaves it open.
        ensure_event_loop().close()


def _as_template(path: Path) -> str:
    """Papermill fills in ``{}`` in a path; a brace in a file's name means itself."""
    return str(path).replace("{", "{{").replace("}", "}}")
