from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from workbench.core.operations import operation
from workbench.core.progress import progress
from workbench.finetuning.scheduling.seeing import see
from workbench.finetuning.scheduling.tasks import Slots
from workbench.store.database import Database
from workbench.store.jobs import JobQueue
from workbench.store.lanes import Lane
from workbench.store.worker import Worker


@operation("testlanes.count", title="Count", produces="number")
def count(folder: Path, *, steps: int = 3) -> int:
    """Count on from where it was stopped; without ``go`` it waits at every step."""
    kept = folder / "kept"
    done = int(kept.read_text()) if kept.exists() else 0
    with progress("count", total=steps, unit="steps") as task:
        while done < steps:
            done += 1
            kept.write_text(str(done))
            task.update(done)
            while not (folder / "go").exists():
                task.update(done)
                time.sleep(0.005)
    return done


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def queue(database: Database) -> JobQueue:
    return JobQueue(database, lease_s=30)


def put(queue: JobQueue, folder: Path, *, steps: int = 3) -> int:
    params = {"folder": folder, "steps": steps}
    return queue.enqueue("testlanes.count", params, lane="slow", demand={"cores": 2}).id


def test_workers_without_a_lane_leave_its_jobs_alone(queue: JobQueue, tmp_path: Path) -> None:
    job = put(queue, tmp_path)
    assert not queue.has_work() and queue.lease("any") is None
    assert Worker(queue, poll_s=0.01).run(drain=True).succeeded == 0
    assert queue.get(job).demand == {"cores": 2}
    (tmp_path / "go").touch()
    assert Worker(queue).run_one(job) == "succeeded"
    assert queue.get(job).result == 3
    assert Worker(queue).run_one(job) is None


def test_a_job_gives_way_and_goes_on_where_it_was(queue: JobQueue, tmp_path: Path) -> None:
    job, lane = put(queue, tmp_path), Lane(queue, "slow")
    assert not queue.ask_to_give_way(job, "nothing runs yet")

    def ask() -> None:
        while not (tmp_path / "kept").exists():
            time.sleep(0.005)
        assert queue.ask_to_give_way(job, "job 9 is more urgent")
        queue.database.close()

    thread = threading.Thread(target=ask)
    thread.start()
    assert Worker(queue).run_one(job) == "released"
    thread.join()
    found = queue.get(job)
    assert (found.state, found.attempts, found.give_way) == ("queued", 0, None)
    assert (tmp_path / "kept").read_text() == "1"
    (tmp_path / "go").touch()
    assert Worker(queue).run_one(job) == "succeeded"
    outcomes = [each.outcome for each in lane.attempts(since_s=0.0)[job]]
    assert outcomes == ["released", "succeeded"]


def test_a_cancel_goes_before_giving_way(queue: JobQueue, tmp_path: Path) -> None:
    job = put(queue, tmp_path)
    lease = queue.lease("w", job_id=job)
    assert lease is not None
    assert not queue.must_stop(lease)
    assert queue.ask_to_give_way(job, "why") and queue.must_stop(lease)
    assert not queue.is_cancelled(lease)
    assert queue.heartbeat(lease)
    queue.cancel(job)
    assert queue.release(lease).state == "cancelled"


def test_a_worker_known_to_be_dead_loses_its_jobs_at_once(
    database: Database, tmp_path: Path
) -> None:
    clock = Clock()
    queue = JobQueue(database, lease_s=60, clock=clock)
    mine, other = put(queue, tmp_path), put(queue, tmp_path, steps=4)
    queue.lease("dead", job_id=mine)
    queue.lease("alive", job_id=other)
    queue.take_back()
    assert queue.get(mine).state == "running"
    queue.take_back(worker="dead")
    assert (queue.get(mine).state, queue.get(mine).lost_workers) == ("queued", 1)
    assert queue.get(other).state == "running"
    clock.now_s += 61
    queue.take_back()
    assert queue.get(other).state == "queued"


def test_decisions_are_written_where_they_are_news(queue: JobQueue, tmp_path: Path) -> None:
    job, lane = put(queue, tmp_path), Lane(queue, "slow")
    assert [each.id for each in lane.open_jobs()] == [job]
    lane.tell([(job, "wait", "job 3 is shorter")])
    lane.tell([(job, "wait", "job 3 is shorter")])
    lane.tell([(job, "start", "it is the next")])
    assert [each.kind for each in lane.told(job)] == ["wait", "start"]
    assert Lane(queue, "other").open_jobs() == ()


def test_a_look_costs_neither_the_write_lock_nor_a_query_a_job_that_has_ended(
    queue: JobQueue, tmp_path: Path
) -> None:
    """A scheduler looks twice a second, for as long as the machine is on."""
    (tmp_path / "go").touch()
    lane = Lane(queue, "slow")

    def look() -> list[str]:
        said: list[str] = []
        queue.database.connection().set_trace_callback(said.append)
        queue.take_back()
        see(lane, Slots(2, 1024), begun={}, now_s=queue.clock(), since_s=0.0)
        queue.database.connection().set_trace_callback(None)
        return said

    counts = []
    for number in (1, 6):
        for _ in range(number):
            Worker(queue).run_one(put(queue, tmp_path))
        said = look()
        assert not [each for each in said if each.startswith(("BEGIN", "UPDATE"))]
        counts.append(len(said))
    assert counts[0] == counts[1] > 0
    assert len(lane.attempts(since_s=0.0)) == 7
