from __future__ import annotations

from typing import Any

from workbench.finetuning.scheduling.demand import LANE
from workbench.store.jobs import JobQueue
from workbench.store.lanes import Lane

RUN = '{"model": "smollm2-135m", "data": "f.jsonl"}'


def test_a_training_is_queued_listed_explained_and_cancelled(run: Any) -> None:
    def say(*words: str) -> str:
        done = run("finetuning", "queue", *words)
        return f"{done.out}\n{done.err}"

    assert "the queue is empty" in say("list")
    assert "[workbench finetuning queue run]" in say("submit", RUN, "--team", "red", "--cores", "2")
    assert "nobody runs the queue" in say("list")
    Lane(JobQueue(), LANE).tell([(1, "wait", "job 7 has less left to do")])
    listed = say("list")
    assert "red" in listed and "job 7 has less left to do" in listed
    assert "job 7 has less left to do" in say("explain", "1")
    assert "cancelled" in say("cancel", "1")
    assert "0 starts" in say("run", "--drain", "--cores", "1")
