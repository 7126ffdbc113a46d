"""Stopping a run from outside of its process."""

from __future__ import annotations

import dataclasses

from workbench.finetuning.recording.recorded_run import RecordedRun, find_recorded_run
from workbench.finetuning.training.records import ask_to_stop


def stop(run: str) -> RecordedRun:
    """Ask a run to stop if it goes on; the run as it was then.

    Args:
        run: As for ``find_recorded_run``.

    Raises:
        NotFoundError: There is no such run.
    """
    found = find_recorded_run(run)
    if not found.is_live:
        return found
    ask_to_stop(found.run)
    return dataclasses.replace(found, is_stopping=True)
