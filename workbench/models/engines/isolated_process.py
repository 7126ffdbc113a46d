"""Starting, asking and ending the process in which an isolated engine runs."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Mapping
from typing import Any

from workbench.core import events, settings
from workbench.core.cancellation import check_cancelled, current_token
from workbench.core.errors import DeadlineError, EngineError, InputError
from workbench.models.engines.isolated_wire import Frame, Wire, read_error
from workbench.models.engines.openmp import WAIT_POLICY

_POLL_S = 0.05
_LOG_BYTES = 1 << 16
# Each library has a name of its own for the same thing, and reads it once, while it is loaded.
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class IsolatedProcess:
    """One child process. Any thread may call it; it works on one call after the other."""

    def __init__(self, name: str, *, threads: int) -> None:
        self._name = name
        self._closing = False
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._inboxes: dict[int, queue.SimpleQueue[Frame | None]] = {}
        self._ended = False
        ours, theirs = socket.socketpair()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        with theirs:
            worker = "workbench.models.engines.isolated_worker"
            self._process = subprocess.Popen(
                [sys.executable, "-m", worker, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                pass_fds=[theirs.fileno()],
                env=_environment(threads),
                # Ctrl-C, and a notebook's interrupt, go to the whole group: the model stays.
                process_group=0,
            )
        self._wire = Wire(ours)
        self._reader = threading.Thread(target=self._read, daemon=True, name="isolated-answers")
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def ask(
        self, method: str, arguments: Mapping[str, Any], *, timeout_s: float | None = None
    ) -> Frame:
        """One call with one answer.

        Raises:
            WorkbenchError: What the engine raised, by its class.
            EngineError: The process ended.
            DeadlineError: It took longer than ``timeout_s``.
        """
        calls = self.ask_stream(method, arguments, timeout_s=timeout_s)
        with contextlib.closing(calls):
            return next(frame for frame in calls if frame.head["kind"] == "result")

    def ask_stream(
        self, method: str, arguments: Mapping[str, Any], *, timeout_s: float | None = None
    ) -> Generator[Frame, None, None]:
        """One call whose answer comes in pieces, the result last.

        Closing the iterator stops the child's work on it.
        """
        check_cancelled()
        call, inbox = next(self._ids), queue.SimpleQueue[Frame | None]()
        with self._lock:
            if self._ended:
                raise self._broken_off()
            self._inboxes[call] = inbox
        done = False
        try:
            self._send({"call": call, "method": method, "arguments": arguments})
            deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
            while not done:
                frame = self._wait(inbox, deadline_s)
                if frame is None:
                    raise self._broken_off()
                done = frame.head["kind"] in ("result", "error")
                if frame.head["kind"] == "error":
                    raise read_error(frame.head)
                if not self._pass_on(frame):
                    yield frame
        finally:
            with self._lock:
                self._inboxes.pop(call, None)
            if not done:
                with contextlib.suppress(EngineError):  # it has ended, and its work with it
                    self._send({"cancel": call})

    def _send(self, head: dict[str, Any]) -> None:
        try:
            self._wire.send(head)
        except (TypeError, ValueError) as error:
            raise InputError(f"the request has no JSON form: {error}") from None
        except OSError:
            raise self._broken_off() from None

    def _wait(
        self, inbox: queue.SimpleQueue[Frame | None], deadline_s: float | None
    ) -> Frame | None:
        if deadline_s is None and current_token.get() is None:
            return inbox.get()
        while True:
            try:
                return inbox.get(timeout=_POLL_S)
            except queue.Empty:
                check_cancelled()
            if deadline_s is not None and time.monotonic() > deadline_s:
                raise DeadlineError(
                    f"{self._name} did not load in time", hint="WORKBENCH_LOAD_TIMEOUT_S=600 ..."
                )

    def _pass_on(self, frame: Frame) -> bool:
        """Tell here what was told there: events, so that progress is seen, and warnings."""
        head = frame.head
        if head["kind"] == "event":
            data = head["data"]
            if "task_id" in data:  # counted from 1 in each process
                data = {**data, "task_id": f"{self.pid}-{data['task_id']}"}
            events.emit(head["event"], **data)
        elif head["kind"] == "log":
            logging.getLogger(head["logger"]).log(head["level"], "%s", head["message"])
        else:
            return False
        return True

    def _read(self) -> None:
        while (frame := self._wire.receive()) is not None:
            with self._lock:
                inbox = self._inboxes.get(frame.head["call"])
            if inbox is not None:  # else its caller has gone away
                inbox.put(frame)
        with self._lock:
            self._ended = True
            for inbox in self._inboxes.values():
                inbox.put(None)

    def _broken_off(self) -> EngineError:
        """The error for an answer without an end."""
        if self._closing:
            return EngineError(f"{self._name} was closed", hint="load the model again")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)  # the line breaks an instant before it is known to end
        status = self._process.returncode
        how = f"ended with status {status}"
        if status is not None and status < 0:
            how = f"was ended by {signal.Signals(-status).name}"
        return EngineError(
            f"the process that ran {self._name} {how}{self._last_words()}",
            hint="load the model again; if it recurs, give it less context or fewer threads",
            status=status,
        )

    def _last_words(self) -> str:
        """The last line of its log that speaks of an error."""
        if self._log.closed:
            return ""
        # pread: a seek would move the place at which the process itself writes.
        size_bytes = os.fstat(self._log.fileno()).st_size
        said = os.pread(self._log.fileno(), _LOG_BYTES, max(0, size_bytes - _LOG_BYTES))
        lines = [line.strip() for line in said.decode(errors="replace").splitlines()]
        telling = [line for line in lines if "error" in line.lower()][-1:]
        return f" ({telling[0]})" if telling else ""

    def memory_bytes(self) -> int:
        """Resident memory of the process.

        Raises:
            EngineError: It has ended.
        """
        import psutil

        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            raise self._broken_off() from None

    def close(self) -> None:
        """End the process: by ending the line, then, if it hangs, by its id."""
        self._closing = True
        self._wire.end()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._wire.close()
        self._log.close()


def _environment(threads: int) -> dict[str, str]:
    """The environment of the child: this one's settings, whatever way they were made."""
    found = {
        settings.declared()[name].variable: str(value.value)
        for name, value in settings.resolve_all().items()
        if value.source != "default"
    }
    count = dict.fromkeys(_THREAD_VARIABLES, str(threads))
    return {**WAIT_POLICY, **os.environ, **found, **count}
