"""Which gateways run in this home: a small file that says where, for the commands that ask one.

The one that came last is found. Those that came before stand behind it in the file, so that they
are found again when it has ended, also if it was killed and took nothing back.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import ConflictError, NotFoundError
from workbench.store import files

log = logging.getLogger(__name__)
_CLOCK_SLACK_S = 60.0  # the clock may be set right after the start
_EARLIER = "earlier"


@dataclass(frozen=True)
class RunningGateway:
    """A gateway that runs, as its own process told it. ``key_file`` holds its owner's key."""

    url: str
    pid: int
    started_s: float
    key_file: str


def state_path(home: Path | None = None) -> Path:
    """Where a gateway of this home says that it runs."""
    return (home or settings.home()) / "serving" / "running.json"


def announce(url: str, key_file: Path) -> RunningGateway:
    """Say that this process serves. The one that said so last is the one that is found."""
    running = RunningGateway(url, os.getpid(), time.time(), str(key_file.absolute()))
    with _changing():
        before = _living()
        if before:
            log.warning(
                "another gateway serves this home at %s; commands find this one now", before[0].url
            )
        _write([running, *before])
    return running


def withdraw(running: RunningGateway) -> None:
    """Take back what ``announce`` said; one that was there before, and still is, is found again."""
    if not state_path().exists():
        return
    with _changing():
        _write([each for each in _living() if each != running])


def find_running() -> RunningGateway:
    """The gateway that runs in this home.

    Raises:
        NotFoundError: None does.
    """
    living = _living()
    if not living:
        raise NotFoundError("no gateway runs in this home", hint="workbench serve")
    return living[0]


def refuse_second() -> None:
    """Raise ConflictError if a gateway runs in this home: commands and pages ask the one that came
    last, so a second one would take them over without a word."""
    living = _living()
    if not living:
        return
    found = living[0]
    raise ConflictError(
        f"a gateway runs in this home already: {found.url}, process {found.pid}",
        hint=f"end it with `kill {found.pid}`, or add --beside if commands and pages shall ask the "
        "new one from now on",
        url=found.url,
        pid=found.pid,
    )


def _still_runs(running: RunningGateway) -> bool:
    """Whether its process is there.

    A number is given out again, after a crash or a new start of the machine: a process that began
    after the gateway said that it runs is another one.
    """
    import psutil

    if not is_alive(running.pid):
        return False
    try:
        began_s = psutil.Process(running.pid).create_time()
    except psutil.AccessDenied:
        return True
    except psutil.NoSuchProcess:
        return False
    return began_s <= running.started_s + _CLOCK_SLACK_S


def _living() -> list[RunningGateway]:
    """Those that said so and whose processes are there, the last first."""
    return [each for each in _read() if _still_runs(each)]


def _read() -> list[RunningGateway]:
    try:
        told = json.loads(state_path().read_text(encoding="utf-8"))
        earlier = told.pop(_EARLIER, [])
        return [RunningGateway(**each) for each in (told, *earlier)]
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError, AttributeError):
        return []


def _write(gateways: Sequence[RunningGateway]) -> None:
    if not gateways:
        state_path().unlink(missing_ok=True)
        return
    last, *earlier = (asdict(each) for each in gateways)
    files.write_json(state_path(), {**last, _EARLIER: earlier})


@contextlib.contextmanager
def _changing() -> Iterator[None]:
    """One at a time: two that begin in the same moment must not forget each other."""
    path = state_path().with_suffix(".lock")
    files.make_folder(path.parent)
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
