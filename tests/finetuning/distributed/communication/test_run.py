"""A whole run with fewer bytes between its processes: its record, its stop, and what it is."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from workbench.core import events, operations
from workbench.core.cancellation import CancelToken
from workbench.core.errors import CancelledError, CapabilityError
from workbench.finetuning.training.records import find_run, list_runs

# Each run loads its libraries in three processes.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def _run(data: Path, *, token: CancelToken | None = None, **options: Any) -> Any:
    given: dict[str, Any] = {
        "model": "tiny", "data": data, "precision": "fp32", "learning_rate": 1e-2, "batch": 4,
        "steps": 8, "general_questions": 0, "processes": 2, **options,
    }  # fmt: skip
    return operations.find("finetuning.run").run(given, token=token)


def test_a_run_in_rounds_stops_at_a_rounds_end_and_goes_on(data: Path) -> None:
    whole = _run(data, name="whole", communication="diloco:3")
    token = CancelToken()

    def stop(event: events.Event) -> None:
        if event.data["number"] == 4:
            token.cancel()

    with events.listening(stop, "finetuning.step"), pytest.raises(CancelledError):
        _run(data, name="parted", communication="diloco:3", token=token)
    (run,) = (run for run, told in list_runs() if told["adapter"] == "parted")
    known = find_run(run)
    assert known is not None and (known["state"], known["steps_done"]) == ("stopped", 6)
    done = _run(data, name="parted", communication="diloco:3")
    assert done.run == run
    assert done.eval_loss_after == pytest.approx(whole.eval_loss_after, abs=1e-5)
    assert math.isfinite(whole.eval_loss_after)
    assert whole.eval_loss_after < whole.eval_loss_before


def test_fewer_bytes_are_told_and_are_another_run(data: Path) -> None:
    plain = _run(data, name="same")
    halved = _run(data, name="same", communication="fp16")
    assert halved.run != plain.run and not halved.reused
    assert _run(data, name="same", communication="fp16").reused
    known = find_run(halved.run)
    assert known is not None and known["plan"]["communication"] == "fp16"
    assert 0 < halved.measures["sent_bytes"] < plain.measures["sent_bytes"]


def test_it_is_refused_before_anything_is_started(data: Path) -> None:
    with pytest.raises(CapabilityError, match="fsdp"):
        _run(data, strategy="fsdp", communication="topk:0.01")
    assert not list(list_runs())
