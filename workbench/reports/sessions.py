"""One notebook's kernel: where its sockets lie, what it inherits, and how it is stopped."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..models.engines.openmp import WAIT_POLICY
from .claims import RUNNER_VARIABLE

# A socket's path may have 104 bytes on macOS and 108 on Linux; ours ends in 30 of its own.
_LONGEST_TEMPORARY_FOLDER = 70
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
    "WORKBENCH_THREADS",
)

StopKind = Literal["deadline", "cancelled"]


@dataclass
class KernelSession:
    """The kernel of one run. ``server_id`` names the fork server it comes from; empty is cold.

    ``reason`` says why it is the one or the other.

    Sockets are files in a folder of our own with mode 0700: no port can be taken between its
    choice and its use, and nobody else on the machine can connect.
    """

    cwd: Path
    threads: int
    server_id: str = ""
    reason: str = ""
    on_cell: Callable[[int, int], None] | None = None
    folder: Path = field(init=False)
    stopped: StopKind | None = field(default=None, init=False)
    loaded: list[str] = field(default_factory=list, init=False)
    manager: Any = field(default=None, init=False)
    nb: Any = field(default=None, init=False)
    position: int | None = field(default=None, init=False)
    on_kernel_gone: Callable[[], None] | None = field(default=None, init=False)
    kernel_gone: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        base = tempfile.gettempdir()
        if len(base) > _LONGEST_TEMPORARY_FOLDER:
            base = "/tmp"
        self.folder = Path(tempfile.mkdtemp(prefix="workbench-", dir=base))

    @property
    def kind(self) -> Literal["fork", "cold"]:
        """Whether the kernel is forked or starts from nothing."""
        return "fork" if self.server_id else "cold"

    @property
    def log_path(self) -> Path:
        """What the kernel wrote past IPython: a crash's last words."""
        return self.folder / "kernel.log"

    def turn_cold(self, reason: str) -> None:
        """Go on without the fork server; the next kernel starts from nothing."""
        self.server_id, self.reason, self.nb = "", reason, None

    def environment(self) -> dict[str, str]:
        """The kernel's environment."""
        return kernel_environment(self.threads, self.folder)

    def attach(self, manager: Any) -> None:
        """Know the kernel's manager. A session that was stopped before gets no kernel."""
        with self._lock:
            self.manager = manager

    def stop(self, kind: StopKind) -> None:
        """Kill the kernel, from any thread; the run then ends by itself. Safe to repeat."""
        with self._lock:
            self.stopped = self.stopped or kind
            provisioner = getattr(self.manager, "provisioner", None)
        if provisioner is not None:
            provisioner.kill_now()

    def begin_cell(self, position: int, total: int) -> None:
        """Note that a cell begins, and tell who listens."""
        self.position = position
        if self.on_cell is not None:
            self.on_cell(position, total)

    def end_kernel(self) -> None:
        """Note that the kernel is gone, and tell who waits for its place."""
        self.kernel_gone.set()
        if self.on_kernel_gone is not None:
            self.on_kernel_gone()

    def mark_stopped_cell(self) -> int | None:
        """Mark where a run that did not end by itself was, and return that cell's number.

        Papermill marks every cell of such a run as completed, also those it never came to.
        """
        if self.nb is None or self.position is None:
            return None
        for cell in self.nb.cells[self.position :]:
            cell.metadata.setdefault("papermill", {})["status"] = "pending"
        stopped = self.nb.cells[self.position]
        stopped.metadata.papermill["status"] = "failed"
        before = self.nb.cells[: self.position + 1]
        return sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in before)

    def last_words(self) -> str:
        """The last lines of the kernel's log."""
        try:
            lines = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-8:])

    def close(self) -> None:
        """Remove the folder. The kernel must be gone."""
        shutil.rmtree(self.folder, ignore_errors=True)


def kernel_environment(threads: int, folder: Path) -> dict[str, str]:
    """What a kernel inherits: forked or cold, the same.

    Threads are set, because kernels side by side that each take every core spin against each
    other; the hash seed is set, so that a set's order is the same in each run.
    """
    environment = {**WAIT_POLICY, **os.environ, **dict.fromkeys(_THREAD_VARIABLES, str(threads))}
    environment |= {
        RUNNER_VARIABLE: "1",
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONHASHSEED": "0",
        "TOKENIZERS_PARALLELISM": "false",
        # Colours are for a terminal; a page draws its own from the standard set.
        "PYTHONUNBUFFERED": "1",
    }
    scripts = str(Path(sys.executable).parent)
    if scripts not in environment.get("PATH", "").split(os.pathsep):
        environment["PATH"] = os.pathsep.join([scripts, environment.get("PATH", "")])
    return environment
