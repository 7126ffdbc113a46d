from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.core.cancellation import CancelToken, cancellable, check_cancelled
from workbench.core.errors import CancelledError, EngineError, InputError
from workbench.core.operations import operation
from workbench.core.progress import progress
from workbench.store import worker as module
from workbench.store.database import Database
from workbench.store.jobs import JobQueue
from workbench.store.worker import Worker, WorkReport


@operation("testworker.run", title="Run", produces="anything")
def run(how: str, *, folder: Path | None = None) -> object:
    """Do one of several things."""
    if how == "path":
        return {"where": Path("/a/b"), "sizes": {3, 1}}
    if how == "object":
        return object()
    if how == "exit":
        raise SystemExit(3)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "fault":
        raise ZeroDivisionError("of ours")
    if how == "input":
        raise InputError("no such prompt", hint="write one")
    if how == "engine":
        raise EngineError("it stopped")
    if how == "gives up":
        raise CancelledError("cancelled: by itself")
    if how == "terminate":
        os.kill(os.getpid(), signal.SIGTERM)
    if how in ("loop", "terminate"):
        assert folder is not None
        with progress("loop", unit="steps") as task:
            (folder / "started").touch()
            while True:
                task.advance()
                module.time.sleep(0.005)
    if how == "deaf":
        assert folder is not None
        os.kill(os.getpid(), signal.SIGTERM)
        return "done all the same"
    return how


@pytest.fixture
def queue(database: Database) -> JobQueue:
    return JobQueue(database, lease_s=30)


def put(queue: JobQueue, how: str, *, max_attempts: int = 1, folder: Path | None = None) -> int:
    params = {"how": how, "folder": folder}
    return queue.enqueue("testworker.run", params, max_attempts=max_attempts).id


def work(queue: JobQueue, **kwargs: int) -> WorkReport:
    return Worker(queue, poll_s=0.01).run(drain=True, **kwargs)


def cancel_once_started(queue: JobQueue, job: int, folder: Path) -> threading.Thread:
    def wait() -> None:
        while not (folder / "started").exists():
            module.time.sleep(0.005)
        queue.cancel(job)
        queue.database.close()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_results_and_errors_are_kept_as_plain_data(queue: JobQueue) -> None:
    jobs = {
        how: put(queue, how)
        for how in ("path", "object", "exit", "fault", "input", "engine", "gives up")
    }
    report = work(queue)
    assert (report.succeeded, report.failed, report.cancelled) == (1, 5, 1)
    found = {how: queue.get(job) for how, job in jobs.items()}
    assert found["path"].result == {"where": "/a/b", "sizes": [1, 3]}
    errors = {how: job.error for how, job in found.items() if job.error}
    assert errors["input"] == {"code": "input", "message": "no such prompt", "hint": "write one"}
    assert errors["engine"]["code"] == "engine"
    assert "no plain form" in errors["object"]["message"]
    assert errors["exit"]["message"] == "SystemExit: 3"
    assert errors["fault"]["message"] == "ZeroDivisionError: of ours"
    assert "test_worker.py" in errors["fault"]["traceback"]
    assert found["gives up"].state == "cancelled"


def test_what_cannot_be_mended_by_time_is_not_repeated(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.store.leases.backoff_s", lambda attempts: 0.0)
    lasting = put(queue, "input", max_attempts=3)
    passing = put(queue, "engine", max_attempts=3)
    assert work(queue).failed == 4
    assert (queue.get(lasting).attempts, queue.get(passing).attempts) == (1, 3)


def test_draining_waits_for_repetitions_and_leaves_what_is_planned(queue: JobQueue) -> None:
    later = queue.enqueue("testworker.run", {"how": "x"}, run_after_s=queue.clock() + 1000)
    assert work(queue).succeeded == 0
    put(queue, "a")
    put(queue, "b")
    assert work(queue, max_jobs=1).succeeded == 1
    assert work(queue).succeeded == 1
    assert queue.get(later.id).state == "queued"


def test_progress_reaches_the_database_while_the_job_runs(
    queue: JobQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PROGRESS_S", 0.02)
    job = put(queue, "loop", folder=tmp_path)

    def wait() -> None:
        while not (found := queue.get(job)).progress:
            module.time.sleep(0.01)
        seen.append(found.progress)
        queue.cancel(job)
        queue.database.close()

    seen: list[dict[str, object]] = []
    thread = threading.Thread(target=wait)
    thread.start()
    assert work(queue).cancelled == 1
    thread.join()
    assert (seen[0]["label"], seen[0]["unit"]) == ("loop", "steps")


def test_a_cancel_in_the_database_stops_a_running_operation(
    queue: JobQueue, tmp_path: Path
) -> None:
    job = put(queue, "loop", folder=tmp_path, max_attempts=5)
    thread = cancel_once_started(queue, job, tmp_path)
    assert work(queue).cancelled == 1
    thread.join()
    found = queue.get(job)
    assert (found.state, found.attempts) == ("cancelled", 1)


def test_heartbeats_keep_a_job_that_is_longer_than_its_lease(
    database: Database, tmp_path: Path
) -> None:
    queue = JobQueue(database, lease_s=0.3)
    job = put(queue, "loop", folder=tmp_path)
    lost: list[bool] = []

    def wait() -> None:
        while not (tmp_path / "started").exists():
            module.time.sleep(0.005)
        first = queue.get(job)
        for _ in range(20):  # 1 s, three leases
            module.time.sleep(0.05)
            lost.append(queue.lease("thief") is not None)
        assert first.started_s == queue.get(job).started_s
        queue.cancel(job)
        database.close()

    thread = threading.Thread(target=wait)
    thread.start()
    assert work(queue).cancelled == 1
    thread.join()
    assert not any(lost)


def test_a_worker_that_was_taken_over_stops_and_records_nothing(
    queue: JobQueue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PROGRESS_S", 0.02)
    job = put(queue, "loop", folder=tmp_path)

    def wait() -> None:
        while not (tmp_path / "started").exists():
            module.time.sleep(0.005)
        with queue.database.transaction() as connection:
            connection.execute("UPDATE jobs SET token = token + 1")
        queue.database.close()

    thread = threading.Thread(target=wait)
    thread.start()
    report = Worker(queue).run(max_jobs=1)
    thread.join()
    assert report.lost == 1
    assert queue.get(job).state == "running"  # as the other worker left it


def test_sigterm_gives_the_job_back(queue: JobQueue, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    job = put(queue, "terminate", folder=tmp_path)
    other = put(queue, "b")
    report = work(queue)
    assert (report.released, report.succeeded) == (1, 0)
    found = queue.get(job)
    assert (found.state, found.attempts, found.worker) == ("queued", 0, None)
    assert queue.get(other).state == "queued"
    assert signal.getsignal(signal.SIGTERM) is before


def test_control_c_gives_the_job_back_and_goes_on(queue: JobQueue) -> None:
    job = put(queue, "interrupt")
    with pytest.raises(KeyboardInterrupt):
        work(queue)
    assert (queue.get(job).state, queue.get(job).attempts) == ("queued", 0)


def test_sigterm_lets_an_operation_finish_that_does_not_look(
    queue: JobQueue, tmp_path: Path
) -> None:
    job = put(queue, "deaf", folder=tmp_path)
    put(queue, "b")
    assert work(queue).succeeded == 1
    assert queue.get(job).result == "done all the same"


def test_a_cancelled_run_gives_the_job_back_and_ends(queue: JobQueue, tmp_path: Path) -> None:
    job = put(queue, "loop", folder=tmp_path)
    token = CancelToken()

    def wait() -> None:
        while not (tmp_path / "started").exists():
            module.time.sleep(0.005)
        token.cancel()

    thread = threading.Thread(target=wait)
    thread.start()
    with cancellable(token), pytest.raises(CancelledError):
        Worker(queue, poll_s=0.01).run()
    thread.join()
    assert queue.get(job).state == "queued"


def test_a_worker_can_run_in_a_thread_and_be_stopped(queue: JobQueue) -> None:
    worker = Worker(queue, poll_s=0.01)
    reports: list[WorkReport] = []
    thread = threading.Thread(target=lambda: reports.append(worker.run()))
    thread.start()
    job = put(queue, "a")
    while queue.get(job).state != "succeeded":
        module.time.sleep(0.005)
    worker.stop()
    thread.join()
    assert reports[0].succeeded == 1


def test_the_lease_is_a_setting(database: Database) -> None:
    with settings.override(lease_s=7.5):
        assert JobQueue(database).lease_s == 7.5


def test_an_operation_outside_of_a_worker_is_not_disturbed(queue: JobQueue) -> None:
    check_cancelled()
    assert run("x") == "x"
