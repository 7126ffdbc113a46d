"""``kill -9`` of a pipeline at every stage and at random: it goes on, with the same final loss."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.finetuning.pipeline.stage_rows import PipelineRun, StageRows

from .conftest import Define
from .faults import faults

SCRIPT = Path(__file__).with_name("kill_pipeline.py")
Drive = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def drive() -> Iterator[Drive]:
    """Makes one attempt in a fork of one process, and gives how it ended."""
    with subprocess.Popen(
        [sys.executable, str(SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "OMP_NUM_THREADS": "1", "WORKBENCH_THREADS": "1"},
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        asking, answering = process.stdin, process.stdout

        def one(how: str, *, variant: str = "sound") -> dict[str, Any]:
            config = os.environ["WORKBENCH_CONFIG"]
            env = {"WORKBENCH_HOME": str(settings.home()), "WORKBENCH_CONFIG": config}
            asking.write(json.dumps({"env": env, "variant": variant, "how": how}) + "\n")
            asking.flush()
            answer: dict[str, Any] = json.loads(answering.readline())
            return answer

        yield one
        asking.close()


def _loss(run: PipelineRun) -> tuple[float, float]:
    said = run.output("train")
    assert said is not None
    return said["train_loss"], said["eval_loss_after"]


def _is_promoted() -> bool:
    return any(run.state == "promoted" for run in StageRows().list_runs("p"))


@pytest.mark.slow
def test_killed_at_each_event_and_at_random_it_ends_as_if_it_had_not_been(
    define: Define, drive: Drive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    define()
    took = drive("end")["took_s"]
    (whole,) = StageRows().list_runs("p")
    assert set(took) == {"collect", "snapshot", "train", "gate", "canary", "promote"}
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "another"))
    define()
    # A stage that is done is not begun again, so the next kill comes at a later moment each time.
    chance = random.Random(5)
    kills = [
        f"within {stage} {chance.uniform(0, seconds):.4f}"
        for stage, seconds in took.items()
        for _ in range(2 if stage == "train" else 1)
    ]
    kills[2:2] = [f"event {chance.randint(1, 4)}" for _ in range(4)]
    ended: list[int] = []
    # A kill may also come when all was written and the process was about to end.
    while not ended or (ended[-1] == -9 and not _is_promoted()):
        ended.append(drive(kills.pop(0) if kills else "end")["ended"])
    assert ended[-1] in (0, -9) and ended.count(-9) >= 4, ended
    (run,) = StageRows().list_runs("p")
    begun = {each.stage: each.attempts for each in run.stages}
    assert begun["train"] > 1, begun  # kills that all come before it would show little
    assert run.state == "promoted" and faults(run) == []
    assert _loss(run) == pytest.approx(_loss(whole), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["early", "blind"])
def test_a_pipeline_that_writes_too_early_or_forgets_is_caught(
    define: Define, drive: Drive, variant: str
) -> None:
    define()
    at = "promote begun" if variant == "early" else "train worked"
    assert drive(f"at {at}", variant=variant)["ended"] == -9
    # What says that all is done is refused a run on nothing new.
    assert drive("end", variant=variant)["ended"] == (1 if variant == "early" else 0)
    runs = StageRows().list_runs("p")
    assert [each for run in runs for each in faults(run)], f"{variant} was not caught"
