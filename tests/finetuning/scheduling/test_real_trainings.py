"""Trainings of a tiny model by ``finetuning.run``, in the processes that the scheduler starts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.finetuning.scheduling import operations
from workbench.finetuning.scheduling.dispatching import Dispatcher
from workbench.finetuning.scheduling.policy import ShortestFirst
from workbench.finetuning.scheduling.tasks import Slots
from workbench.store.jobs import JobQueue
from workbench.store.lanes import Lane

STEPS = 1000  # of 5 ms on a free core: 150 were done before the scheduler had looked
WAIT_S = 600.0


def look_until(dispatcher: Dispatcher, holds: Callable[[], bool]) -> None:
    end_s = time.monotonic() + WAIT_S  # a bound on what never comes
    while not holds():
        assert time.monotonic() < end_s, [job.error for job in JobQueue().list()]
        dispatcher.look()
        time.sleep(0.1)


@pytest.mark.slow
def test_a_training_gives_way_to_one_of_two_processes_and_goes_on(home: Path, data: Path) -> None:
    params = {"model": "tiny", "data": str(data), "general_questions": 0, "batch": 2}
    params |= {"precision": "fp32", "rank": 4, "anchors": 0, "epochs": 1000}
    first = operations.submit({**params, "steps": STEPS, "name": "first"}).id
    policy = ShortestFirst(quantum_s=0, restart_s=0)
    queue, dispatcher = JobQueue(), Dispatcher(Slots(2, 8192), policy)
    try:

        def steps() -> float:
            said = queue.get(first).progress or {}
            return float(said["done"]) if said.get("label") == "training" else 0.0

        look_until(dispatcher, lambda: steps() >= 2)
        urgent = {**params, "steps": 3, "name": "urgent", "processes": 2}
        second = operations.submit(urgent, priority=5).id
        look_until(dispatcher, lambda: queue.get(second).state == "succeeded")
        look_until(dispatcher, lambda: queue.get(first).state == "succeeded")
    finally:
        dispatcher.stop()
    outcomes = [each.outcome for each in Lane(queue, "training").attempts()[first]]
    assert outcomes == ["released", "succeeded"]
    assert queue.get(first).result["steps"] == STEPS
    assert queue.get(second).result["steps"] == 3
    told = [each.kind for each in operations.explain(first).decisions]
    assert told[:2] == ["start", "give way"] and told[-1] == "start"
