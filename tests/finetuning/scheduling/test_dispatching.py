"""The scheduler with real processes of real jobs."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import BusyError, CancelledError
from workbench.finetuning.scheduling.demand import LANE, Demand
from workbench.finetuning.scheduling.dispatching import Dispatcher
from workbench.finetuning.scheduling.policy import ShortestFirst
from workbench.finetuning.scheduling.tasks import Slots
from workbench.store.database import close_all
from workbench.store.jobs import JobQueue

from . import counting_job

SCRIPT = Path(counting_job.__file__)
POLICY = ShortestFirst(patience_s=3600, restart_s=0.1, quantum_s=0)
WAIT_S = 120.0


def start(job_id: int, worker: str, cores: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(SCRIPT), str(job_id), worker])


class Bench:
    """A queue, a scheduler that looks when the test says so, and jobs with a folder each."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.queue = folder, JobQueue()
        self.dispatcher = Dispatcher(Slots(2, 4096), POLICY, queue=self.queue, start=start)

    def put(self, name: str, *, cores: int = 1, priority: int = 0, steps: int = 3) -> int:
        (self.folder / name).mkdir()
        params = {"folder": self.folder / name, "steps": steps}
        demand = dataclasses.asdict(Demand(cores, 256, team="t", estimate_s=60))
        return self.queue.enqueue(
            "testqueue.count", params, priority=priority, max_attempts=100, lane=LANE, demand=demand
        ).id

    def let_go(self, *names: str) -> None:
        for name in names:
            (self.folder / name / "go").touch()

    def computed(self, name: str) -> list[str]:
        path = self.folder / name / "computed"
        return path.read_text().split() if path.exists() else []

    def until(self, holds: Callable[[], bool]) -> None:
        """Look until something holds; a bound on what never comes, not on how long it takes."""
        end_s = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < end_s, [job.state for job in self.queue.list()]
            self.dispatcher.look()
            time.sleep(0.02)

    def state(self, job: int) -> str:
        return self.queue.get(job).state

    def told(self, job: int) -> list[str]:
        return [each.kind for each in self.dispatcher.lane.told(job)]


@pytest.fixture
def bench(home: Path, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.dispatcher.stop()
    close_all()


def test_a_more_urgent_job_takes_the_slots_and_nothing_is_lost(bench: Bench) -> None:
    low = bench.put("low")
    bench.until(lambda: bool(bench.computed("low")))
    urgent = bench.put("urgent", cores=2, priority=5)
    bench.until(lambda: bool(bench.computed("urgent")))
    assert (bench.state(low), bench.state(urgent)) == ("queued", "running")
    bench.let_go("low", "urgent")
    bench.until(lambda: bench.state(low) == bench.state(urgent) == "succeeded")
    assert bench.computed("low") == ["1", "2", "3"]  # each once
    told = bench.told(low)
    assert (told[:2], told[-1]) == (["start", "give way"], "start")
    assert set(told[2:-1]) == {"wait"}
    assert "priority" in bench.dispatcher.lane.told(low)[1].reason
    assert bench.queue.get(low).attempts == 1  # giving way is no failed attempt


def test_two_slots_or_none(bench: Bench) -> None:
    first = bench.put("first")
    bench.until(lambda: bool(bench.computed("first")))
    gang = bench.put("gang", cores=2)
    for _ in range(3):
        bench.dispatcher.look()
    assert bench.told(gang) == ["wait"] and not bench.computed("gang")
    bench.let_go("first", "gang")
    bench.until(lambda: bench.state(gang) == "succeeded")
    assert bench.state(first) == "succeeded"


def test_a_killed_process_gives_its_job_back_at_once(bench: Bench) -> None:
    job = bench.put("job")
    bench.until(lambda: bool(bench.computed("job")))
    ((process, worker, _),) = bench.dispatcher._processes.values()
    os.kill(process.pid, signal.SIGKILL)
    bench.let_go("job")
    bench.until(lambda: bench.state(job) == "succeeded")
    found = bench.queue.get(job)
    assert (found.lost_workers, found.attempts) == (1, 2) and found.worker != worker
    assert bench.computed("job") == ["1", "2", "3"]


def test_a_cancelled_job_stops_and_does_not_come_back(bench: Bench) -> None:
    job, waits = bench.put("job", cores=2), bench.put("waits", cores=2)
    bench.until(lambda: bool(bench.computed("job")))
    bench.queue.cancel(waits)
    bench.queue.cancel(job)
    bench.until(lambda: bench.state(job) == "cancelled")
    assert bench.state(waits) == "cancelled" and not bench.computed("waits")


def test_a_scheduler_that_stops_gives_back_what_ran_and_the_next_goes_on(bench: Bench) -> None:
    job = bench.put("job")
    bench.until(lambda: bool(bench.computed("job")))
    bench.dispatcher.stop()
    assert (bench.state(job), bench.queue.get(job).attempts) == ("queued", 0)
    bench.let_go("job")
    following = Dispatcher(Slots(2, 4096), POLICY, queue=bench.queue, start=start, look_s=0.02)
    done = following.run(drain=True)
    assert bench.state(job) == "succeeded" and done.started == 1
    assert bench.computed("job") == ["1", "2", "3"]


def test_slots_of_a_scheduler_that_is_gone_stay_taken(bench: Bench) -> None:
    job = bench.put("job", cores=2)
    lease = bench.queue.lease("of another", job_id=job)
    waits = bench.put("waits")
    bench.dispatcher.look()
    assert lease is not None and bench.told(waits) == ["wait"]


def test_one_scheduler_at_a_time(bench: Bench) -> None:
    token = CancelToken()
    seen: list[str] = []

    class Second(Dispatcher):
        def look(self) -> list[object]:  # type: ignore[override]
            with pytest.raises(BusyError) as caught:
                Dispatcher(Slots(1, 1), POLICY, queue=bench.queue).run()
            seen.append(str(caught.value))
            token.cancel()
            return []

    with cancellable(token), pytest.raises(CancelledError):
        Second(Slots(1, 1), POLICY, queue=bench.queue, look_s=0.01).run()
    assert seen == ["the training queue is run by another process"]


def test_what_a_job_needs_holds_it_back(bench: Bench) -> None:
    first = bench.put("first")
    demand = dataclasses.asdict(Demand())
    params = {"folder": bench.folder / "first"}
    second = bench.queue.enqueue("testqueue.count", params, lane=LANE, demand=demand, needs=[first])
    bench.dispatcher.look()
    assert bench.dispatcher.lane.told(second.id)[0].reason.startswith(f"it needs job {first}")
