"""Which gateway runs in this home: a small file that says where, for the commands that ask it."""

from __future__ import annotations

import json
import logging
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import ConflictError, NotFoundError
from workbench.store import files

log = logging.getLogger(__name__)
_CLOCK_SLACK_S = 60.0  # the clock may be set right after the start
_before: dict[RunningGateway, RunningGateway] = {}


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
    before = _read()
    if before is not None and _still_runs(before):
        log.warning(
            "another gateway serves this home at %s; commands find this one now", before.url
        )
        _before[running] = before
    path = state_path()
    files.make_folder(path.parent)
    files.write_json(path, asdict(running))
    return running


def withdraw(running: RunningGateway) -> None:
    """Take back what ``announce`` said, unless another gateway has spoken since.

    A gateway that was there before, and still is, is found again.
    """
    before = _before.pop(running, None)
    for later in [each for each, earlier in _before.items() if earlier == running]:
        del _before[later]
    if _read() != running:
        return
    if before is not None and _still_runs(before):
        files.write_json(state_path(), asdict(before))
    else:
        state_path().unlink(missing_ok=True)


def find_running() -> RunningGateway:
    """The gateway that runs in this home.

    Raises:
        NotFoundError: None does.
    """
    found = _read()
    if found is None or not _still_runs(found):
        raise NotFoundError("no gateway runs in this home", hint="workbench serve")
    return found


def refuse_second() -> None:
    """Raise ConflictError if a gateway runs in this home: commands and pages ask the one that came
    last, so a second one would take them over without a word."""
    found = _read()
    if found is None or not _still_runs(found):
        return
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


def _read() -> RunningGateway | None:
    try:
        return RunningGateway(**json.loads(state_path().read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError, TypeError):
        return None


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
