"""One isolated program from its start to its end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from typing import Any

from workbench.core.cancellation import check_cancelled

from . import kinds
from .answers import STARTED, Reader, read_answer
from .memory import used_bytes
from .outcome import Ended, Kind, Outcome
from .preparing import Request, Start
from .programs import RESULT_NAME, read_value

_POLL_S = 0.05
_MEMORY_POLL_S = 0.2  # to look costs some milliseconds of this process
_LET_GO_S = 2.0
_HEAD_BYTES = 1 << 20


class Isolated:
    """A running program. It is started by the constructor; ``finish`` waits for its end.

    Args:
        request: What is run, and with what.
        keep_output: Collect standard output; otherwise the caller reads ``process.stdout``.

    Raises:
        CapabilityError: There is no sandbox here.
    """

    def __init__(self, request: Request, *, keep_output: bool = True) -> None:
        self._request, self.limits = request, request.limits
        self._stopped: Ended | None = None
        read_end, write_end = os.pipe()
        try:
            self._start = Start(request, answer_fd=write_end)
            self._begun_s = self._looked_s = time.monotonic()
            self.process = self._spawn()
        except BaseException:
            os.close(read_end)
            raise
        finally:
            os.close(write_end)
        self.kind: Kind = "bubblewrap" if self._start.sandboxed else "limits"
        assert self.process.stderr is not None and self.process.stdout is not None
        room, said = self.limits.disk_bytes + _HEAD_BYTES, self.limits.output_bytes
        self._answer = Reader(os.fdopen(read_end, "rb"), most_bytes=room)
        self._stderr = Reader(self.process.stderr, most_bytes=said)
        self._stdout = Reader(self.process.stdout, most_bytes=said) if keep_output else None

    def _spawn(self) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self._start.line,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=self._start.fds,
                env={},
                cwd="/",
                start_new_session=True,
            )
        except BaseException:
            self._start.clear()
            raise

    @property
    def started(self) -> bool:
        """Whether the sandbox stands and the program was begun."""
        return self._answer.content.startswith(STARTED)

    @property
    def stderr(self) -> str:
        """What it has written to standard error so far."""
        return self._stderr.text

    def stop(self, reason: Ended = "stopped") -> None:
        """End the program and all that it started. Calling it twice is harmless."""
        if self.process.poll() is not None:
            return
        self._stopped = self._stopped or reason
        if self._start.sandboxed:
            self.process.kill()  # the kernel ends its whole process namespace
        else:
            self.process.terminate()  # the supervisor ends what it watches over
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=_LET_GO_S)
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def watch(self) -> None:
        """Stop it where it takes more time or memory than it may.

        Raises:
            CancelledError: The run was cancelled.
        """
        check_cancelled()
        now_s, most = time.monotonic(), self.limits.memory_bytes
        if now_s - self._begun_s > self.limits.wall_s:
            self.stop("wall")
        elif now_s - self._looked_s > _MEMORY_POLL_S:
            self._looked_s = now_s
            if used_bytes(self.process.pid, above=most) > most:
                self.stop("memory")

    def finish(self) -> Outcome:
        """Wait for the end and say how it went.

        Raises:
            CapabilityError: The sandbox could not be made; nothing was run.
            CancelledError: The run was cancelled; the program was ended.
        """
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(timeout=_POLL_S)
                    break
                self.watch()
            duration_s = time.monotonic() - self._begun_s
            for reader in (self._answer, self._stderr, self._stdout):
                if reader is not None:
                    reader.join()
            return self._outcome(duration_s)
        finally:
            self.close()

    def close(self) -> None:
        """End it if it runs, and remove what it left on the disk."""
        self.stop()
        for reader in (self._answer, self._stderr, self._stdout):
            if reader is not None:
                reader.join()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()
        self._start.clear()

    def check_started(self) -> None:
        """Raise CapabilityError if the sandbox could not be made."""
        if not self.started and self._stopped is None:
            raise kinds.refused(self.stderr)

    def _outcome(self, duration_s: float) -> Outcome:
        self.check_started()
        head, files = read_answer(self._answer.content.removeprefix(STARTED))
        ended, status = self._how(head)
        readers = {"stdout": self._stdout, "stderr": self._stderr}
        cut = [name for name, reader in readers.items() if reader is not None and reader.cut]
        value = read_value(files)
        files.pop(RESULT_NAME, None)
        return Outcome(
            status=status,
            ended=ended,
            stdout=self._stdout.text if self._stdout else "",
            stderr=self.stderr,
            kind=self.kind,
            enforced=kinds.enforced(self.kind, network=self._request.network),
            files=files,
            value=value,
            duration_s=duration_s,
            note=f"{' and '.join(cut)} cut after {self.limits.output_bytes} bytes" if cut else "",
        )

    def _how(self, head: dict[str, Any]) -> tuple[Ended, int]:
        status, spent_s = head.get("status"), head.get("cpu_s")
        if self._stopped is not None:
            return self._stopped, -signal.SIGKILL
        if not isinstance(status, int):
            return "vanished", -signal.SIGKILL
        spent = isinstance(spent_s, (int, float)) and spent_s >= self.limits.cpu_s
        if status == -signal.SIGXCPU or (status == -signal.SIGKILL and spent):
            return "cpu", status
        return ("signal" if status < 0 else "exited"), status
