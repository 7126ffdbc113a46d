"""Running one program to its end, isolated."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from .kinds import Need
from .limits import Limits
from .outcome import Outcome
from .preparing import Request
from .processes import Isolated
from .programs import Program


def run_isolated(
    program: Program,
    *,
    stdin: bytes = b"",
    files_in: Mapping[str, bytes | Path] | None = None,
    files_out: Sequence[str] = (),
    readable: Mapping[str, Path] | None = None,
    environment: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    network: bool = False,
    need: Need = "sandbox",
) -> Outcome:
    """Run a program that is not trusted, and wait for its end.

    Inside it sees the system's programs, this Python with its packages, read-only, and an empty
    folder of its own to work in. Nothing of the caller's environment goes along.

    Args:
        program: A command, ``Code(source)`` or ``Call("package.module:function", arguments)``.
        stdin: What it reads from standard input.
        files_in: Files copied into its folder, by name.
        files_out: Names of files there that are handed back.
        readable: Files and folders of this machine that it may read, by their name in its folder.
        environment: Variables that it gets beside its own few.
        limits: How much it may take.
        network: Leave the network open. Otherwise it has a loopback of its own and nothing else.
        need: ``sandbox`` demands one. ``limits`` runs a program whose author is trusted, and
            keeps it from taking too much; files and network stay open.

    Raises:
        CapabilityError: A sandbox is needed and none is to be had; nothing was run.
        InputError: A name leads out of the program's folder, or a limit makes no sense.
        NotFoundError: A file to be given is not there.
        CancelledError: The run was cancelled; the program was ended.
    """
    request = Request(
        program,
        files_in or {},
        files_out,
        readable or {},
        environment or {},
        limits or Limits(),
        network,
        need,
    )
    isolated = Isolated(request)
    assert isolated.process.stdin is not None
    writer = threading.Thread(
        target=_write, args=(isolated.process.stdin, stdin), daemon=True, name="sandbox-writer"
    )
    writer.start()
    return isolated.finish()


def _write(pipe: IO[bytes], content: bytes) -> None:
    with contextlib.suppress(OSError, ValueError), pipe:  # it may not want to read
        pipe.write(content)
