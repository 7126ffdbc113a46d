from __future__ import annotations

import threading
from typing import Any

import pytest

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.operations import operation
from workbench.store.database import Database
from workbench.store.jobs import JobQueue, Lease, backoff_s

ERROR = {"code": "engine", "message": "it broke", "hint": None}


@operation("testjobs.add", title="Add", produces="number")
def add(a: int, *, b: int = 1) -> int:
    """Add two numbers."""
    return a + b


class Clock:
    """A time that the test sets."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(database: Database, clock: Clock) -> JobQueue:
    return JobQueue(database, lease_s=60, clock=clock)


def put(queue: JobQueue, **kwargs: Any) -> int:
    return queue.enqueue("testjobs.add", {"a": 1}, **kwargs).id


def take(queue: JobQueue, worker: str = "w") -> Lease:
    lease = queue.lease(worker)
    assert lease is not None
    return lease


def test_a_job_goes_from_queued_to_succeeded(queue: JobQueue, clock: Clock) -> None:
    job = queue.enqueue("testjobs.add", {"a": 1, "b": 2})
    assert (job.state, job.params, job.attempts) == ("queued", {"a": 1, "b": 2}, 0)
    lease = take(queue)
    assert (lease.operation, lease.params, lease.attempt) == ("testjobs.add", {"a": 1, "b": 2}, 1)
    assert queue.get(job.id).state == "running"
    assert queue.lease("other") is None
    clock.now_s += 5
    done = queue.complete(lease, {"sum": 3})
    assert (done.state, done.result, done.started_s, done.finished_s) == (
        "succeeded", {"sum": 3}, 1000.0, 1005.0
    )  # fmt: skip
    assert queue.count() == {
        "queued": 0, "running": 0, "succeeded": 1, "failed": 0, "cancelled": 0
    }  # fmt: skip


def test_a_job_that_cannot_run_is_refused_at_the_door(queue: JobQueue) -> None:
    with pytest.raises(NotFoundError, match=r"testjobs\.add"):
        queue.enqueue("testjobs.ad")
    with pytest.raises(InputError, match="'a'"):
        queue.enqueue("testjobs.add", {"a": "one"})
    with pytest.raises(InputError, match="max_attempts"):
        put(queue, max_attempts=0)
    with pytest.raises(NotFoundError, match="no job 77"):
        put(queue, needs=[77])
    assert queue.list() == ()


def test_priority_then_time_then_order(queue: JobQueue, clock: Clock) -> None:
    low, high, later, last = (
        put(queue), put(queue, priority=5), put(queue, run_after_s=2000, priority=9), put(queue)
    )  # fmt: skip
    assert [take(queue).job_id for _ in range(3)] == [high, low, last]
    assert queue.lease("w") is None
    clock.now_s = 2000
    assert take(queue).job_id == later


def test_a_key_gives_the_same_job_or_a_conflict(queue: JobQueue) -> None:
    first = put(queue, idempotency_key="k")
    assert put(queue, idempotency_key="k") == first
    with pytest.raises(ConflictError, match=f"job {first}"):
        queue.enqueue("testjobs.add", {"a": 2}, idempotency_key="k")
    assert put(queue) != first


def test_a_worker_whose_lease_was_taken_over_changes_nothing(queue: JobQueue, clock: Clock) -> None:
    job = put(queue)
    zombie = take(queue, "zombie")
    clock.now_s += 61
    second = take(queue, "second")
    assert (second.job_id, second.token) == (job, zombie.token + 1)
    for call in (
        lambda: queue.complete(zombie, "zombie"),
        lambda: queue.fail(zombie, ERROR),
        lambda: queue.stop(zombie, "no"),
        lambda: queue.release(zombie),
        lambda: queue.heartbeat(zombie, progress={"done": 1}),
    ):
        with pytest.raises(ConflictError, match="not current"):
            call()
    assert queue.is_cancelled(zombie)
    assert queue.complete(second, "second").result == "second"
    with pytest.raises(ConflictError):
        queue.complete(second, "again")
    with pytest.raises(ConflictError):
        queue.complete(zombie, "zombie")
    job_now = queue.get(job)
    assert (job_now.result, job_now.attempts, job_now.lost_workers) == ("second", 2, 1)


def test_a_job_whose_worker_died_is_running_but_not_at_work(queue: JobQueue, clock: Clock) -> None:
    put(queue)
    take(queue, "killed")
    assert (queue.count()["running"], queue.count_at_work()) == (1, 1)
    clock.now_s += 61
    assert (queue.count()["running"], queue.count_at_work()) == (1, 0)
    take(queue, "second")
    assert queue.count_at_work() == 1


def test_a_lease_that_ran_out_counts_for_nothing_until_it_is_renewed(
    queue: JobQueue, clock: Clock
) -> None:
    put(queue)
    lease = take(queue)
    clock.now_s += 3600  # the laptop slept
    for call in (lambda: queue.complete(lease), lambda: queue.fail(lease, ERROR)):
        with pytest.raises(ConflictError):
            call()
    assert queue.heartbeat(lease) is False  # nobody took it meanwhile
    assert queue.complete(lease).state == "succeeded"


def test_heartbeats_keep_the_lease_and_the_progress(queue: JobQueue, clock: Clock) -> None:
    job = put(queue)
    lease = take(queue)
    for done in range(5):
        clock.now_s += 50
        queue.heartbeat(lease, progress={"done": done})
        assert queue.lease("other") is None
    queue.heartbeat(lease)
    assert queue.get(job).progress == {"done": 4}
    assert queue.complete(lease).attempts == 1


def test_failures_are_repeated_later_each_time_and_then_fail(queue: JobQueue, clock: Clock) -> None:
    job = put(queue, max_attempts=3)
    waits = []
    for _ in range(2):
        failed = queue.fail(take(queue), ERROR)
        assert (failed.state, failed.error) == ("queued", ERROR)
        waits.append(failed.run_after_s - clock.now_s)
        assert queue.lease("w") is None
        assert queue.has_work()
        clock.now_s = failed.run_after_s
    assert 0.5 <= waits[0] <= 1.0 <= waits[1] <= 2.0
    assert queue.fail(take(queue), ERROR).state == "failed"
    assert queue.lease("w") is None
    again = queue.retry(job)
    assert (again.state, again.attempts, again.error) == ("queued", 0, None)
    assert queue.fail(take(queue), ERROR, retry=False).state == "failed"


def test_the_wait_doubles_up_to_an_hour_with_jitter() -> None:
    for attempts in range(1, 40):
        whole = min(2.0 ** (attempts - 1), 3600.0)
        waits = [backoff_s(attempts) for _ in range(20)]
        assert all(whole / 2 <= wait <= whole for wait in waits)
        assert len(set(waits)) > 1


def test_a_job_that_kills_its_workers_is_given_up(queue: JobQueue, clock: Clock) -> None:
    job = put(queue, max_attempts=3)
    for _ in range(3):
        take(queue)
        clock.now_s += 61
    assert queue.lease("w") is None
    found = queue.get(job)
    assert (found.state, found.lost_workers, found.attempts) == ("failed", 3, 3)
    assert found.error == {
        "code": "worker-lost", "message": "lost its worker 3 times", "hint": None
    }  # fmt: skip


def test_a_queued_job_is_cancelled_at_once(queue: JobQueue) -> None:
    job = put(queue)
    assert queue.cancel(job).state == "cancelled"
    assert queue.lease("w") is None
    with pytest.raises(ConflictError, match="is cancelled"):
        queue.cancel(job)
    assert queue.retry(job).state == "queued"
    with pytest.raises(ConflictError, match="is queued"):
        queue.retry(job)


def test_a_running_job_is_told_to_stop_and_never_runs_again(queue: JobQueue, clock: Clock) -> None:
    ends = {
        "stop": lambda lease: queue.stop(lease, "cancelled: by the user"),
        "fail": lambda lease: queue.fail(lease, ERROR),
        "release": queue.release,
        "lost": lambda lease: setattr(clock, "now_s", clock.now_s + 61) or queue.lease("w"),
    }
    for end in ends.values():
        job = put(queue)
        lease = take(queue)
        assert not queue.is_cancelled(lease)
        assert queue.cancel(job).state == "running"
        assert queue.heartbeat(lease) is True
        assert queue.is_cancelled(lease)
        end(lease)
        assert queue.get(job).state == "cancelled"
        assert queue.lease("w") is None


def test_a_released_job_is_taken_again_and_the_attempt_does_not_count(queue: JobQueue) -> None:
    put(queue, max_attempts=1)
    assert queue.release(take(queue)).attempts == 0
    assert queue.complete(take(queue)).state == "succeeded"


def test_a_job_runs_after_those_that_it_needs(queue: JobQueue) -> None:
    first, second = put(queue), put(queue)
    both = put(queue, needs=[first, second, first], priority=9)
    assert queue.get(both).needs == (first, second)
    for expected in (first, second, both):
        lease = take(queue)
        assert lease.job_id == expected
        queue.complete(lease)
    late = put(queue, needs=[first])
    assert take(queue).job_id == late


def test_what_needs_a_job_that_fails_is_cancelled_with_it(queue: JobQueue) -> None:
    first = put(queue)
    second = put(queue, needs=[first])
    third = put(queue, needs=[second])
    bystander = put(queue)
    queue.fail(take(queue), ERROR, retry=False)
    for job in (second, third):
        found = queue.get(job)
        assert found.state == "cancelled"
        assert found.error is not None and f"job {first}" in found.error["message"]
    assert queue.get(bystander).state == "queued"
    assert queue.get(put(queue, needs=[first])).state == "cancelled"
    with pytest.raises(ConflictError, match=f"needs job {first}, which is failed"):
        queue.retry(second)
    queue.retry(first)
    queue.retry(second)
    assert queue.has_work()


def test_what_stands_in_one_transaction_with_complete_happens_once(
    queue: JobQueue, clock: Clock
) -> None:
    def complete(lease: Lease) -> None:
        with queue.database.transaction() as connection:
            connection.execute(
                "INSERT INTO records VALUES ('sent', ?, 1, '1', 0)", (f"{lease.token}",)
            )
            queue.complete(lease)

    put(queue)
    zombie = take(queue)
    clock.now_s += 61
    complete(take(queue))
    with pytest.raises(ConflictError):
        complete(zombie)
    assert [row["key"] for row in queue.database.read("SELECT key FROM records")] == ["2"]


def test_a_result_without_json_form_is_refused_and_the_lease_stays(queue: JobQueue) -> None:
    put(queue)
    lease = take(queue)
    with pytest.raises(InputError, match=r"result of testjobs\.add"):
        queue.complete(lease, object())
    assert queue.complete(lease, float("nan")).result is None


def test_the_list_is_filtered_and_newest_first(queue: JobQueue) -> None:
    jobs = [put(queue) for _ in range(4)]
    queue.complete(take(queue))
    assert [job.id for job in queue.list(limit=2)] == jobs[:1:-1]
    assert [job.id for job in queue.list(state="succeeded")] == jobs[:1]
    with pytest.raises(NotFoundError, match="no job 99"):
        queue.get(99)


def test_threads_never_hold_the_same_job(queue: JobQueue) -> None:
    for _ in range(40):
        put(queue)
    taken: list[int] = []

    def work() -> None:
        while (lease := queue.lease("w")) is not None:
            taken.append(lease.job_id)
            queue.complete(lease)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 41))
    assert queue.count()["succeeded"] == 40
