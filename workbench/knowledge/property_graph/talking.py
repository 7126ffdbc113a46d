"""Asking the worker: one question at a time, with a deadline, and an end to it when one is told."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import DeadlineError, EngineError, WorkbenchError, all_errors

START_S = 60.0
_GRACE_S = 1.0  # an engine that looks at its clock says itself that time is up
_LOOK_S = 0.05


class Worker:
    """A process that holds one property graph; it is started again when it ended.

    Args:
        opening: What is opened, for ``worker``. A password goes through the pipe, not into the
            arguments or the environment, which other processes can read.
    """

    def __init__(self, opening: dict[str, Any]) -> None:
        self._opening = opening
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """Its process, while there is one."""
        return self._process.pid if self._process is not None else None

    def ask(self, request: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        """The answer to a request.

        Raises:
            WorkbenchError: Of the sort that the worker told.
            DeadlineError: It did not come in time; the process is ended.
            EngineError: The engine fell.
        """
        with self._lock:
            if self._process is None:
                self._start()
            return self._exchange(request, timeout_s=timeout_s)

    def open(self) -> None:
        """Open what is to be asked, if it is not open yet.

        Raises:
            WorkbenchError: It cannot be opened.
        """
        with self._lock:
            if self._process is None:
                self._start()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _start(self) -> None:
        self._rest = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workbench.knowledge.property_graph.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is told to us, and we end it
        )
        try:
            self._exchange(self._opening, timeout_s=START_S)
        except BaseException:
            self._end()
            raise

    def _exchange(self, request: dict[str, Any], *, timeout_s: float) -> dict[str, Any]:
        process = self._process
        assert process is not None and process.stdin is not None
        try:
            with contextlib.suppress(BrokenPipeError):  # what it ended with is told below
                process.stdin.write(json.dumps(request).encode() + b"\n")
                process.stdin.flush()
            line = self._line(time.monotonic() + timeout_s + _GRACE_S)
        except BaseException:
            self._end()
            raise
        if line is None:
            raise self._fallen()
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise _rebuilt(answer["error"])
        return answer

    def _line(self, deadline_s: float) -> bytes | None:
        """The next line of the answer, None if the process ended."""
        process = self._process
        assert process is not None and process.stdout is not None
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            check_cancelled()
            left_s = deadline_s - time.monotonic()
            if left_s <= 0:
                raise DeadlineError("the query took longer than it may")
            ready, _, _ = select.select([process.stdout], [], [], min(_LOOK_S, left_s))
            if ready:
                part = os.read(process.stdout.fileno(), 1 << 20)
                if not part:
                    return None
                parts.append(part)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line

    def _fallen(self) -> EngineError:
        assert self._process is not None
        status = self._process.wait()
        self._end()
        how = f"with status {status}"
        if status < 0:
            with contextlib.suppress(ValueError):
                how = f"on {signal.Signals(-status).name}"
        return EngineError(
            f"the engine ended {how} at this query; the graph is as it was",
            hint="ask it another way: fewer steps, fewer rows, no exotic function",
        )

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def _rebuilt(told: dict[str, Any]) -> WorkbenchError:
    """An error of the worker's, of its own sort."""
    sorts = {each.code: each for each in all_errors()}
    return sorts.get(told["code"], EngineError)(told["message"], hint=told["hint"])
