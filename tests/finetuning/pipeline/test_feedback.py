"""A pipeline that learns from judged answers: which wait, which are taken, which are let go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.main import main
from workbench.core.errors import InputError
from workbench.finetuning.pipeline import collecting, stages
from workbench.finetuning.pipeline.collecting import JUDGED, find_waiting, read_questions
from workbench.finetuning.pipeline.definition import find_pipeline, read_pipeline
from workbench.finetuning.pipeline.running import run_once
from workbench.finetuning.pipeline.stage_rows import PipelineRun
from workbench.finetuning.pipeline.triggers import look_whether_due
from workbench.finetuning.snapshots.snapshot import find_snapshot
from workbench.serving.call import Call, Piece
from workbench.serving.kept_words import words_of
from workbench.store.database import close_all
from workbench.store.feedback import add_feedback
from workbench.store.jobs import JobQueue
from workbench.store.ledger import Ledger
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

from .conftest import Define
from .made_gate import WORDS, rows_of, with_gate


@pytest.fixture(autouse=True)
def _close(home: Path) -> Iterator[None]:
    yield
    close_all()


def answer(number: int, *, model: str = "tiny") -> str:
    """A call that was answered, with its words kept; its id."""
    word = WORDS[number % 10]
    asked = ({"role": "user", "content": f"Who keeps {word} lamp {number * 53} of the pier?"},)
    call = Call(f"req_{number:03}", "chat", model, messages=asked)
    log = UsageLog(keep_text=True)
    row = UsageRow(
        request_id=call.request_id, key_id="key_1", user="ann", model_asked="m", model_served=model
    )
    text = words_of(call, [Piece(f"The {word} guild of door {number}", finish_reason="stop")])
    log.settle(row, text=text).result()
    assert log.close() == 0
    return call.request_id


def judge(request_id: str, **said: Any) -> None:
    add_feedback(request_id, key_id="key_1", **{"score": 1, "consent": True, **said})


def learnt(run: PipelineRun) -> dict[str, str]:
    """The answers of the judged rows of a run's snapshot, by their request."""
    found = find_snapshot((run.output("snapshot") or {})["snapshot"])
    return {e.identity: e.answer for e in found.examples() if e.identity.startswith("req_")}


def test_judged_answers_wait_beside_the_files_and_are_taken_once(
    define: Define, tmp_path: Path
) -> None:
    assert not define().feedback
    for number, model in enumerate(("tiny", "tiny:p@1", "tiny:other@1", "big", "tiny")):
        judge(answer(number, model=model))
    judge("req_004", consent=False)
    assert find_waiting(find_pipeline("p")).rows == 12  # it was not asked to
    pipeline = define(feedback=True, rows_waiting=14)
    due = look_whether_due(pipeline)
    assert (due.is_due, due.rows, due.files) == (True, 14, ("one.jsonl", JUDGED))
    assert read_questions(find_waiting(pipeline))[-1] == "Who keeps basalt lamp 53 of the pier?"
    run = run_once("p", stages=with_gate())
    assert run.state == "promoted", run.reason
    assert set(learnt(run)) == {"req_000", "req_001"}
    entry = Ledger().entries(action="privacy.access")[0]
    assert entry.subject == "feedback, pipeline p"
    assert entry.data["rows"] == 2 and entry.data["left_out"] == {"no consent": 1}
    assert "pier" not in repr(Ledger().entries()) + json.dumps(run.output("collect"))
    with pytest.raises(InputError, match="no judged answer"):
        run_once("p", stages=with_gate())
    judge("req_000", score=-1, consent=True)  # it is not new: nothing in it may be learnt
    assert find_waiting(pipeline).rows == 0


def test_questions_of_settled_calls_that_drifted_begin_a_run(
    define: Define, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Schedules by what is asked: the same questions wait, other ones are put on the queue."""
    (tmp_path / "inbox" / "one.jsonl").write_text(rows_of(0, 24))
    pipeline = define(feedback=True, drift_level=0.05)
    run_once("p", stages=with_gate())
    for number in range(19):
        judge(answer(number))
    assert "19 rows wait; 20 are needed" in look_whether_due(pipeline).because
    judge(answer(19))
    due = look_whether_due(pipeline)
    assert due.is_due and "20 questions have drifted" in due.because and due.files == (JUDGED,)
    with pytest.raises(SystemExit) as ended:
        main(["finetuning", "pipeline", "watch", "--looks", "1"])
    assert not ended.value.code
    shown = capsys.readouterr().out
    assert "finetuning.pipeline_once" in shown and "have drifted" in shown
    assert "priority" not in shown  # a line a job, not its record
    (job,) = JobQueue().list()
    assert job.params["name"] == "p"


def take_twice(define: Define, tmp_path: Path) -> None:
    """Two runs, with a second thought, a consent taken back and a new answer between them."""
    (tmp_path / "inbox" / "one.jsonl").unlink()
    define(feedback=True)
    for number in range(6):
        judge(answer(number))
    first = run_once("p", stages=with_gate())
    assert first.state == "promoted", first.reason
    assert len(learnt(first)) == 6
    judge("req_001", score=-1, corrected_answer="Nobody since the flood")
    judge("req_002", consent=False)
    judge(answer(6))
    assert find_waiting(find_pipeline("p")).rows == 2
    second = run_once("p", stages=with_gate())
    assert second.state == "promoted", second.reason
    found = learnt(second)
    assert set(found) == {f"req_{number:03}" for number in (0, 1, 3, 4, 5, 6)}
    assert found["req_001"] == "Nobody since the flood"
    sources = find_snapshot((second.output("snapshot") or {})["snapshot"]).sources
    assert set(sources) == {JUDGED}


def test_a_second_thought_is_learnt_and_a_consent_taken_back_is_let_go(
    define: Define, tmp_path: Path
) -> None:
    take_twice(define, tmp_path)


def test_a_pipeline_that_keeps_what_was_taken_back_is_seen(
    define: Define, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: what the champion learnt is learnt again, whatever was said since."""
    monkeypatch.setattr(stages, "_let_go", lambda at, judged: [])
    with pytest.raises(AssertionError):
        take_twice(define, tmp_path)


def test_a_judgement_is_known_by_nothing_of_its_words(
    define: Define, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = define(feedback=True)
    judge(answer(0))
    (row,) = find_waiting(pipeline).judged_rows
    name = collecting.name_judgement(row)
    judge("req_000", comment="again")
    (again,) = find_waiting(pipeline).judged_rows
    assert row.line == again.line and collecting.name_judgement(again) != name


def test_a_pipeline_of_the_version_before_takes_files_alone(define: Define) -> None:
    import dataclasses

    document = dataclasses.asdict(define())
    del document["feedback"]
    assert read_pipeline(document).feedback is False


def test_a_file_of_feedback_in_the_folder_is_data_like_any_other(
    define: Define, tmp_path: Path
) -> None:
    from workbench.finetuning.snapshots.collecting_feedback import export_feedback

    for number in range(8):
        judge(answer(number), consent=number != 3)
    export_feedback(tmp_path / "inbox" / "judged.jsonl")
    assert find_waiting(define()).rows == 12 + 7
    run = run_once("p", stages=with_gate())
    assert run.state == "promoted", run.reason
    assert len(learnt(run)) == 7
