"""Two frozen workloads on real processes: tiny models that are really taught, stopped and go on.

The scheduler is that of ``workbench finetuning queue run``, with its policy and the simulation's
numbers; a step of the workload lasts a tenth of a second, so everything in seconds is a tenth.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scheduling_workloads import MEMORY_MB, SLOTS, Sent, read_frozen
from shape import Figure

log = logging.getLogger(__name__)

WORKLOADS = ("steady 1", "two bursts 2")
STEP_S, LOOK_S = 0.1, 0.05
SIDE = Path(__file__).with_name("scheduling_side.py")


class Forked:
    """A process of the side's."""

    def __init__(self, side: Side, pid: int) -> None:
        self.pid, self._side = pid, side
        self._status: int | None = None

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""
        if self._status is None:
            said = self._side.ask(f"poll {self.pid}")
            self._status = None if said == "-" else int(said)
        return self._status

    def terminate(self) -> None:
        """Ask it to stop."""
        os.kill(self.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)


class Side:
    """The process that forks the jobs' processes."""

    def __init__(self, home: Path) -> None:
        environment = {**os.environ, "WORKBENCH_HOME": str(home), "OMP_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, str(SIDE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment,
        )  # fmt: skip

    def ask(self, line: str) -> str:
        """One line, and its answer."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def start(self, job_id: int, worker: str, cores: int) -> Forked:
        """A job's process."""
        return Forked(self, int(self.ask(f"start {job_id} {worker}")))

    def close(self) -> None:
        """End it; its jobs have ended."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@dataclasses.dataclass(frozen=True)
class Ran:
    """What came of a workload on processes, in seconds."""

    mean: float
    longest_wait: float
    gave_way: int
    lost_steps: int
    losses: tuple[float, ...]


def run_processes(sent: Sequence[Sent], policy: Any) -> Ran:
    """A workload, from the first arrival to the last end."""
    from workbench.core import settings
    from workbench.finetuning.scheduling.dispatching import Dispatcher
    from workbench.finetuning.scheduling.tasks import Slots
    from workbench.store.jobs import JobQueue

    with tempfile.TemporaryDirectory() as temporary, settings.override(home=temporary):
        home = Path(temporary)
        side, queue = Side(home), JobQueue()
        dispatcher = Dispatcher(
            Slots(SLOTS, MEMORY_MB), policy, queue=queue, start=side.start, look_s=LOOK_S
        )
        began_s, coming = time.time(), list(sent)
        try:
            while coming or dispatcher.lane.open_jobs():
                while coming and time.time() - began_s >= coming[0].arrival * STEP_S:
                    _submit(queue, coming.pop(0), home)
                dispatcher.look()
                time.sleep(LOOK_S)
        finally:
            dispatcher.stop()
            side.close()
        return _tell(queue, sent, home, dispatcher._gave_way)


def _submit(queue: Any, sent: Sent, home: Path) -> None:
    from workbench.finetuning.scheduling.demand import LANE, Demand

    number, now_s = int(sent.name.split("-")[1]), queue.clock()
    deadline_s = None if sent.deadline is None else sent.deadline - sent.arrival
    demand = Demand(
        sent.slots, sent.memory_mb, sent.team,
        None if sent.estimate is None else sent.estimate * STEP_S,
        None if deadline_s is None else now_s + deadline_s * STEP_S,
    )  # fmt: skip
    params = {
        "number": number, "steps": sent.steps, "step_s": STEP_S, "folder": str(home / sent.name)
    }  # fmt: skip
    queue.enqueue(
        "benchscheduling.train", params, priority=sent.priority, max_attempts=100, lane=LANE,
        demand=dataclasses.asdict(demand),
    )  # fmt: skip


def _tell(queue: Any, sent: Sequence[Sent], home: Path, gave_way: int) -> Ran:
    from workbench.store.lanes import Lane

    jobs = sorted(queue.list(limit=1000), key=lambda job: job.id)
    attempts = Lane(queue, "training").attempts(since_s=0.0)
    ran_s = [sum((a.ended_s or 0.0) - a.started_s for a in attempts[job.id]) for job in jobs]
    took_s = [job.finished_s - job.created_s for job in jobs]
    assert all(job.state == "succeeded" for job in jobs), [job.error for job in jobs]
    computed = [len((home / each.name / "computed").read_text().split()) for each in sent]
    return Ran(
        statistics.mean(took_s),
        max(took - ran for took, ran in zip(took_s, ran_s, strict=True)),
        gave_way,
        sum(computed) - sum(each.steps for each in sent),
        tuple(job.result["loss"] for job in jobs),
    )


def measure_processes(rounds: int) -> Sequence[Figure]:
    """First in, first out and the policy by turns, once: it takes ten minutes."""
    import scheduling_side  # noqa: F401 - its operation, which jobs are checked against
    from scheduling import LEAST, POLICY

    from workbench.finetuning.scheduling.first_in_first_out import FirstInFirstOut

    shorter = {
        name: getattr(POLICY, name) * STEP_S
        for name in ("patience_s", "restart_s", "quantum_s", "half_life_s", "unknown_s")
    }
    figures, frozen = [], read_frozen()
    for name in WORKLOADS:
        theirs = run_processes(frozen[name], FirstInFirstOut())
        log.warning("%s, first in, first out: %s", name, theirs)
        ours = run_processes(frozen[name], dataclasses.replace(POLICY, **shorter))
        log.warning("%s: %s", name, ours)
        details = {
            "ours": dataclasses.asdict(ours),
            "theirs": dataclasses.asdict(theirs),
            "same losses": ours.losses == theirs.losses,
        }
        figures.append(
            Figure(
                f"mean completion on processes, {name}", "first in, first out", "s", (ours.mean,),
                (theirs.mean,), better="lower", bound=LEAST, details=details,
            )
        )  # fmt: skip
    return figures
