"""The record of a run in the store: what was trained how, where, and the curve as it grows."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.errors import NotFoundError

if TYPE_CHECKING:
    from workbench.finetuning.training.loop import Training

NAMESPACE = "finetuning.runs"
_MOST_POINTS = 2000
STATES = ("running", "finished", "stopped")


class RunRecord:
    """Writes down one run. Its key is its id."""

    def __init__(self, run_id: str, said: Mapping[str, Any]) -> None:
        self.run_id = run_id
        self._document: dict[str, Any] = {
            **said,
            "state": "running",
            "machine": describe_machine(),
            "started_s": time.time(),
        }

    def update(self, training: Training, **changes: Any) -> None:
        """Write the run as it stands."""
        from workbench.store.records import Records

        stride = max(1, len(training.steps) // _MOST_POINTS)
        self._document |= {
            "steps_done": len(training.steps),
            "curve": [
                [step.number, step.loss_nats, step.learning_rate, step.tokens / step.seconds]
                for step in training.steps[::stride]
            ],
            "evaluations": [[each.step, each.loss_nats] for each in training.evaluations],
            "tokens_per_s": training.tokens_per_s,
            "seconds": training.seconds,
            "stopped": training.stopped,
            "updated_s": time.time(),
            **changes,
        }
        Records().put(NAMESPACE, self.run_id, document=self._document)


def find_run(run_id: str) -> dict[str, Any] | None:
    """The record of a run; None if there is none."""
    from workbench.store.records import Records

    found = Records().find(NAMESPACE, run_id)
    return dict(found.document) if found else None


def read_run(run_id: str) -> dict[str, Any]:
    """The record of a run. Raises NotFoundError with near matches."""
    found = find_run(run_id)
    if found is None:
        raise NotFoundError.among(
            "run", run_id, [run for run, _ in list_runs()], hint="workbench finetuning runs"
        )
    return found


def list_runs() -> list[tuple[str, dict[str, Any]]]:
    """Every run's id and record, the newest first."""
    from workbench.store.records import Records

    found = [(record.key, dict(record.document)) for record in Records().list(NAMESPACE)]
    return sorted(found, key=lambda each: each[1]["started_s"], reverse=True)


def describe_machine() -> dict[str, Any]:
    """What the speed depends on; nothing names the machine or its user."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }
