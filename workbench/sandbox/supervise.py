"""The first process of an isolated program: sets limits, runs it, ends what it left, hands over.

It tells its starter that the sandbox stands, then how the program ended and the files that were
asked for. What comes over that pipe is data from the program's side, and is read as such.

Runs by itself (``python -I -S supervise.py``): the standard library alone, no package.
"""

# pathlib would be half of this process's start.
# ruff: noqa: PTH103, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import stat
import sys
from typing import Any, NoReturn

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 1, 4, 36
_ROUNDS = 200


def supervise(spec: dict[str, Any], answer: int) -> None:
    """Run the program to its end and say how it went.

    Args:
        spec: ``command``, ``environment``, ``folder``, ``limits`` (name of a resource to soft and
            hard), ``bound_first`` (whether the namespace's first process gets them as well),
            ``copy`` (files to bring in), ``files_out``, ``disk_bytes``.
        answer: The descriptor to answer on.
    """
    _guard_self()
    os.chdir(spec["folder"])
    _copy_in(spec["copy"], spec["folder"])
    if spec["bound_first"]:
        _bound_first(spec["limits"])
    signal.signal(signal.SIGTERM, lambda *_: _stop())
    os.write(answer, b"started\n")
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _become_program(spec)
    # The program alone holds its standard streams: its reader then sees their end.
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):
        os.dup2(null, stream)
    status = _wait(child)
    end_descendants()
    os.dup2(null, 2)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = _collect(spec["files_out"], spec["disk_bytes"])
    head = {
        "status": status,
        "cpu_s": used.ru_utime + used.ru_stime,
        "files": [[name, len(content)] for name, content in found],
    }
    with open(answer, "wb") as file:
        file.write(json.dumps(head).encode() + b"\n")
        for _, content in found:
            file.write(content)


def _guard_self() -> None:
    """Keep the program from reading this process, get its orphans, and end when our owner does."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _bound_first(limits: dict[str, list[int]]) -> None:
    """Limit bwrap's own process, which the program may write to through /proc/1/mem.

    It has the same filter and no rights, but without this it would have no limits.
    """
    if os.getppid() != 1:
        raise RuntimeError("not the first child of a process namespace")
    for name, (_, hard) in limits.items():
        resource.prlimit(1, getattr(resource, name), (hard, hard))


def _copy_in(pairs: list[list[str]], folder: str) -> None:
    for source, name in pairs:
        place = os.path.join(folder, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(source, "rb") as given, open(place, "wb") as made:
            while chunk := given.read(1 << 20):
                made.write(chunk)


def _become_program(spec: dict[str, Any]) -> NoReturn:
    try:
        for name, (soft, hard) in spec["limits"].items():
            kind = getattr(resource, name, None)
            if kind is not None:
                _limit(kind, soft, hard)
        os.execvpe(spec["command"][0], spec["command"], spec["environment"])
    except BaseException as error:  # noqa: BLE001  a fork must not go on as a second supervisor
        os.write(2, f"{spec['command'][0]}: {error}\n".encode())
        os._exit(127)


def _limit(kind: int, soft: int, hard: int) -> None:
    most = resource.getrlimit(kind)[1]
    if most != resource.RLIM_INFINITY:  # what we were given can be lowered, never raised
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(kind, (soft, hard))


def _wait(child: int) -> int:
    """The child's exit status, or minus the signal that ended it. Orphans are reaped meanwhile."""
    while True:
        pid, status = os.wait()
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _stop() -> NoReturn:
    end_descendants()
    os._exit(1)


def end_descendants() -> None:
    """Kill whatever the program left: each orphan has become this process's child."""
    for _ in range(_ROUNDS):
        left = _descendants()
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not left:
            return


def _descendants() -> list[int]:
    """Processes below this one, by their parents in /proc; none where there is no /proc."""
    parents: dict[int, int] = {}
    try:
        names = os.listdir("/proc")
    except FileNotFoundError:
        return []
    for name in names:
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
    found, size = {os.getpid()}, 0
    while len(found) > size:
        size = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return sorted(found - {os.getpid()})


def _collect(names: list[str], most_bytes: int) -> list[tuple[str, bytes]]:
    """The regular files of these names, as long as there is room for them."""
    found: list[tuple[str, bytes]] = []
    for name in names:
        with contextlib.suppress(OSError):
            # Not blocking: the program may have put a pipe there that nobody writes to.
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(handle, "rb") as file:
                state = os.fstat(handle)
                if stat.S_ISREG(state.st_mode) and state.st_size <= most_bytes:
                    content = file.read(most_bytes)
                    most_bytes -= len(content)
                    found.append((name, content))
    return found


if __name__ == "__main__":
    answer_fd = int(sys.argv[2])
    os.set_inheritable(answer_fd, False)
    with open(int(sys.argv[1]), encoding="utf-8") as given_spec:
        read_spec = json.load(given_spec)
    supervise(read_spec, answer_fd)
