"""The first steps of a forked process on its way to being a kernel."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import importlib.util
import os
import random
import signal
import sys
from typing import NoReturn

_PR_SET_PDEATHSIG = 1


# What an IPython kernel imports on its way to its first cell, beside its own module: once here is
# cheaper than once in every fork. A test compares it with what a forked kernel in fact loads.
_ON_THE_WAY = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "faulthandler",
    "sqlite3",
    "tornado.gen",
    "tornado.locks",
    "tornado.platform.asyncio",
    "tornado.queues",
    "threadpoolctl",
)


def import_kernel() -> None:
    """Import what a kernel needs, in the process that is forked into kernels.

    Without the debugger: its hundred modules are loaded at a kernel's start, and nobody sets a
    breakpoint in a report. ipykernel does without where debugpy cannot be imported, so it is
    not to be found just while ipykernel looks.
    """
    import ipykernel.kernelapp

    for name in _ON_THE_WAY:
        with contextlib.suppress(ModuleNotFoundError):  # another version has none of that name
            importlib.import_module(name)
    if "debugpy" not in sys.modules:
        sys.modules["debugpy"] = None  # type: ignore[assignment]
        try:
            import ipykernel.debugger  # noqa: F401
        finally:
            del sys.modules["debugpy"]


def become_kernel(
    *,
    parent: int,
    connection_file: str,
    arguments: list[str],
    cwd: str,
    environment: dict[str, str],
    log: str,
) -> NoReturn:
    """Turn this process, just forked from the server, into an IPython kernel and run it.

    Args:
        parent: The server's process id.
        connection_file: Names the kernel's sockets.
        arguments: Options of the kernel.
        cwd: Its working folder.
        environment: Its whole environment.
        log: The file that takes what is written past IPython.
    """
    status = 1
    try:
        _leave_parent(parent, log)
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(environment)
        _set_threads(int(environment.get("OMP_NUM_THREADS", "1")))
        _reseed()
        _run_kernel(connection_file, arguments)
        status = 0
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:  # noqa: BLE001  nothing above may go on as a second server
        import traceback

        traceback.print_exc(file=sys.__stderr__)
    finally:
        _end(status)


def _leave_parent(parent: int, log: str) -> None:
    """A session of our own, a log of our own, and no life without the server."""
    os.setsid()
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked to be told
        os._exit(1)
    null, target = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(null, 0)
    os.dup2(target, 1)
    os.dup2(target, 2)
    os.close(null)
    os.close(target)


def _set_threads(threads: int) -> None:
    """The libraries were loaded with one thread each; give them what this kernel may use."""
    if threads <= 1:
        return
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    try:
        import threadpoolctl
    except ModuleNotFoundError:  # comes with scikit-learn; torch is set without it
        return
    threadpoolctl.threadpool_limits(limits=threads)


def _reseed() -> None:
    """A forked generator would draw what its siblings draw."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].seed()


def _run_kernel(connection_file: str, arguments: list[str]) -> None:
    from ipykernel.kernelapp import IPKernelApp

    launcher = importlib.util.find_spec("ipykernel_launcher")
    name = launcher.origin if launcher and launcher.origin else "ipykernel_launcher"
    sys.argv = [name, "-f", connection_file, *arguments]  # as in a cold kernel
    app = IPKernelApp.instance()
    # 1 means "watched over, but not by polling": the kernel dies with the server by signal.
    app.parent_handle = 1
    app.initialize(sys.argv[1:])
    app.start()


def _end(status: int) -> NoReturn:
    """Run exit functions as an interpreter's end would; leave out freeing what the end frees."""
    import atexit

    try:
        atexit._run_exitfuncs()
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None:
                stream.flush()
    finally:
        os._exit(status)
