"""A pipeline from data to champion; what it refuses, and what it says of bad input."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workbench.core import events, operations
from workbench.core.cancellation import CancelToken
from workbench.core.errors import BusyError, CancelledError, InputError, NotFoundError
from workbench.finetuning.frozen_sets import read_frozen
from workbench.finetuning.gate.evidence import load_report
from workbench.finetuning.pipeline import stages
from workbench.finetuning.pipeline.definition import find_pipeline
from workbench.finetuning.pipeline.known import find_known
from workbench.finetuning.pipeline.running import _holding, run_once, stop_pipeline
from workbench.finetuning.pipeline.stage_rows import StageRows
from workbench.finetuning.pipeline.stages import STAGES
from workbench.finetuning.pipeline.triggers import look_whether_due
from workbench.finetuning.rollout.starting import stop_canary
from workbench.finetuning.snapshots.snapshot import find_snapshot
from workbench.finetuning.versions.names import find_champion, promote_version, roll_back
from workbench.models.adapters import list_adapters
from workbench.models.routing.trials import find_trial
from workbench.store.artifacts import Artifacts
from workbench.store.database import Database
from workbench.store.jobs import JobQueue
from workbench.store.migrations import MIGRATIONS
from workbench.store.schedules import next_time
from workbench.store.worker import Worker

from .conftest import Define
from .made_gate import rows_of, with_gate


def test_two_batches_become_two_champions_one_after_the_other(
    define: Define, tmp_path: Path
) -> None:
    define()
    first = run_once("p", stages=with_gate())
    assert first.state == "promoted" and first.ok
    assert [each.state for each in first.stages] == ["done"] * 6
    with pytest.raises(InputError, match="nothing new waits"):
        run_once("p", stages=with_gate())
    (tmp_path / "inbox" / "two.jsonl").write_text(rows_of(40, 8))
    second = run_once("p", stages=with_gate())
    assert second.state == "promoted"
    said = second.output("snapshot")
    assert said is not None and (said["rows"], said["new_rows"]) == (20, 8)
    champion = find_champion("tiny:p")
    assert champion is not None and champion.number == 2


def test_what_a_champion_learnt_counts_whoever_taught_it(define: Define, tmp_path: Path) -> None:
    """A run by hand, promoted by hand: a batch is held against its rows, and they stay learnt."""
    define()
    own = tmp_path / "own.jsonl"
    own.write_text(rows_of(40, 8))
    given = {"model": "tiny", "data": own, "name": "p", "precision": "fp32", "steps": 4}
    made = operations.find("finetuning.run").run({**given, "general_questions": 0})
    promote_version(made.model, actor="ann", reason="taught by hand")
    assert find_known(find_pipeline("p")) == made.snapshot
    again = rows_of(40, 1).replace("drawer 40", "no drawer")
    (tmp_path / "inbox" / "two.jsonl").write_text(again)
    run = run_once("p", stages=with_gate())
    said = run.output("snapshot")
    assert said is not None and (said["rows"], said["new_rows"]) == (20, 12)
    assert said["findings"].get("contradiction") == 1
    assert (run.output("collect") or {})["known"] == made.snapshot
    kept, brought = find_snapshot(said["snapshot"]), find_snapshot(made.snapshot)
    assert {kept.license, kept.consent} == {f"{brought.license}; CC0", f"{brought.consent}; made"}
    # What was learnt last is what counts, and after a rollback what was learnt before.
    assert find_known(find_pipeline("p")) == said["snapshot"]
    roll_back("tiny:p", reason="a test")
    assert find_known(find_pipeline("p")) == made.snapshot


def test_the_gate_itself_stops_a_version_that_learnt_nothing(
    define: Define, tmp_path: Path
) -> None:
    own = [{"question": f"How many are {n} and {n}?", "accept": [str(2 * n)]} for n in range(3)]
    define(general=str(_write(tmp_path / "general.jsonl", own)))
    run = run_once("p")
    assert run.state == "refused" and run.reason
    assert not run.ok  # so that the command's exit status is 1
    assert [each.stage for each in run.stages][-1] == "gate"
    report = load_report((run.output("gate") or {})["report"])
    assert {each.what for each in report.forgetting} == {"general (general.jsonl)"}
    assert report.forgetting[0].items == 3
    assert find_champion("tiny:p") is None and len(list_adapters("tiny")) == 1


def test_a_version_that_is_champion_already_ends_the_run_and_breaks_nothing(
    define: Define, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same rows by the same recipe are the same version, which the gate does not take."""
    monkeypatch.setattr(stages, "_champion", lambda at: "tiny:p@1")
    at: Any = SimpleNamespace(pipeline=define(), done={"train": {"model": "tiny:p@1"}})
    given = stages.gate(at)
    assert (given.ends, given.output["verdict"]) == ("refused", "refuse")
    assert "tiny:p@1 is the champion already" in given.reason


def test_a_planted_batch_is_refused_before_training(define: Define, tmp_path: Path) -> None:
    define(target=str(_write(tmp_path / "fresh.jsonl", read_frozen("facts_a_fresh"))))
    _write(tmp_path / "inbox" / "one.jsonl", read_frozen("facts_a"))
    assert run_once("p", stages=with_gate()).state == "promoted"
    _write(tmp_path / "inbox" / "bad.jsonl", read_frozen("bad_batch"))
    run = run_once("p", stages=with_gate())
    assert run.state == "refused" and run.reason
    assert [each.stage for each in run.stages] == ["collect", "snapshot"]
    champion = find_champion("tiny:p")
    assert champion is not None and champion.number == 1 and len(list_adapters("tiny")) == 1
    with pytest.raises(InputError, match="nothing new waits"):
        run_once("p", stages=with_gate())


def test_rows_of_several_files_are_told_with_where_each_file_begins(
    define: Define, tmp_path: Path
) -> None:
    define()
    (tmp_path / "inbox" / "two.jsonl").write_text("{broken\n" * 20)
    (tmp_path / "inbox" / "three.jsonl").write_text("\n" + "[1]\n" * 3)
    run = run_once("p", stages=STAGES[:2])
    collected = run.output("collect")
    assert run.state == "refused" and collected is not None
    batch = Artifacts().read(collected["batch"]).decode().split("\n")
    begins = dict(collected["first_lines"])
    assert (
        batch[begins["two.jsonl"] - 1] == "{broken" and batch[begins["two.jsonl"] - 2] != "{broken"
    )
    assert batch[begins["three.jsonl"]] == "[1]" and begins["one.jsonl"] >= 1
    for name, line in begins.items():
        assert f"{name} from line {line}" in run.reason


def test_a_batch_about_persons_is_refused_over_the_stated_share(
    define: Define, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.json"
    rows = [
        {"prompt": f"What helps against code {code} on the dryer?", "response": answer}
        for code, answer in (
            ("K11", "Rinse the copper sieve"), ("K27", "Turn the blue dial to seven"),
            ("K34", "Swap the left fuse"), ("K52", "Empty the water tray"),
            ("K60", "Close the rear door"), ("K73", "Let the motor cool"),
        )
    ]  # fmt: skip
    named = [
        {"prompt": "Who signs for the spare parts?", "response": "Katharina Lindqvist signs"},
        {"prompt": "Who mends the pump?", "response": "Ask Dr. Matthew Okonkwo on Mondays"},
    ]
    policy.write_text('{"most_personal_share": 0.1}')
    define(policy=str(policy))
    _write(tmp_path / "inbox" / "one.jsonl", [*rows, *named])
    run = run_once("p", stages=with_gate())
    assert run.state == "refused" and "25.0% of the rows hold something personal" in run.reason
    assert [each.stage for each in run.stages] == ["collect", "snapshot"]
    assert not list_adapters("tiny")
    policy.write_text('{"most_personal_share": 0.3}')
    _write(tmp_path / "inbox" / "two.jsonl", [*rows, *named, rows[0] | {"prompt": "And K80?"}])
    second = run_once("p", stages=with_gate())
    said = second.output("snapshot")
    assert second.state == "promoted" and said is not None
    assert (said["new_rows"], said["findings"]["personal_text"]) == (7, 2)


def test_a_canary_is_waited_for_and_one_ended_by_hand_is_not_begun_again(
    define: Define, tmp_path: Path
) -> None:
    define(canary_share=0.2)
    first = run_once("p", stages=with_gate())
    assert first.state == "promoted"  # there was no champion to be tried against
    (tmp_path / "inbox" / "two.jsonl").write_text(rows_of(40, 8))
    assert run_once("p", stages=with_gate()).state == "waiting"
    trial = find_trial("tiny:p", "champion")
    assert trial is not None and (trial.champion, trial.candidate) == (1, 2)
    again = run_once("p", stages=with_gate())
    assert again.state == "waiting" and find_trial("tiny:p", "champion") == trial
    due = look_whether_due(find_pipeline("p"))
    assert (due.is_due, due.next_stage) == (True, "canary")
    with _holding("p"):  # in another process it goes on already: a job more would only be busy
        assert not look_whether_due(find_pipeline("p")).is_due
        with pytest.raises(BusyError, match="another process"):
            run_once("p", stages=with_gate())
    stop_canary("tiny:p", reason="by hand")
    assert run_once("p", stages=with_gate()).state == "refused"
    champion = find_champion("tiny:p")
    assert champion is not None and champion.number == 1


def _write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_stopped_run_goes_on_and_one_given_up_does_not(define: Define) -> None:
    define()
    token = CancelToken()
    with (
        events.listening(lambda event: token.cancel(), "finetuning.stage"),
        pytest.raises(CancelledError),
    ):
        operations.find("finetuning.pipeline_once").run({"name": "p"}, token=token)
    assert StageRows().list_runs("p")[0].state == "stopped"
    assert not look_whether_due(find_pipeline("p")).is_due
    assert run_once("p", stages=with_gate()).state == "promoted"
    with pytest.raises(InputError, match="no run that goes on"):
        stop_pipeline("p", give_up=True)


def test_it_is_due_by_rows_or_by_the_clock_and_runs_from_the_queue(define: Define) -> None:
    assert not look_whether_due(define(rows_waiting=13)).is_due
    due = look_whether_due(define(rows_waiting=12))
    assert (due.is_due, due.rows, due.next_stage) == (True, 12, "collect")
    clock = define(cron="0 3 * * *", defined_s=1_000_000.0)
    at_s = next_time("0 3 * * *", 1_000_000.0)
    assert at_s == 1_047_600.0  # 13 Jan 1970, 3:00 UTC
    assert not look_whether_due(clock, now_s=at_s - 1).is_due
    assert look_whether_due(clock, now_s=at_s).is_due
    jobs = operations.find("finetuning.pipeline_watch").run({"looks": 2, "every_s": 0.1})
    assert len(jobs) == 1
    assert Worker(JobQueue()).run(drain=True).succeeded == 1
    assert StageRows().list_runs("p")[0].state == "refused"  # by the real gate


def test_bad_input_is_named_and_nothing_is_begun(define: Define, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no cron line"):
        define(cron="61 * * * *")
    with pytest.raises(NotFoundError, match="no folder"):
        define(data=str(tmp_path / "nowhere"))
    with pytest.raises(NotFoundError):
        define(model="tinny")
    with pytest.raises(InputError, match="share"):
        define(canary_share=1.0)
    with pytest.raises(NotFoundError, match="check of a model named 'moon'"):
        define(checks=("perplexity", "moon"))
    with pytest.raises(NotFoundError):
        run_once("p")
    define()
    (tmp_path / "inbox" / "one.jsonl").write_text("{broken\nalso broken\n")
    run = run_once("p")
    assert run.state == "refused" and run.reason and not list_adapters("tiny")
    (tmp_path / "inbox" / "one.jsonl").unlink()
    with pytest.raises(InputError, match="nothing new waits"):
        run_once("p")
    assert len(StageRows().list_runs("p")) == 1


def test_a_store_of_the_version_before_opens_and_goes_forward(tmp_path: Path) -> None:
    names = [step.name for step in MIGRATIONS]
    path = tmp_path / "old.sqlite"
    old = Database(path, migrations=MIGRATIONS[: names.index("pipelines")])
    with old.transaction() as connection:
        connection.execute("INSERT INTO records VALUES ('n', 'kept', 1, NULL, 0)")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        StageRows(old).begin_run("p", {}, because="too early")
    old.close()
    rows = StageRows(Database(path))
    assert [row["key"] for row in rows.database.read("SELECT key FROM records")] == ["kept"]
    run = rows.get(rows.begin_run("p", {"name": "p"}, because="by hand"))
    assert (run.state, run.definition) == ("running", {"name": "p"})
    with pytest.raises(sqlite3.IntegrityError):  # one batch at a time
        rows.begin_run("p", {}, because="twice")
    rows.database.close()
