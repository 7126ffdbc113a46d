"""Jobs and the ledger in a terminal: a line each, and what went wrong."""

from __future__ import annotations

from typing import Any

from workbench.store import JobQueue
from workbench.store.ledger import Ledger


def test_jobs_are_a_line_each(run: Any) -> None:
    assert "workbench store submit" in run("store", "jobs").out
    queue = JobQueue()
    queue.enqueue("models.pull", {"name": "smollm2-135m"})
    queue.cancel(queue.enqueue("models.pull", {"name": "none"}).id)
    lines = run("store", "jobs").out.splitlines()
    assert lines[0].split() == ["job", "operation", "state", "submitted"]
    assert lines[1].split()[:3] == ["2", "models.pull", "cancelled"]
    assert lines[2].endswith("name smollm2-135m")
    assert all(len(line) < 80 for line in lines)


def test_a_job_says_what_it_has_to_say(run: Any) -> None:
    JobQueue().enqueue("models.pull", {"name": "smollm2-135m"}, priority=3)
    told = dict(line.split(maxsplit=1) for line in run("store", "job", "1").out.splitlines())
    assert told["params"] == "name smollm2-135m"
    assert (told["state"], told["priority"]) == ("queued", "3")
    assert "worker" not in told and "error" not in told


def test_the_ledger_is_a_line_an_entry(run: Any) -> None:
    assert run("store", "ledger").out == "the ledger is empty\n"
    Ledger().append("learning.graded", "serving/01", actor="me", data={"score": 3})
    row = run("store", "ledger").out.splitlines()[1].split()
    assert row[0] == "1" and row[3:] == ["me", "learning.graded", "serving/01", "score", "3"]
