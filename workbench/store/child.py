"""A child process that fetches or builds: its progress lines are read, it ends with the work."""

from __future__ import annotations

import queue
import re
import subprocess
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbench.core.cancellation import check_cancelled
from workbench.core.progress import progress

_PROGRESS = re.compile(r"^Progress (\d+) of (\d+)\s*$")
_TICK_S = 0.1  # how long a cancelled fetch may go on when the child says nothing
_GRACE_S = 2.0
_KEPT_LINES = 200


@dataclass(frozen=True)
class ChildResult:
    """How a child ended: its exit status and the last lines that it wrote."""

    status: int
    output: str


def run_child(
    arguments: Sequence[str], *, label: str, environment: Mapping[str, str], unit: str = "bytes"
) -> ChildResult:
    """Run a program to its end and report its ``Progress DONE of TOTAL`` lines in ``unit``.

    The child is ended, by its own process id, if the run is cancelled or this call fails.

    Raises:
        CancelledError: The run was cancelled.
    """
    kept: deque[str] = deque(maxlen=_KEPT_LINES)
    with progress(label, unit=unit) as task:
        process = subprocess.Popen(
            list(arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        try:
            for line in _lines(process):
                check_cancelled()
                seen = _PROGRESS.match(line)
                if seen:
                    done, total = int(seen[1]), int(seen[2])
                    task.update(done, total=total or None)
                elif line:
                    kept.append(line)
            return ChildResult(process.wait(), "\n".join(kept))
        finally:
            _stop(process)


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    """The child's lines as they come, and an empty one at each tick without any."""
    assert process.stdout is not None
    stream = process.stdout
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        with stream:
            for line in stream:
                lines.put(line.rstrip("\n"))
        lines.put(None)

    threading.Thread(target=read, name="child-output", daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=_TICK_S)
        except queue.Empty:
            yield ""
            continue
        if line is None:
            return
        yield line


def _stop(process: subprocess.Popen[str]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
