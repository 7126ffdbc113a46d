"""Starting parties as processes, giving each its task, and ending all of them whatever happens.

    with Parties(THREE) as parties:
        outcomes = parties.run([task for model owner, task for data owner, task for dealer])

Each party is told only its own inputs. If one dies, hangs or breaks the protocol the others notice
within the time limit, the run ends with the reason, and no process is left. A run that failed ends
the parties: nobody knows what the others still have on their way.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import IO, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import (
    ConflictError,
    DeadlineError,
    InputError,
    PeerError,
    WorkbenchError,
)

from .party import ARE_YOU_ALIVE, Start, Task
from .tls_mesh import Peer

TWO_SERVERS = ("the model's owner", "the data's owner", "the dealer")
REPLICATED = ("the model's owner", "the data's owner", "the helper")
TIMEOUT_S = 60.0
_PARTY = "import sys; from workbench.privacy.secure.party import main; sys.exit(main(sys.argv[1:]))"
_LOOK_S = 0.1
# After the first bad news: who else has something to say, so that the cause is told, not its echo.
_GRACE_S = 1.0


class Parties:
    """Parties that are up, each a process, until closed.

    Args:
        names: What each is called in messages.
        timeout_s: How long a party may say nothing before the others give up.
    """

    def __init__(self, names: Sequence[str], *, timeout_s: float = TIMEOUT_S) -> None:
        if not 0 < timeout_s < 86_400:
            raise InputError(f"timeout_s is {timeout_s:g}; it must be above 0 and under a day")
        self.names = tuple(names)
        self._timeout_s = timeout_s
        self._processes: list[subprocess.Popen[bytes]] = []
        self._controls: list[Connection] = []
        self._errors: list[IO[bytes]] = []
        self._end = weakref.finalize(self, _end_all, self._processes, self._controls, self._errors)
        try:
            ports = [self._start(number) for number in range(len(names))]
            self._tell([Start(number, self.names, timeout_s) for number in range(len(names))])
            certificates = self._gather()
            peers = [Peer(*each) for each in zip(self.names, ports, certificates, strict=True)]
            self._tell([peers] * len(peers))
            self._gather()
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Parties:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the parties, in their order."""
        return tuple(process.pid for process in self._processes)

    def close(self) -> None:
        """End all of them."""
        self._end()

    def run(self, tasks: Sequence[Task]) -> list[Any]:
        """Give each party its task, and wait for all.

        Raises:
            PeerError: A party died or closed its line.
            DeadlineError: A party said nothing for too long.
            IntegrityError: A party sent a message of another length than was due.
            CancelledError: The run was cancelled. Whatever is raised, the parties have ended.
        """
        if not self._end.alive:
            raise ConflictError("these parties have ended", hint="start new ones")
        try:
            self._tell(tasks)
            return self._gather()
        except BaseException:
            self._end()
            raise

    def _start(self, number: int) -> int:
        """Start a party; gives the port on which it listens, which is open before it runs."""
        listener = socket.create_server(("127.0.0.1", 0))
        ours, theirs = socket.socketpair()
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._errors.append(errors)
        self._controls.append(Connection(ours.detach()))
        with listener, theirs:
            fds = (theirs.fileno(), listener.fileno())
            command = [sys.executable, "-P", "-c", _PARTY, *map(str, fds)]
            self._processes.append(
                # In a group of its own: Ctrl-C reaches us, and we end them.
                subprocess.Popen(
                    command, pass_fds=fds, process_group=0, stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=errors,
                )
            )  # fmt: skip
            port: int = listener.getsockname()[1]
            return port

    def _tell(self, messages: Sequence[Any]) -> None:
        for control, message in zip(self._controls, messages, strict=True):
            # Who is gone already is found by ``_gather``, which can say why.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                control.send(message)

    def _gather(self) -> list[Any]:
        """One answer of each party, or the error that began the trouble."""
        got: dict[int, Any] = {}
        failed: list[tuple[int, WorkbenchError]] = []
        give_up_s = float("inf")
        alive = _Alive(self._timeout_s, self.names)
        while len(got) + len(failed) < len(self.names) and time.monotonic() < give_up_s:
            check_cancelled()
            heard = {*got, *(number for number, _ in failed)}
            awaited = {c: n for n, c in enumerate(self._controls) if n not in heard}
            alive.look(awaited)
            for control in wait(list(awaited), timeout=_LOOK_S):
                assert isinstance(control, Connection)
                number = awaited[control]
                answer = self._hear(number, control)
                if answer is None:
                    alive.heard(number)
                elif isinstance(answer, WorkbenchError):
                    failed.append((number, answer))
                    give_up_s = min(give_up_s, time.monotonic() + _GRACE_S)
                else:
                    got[number] = answer[0]
        if failed:
            spoke = {self.names[number] for number in (*got, *(n for n, _ in failed))}
            raise min((error for _, error in failed), key=lambda each: _distance(each, spoke))
        return [got[number] for number in range(len(self.names))]

    def _hear(self, number: int, control: Connection) -> tuple[Any] | WorkbenchError | None:
        """A party's answer, its error, or None if it only says that it is alive."""
        try:
            kind, answer = control.recv()
        except (EOFError, ConnectionResetError):
            return self._obituary(number)
        if kind == ARE_YOU_ALIVE:
            return None
        return answer if kind == "failed" else (answer,)

    def _obituary(self, number: int) -> WorkbenchError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._processes[number].wait(1.0)
        status = self._processes[number].returncode
        how = "ended" if status is None else f"ended with {status}"
        if status is not None and status < 0:
            how = f"was killed by {signal.Signals(-status).name}"
        self._errors[number].seek(0)
        lines = self._errors[number].read().decode(errors="replace").strip().splitlines()
        said = f": {lines[-1]}" if lines else ""
        return PeerError(
            f"{self.names[number]} {how} in the middle of the run{said}",
            hint="no result was given back, and all parties have ended: run it again",
            died=True,
        )


class _Alive:
    """When each party was last heard of. One that stands still says nothing even to us, and if all
    do there is no other to notice."""

    def __init__(self, timeout_s: float, names: Sequence[str]) -> None:
        self._timeout_s, self._names = timeout_s, names
        self._asked_s = time.monotonic()
        self._heard_s = dict.fromkeys(range(len(names)), self._asked_s)

    def heard(self, number: int) -> None:
        """A party answered."""
        self._heard_s[number] = time.monotonic()

    def look(self, awaited: Mapping[Connection, int]) -> None:
        """Ask those that are awaited now and then.

        Raises:
            DeadlineError: One has said nothing for too long.
        """
        now_s = time.monotonic()
        if now_s - self._asked_s < self._timeout_s / 4:
            return
        self._asked_s = now_s
        for control, number in awaited.items():
            # Others wait for it as long as this: what they have to say of it goes first.
            if now_s - self._heard_s[number] > self._timeout_s + 2 * _GRACE_S:
                raise DeadlineError(
                    f"{self._names[number]} said nothing for {self._timeout_s:g} s",
                    hint="give a slow machine longer: --timeout-s 300",
                )
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                control.send(ARE_YOU_ALIVE)


def _distance(error: WorkbenchError, spoke: set[str]) -> int:
    """How far an error is from the cause: a party died; one found something wrong; one waited for
    another that waited itself; one noticed that another had given up."""
    if isinstance(error, PeerError):
        return 0 if error.context.get("died") else 3
    silent = error.context.get("silent")
    return 2 if silent and set(silent) <= spoke else 1


def _end_all(
    processes: list[subprocess.Popen[bytes]], controls: list[Connection], errors: list[IO[bytes]]
) -> None:
    """End every party, one that is stopped too."""
    for control in controls:
        control.close()
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
    for file in errors:
        file.close()
