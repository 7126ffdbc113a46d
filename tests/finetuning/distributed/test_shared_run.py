"""A whole run on two processes: its adapter, its record, its stops and its failures."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from safetensors.torch import load_file

from workbench.core import events, operations
from workbench.core.cancellation import CancelToken
from workbench.core.errors import CancelledError, CapabilityError, IntegrityError, PeerError
from workbench.finetuning.recording.recorded_run import find_recorded_run
from workbench.finetuning.recording.scaling import find_scaling
from workbench.finetuning.training.checkpoints import NAME
from workbench.finetuning.training.records import find_run, list_runs
from workbench.models.adapters import list_adapters

pytestmark = pytest.mark.slow

STEPS = 6


def _run(data: Path, *, token: CancelToken | None = None, **options: Any) -> Any:
    given: dict[str, Any] = {
        "model": "tiny", "data": data, "precision": "fp32", "learning_rate": 1e-2, "batch": 5,
        "steps": STEPS, "general_questions": 0, "evaluate_every_steps": 2, **options,
    }  # fmt: skip
    return operations.find("finetuning.run").run(given, token=token)


def _weights(name: str) -> dict[str, Any]:
    (adapter,) = (each for each in list_adapters("tiny") if each.name == name)
    found: dict[str, Any] = load_file(str(adapter.folder / "adapter_model.safetensors"))
    return found


def _curve(run: str) -> list[float]:
    known = find_run(run)
    assert known is not None
    return [point[1] for point in known["curve"]]


def _own_processes() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _gone(processes: list[psutil.Process], within_s: float = 30.0) -> bool:
    return not psutil.wait_procs(processes, timeout=within_s)[1]


@contextlib.contextmanager
def _at_step(number: int, then: Callable[[], None]) -> Any:
    def hear(event: events.Event) -> None:
        if event.data["number"] == number:
            then()

    with events.listening(hear, "finetuning.step"):
        yield


def test_two_processes_give_the_adapter_of_one(data: Path) -> None:
    alone = _run(data, name="alone", samples=1)
    steps: list[int] = []
    shown: list[Any] = []
    with (
        events.listening(lambda event: steps.append(event.data["number"]), "finetuning.step"),
        events.listening(lambda event: shown.append(event.data["samples"]), "finetuning.samples"),
    ):
        shared = _run(data, name="shared", samples=1, processes=2, strategy="fsdp")
    assert steps == list(range(1, STEPS + 1)) and len(shown) == 4
    assert _curve(shared.run) == pytest.approx(_curve(alone.run), abs=1e-4)
    recorded = find_recorded_run(shared.run)
    assert [each["rank"] for each in recorded.processes["now"]] == [0, 1]
    assert all(each["memory_bytes"] > 1e7 for each in recorded.processes["now"])
    assert all(each["sent_bytes_s"] is not None for each in recorded.processes["now"])
    scaling = find_scaling(recorded)
    assert scaling is not None and scaling.alone == alone.run and scaling.efficiency > 0
    assert find_scaling(find_recorded_run(alone.run)) is None
    assert shared.eval_loss_after == pytest.approx(alone.eval_loss_after, abs=1e-4)
    ours, theirs = _weights("alone"), _weights("shared")
    assert ours.keys() == theirs.keys()
    assert all(float((ours[name] - theirs[name]).abs().max()) < 1e-3 for name in ours)
    known = find_run(shared.run)
    assert known is not None and known["state"] == "finished"
    assert known["plan"] == {"processes": 2, "strategy": "fsdp", "tensor": 1, "threads": 1}
    assert not _own_processes()
    again = _run(data, name="shared", samples=1, processes=2, strategy="pp")
    assert again.reused and again.run == shared.run  # a plan is no part of what a run is


def test_all_stop_at_one_step_and_another_plan_goes_on(data: Path) -> None:
    wanted = _curve(_run(data, name="whole").run)
    token = CancelToken()
    with _at_step(3, token.cancel), pytest.raises(CancelledError):
        _run(data, name="parted", processes=2, token=token)
    (run,) = (run for run, told in list_runs() if told["adapter"] == "parted")
    known = find_run(run)
    assert known is not None and (known["state"], known["steps_done"]) == ("stopped", 3)
    assert not _own_processes()
    data.unlink()  # the rows are kept
    done = operations.find("finetuning.resume").run({"run": run[:8], "processes": 1})
    assert done.run == run and _curve(run) == pytest.approx(wanted, abs=1e-4)


def _kill_one() -> None:
    module = "workbench.finetuning.distributed.rank"
    ranks = [each for each in _own_processes() if module in each.cmdline()]
    assert len(ranks) == 2
    ranks[1].kill()


def test_all_begin_again_when_one_is_killed(data: Path, caplog: pytest.LogCaptureFixture) -> None:
    wanted = _curve(_run(data, name="whole").run)
    kills = iter([_kill_one])  # once
    with _at_step(4, lambda: next(kills, lambda: None)()):
        done = _run(data, name="lost", processes=2)
    assert _curve(done.run) == pytest.approx(wanted, abs=1e-4)
    assert "the run goes on at step 1 on 2 processes" in caplog.text and not _own_processes()
    (restart,) = done.restarts
    assert (restart["at_step"], restart["from_step"], restart["steps_lost"]) == (4, 0, 4)
    assert "process 1 of 2 was ended by SIGKILL" in restart["cause"]
    known = find_run(done.run)
    assert known is not None and known["restarts"] == done.restarts


def test_a_process_that_is_killed_is_named_and_none_is_left(data: Path) -> None:
    with _at_step(2, _kill_one), pytest.raises(PeerError, match="SIGKILL") as found:
        _run(data, name="killed", processes=2, restarts=0)
    assert "of 2" in found.value.message and "checkpoint" in (found.value.hint or "")
    assert not _own_processes()
    (told,) = (told for _, told in list_runs())
    assert told["state"] == "failed" and "SIGKILL" in told["error"]["message"]


def test_an_error_of_a_process_is_the_runs(data: Path, home: Path) -> None:
    token = CancelToken()
    with _at_step(1, token.cancel), pytest.raises(CancelledError):
        _run(data, name="torn", token=token)
    (checkpoint,) = home.glob(f"finetuning/runs/*/{NAME}")
    checkpoint.write_bytes(checkpoint.read_bytes()[:200])
    with pytest.raises(IntegrityError, match="damaged") as found:
        _run(data, name="torn", processes=2)
    assert "remove it" in (found.value.hint or "") and not _own_processes()


def test_none_outlives_a_command_that_is_killed(data: Path) -> None:
    command = [
        sys.executable, "-c", "from workbench.cli.main import main; main()",
        "finetuning", "run", "--model", "tiny", "--data", str(data), "--processes", "2",
        "--steps", "100000", "--epochs", "100000", "--precision", "fp32", "--json",
    ]  # fmt: skip
    started = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until_s = time.monotonic() + 120
        while not any(told["steps_done"] > 0 for _, told in list_runs()):
            assert started.poll() is None and time.monotonic() < until_s
            time.sleep(0.2)
        others = psutil.Process(started.pid).children(recursive=True)
        assert len(others) >= 3  # the agent and two
    finally:
        os.kill(started.pid, signal.SIGKILL)
        started.wait()
    assert _gone(others)


def test_a_private_run_goes_on_one_process(data: Path) -> None:
    with pytest.raises(CapabilityError, match="private"):
        _run(data, processes=2, epsilon=8.0, anchors=0)
