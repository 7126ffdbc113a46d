"""Looking at a rollout until it is decided."""

from __future__ import annotations

import time

from workbench.core.cancellation import check_cancelled
from workbench.core.progress import progress
from workbench.finetuning.rollout.looking import look_at_canary
from workbench.finetuning.rollout.state import CanaryState

_STEP_S = 0.2


def watch_canary(name: str, *, every_s: float) -> CanaryState:
    """Look every so many seconds, and act, until the trial is over.

    Raises:
        NotFoundError: No trial runs.
        CancelledError: The run was cancelled; the trial goes on.
    """
    with progress(f"trial of {name}", unit="looks") as task:
        while not (state := look_at_canary(name)).is_over:
            task.advance()
            until_s = time.monotonic() + every_s
            while time.monotonic() < until_s:
                check_cancelled()
                time.sleep(min(_STEP_S, every_s))
        return state
