from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.finetuning.scheduling import operations
from workbench.finetuning.scheduling.demand import Demand, read_demand
from workbench.store.jobs import JobQueue

PARAMS = {"model": "smollm2-135m", "data": "facts.jsonl"}


def test_a_training_is_put_on_the_queue_shown_explained_and_taken_off(home: Path) -> None:
    first = operations.submit(PARAMS, priority=3, team="red", estimate_s=60, deadline_in_s=600)
    demand = read_demand(first.demand)
    assert demand.deadline_s == pytest.approx(first.created_s + 600, abs=60)
    assert (demand.cores, demand.team, demand.estimate_s) == (1, "red", 60)
    second = operations.submit({**PARAMS, "processes": 2}, needs=[first.id])
    assert read_demand(second.demand).cores == 2
    rows = operations.list_jobs()
    assert [row.job for row in rows] == [first.id, second.id]
    assert "nobody runs the queue" in rows[0].why
    assert operations.explain(first.id).decisions == ()
    assert operations.cancel(first.id).state == "cancelled"
    assert JobQueue().get(second.id).state == "cancelled"
    assert operations.list_jobs() == []


def test_what_cannot_be_a_training_is_named(home: Path) -> None:
    with pytest.raises(InputError, match="2 processes on 1 core"):
        operations.submit({**PARAMS, "processes": 2}, cores=1)
    with pytest.raises(InputError, match="a worker cannot be a job"):
        operations.submit({}, name="finetuning.queue_run")
    with pytest.raises(InputError):
        operations.submit({"model": "smollm2-135m", "rows": 3})
    with pytest.raises(InputError, match="not above 0"):
        operations.run(weights={"red": 0.0}, drain=True)
    other = JobQueue().enqueue("store.jobs")
    with pytest.raises(NotFoundError, match="not of the training queue"):
        operations.explain(other.id)


def test_an_empty_queue_is_done_at_once(home: Path) -> None:
    done = operations.run(cores=1, memory_mb=100, drain=True)
    assert (done.started, done.gave_way, done.lost_workers) == (0, 0, 0)


def test_demands_of_a_later_version_are_read() -> None:
    assert read_demand({"cores": 2, "colour": "blue"}) == Demand(cores=2)
    assert read_demand(None) == Demand()
