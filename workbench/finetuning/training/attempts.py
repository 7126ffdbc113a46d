"""Which run a call is: one that was done, one to go on with, or another beside those."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.core.errors import BusyError, NotFoundError
from workbench.finetuning.training.records import find_run
from workbench.finetuning.training.registering import TrainingRun
from workbench.store.files import make_folder, saying_why


def choose_id(first: str, *, again: bool) -> tuple[str, TrainingRun | None]:
    """The id under which a run is begun or gone on with; of one that need not be done, its result.

    Where the version that it made was removed it is another run: to teach private rows once more is
    to spend once more, though nothing is left of the first time.
    """
    done = _finished(first)
    for run_id, record in () if again else done:
        result = _result_of(record)
        if result is not None:
            return run_id, result
    return (f"{first}-{len(done) + 1}" if done else first), None


def check_unfinished(run_id: str) -> None:
    """Raise BusyError for a run that another process ended before this one had its folder."""
    found = find_run(run_id)
    if found is not None and found["state"] == "finished":
        raise BusyError(
            f"the run {run_id} has just been done in another process",
            hint="the same command once more",
            retry_after_s=1,
        )


def _finished(run_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What was done under an id, and again as ``-2``, ``-3`` and so on: ids and records, in order.

    What a finished run left belongs to the version that it made, so that nothing is written over
    it. The last one may be broken off; it is not among these.
    """
    done, each = [], run_id
    while (found := find_run(each)) is not None and found["state"] == "finished":
        done.append((each, found))
        each = f"{run_id}-{len(done) + 1}"
    return done


def _result_of(record: dict[str, Any]) -> TrainingRun | None:
    """What a finished run gave, if its adapter is still here."""
    from workbench.models.adapters import resolve

    result = TrainingRun(**{**record["result"], "reused": True})
    try:
        resolve(result.model, verify=False)
    except NotFoundError:
        return None
    return result


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Have a run's folder alone; the lock goes with the process, however it ends."""
    with saying_why(folder):
        make_folder(folder)
        handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                f"the run {folder.name} goes on in another process",
                hint="wait for it, or choose another name or seed",
                retry_after_s=60,
            ) from None
        yield
    finally:
        os.close(handle)
