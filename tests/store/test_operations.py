from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core import operations
from workbench.core.errors import InputError, NotFoundError
from workbench.core.plain import to_plain
from workbench.store import operations as room
from workbench.store.artifacts import Artifacts
from workbench.store.database import Database
from workbench.store.ledger import Ledger

VERBS = {
    "jobs", "job", "submit", "cancel", "retry", "work",
    "ledger", "verify_ledger", "artifacts", "verify", "schedule", "schedules", "unschedule",
}  # fmt: skip


def run(name: str, **params: object) -> object:
    return operations.find(f"store.{name}").run(params)


def test_the_room_registers_its_verbs_with_schema_and_help() -> None:
    found = {op.verb: op for op in operations.load_room("store")}
    assert set(found) >= VERBS
    for verb in VERBS:
        op = found[verb]
        assert op.title and op.help and op.produces
        assert all(parameter.help for parameter in op.parameters), verb
        assert op.schema()["type"] == "object"


def test_a_job_is_submitted_run_shown_and_retried(database: Database) -> None:
    job = room.submit("store.verify", {}, priority=2)
    assert room.submit("store.jobs", {"limit": 3}, needs=[job.id]).needs == (job.id,)
    report = room.work(drain=True)
    assert report.succeeded == 2
    shown = room.show_job(job.id)
    assert shown.state == "succeeded"
    assert shown.result == {"checked": 0, "size_bytes": 0, "damaged": [], "set_aside": 0}
    assert [found.id for found in room.list_jobs(state="succeeded")] == [job.id + 1, job.id]
    waiting = room.submit("store.verify")
    assert room.cancel(waiting.id).state == "cancelled"
    assert room.retry(waiting.id).state == "queued"
    assert to_plain(room.list_jobs())[0]["operation"] == "store.verify"


def test_bad_requests_are_refused_with_what_is_allowed(database: Database) -> None:
    with pytest.raises(InputError, match="state"):
        run("jobs", state="lost")
    with pytest.raises(InputError, match="no parameter"):
        room.submit("store.verify", {"deep": True})
    with pytest.raises(NotFoundError, match="no job 5"):
        room.show_job(5)


def test_the_ledger_and_the_artifacts_are_shown_and_verified(
    database: Database, home: Path
) -> None:
    Ledger(database).append("model.pulled", "smollm2", actor="ann")
    assert [entry.subject for entry in room.show_ledger(action="model.pulled")] == ["smollm2"]
    assert room.verify_ledger().ok
    kept = Artifacts().put_bytes(b"x")
    assert room.list_artifacts() == (kept,)
    assert room.verify().ok
    assert to_plain(kept)["path"] == str(home / "blobs" / f"sha256-{kept.sha256}")


def test_public_names_resolve_and_cost_nothing_before() -> None:
    import subprocess
    import sys

    source = """
import sys
import workbench.store as store
heavy = {"sqlite3", "numpy", "usearch", "pydantic", "workbench.store.database"} & set(sys.modules)
assert not heavy, heavy
assert len(store.__all__) <= 20
for name in store.__all__:
    getattr(store, name)
heavy = {"numpy", "usearch", "pydantic"} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_worker_cannot_be_a_job() -> None:
    with pytest.raises(InputError, match="a worker cannot be a job"):
        room.submit("store.work")
