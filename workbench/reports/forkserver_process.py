"""The fork server's own process: imports, then forks a kernel on request, and reaps it.

It does nothing but import. After a process has run one parallel operation, a forked child that
runs another waits for ever for threads that were not forked with it; so this process counts its
threads before each fork and refuses to fork with more than one.

One JSON object a line each way, over a socket whose number is the argument. When the socket
closes, because its owner is gone however it went, every kernel is killed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import logging
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from .preload import Import, heavy_imports_of_file

log = logging.getLogger(__name__)

_LOOK_INTERVAL_S = 0.5
_EXTRA_SEARCH_FOLDERS = ("site-packages", "dist-packages")


class Server:
    """Forks kernels and answers for them."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.codes: dict[int, int | None] = {}  # a kernel's exit code; None while it runs

    def prepare(self, plan: list[Import]) -> None:
        """Import the plan and say how it went. A module that starts a thread ends the server."""
        from . import kernel_child

        gc.disable()  # imports leave next to no garbage, and looking for it is an eighth of them
        kernel_child.import_kernel()
        queue, imported, seen = list(plan), [], set(sys.modules)
        while queue:
            wanted = queue.pop(0)
            if not _import(wanted):
                continue
            imported.append(wanted.module)
            if threads := thread_names():
                self.tell(ready=False, module=wanted.top, reason=_threads_text(threads))
                return
            fresh, seen = set(sys.modules) - seen, set(sys.modules)
            queue += [
                found
                for name in sorted(fresh)
                if name.startswith("workbench.") and (path := _source_of(name))
                for found in heavy_imports_of_file(path)
                if found.module not in sys.modules or found.name
            ]
        if "numpy" in sys.modules:
            importlib.import_module("numpy.random")  # lazy, and every kernel seeds it
        gc.collect()
        gc.freeze()  # so that a child's collector does not touch, and copy, every page we share
        gc.enable()
        self.tell(ready=True, imported=sorted(set(imported)))

    def serve(self) -> None:
        """Answer until the owner is gone. In a forked child this does not return."""
        with self.connection.makefile("r", encoding="utf-8") as lines:
            while True:
                readable, _, _ = select.select([self.connection], [], [], _LOOK_INTERVAL_S)
                self.reap()
                if not readable:
                    continue
                line = lines.readline()
                if not line:
                    return
                request = json.loads(line)
                answer = getattr(self, "answer_" + request.pop("op"))
                answer(**request)

    def answer_check(self) -> None:
        """Say why no kernel could be forked now; empty if one can."""
        threads = thread_names()
        self.tell(reason=_threads_text(threads) if threads else "")

    def answer_spawn(self, **kernel: Any) -> None:
        """Fork a kernel, unless the fork would be unsound."""
        if threads := thread_names():
            self.tell(error=_threads_text(threads))
            return
        sys.stdout.flush()
        sys.stderr.flush()
        parent = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            self.tell(error=f"the fork failed: {error.strerror}")
            return
        if pid == 0:
            os.close(self.connection.fileno())  # its reader shares it, so close() would not
            from .kernel_child import become_kernel

            become_kernel(parent=parent, **kernel)
        self.codes[pid] = None
        self.tell(pid=pid)

    def answer_poll(self, pid: int) -> None:
        """Say a kernel's exit code; null while it runs."""
        self.tell(code=self.codes.get(pid, -int(signal.SIGKILL)))

    def answer_signal(self, pid: int, signum: int) -> None:
        """Send a signal to a kernel's process group, if the kernel is still ours."""
        alive = pid in self.codes and self.codes[pid] is None
        if alive:
            signal_group(pid, signum)
        self.tell(sent=alive)

    def reap(self) -> None:
        """Note the kernels that have ended, and kill what they left in their groups."""
        for pid, code in self.codes.items():
            if code is not None:
                continue
            ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                continue
            signal_group(pid, signal.SIGKILL)  # while its number cannot belong to another
            _, status = os.waitpid(pid, 0)
            self.codes[pid] = os.waitstatus_to_exitcode(status)

    def kill_all(self) -> None:
        """End every kernel."""
        self.reap()
        for pid in [pid for pid, code in self.codes.items() if code is None]:
            signal_group(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def tell(self, **answer: Any) -> None:
        """Send one answer. An owner that is gone is noticed when its socket is read."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.connection.sendall(json.dumps(answer).encode() + b"\n")


def thread_names() -> list[str]:
    """The names of this process's threads beside the first; native ones count as well."""
    tasks = [task for task in Path("/proc/self/task").iterdir() if task.name != str(os.getpid())]
    names = []
    for task in tasks:
        with contextlib.suppress(OSError):  # it ended while we looked
            names.append((task / "comm").read_text().strip())
    return sorted(names)


def signal_group(pid: int, signum: int) -> None:
    """Signal the group of a child that was not reaped yet, so that its number is still its own."""
    try:
        os.killpg(pid, signum)
    except ProcessLookupError:  # it was forked a moment ago and leads no group yet
        os.kill(pid, signum)


def _import(wanted: Import) -> bool:
    """Import as the notebook would. What fails here fails there too, with a better message."""
    if not _is_installed(wanted.top):
        return False
    try:
        module = importlib.import_module(wanted.module)
        if wanted.name and not hasattr(module, wanted.name):
            importlib.import_module(f"{wanted.module}.{wanted.name}")
    except Exception as error:  # noqa: BLE001  any package may raise anything on import
        log.warning("not preloaded: %s: %r", wanted.module, error)
        return False
    return True


def _is_installed(top: str) -> bool:
    """Whether a package is installed: a file beside a notebook may differ for each notebook."""
    if top == "workbench":
        return True
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    where = str(spec.origin if spec and spec.origin else "")
    return any(f"{os.sep}{folder}{os.sep}" in where for folder in _EXTRA_SEARCH_FOLDERS)


def _source_of(name: str) -> Path | None:
    path = getattr(sys.modules.get(name), "__file__", None)
    return Path(path) if path and path.endswith(".py") else None


def _threads_text(names: list[str]) -> str:
    return f"the server runs {len(names)} more threads ({', '.join(sorted(set(names)))})"


def main() -> None:
    """Serve the socket that the argument names."""
    connection = socket.socket(fileno=int(sys.argv[1]))
    connection.set_inheritable(False)
    server = Server(connection)
    plan = json.loads(sys.stdin.readline())
    server.prepare([Import(*each) for each in plan])
    try:
        server.serve()
    finally:
        server.kill_all()


if __name__ == "__main__":
    main()
