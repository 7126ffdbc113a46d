"""Where the kernels of a run come from: a fork server if that pays and is sound, else cold."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..core import progress
from ..core.errors import CapabilityError
from . import forkserver
from .preload import plan_imports
from .sessions import KernelSession

Choice = Literal["auto", "fork", "cold"]


@dataclass
class KernelSource:
    """Opens sessions. ``server`` is None where kernels start cold; ``reason`` says why.

    ``pending`` is a server that still imports; ``settle`` waits for it.
    """

    server: forkserver.ForkServer | None
    reason: str
    pending: forkserver.PendingServer | None = None

    def settle(self) -> None:
        """Be ready to open sessions: the runner is imported, the server has its modules.

        Raises:
            CancelledError: The run was cancelled.
        """
        if self.pending is None:
            _import_runner()
            return
        with progress.progress("loading modules once for all notebooks"):
            _import_runner()
            try:
                self.server = self.pending.wait()
            except CapabilityError as error:
                self.reason = str(error)
                return
        left_out = "".join(f"; without {name}: {why}" for name, why in self.server.skipped.items())
        self.reason = "forked from a process that has the modules" + left_out

    def open(self, cwd: Path, *, threads: int) -> KernelSession:
        """A session whose kernel runs in ``cwd``; cold if the server cannot fork any more."""
        if self.server is None:
            return KernelSession(cwd, threads, reason=self.reason)
        refused = self.server.check()
        if refused:
            return KernelSession(cwd, threads, reason=refused)
        return KernelSession(cwd, threads, server_id=self.server.id, reason=self.reason)


@contextmanager
def kernel_source(files: Sequence[Path], *, choice: Choice) -> Iterator[KernelSource]:
    """The source of a run's kernels, and its end: no kernel outlives the block.

    A fork server begins to import at once, while the caller reads and checks the notebooks.
    """
    reason = _why_cold(files, choice)
    if reason:
        yield KernelSource(None, reason)
        return
    with tempfile.TemporaryDirectory(prefix="workbench-server-") as folder:
        try:
            pending = forkserver.begin(plan_imports(files), log=Path(folder) / "server.log")
        except CapabilityError as error:
            yield KernelSource(None, str(error))
            return
        try:
            yield KernelSource(None, "", pending)
        finally:
            pending.close()


def _why_cold(files: Sequence[Path], choice: Choice) -> str:
    if choice == "cold":
        return "asked for"
    if choice == "auto" and len(files) < 2:
        return "one notebook gains nothing from a fork server"
    return forkserver.why_not_here()


def _import_runner() -> Any:
    """Papermill takes a second to import; a server imports meanwhile."""
    from . import engine

    return engine
