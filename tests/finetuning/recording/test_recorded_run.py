"""What is kept of a run while it goes on, when it is stopped from elsewhere, and when it breaks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.core import events
from workbench.core.errors import CancelledError, InputError, NotFoundError
from workbench.finetuning.recording.comparing import compare_runs
from workbench.finetuning.recording.recorded_run import find_recorded_run, recorded_runs
from workbench.finetuning.recording.stopping import stop
from workbench.finetuning.training import records
from workbench.finetuning.training.objective import AnswerLoss
from workbench.store.records import Records

from .conftest import Run


def test_a_finished_run_is_read_as_it_went(run: Run) -> None:
    done = run(samples=2, evaluate_every_steps=2)
    found = find_recorded_run("latest")
    assert (found.run, found.state, found.steps_done, found.steps) == (done.run, "finished", 4, 4)
    assert [point.step for point in found.curve] == [1, 2, 3, 4]
    assert [each.step for each in found.evaluations] == [0, 2, 4]
    assert found.evaluations[-1].loss_nats == done.eval_loss_after
    assert [each.step for each in found.samples] == [0, 0, 2, 2, 4, 4]
    # None is held out of twelve rows: what is shown is of those that were learnt, and says so.
    assert (done.evaluated_on, found.losses_on) == (found.evaluated_on, "learnt rows")
    assert all(each.wanted and each.asked for each in found.samples)
    assert found.name == done.model and found.figures["train_loss"] == done.train_loss
    assert found.recipe["seed"] == 0 and found.trouble == "" and not found.is_live
    assert find_recorded_run(done.run[:6]).run == done.run
    with pytest.raises(NotFoundError, match="no run named 'nothing'"):
        find_recorded_run("nothing")


def test_the_latest_of_none_is_not_a_name() -> None:
    with pytest.raises(NotFoundError) as caught:
        find_recorded_run("latest")
    assert caught.value.message == "there is no training run yet"
    assert caught.value.hint == "workbench finetuning run --help"


def test_the_record_follows_every_step_of_its_own_run(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_EVERY_S", 0.0)
    monkeypatch.setattr(records, "_MOST_SHARE", 1e9)
    seen: list[tuple[str, int, bool]] = []

    def look(event: events.Event) -> None:
        (found,) = recorded_runs()
        assert found.losses_on == "learnt rows"  # said while it goes on, too
        seen.append((found.state, found.steps_done, found.is_live))

    def foreign(event: events.Event) -> None:  # as another thread's run would
        if event.data["number"] == 2:
            token = records._current.set(None)
            events.emit("finetuning.step", number=99)
            records._current.reset(token)

    with events.listening(look, "finetuning.step"), events.listening(foreign, "finetuning.step"):
        run()
    # The listener of the record came later than ours: it has written the step before.
    assert seen[0] == ("running", 0, True)
    assert ("running", 3, True) in seen


def test_a_run_is_stopped_from_another_process_and_goes_on(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "_EVERY_S", 0.0)

    def ask(event: events.Event) -> None:
        if event.data["number"] == 3:
            (found,) = recorded_runs()
            command = [str(Path(sys.executable).with_name("workbench")), "finetuning", "runs-stop"]
            subprocess.run([*command, found.run], check=True, capture_output=True)

    with events.listening(ask, "finetuning.step"), pytest.raises(CancelledError):
        run(steps=300)
    (found,) = recorded_runs()
    assert (found.state, found.is_stopping) == ("stopped", False)
    assert 3 <= found.steps_done < 300 and len(found.curve) == found.steps_done
    assert stop(found.run).is_stopping is False  # it is over: nothing is asked for
    assert Records().list(records.STOPS) == ()


def test_a_stale_request_does_not_stop_the_next_attempt(run: Run) -> None:
    first = run(steps=3)
    records.ask_to_stop(f"{first.run}-2")  # what it is called when it is done again
    repeated = run(steps=3, again=True)
    assert (repeated.run, repeated.steps) == (f"{first.run}-2", 3)
    assert Records().list(records.STOPS) == ()


def test_a_run_that_breaks_says_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    weigh = AnswerLoss.weigh
    done: list[events.Event] = []
    monkeypatch.setattr(AnswerLoss, "weigh", lambda self, x: 0 if done else weigh(self, x))
    with events.listening(done.append, "finetuning.step"), pytest.raises(InputError, match="no w"):
        run(steps=3)
    (found,) = recorded_runs()
    assert found.state == "failed" and "no weight" in found.trouble
    assert found.hint == "weights above 0"
    assert found.steps_done == 1  # what went before is kept


def test_a_process_that_was_killed_leaves_an_interrupted_run(run: Run) -> None:
    done = run()
    told = dict(Records().get(records.NAMESPACE, done.run).document)
    gone: list[dict[str, Any] | None] = [{**told["process"], "created_s": 1.0}, {"pid": 2**30}]
    for process in (*gone, None):
        if process is not None:
            process = {"created_s": 1.0, **process}
        Records().put(
            records.NAMESPACE, done.run, document={**told, "state": "running", "process": process}
        )
        assert find_recorded_run(done.run).state == "interrupted"
    Records().put(records.NAMESPACE, done.run, document={**told, "state": "running"})
    assert find_recorded_run(done.run).state == "running"  # by its own process it lives


def test_what_differs_between_runs_is_told(run: Run) -> None:
    first, second = run(seed=1), run(seed=2, rank=4, name="other")
    found = compare_runs([first.run, second.run, first.run])
    assert [each.run for each in found.runs] == [first.run, second.run]
    told = {each.what: each.values for each in found.differences}
    assert told["seed"] == (1, 2) and told["rank"] == (16, 4)
    assert "learning_rate" in found.same and "model" in found.same
    with pytest.raises(InputError, match="1 runs were given"):
        compare_runs([first.run, first.run])
