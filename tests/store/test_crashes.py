"""``kill -9`` at random points loses nothing that was confirmed, and nothing is done twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.core.errors import IntegrityError, NotFoundError
from workbench.core.operations import operation
from workbench.store.artifacts import Artifacts
from workbench.store.database import Database
from workbench.store.jobs import JobQueue

SCRIPT = Path(__file__).with_name("crash_worker.py")
KILLS = 50
MOST_WAITS = 2000  # of 10 ms each: only a worker that hangs takes so long


@operation("crash.make", title="Make a blob", produces="artifact")
def make(number: int) -> str:
    """Stands in for the one in crash_worker.py, so that jobs can be queued from here."""
    raise NotImplementedError


@operation("crash.wait", title="Wait", produces="nothing")
def wait(number: int) -> str:
    """Likewise."""
    raise NotImplementedError


class Nursery:
    """The process that forks the workers."""

    def __init__(self, process: subprocess.Popen[str], log_path: Path) -> None:
        self.process, self.log_path = process, log_path

    def ask(self, request: str) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def log(self) -> list[list[str]]:
        if not self.log_path.exists():
            return []
        return [line.split() for line in self.log_path.read_text().splitlines()]


Start = Callable[[str], Nursery]


@pytest.fixture
def start(home: Path, tmp_path: Path) -> Iterator[Start]:
    with contextlib.ExitStack() as stack:

        def start_one(variant: str) -> Nursery:
            log_path = tmp_path / "log"
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-W", "error", str(SCRIPT), str(log_path), variant],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env={**os.environ, "WORKBENCH_HOME": str(home)},
                )
            )
            return Nursery(process, log_path)

        yield start_one


def find_violations(queue: JobQueue, log: list[list[str]]) -> list[str]:
    """Every promise that the store broke.

    Args:
        queue: The jobs as they stand; workers may be at work no more.
        log: What was confirmed: ``done JOB RESULT``, ``kept SHA256``.
    """
    artifacts = Artifacts()
    wins = queue.database.read(
        "SELECT jobs.id, state, count(job_id) AS wins FROM jobs LEFT JOIN job_attempts "
        "ON job_id = jobs.id AND outcome = 'succeeded' GROUP BY jobs.id"
    )
    found = [
        f"job {row['id']} is {row['state']} and completed {row['wins']} times"
        for row in wins
        if row["wins"] != (row["state"] == "succeeded")
    ]
    confirmed = Counter(int(entry[1]) for entry in log if entry[0] == "done")
    found += [f"job {job} was confirmed {n} times" for job, n in confirmed.items() if n > 1]
    for blob in artifacts.list():
        if blob.size_bytes != len(blob.path.read_bytes()) or not _is_sound(artifacts, blob.sha256):
            found.append(f"blob {blob.sha256} is half-written")
    for entry in log:
        if entry[0] == "done":
            job = queue.get(int(entry[1]))
            if (job.state, job.result) != ("succeeded", entry[2]):
                found.append(f"job {job.id} was confirmed and is {job.state}")
        if entry[0] in ("done", "kept") and not artifacts.contains(entry[-1]):
            found.append(f"blob {entry[-1]} was confirmed and is not there")
    return found


def _is_sound(artifacts: Artifacts, sha256: str) -> bool:
    try:
        artifacts.path(sha256, force=True)
    except (IntegrityError, NotFoundError):
        return False
    return True


def put(queue: JobQueue, numbers: range) -> None:
    for number in numbers:
        queue.enqueue("crash.make", {"number": number}, max_attempts=1000)


def kill_after(
    nursery: Nursery, delay_s: float, *, first: Callable[[], bool] | None = None
) -> None:
    worker = nursery.ask("run 0")
    if first is not None:
        wait_for(first)
    time.sleep(delay_s)
    os.kill(worker, signal.SIGKILL)
    assert nursery.ask("wait") == -signal.SIGKILL


def attempts(database: Database) -> int:
    row = database.read_one("SELECT count(*) FROM job_attempts")
    assert row is not None
    return int(row[0])


def finish(queue: JobQueue, nursery: Nursery) -> None:
    """Let one worker do what is left, which also waits for the leases of the killed ones."""
    worker = nursery.ask("run 0")
    for _ in range(MOST_WAITS):
        counts = queue.count()
        if not counts["queued"] and not counts["running"]:
            break
        time.sleep(0.01)
    os.kill(worker, signal.SIGTERM)
    assert nursery.ask("wait") == 0


@pytest.mark.slow
@pytest.mark.soak
def test_fifty_kills_lose_nothing_and_do_nothing_twice(
    database: Database, start: Start, scale: int
) -> None:
    queue, nursery, chance = JobQueue(database), start("sound"), random.Random(49 + scale)
    queued, kills = 0, KILLS * scale
    for number in range(kills):
        if queue.count()["queued"] < 40:
            put(queue, range(queued, queued + 80))
            queued += 80
        # Every other one is killed at work, however slow the machine; the rest may be starting.
        before = attempts(database)
        at_work = (lambda before=before: attempts(database) > before) if number % 2 else None
        kill_after(nursery, chance.uniform(0.0, 0.12), first=at_work)
    finish(queue, nursery)
    log, counts = nursery.log(), queue.count()
    assert find_violations(queue, log) == []
    assert counts["succeeded"] == queued
    # It is a test only if kills came at work, and if much was done before the last worker.
    lost = len(database.read("SELECT * FROM job_attempts WHERE outcome = 'lost'"))
    assert lost >= kills // 4
    artifacts = Artifacts()
    parts = artifacts.clean(older_than_s=0)
    print(f"{kills} kills, {lost} at work, {parts} part files left; {counts}, {len(log)} promises")
    assert artifacts.verify_all().checked == queued


def test_the_check_finds_blobs_that_are_written_in_place(database: Database, start: Start) -> None:
    queue, nursery, chance = JobQueue(database), start("in-place"), random.Random(51)
    put(queue, range(40))
    for _ in range(20):
        before = attempts(database)
        kill_after(
            nursery,
            chance.uniform(0.0, 0.06),
            first=lambda before=before: attempts(database) > before,
        )
        if any("half-written" in said for said in find_violations(queue, nursery.log())):
            return
    pytest.fail("20 kills of workers that write in place left no half of a blob")


def stop_and_overtake(queue: JobQueue, nursery: Nursery) -> None:
    """One worker is stopped until another has done its job, then goes on to the end."""
    queue.enqueue("crash.wait", {"number": 0}, max_attempts=1000)
    first = nursery.ask("run 1")
    wait_for(lambda: len(nursery.log()) == 1)
    os.kill(first, signal.SIGSTOP)
    second = nursery.ask("run 1")
    wait_for(lambda: len(nursery.log()) == 2)  # the lease of the first ran out
    assert {int(entry[1]) for entry in nursery.log()} == {first, second}
    nursery.log_path.with_name("go").touch()
    wait_for(lambda: queue.count()["succeeded"] == 1)
    os.kill(first, signal.SIGCONT)
    assert [nursery.ask("wait"), nursery.ask("wait")] == [0, 0]


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(MOST_WAITS):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("it never came")


def test_a_worker_that_comes_back_after_its_lease_completes_nothing(
    database: Database, start: Start
) -> None:
    queue, nursery = JobQueue(database), start("sound")
    stop_and_overtake(queue, nursery)
    assert find_violations(queue, nursery.log()) == []
    assert sum(entry[0] == "done" for entry in nursery.log()) == 1


def test_the_check_finds_completion_without_the_token(database: Database, start: Start) -> None:
    queue, nursery = JobQueue(database), start("unfenced")
    stop_and_overtake(queue, nursery)
    assert find_violations(queue, nursery.log()) == [
        "job 1 is succeeded and completed 2 times",
        "job 1 was confirmed 2 times",
    ]
