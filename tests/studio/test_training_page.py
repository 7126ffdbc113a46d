"""The training page over a store: empty, with runs, with one that goes on elsewhere."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from workbench.finetuning.training import records
from workbench.store import JobQueue
from workbench.store.records import Records
from workbench.studio.training_live import live_run
from workbench.studio.training_page import TrainingPage, _evaluated_on
from workbench.studio.training_start import TrainingForm


def made_document(**changes: Any) -> dict[str, Any]:
    """A made record of a run, as the store keeps one."""
    return {
        "state": "finished", "kind": "answers", "model": "tiny", "adapter": "facts", "steps": 20,
        "steps_done": 3, "examples": 12, "tokens_per_s": 99.0, "seconds": 9.0, "started_s": 1.0,
        "updated_s": 2.0, "precision": "fp32", "data_sha256": "d" * 64, "snapshot": None,
        "base_sha256": "b" * 64, "stopped": "", "machine": {}, "samples": [],
        "curve": [[1, 3.0, 0.001, 90.0], [2, 2.0, 0.001, 91.0], [3, 1.0, 0.001, 92.0]],
        "evaluations": [[0, 3.5]], "recipe": {"seed": 0, "rank": 16}, "process": None, **changes,
    }  # fmt: skip


def put(run: str, **changes: Any) -> None:
    Records().put(records.NAMESPACE, run, document=made_document(**changes))


def going_on() -> dict[str, Any]:
    """This process, as if it trained."""
    created_s = psutil.Process().create_time()
    return {"state": "running", "process": {"pid": os.getpid(), "created_s": created_s}}


def test_an_empty_home_says_how_to_begin() -> None:
    html = TrainingPage().html()
    assert "Nothing was trained in this home yet" in html
    assert 'workbench finetuning run <span class="whole">--model' in html
    assert 'class="wb-trouble"' not in html


def test_a_versions_losses_say_on_which_rows_they_are() -> None:
    def said(**notes: Any) -> str:
        row: Any = SimpleNamespace(notes=notes, metrics={"eval_loss_after": 0.1})
        return _evaluated_on(row)

    assert said(evaluated_on="the rows that were learnt from") == "learnt rows"
    # An older version did not write it down; its run may have.
    put("c" * 16, result={"version": 1, "evaluated_on": "held-out rows"})
    assert said(run="c" * 16) == "held-out rows"
    assert said(run="nothing") == said() == "rows not known"
    bare: Any = SimpleNamespace(notes={}, metrics={})
    assert _evaluated_on(bare) == "–"


def test_one_run_is_shown_and_two_are_compared() -> None:
    put("a" * 16)
    put("b" * 16, recipe={"seed": 1, "rank": 16})
    page = TrainingPage()
    assert {row["run"] for row in page.table.rows} == {"a" * 16, "b" * 16}
    assert "Tick a run" in page.html()
    page.table.chosen = ["a" * 16]
    assert "wb-run-figures" in page.html()
    page.table.chosen = ["a" * 16, "b" * 16]
    html = page.html()
    assert "2 runs side by side" in html and "<td>seed</td>" in html
    Records().delete(records.NAMESPACE, "b" * 16)
    page.refresh()
    assert page.table.chosen == ["a" * 16]


def test_a_run_that_goes_on_is_watched_and_stopped() -> None:
    put("c" * 16, **going_on())
    page = TrainingPage()
    (widget,) = page._live.values()
    assert widget.is_live and "3 of 20 steps" in widget.html
    put("c" * 16, **going_on(), steps_done=4)
    assert "3 of 20 steps" in widget.html  # nobody asked: a hidden page costs nothing
    widget._hear(widget, {"look": True}, [])
    assert "4 of 20 steps" in widget.html
    widget._hear(widget, {"stop": True}, [])
    assert records.is_stop_asked("c" * 16)
    assert widget.is_stopping and "stops at its next step" in widget.said
    put("c" * 16, state="stopped")
    widget._hear(widget, {"look": True}, [])
    assert not widget.is_live
    page.refresh()
    assert not page._live and "Nothing is trained now" in page.html()


def test_a_watched_run_that_is_gone_leaves_the_page_standing() -> None:
    from workbench.finetuning.recording.recorded_run import find_recorded_run

    put("d" * 16, **going_on())
    widget = live_run(find_recorded_run("d" * 16))
    Records().delete(records.NAMESPACE, "d" * 16)
    widget._hear(widget, {"look": True}, [])
    assert "no run named" in widget.said
    assert "wb-curves" in widget._repr_mimebundle_()[0]["text/html"]


def test_the_form_queues_a_job_and_refuses_what_is_no_file(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Any] = []
    monkeypatch.setattr(TrainingForm, "_start_worker", lambda self, queue: begun.append(queue))
    form = TrainingForm()
    form.button.click()
    assert "no data file was named" in form._place.children[0].value
    form.inputs["data"].value = str(tmp_path / "none.jsonl")
    form.button.click()
    assert "there is no file" in form._place.children[0].value
    monkeypatch.chdir(tmp_path)
    form.inputs["data"].value = "none.jsonl"
    form.button.click()
    assert f" in {tmp_path}" in form._place.children[0].value
    assert JobQueue().list() == () and begun == []
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "a", "response": "b"}\n')
    form.inputs["data"].value = str(path)
    form.inputs["seed"].value = 3
    form.button.click()
    (job,) = JobQueue().list()
    assert (job.operation, job.params["seed"]) == ("finetuning.run", 3)
    assert job.params["data"] == str(path) and len(begun) == 1
    assert "epsilon" not in job.params


def test_a_private_run_is_queued_or_refused_before_it_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TrainingForm, "_start_worker", lambda self, queue: None)
    form, path = TrainingForm(), tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "a", "response": "b", "person": "p"}\n')
    form.inputs["data"].value = str(path)
    form.inputs["user_column"].value = "person"
    form.button.click()
    assert "no epsilon was given" in form._place.children[0].value
    for wrong in ("much", "-1"):
        form.inputs["epsilon"].value = wrong
        form.button.click()
        assert "epsilon" in form._place.children[0].value
    assert JobQueue().list() == ()
    form.inputs["epsilon"].value = "8"
    form.button.click()
    (job,) = JobQueue().list()
    assert (job.params["epsilon"], job.params["user_column"]) == (8.0, "person")
