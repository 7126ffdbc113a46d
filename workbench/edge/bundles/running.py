"""Running a bundle as a device does: by its own runner, in a process that has nothing of ours."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError, DeadlineError, EngineError
from workbench.core.progress import progress
from workbench.edge.device import boot, state, updating
from workbench.edge.device.archive import Archive
from workbench.edge.device.faults import Fault

from .faults import as_errors, error_of
from .results import EdgeAnswer

_TICK_S = 0.1
_LONGEST_S = 600.0


def default_root(bundle: Path) -> Path:
    """The device's folder of a bundle that was given none: beside it."""
    return bundle.with_name(bundle.name + ".device")


def take(bundle: Path, root: Path, keys: tuple[str, ...]) -> None:
    """Put a bundle on a device's folder, unless it is in use there already.

    Raises:
        WorkbenchError: It may not be: see ``updating.update``.
    """
    with as_errors(), progress("Taking the bundle", unit="bytes") as task:

        def looked(done: int, total: int) -> None:
            task.update(done, total=total)

        if not (root / boot.STATE).exists():
            # Nothing is there to fall back on, and the answer that follows is the trial.
            updating.install(root, str(bundle), keys=keys, attempt=_untried, looked=looked)
            return
        with Archive(bundle) as archive:
            same = archive.head.digest == state.load(root).current
        if not same:
            updating.update(root, str(bundle), looked=looked)


def _untried(folder: Path, root: Path) -> None:
    """The first version of a device has nothing to take the place of."""


def ask(
    root: Path, question: str, *, max_tokens: int | None = None, offline: bool = False
) -> EdgeAnswer:
    """Ask the version that is in use on a device's folder.

    Args:
        root: The device's folder.
        question: What is asked.
        max_tokens: The longest answer, by default the policy's.
        offline: Run it where there is no network, not even the machine's own.

    Raises:
        WorkbenchError: It does not start, or does not answer: with the runner's own words.
        CancelledError: The run was cancelled; the process is ended.
    """
    options = ["--json"] + ([f"--max-tokens={max_tokens}"] if max_tokens is not None else [])
    told = run_runner(root, ["ask", *options, "--", question], before=_walls() if offline else ())
    return EdgeAnswer(
        text=told["text"],
        version=told["version"],
        prompt_tokens=told["prompt_tokens"],
        completion_tokens=told["completion_tokens"],
        finish=told["finish"],
        start_s=told["start_s"],
        first_s=told["first_s"],
        duration_s=told["duration_s"],
        memory_bytes=told["memory_bytes"],
        root=root,
        notes=tuple(told["notes"]),
    )


def _walls() -> tuple[str, ...]:
    """What runs a command in a network namespace in which there is nothing.

    Raises:
        CapabilityError: The system has none, or lets this user make none.
    """
    command = ("unshare", "--user", "--map-root-user", "--net")
    if shutil.which(command[0]) is not None:
        done = subprocess.run([*command, "true"], capture_output=True, check=False)
        if done.returncode == 0:
            return command
    raise CapabilityError(
        "this system makes no network namespace for this user, which takes a network away",
        hint="switch the network off, and leave --offline out",
    )


def run_runner(root: Path, arguments: list[str], *, before: tuple[str, ...] = ()) -> dict[str, Any]:
    """Run a command of a device's runner that prints its result as JSON.

    Args:
        root: The device's folder.
        arguments: Of the command.
        before: A program, and its options, that runs it.

    Raises:
        WorkbenchError: The runner's own error; or it ended without a word.
    """
    environment = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
    process = subprocess.Popen(
        [*before, sys.executable, "-I", str(root / boot.LAUNCHER), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    try:
        out, err = _read(process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    try:
        told: dict[str, Any] = json.loads(out.decode().splitlines()[-1])
    except (ValueError, IndexError):
        last = err.decode(errors="replace").strip().splitlines()[-2:]
        raise EngineError(
            f"the bundle's runner ended with status {process.returncode}: {'; '.join(last)}",
            hint=f"{sys.executable} {root / boot.LAUNCHER} status",
        ) from None
    if "error" in told:
        said = told["error"]
        raise error_of(Fault(said["code"], said["message"], hint=said["hint"]))
    return told


def _read(process: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    """What a process writes until its end, with an eye on whether the run was cancelled."""
    assert process.stdout is not None and process.stderr is not None
    got: dict[Any, list[bytes]] = {process.stdout: [], process.stderr: []}
    deadline_s = time.monotonic() + _LONGEST_S
    with selectors.DefaultSelector() as selector, process.stdout, process.stderr:
        for stream in got:
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map():
            check_cancelled()
            if time.monotonic() > deadline_s:
                raise DeadlineError(f"the bundle did not answer within {_LONGEST_S:.0f} s")
            for key, _ in selector.select(_TICK_S):
                data = os.read(key.fd, 1 << 16)
                got[key.fileobj].append(data)
                if not data:
                    selector.unregister(key.fileobj)
        process.wait()
        return b"".join(got[process.stdout]), b"".join(got[process.stderr])
