"""Asking an isolated program one thing after another, in lines of JSON."""

from __future__ import annotations

import contextlib
import json
import os
import select
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbench.core.errors import DeadlineError, EngineError

from .kinds import Need
from .limits import Limits
from .outcome import Outcome
from .preparing import Request
from .processes import Isolated
from .programs import Program

_POLL_S = 0.05
_CHUNK_BYTES = 1 << 16


class Conversation:
    """A running program that answers each line on standard input with one on standard output.

    What it answers is plain data, and to be judged as such: nothing keeps it from lying.
    """

    def __init__(self, isolated: Isolated) -> None:
        self._isolated = isolated
        self._begun = b""
        self.outcome: Outcome | None = None

    def ask(self, message: Any, *, timeout_s: float) -> Any:
        """Send one message and wait for its answer.

        Raises:
            DeadlineError: None came in time.
            EngineError: The program ended first, or answered with something that is no JSON.
            CapabilityError: The sandbox could not be made.
        """
        line = json.dumps(message, allow_nan=False).encode() + b"\n"
        deadline_s = time.monotonic() + timeout_s
        stdin = self._isolated.process.stdin
        assert stdin is not None
        os.set_blocking(stdin.fileno(), False)
        while line:
            if not self._ready(deadline_s, write=True):
                raise self._ended()
            try:
                line = line[os.write(stdin.fileno(), line) :]
            except BrokenPipeError:
                raise self._ended() from None
        try:
            return json.loads(self._read_line(deadline_s))
        except (ValueError, RecursionError):
            raise EngineError("the program answered with something that is no JSON") from None

    def _read_line(self, deadline_s: float) -> bytes:
        stdout, most = self._isolated.process.stdout, self._isolated.limits.output_bytes
        assert stdout is not None
        while b"\n" not in self._begun and len(self._begun) <= most:
            chunk = self._ready(deadline_s) and os.read(stdout.fileno(), _CHUNK_BYTES)
            if not chunk:
                raise self._ended()
            self._begun += chunk
        line, _, self._begun = self._begun.partition(b"\n")
        if len(line) > most:
            raise EngineError(f"the program's answer is longer than {most} bytes")
        return line

    def _ready(self, deadline_s: float, *, write: bool = False) -> bool:
        """Wait until a pipe can be used; False once the program is gone."""
        process = self._isolated.process
        assert process.stdin is not None and process.stdout is not None
        reads, writes = ([], [process.stdin]) if write else ([process.stdout], [])
        while not any(select.select(reads, writes, [], _POLL_S)):
            self._isolated.watch()
            if process.poll() is not None:
                return bool(any(select.select(reads, writes, [], 0)))
            if time.monotonic() > deadline_s:
                raise DeadlineError("the program did not answer in time")
        return True

    def _ended(self) -> EngineError:
        outcome = self.close()
        how = f"exit status {outcome.status}" if outcome.ended == "exited" else outcome.ended
        return EngineError(
            f"the program ended before it answered ({how})", ended=outcome.ended, how=how
        )

    def close(self) -> Outcome:
        """End the conversation, and with it the program; how it went."""
        if self.outcome is None:
            with contextlib.suppress(OSError, ValueError):
                if self._isolated.process.stdin is not None:
                    self._isolated.process.stdin.close()
            self.outcome = self._isolated.finish()
        return self.outcome

    def cut_off(self) -> None:
        """End the program now, whatever it is doing."""
        if self.outcome is None:
            self._isolated.stop()


@contextmanager
def talk_isolated(
    program: Program,
    *,
    files_in: Mapping[str, bytes | Path] | None = None,
    readable: Mapping[str, Path] | None = None,
    environment: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    network: bool = False,
    need: Need = "sandbox",
) -> Iterator[Conversation]:
    """A program that is not trusted, to be asked line by line; it ends with the block.

    Args and errors are those of ``run_isolated``.
    """
    request = Request(
        program,
        files_in or {},
        (),
        readable or {},
        environment or {},
        limits or Limits(),
        network,
        need,
    )
    isolated = Isolated(request, keep_output=False)
    talk = Conversation(isolated)
    try:
        yield talk
    finally:
        talk.cut_off()
        isolated.close()
