"""What the tile of jobs says of those that wait: each is run by the command that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.finetuning.scheduling.demand import LANE
from workbench.store.jobs import JobQueue
from workbench.studio.cards import draw_job
from workbench.studio.tile_jobs import JobsTile

pytestmark = pytest.mark.usefixtures("home")
WORKER, TRAININGS = "workbench store work --drain", "workbench finetuning queue run"


def note_of(tile: JobsTile) -> str:
    tile.refresh()
    return str(tile._note.value)


def test_a_training_of_the_queue_waits_for_the_queue_and_not_for_a_worker(home: Path) -> None:
    queue, tile = JobQueue(), JobsTile()
    training = queue.enqueue("finetuning.run", {"model": "m", "data": "d"}, lane=LANE, demand={})
    assert TRAININGS in note_of(tile) and WORKER not in note_of(tile)
    assert TRAININGS in draw_job(training) and WORKER not in draw_job(training)
    plain = queue.enqueue("models.pull", {"name": "smollm2-135m"})
    assert TRAININGS in note_of(tile) and WORKER in note_of(tile)
    assert "1 job waits for a worker" in note_of(tile)
    assert WORKER in draw_job(plain)
    queue.lease("w", job_id=training.id)  # that it runs says nothing of the other
    assert TRAININGS not in note_of(tile) and WORKER in note_of(tile)
    queue.lease("v")
    assert note_of(tile) == ""
