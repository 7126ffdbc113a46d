"""The fork server as the runner sees it: start it, fork kernels from it, signal them, end it."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..core.cancellation import check_cancelled
from ..core.errors import CapabilityError, NotFoundError, WorkbenchError
from ..models.engines.openmp import WAIT_POLICY
from .preload import Import

_ANSWER_TIMEOUT_S = 60.0
# A fork needs a server of one thread. These libraries start theirs when they are loaded.
_SINGLE_THREAD = {
    **dict.fromkeys(
        ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
    ),
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "TOKENIZERS_PARALLELISM": "false",
    **WAIT_POLICY,
    "PYTHONHASHSEED": "0",
}
_MOST_RESTARTS = 3

_servers: dict[str, ForkServer] = {}


class ForkServer:
    """A running fork server. Ask it through ``check``, ``spawn``; ``close`` ends its kernels too.

    Safe to use from several threads.
    """

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        self.id = uuid.uuid4().hex
        self.imported: list[str] = []
        self.skipped: dict[str, str] = {}
        self._process, self._connection = process, connection
        connection.settimeout(_ANSWER_TIMEOUT_S)
        self._lines = connection.makefile("r", encoding="utf-8")
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def check(self) -> str:
        """Why no kernel can be forked now; empty if one can."""
        try:
            return str(self.ask("check")["reason"])
        except (OSError, ValueError):
            return "the fork server has ended"

    def spawn(self, **kernel: Any) -> ForkedProcess:
        """Fork a kernel.

        Raises:
            CapabilityError: The server refused or could not; the message says why.
        """
        answer = self.ask("spawn", **kernel)
        if "error" in answer:
            raise CapabilityError(
                f"no kernel was forked: {answer['error']}", hint="run with kernels='cold'"
            )
        return ForkedProcess(self, answer["pid"])

    def ask(self, op: str, **request: Any) -> dict[str, Any]:
        """One question and its answer.

        Raises:
            OSError: The server is gone.
        """
        with self._lock:
            self._connection.sendall(json.dumps({"op": op, **request}).encode() + b"\n")
            return self._read()

    def wait_ready(self, timeout_s: float) -> dict[str, Any]:
        """The first thing that it says, once it has imported.

        Raises:
            OSError: It is gone, or not ready in time.
            CancelledError: The run was cancelled.
        """
        deadline_s = time.monotonic() + timeout_s
        while not select.select([self._connection], [], [], 0.1)[0]:
            check_cancelled()
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"its imports took longer than {timeout_s:g} s")
        return self._read()

    def close(self, *, at_once: bool = False) -> None:
        """End the server and every kernel that it still has. Harmless to repeat.

        Args:
            at_once: Do not let it end by itself: it has no kernel yet and may be importing.
        """
        _servers.pop(self.id, None)
        self._lines.close()
        self._connection.close()
        if at_once:
            self._process.kill()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:  # it is in the midst of a long import
            self._process.kill()
            self._process.wait()

    def _read(self) -> dict[str, Any]:
        line = self._lines.readline()
        if not line:
            raise ConnectionError("the fork server has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer


class ForkedProcess:
    """A forked kernel, with as much of ``subprocess.Popen`` as jupyter_client asks of it."""

    stdin = stdout = stderr = None

    def __init__(self, server: ForkServer, pid: int) -> None:
        self.server, self.pid = server, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        if self.returncode is None:
            try:
                self.returncode = self.server.ask("poll", pid=self.pid)["code"]
            except (OSError, ValueError):  # the server is gone, and its kernels with it
                self.returncode = -int(signal.SIGKILL)
        return self.returncode

    def wait(self) -> int | None:
        """The exit code of a process that has ended."""
        return self.poll()

    def send_signal(self, signum: int) -> None:
        """Signal its process group; nothing happens if it has ended."""
        if self.returncode is None:
            try:
                self.server.ask("signal", pid=self.pid, signum=int(signum))
            except (OSError, ValueError):
                self.returncode = -int(signal.SIGKILL)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)


def find(server_id: str) -> ForkServer:
    """A server that this process started and has not closed.

    Raises:
        NotFoundError: There is none of that id.
    """
    if server_id not in _servers:
        raise NotFoundError(f"there is no fork server {server_id!r} in this process")
    return _servers[server_id]


def why_not_here() -> str:
    """Why this machine cannot fork kernels; empty if it can."""
    if not sys.platform.startswith("linux"):
        return f"forking a loaded process is not sound on {sys.platform}"
    if not Path("/proc/self/task").is_dir():
        return "/proc is not there to count threads in"
    return ""


class PendingServer:
    """A server that is importing its plan. ``wait`` for it, or ``close`` it."""

    def __init__(self, plan: Sequence[Import], log: Path) -> None:
        self._plan, self._log = list(plan), log
        self._skipped: dict[str, str] = {}
        self._server: ForkServer | None = _launch(self._plan, log)

    def wait(self, timeout_s: float = 300.0) -> ForkServer:
        """The server, once it is ready. A module that starts a thread is left out.

        Raises:
            CapabilityError: It did not start; the message says why.
            CancelledError: The run was cancelled.
        """
        while len(self._skipped) < _MOST_RESTARTS:
            self._server = self._server or _launch(self._plan, self._log)
            try:
                told = self._server.wait_ready(timeout_s)
            except (OSError, ValueError) as error:
                self.close()
                raise CapabilityError(f"the fork server did not start: {error}") from error
            if told["ready"]:
                server = self._server
                server.imported, server.skipped = told["imported"], self._skipped
                _servers[server.id] = server
                return server
            self.close()
            self._skipped[told["module"]] = told["reason"]
            self._plan = [each for each in self._plan if each.top != told["module"]]
        raise CapabilityError(
            "too many modules start threads when they are imported: " + ", ".join(self._skipped)
        )

    def close(self) -> None:
        """End the server, ready or not. Harmless to repeat."""
        if self._server is not None:
            self._server.close(at_once=self._server.id not in _servers)
            self._server = None


def begin(plan: Sequence[Import], *, log: Path) -> PendingServer:
    """Start a server that imports the plan, in order; it does so while the caller goes on.

    Args:
        plan: What to import, in order.
        log: The file that takes what the imports write.

    Raises:
        CapabilityError: There can be no fork server here; the message says why.
    """
    reason = why_not_here()
    if reason:
        raise CapabilityError(reason)
    try:
        return PendingServer(plan, log)
    except OSError as error:
        raise CapabilityError(f"the fork server did not start: {error}") from error


def _launch(plan: Sequence[Import], log: Path) -> ForkServer:
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-P", "-m", "workbench.reports.forkserver_process"]
    try:
        with theirs, log.open("ab") as target:
            process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.PIPE,
                stdout=target,
                stderr=target,
                env={**os.environ, **_SINGLE_THREAD},
                start_new_session=True,  # Ctrl-C is for the runner, which then ends the kernels
            )
        assert process.stdin is not None
        with process.stdin as line:
            line.write(json.dumps([list(asdict(each).values()) for each in plan]).encode() + b"\n")
    except (OSError, WorkbenchError):
        ours.close()
        raise
    return ForkServer(process, ours)
