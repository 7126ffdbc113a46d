from __future__ import annotations

from pathlib import Path

from workbench.finetuning.scheduling import operations
from workbench.finetuning.scheduling.demand import LANE
from workbench.store.jobs import JobQueue
from workbench.store.lanes import Lane
from workbench.studio.queue_table import draw_queue

PARAMS = {"model": "smollm2-135m", "data": "facts.jsonl"}


def test_each_job_stands_with_why_it_waits(home: Path) -> None:
    assert "Nothing is on the training queue" in draw_queue()
    waits = operations.submit(PARAMS, team="<red>", priority=3).id
    assert "nobody runs the queue" in draw_queue()
    runs = operations.submit(PARAMS, team="blue").id
    queue = JobQueue()
    lane, lease = Lane(queue, LANE), queue.lease("w", job_id=runs)
    assert lease is not None
    queue.heartbeat(lease, progress={"label": "training", "done": 30.0, "total": 120.0})
    lane.tell([(waits, "wait", "job 2 has less left to do"), (runs, "start", "it is the next")])
    shown = draw_queue()
    assert "job 2 has less left to do" in shown and "it is the next" in shown
    assert "25%" in shown and "running" in shown
    assert "&lt;red&gt;" in shown and "<red>" not in shown
