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
from .notebooks import Notebook
from .preload import Import, plan_imports
from .sessions import KernelSession

Choice = Literal["auto", "fork", "cold"]


@dataclass
class KernelSource:
    """Opens sessions. ``server`` is None where kernels start cold; ``reason`` says why."""

    server: forkserver.ForkServer | None
    reason: str

    def open(self, cwd: Path, *, threads: int) -> KernelSession:
        """A session whose kernel runs in ``cwd``; cold if the server cannot fork any more."""
        if self.server is None:
            return KernelSession(cwd, threads, reason=self.reason)
        refused = self.server.check()
        if refused:
            return KernelSession(cwd, threads, reason=refused)
        return KernelSession(cwd, threads, server_id=self.server.id, reason=self.reason)


@contextmanager
def kernel_source(notebooks: Sequence[Notebook], *, choice: Choice) -> Iterator[KernelSource]:
    """The source of a run's kernels, and its end: no kernel outlives the block."""
    reason = _why_cold(notebooks, choice)
    if reason:
        _import_runner()
        yield KernelSource(None, reason)
        return
    with tempfile.TemporaryDirectory(prefix="workbench-server-") as folder:
        try:
            with progress.progress("loading modules once for all notebooks"):
                server = forkserver.start(
                    _plan(notebooks), log=Path(folder) / "server.log", meanwhile=_import_runner
                )
        except CapabilityError as error:
            yield KernelSource(None, str(error))
            return
        try:
            left_out = "".join(f"; without {name}: {why}" for name, why in server.skipped.items())
            yield KernelSource(server, "forked from a process that has the modules" + left_out)
        finally:
            server.close()


def _why_cold(notebooks: Sequence[Notebook], choice: Choice) -> str:
    if choice == "cold":
        return "asked for"
    if choice == "auto" and len(notebooks) < 2:
        return "one notebook gains nothing from a fork server"
    return forkserver.why_not_here()


def _plan(notebooks: Sequence[Notebook]) -> list[Import]:
    extra = [name for each in notebooks for name in each.settings.get("preload", [])]
    return plan_imports([notebook.node for notebook in notebooks], extra)


def _import_runner() -> Any:
    """Papermill takes two seconds to import; the server imports meanwhile."""
    from . import engine

    return engine
