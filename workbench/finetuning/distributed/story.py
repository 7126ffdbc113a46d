"""What is known of a run on several processes, over all its restarts."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from workbench.core import events
from workbench.core.errors import CancelledError
from workbench.core.progress import Progress
from workbench.finetuning.distributed.job import Job
from workbench.finetuning.distributed.rank import SHOWN
from workbench.finetuning.training.checkpoints import read_state
from workbench.finetuning.training.loop import Restart, Step, Training, read_training

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)

# What is told of a run on the way: how far it is, and weights to show answers from, if it is time.
Watch = Callable[[Training, "Mapping[str, torch.Tensor] | None"], None]


class Story:
    """The steps as they were told, and where the run began again.

    Args:
        job: What is trained.
        watch: Called after each evaluation and checkpoint.
        saved: Called when there is a checkpoint of a step that none was of before.
    """

    def __init__(self, job: Job, watch: Watch, saved: Callable[[], None]) -> None:
        self._job, self._watch, self._saved = job, watch, saved
        self.training = Training()
        self._restarts: list[Restart] = []
        self._pending: tuple[int, int, str] | None = None
        self._newest = 0

    def lose(self, cause: str, processes: int) -> None:
        """All begin again; from where, they will say."""
        at_step = len(self.training.steps)
        if self._pending is not None:  # lost again before anything was done
            at_step, _, before = self._pending
            cause = f"{before}; then {cause}"
        self._pending = (at_step, processes, cause)

    def take(self, plain: Mapping[str, Any], *, shows: bool = False, watched: bool = True) -> None:
        """The run as its first process has it."""
        found = read_training(plain)
        self._settle(found.resumed_at or 0)
        found.restarts = self._restarts
        self.training = found
        if watched:
            self._watch(found, self._read_shown() if shows else None)

    def hear(self, kind: str, data: Mapping[str, Any], task: Progress) -> None:
        """An event of the first process, told on here."""
        if kind == "finetuning.step":
            self._settle(0)
            step = Step(**{name: data[name] for name in Step.__dataclass_fields__})
            self.training.steps.append(step)
            with contextlib.suppress(CancelledError):  # said to all before the next step
                task.update(step.number, message=f"loss {step.loss_nats:.3f}")
        elif kind == "finetuning.checkpoint" and data["step"] > self._newest:
            self._newest = data["step"]
            self._saved()
        events.emit(kind, **data)

    def _settle(self, from_step: int) -> None:
        """What was lost is known once the run goes on."""
        if self._pending is None:
            return
        at_step, processes, cause = self._pending
        self._pending = None
        restart = Restart(at_step, from_step, processes, cause)
        self._restarts.append(restart)
        self.training = Training(restarts=self._restarts)
        log.warning(
            "%s; the run goes on at step %s on %s processes: %s steps are done again",
            cause, from_step + 1, processes, restart.steps_lost,
        )  # fmt: skip
        events.emit("finetuning.restart", at_step=at_step, from_step=from_step,
                    processes=processes, cause=cause)  # fmt: skip

    def _read_shown(self) -> Mapping[str, torch.Tensor] | None:
        """What answers are shown from; None if another attempt has taken it away since."""
        found = read_state(self._job.folder / SHOWN, key=self._job.key)
        return None if found is None else found["weights"]
