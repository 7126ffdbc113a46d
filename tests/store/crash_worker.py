"""Workers to be killed, forked from one process that has paid for the imports.

    crash_worker.py LOG VARIANT

Each line on stdin asks for something; each is answered with one line on stdout:

    run ATTEMPTS   start a worker (0: without an end); its process id
    wait           wait for the worker that was started first; its exit status

Each confirmation that a worker got is added to LOG in one write. A write that returned outlives
the process, so LOG is what the store has promised. VARIANT breaks a promise on purpose.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from workbench.core.operations import find, operation
from workbench.store.artifacts import Artifact, Artifacts
from workbench.store.jobs import Job, JobQueue, Lease
from workbench.store.worker import Worker

LEASE_S = 0.6
log_path = Path("/dev/null")
variant = "sound"


def confirm(*words: object) -> None:
    """Write down what was promised."""
    handle = os.open(log_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, (" ".join(map(str, words)) + "\n").encode())
    os.close(handle)


class InPlace(Artifacts):
    """Writes a blob under its name from the start: half of it is there for a while."""

    def put_bytes(self, content: bytes) -> Artifact:
        import hashlib

        sha256 = hashlib.sha256(content).hexdigest()
        path = self.folder / f"sha256-{sha256}"
        path.parent.mkdir(parents=True, exist_ok=True)
        half = len(content) // 2
        with path.open("wb") as file:
            file.write(content[:half])
            file.flush()
            time.sleep(0.02)
            file.write(content[half:])
        return Artifact(sha256, len(content), path)


class Confirming(JobQueue):
    """Writes down each completion that it confirmed."""

    def complete(self, lease: Lease, result: Any = None) -> Job:
        job = super().complete(lease, result)
        confirm("done", lease.job_id, result)
        return job


class Unfenced(Confirming):
    """Ends an attempt without a look at the token."""

    def _close_attempt(self, connection: Any, lease: Lease, outcome: str) -> Any:
        connection.execute(
            "UPDATE job_attempts SET outcome = ? WHERE job_id = ? AND token = ?",
            (outcome, lease.job_id, lease.token),
        )
        return connection.execute("SELECT * FROM jobs WHERE id = ?", (lease.job_id,)).fetchone()


@operation("crash.make", title="Make a blob", produces="artifact")
def make(number: int) -> str:
    """Make a blob of 200 kB that no other job makes."""
    return make_blob(number)


def make_blob(number: int) -> str:
    """The same without a look at whether the run was cancelled, which a call of `make` takes."""
    artifacts = InPlace() if variant == "in-place" else Artifacts()
    sha256 = artifacts.put_bytes(f"job {number} ".encode() * 20_000).sha256
    confirm("kept", sha256)
    return sha256


@operation("crash.wait", title="Wait", produces="nothing")
def wait(number: int) -> str:
    """Wait until the test lets go, deaf to being told to stop."""
    confirm("waiting", os.getpid())
    while not log_path.with_name("go").exists():
        time.sleep(0.01)
    return make_blob(number)


def work(attempts: int) -> None:
    """One worker in a forked process."""
    status = 1
    try:
        queue = (Unfenced if variant == "unfenced" else Confirming)(lease_s=LEASE_S)
        Worker(queue, poll_s=0.02).run(max_jobs=attempts or None)
        status = 0
    except BaseException:  # noqa: BLE001 - the fork must not go on in its parent's code
        traceback.print_exc()
    finally:
        os._exit(status)


def serve() -> None:
    """Answer the test's requests until it closes stdin."""
    started: list[int] = []
    for line in sys.stdin:
        word, _, argument = line.strip().partition(" ")
        if word == "run":
            child = os.fork()
            if child == 0:
                work(int(argument))
            started.append(child)
            print(child, flush=True)
        else:
            _, status = os.waitpid(started.pop(0), 0)
            print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    log_path, variant = Path(sys.argv[1]), sys.argv[2]
    # The first validation imports pydantic: in each fork it would take the time of ten jobs.
    find("crash.make").validate({"number": 1})
    serve()
