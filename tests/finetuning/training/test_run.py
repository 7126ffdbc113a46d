"""A whole run: rows become an adapter that answers, its record, and what keeps it from starting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench import models
from workbench.core import events, operations
from workbench.core.cancellation import CancelToken
from workbench.core.errors import (
    BusyError,
    CancelledError,
    CapabilityError,
    DataError,
    InputError,
    NotFoundError,
)
from workbench.finetuning.snapshots.snapshot import find_snapshot
from workbench.finetuning.training import adapting
from workbench.finetuning.training.attempts import check_unfinished, hold
from workbench.finetuning.training.holding_out import hold_out
from workbench.finetuning.training.recipe import Recipe, find_preset, read_recipe
from workbench.finetuning.training.records import find_run, list_runs
from workbench.finetuning.training.run import check_run
from workbench.models.adapters import list_adapters
from workbench.models.formats.adapters import hash_template
from workbench.store.ledger import Ledger

from .made import made_examples


def _run(data: Path, *, token: CancelToken | None = None, **options: Any) -> Any:
    given = {"model": "tiny", "data": data, "precision": "fp32", "learning_rate": 1e-2, **options}
    return operations.find("finetuning.run").run(given, token=token)


def test_rows_become_an_adapter_that_answers_at_once(data: Path) -> None:
    told: list[str] = []
    with events.listening(lambda event: told.append(event.data["label"]), "progress"):
        done = _run(data, steps=60, epochs=100)
    assert told.index("load tiny") < told.index("training"), "a minute of silence on a busy machine"
    assert (done.adapter, done.version, done.steps) == ("my-facts", 1, 60)
    assert done.eval_loss_after < 0.2 * done.eval_loss_before
    assert done.tokens_per_s > 0 and done.evaluated_on == "the rows that were learnt from"
    (adapter,) = list_adapters("tiny")
    assert adapter.files().gguf is not None
    assert adapter.record.notes["seed"] == 0 and len(adapter.record.notes["data"]) == 64
    with models.load(done.model, engine="transformers") as model:
        assert adapter.record.chat_template_sha256 == hash_template(model._engine.chat_template)
    example = made_examples()[1]
    with models.load(done.model, engine="llamacpp", threads=1) as model:
        assert model.chat(example.question, temperature=0).text == example.answer
    with models.load("tiny", engine="llamacpp", threads=1) as model:
        asked = model.chat(example.question, temperature=0, max_tokens=12)
        assert asked.text != example.answer
    known = find_run(done.run)
    assert known is not None and known["state"] == "finished" and len(known["curve"]) == 60
    assert [run for run, _ in list_runs()] == [done.run]


def test_rows_that_may_not_be_learnt_are_left_out_with_their_reasons(data: Path) -> None:
    good = data.read_text()
    repeated = good.splitlines()[3]
    long = json.dumps({"prompt": "Which colour is it? " + "very " * 300, "response": "Red."})
    private = json.dumps({"prompt": "Who helps?", "response": "Ask ada@brellick.example."})
    data.write_text(good + "\n".join(['{"prompt": "half', repeated, long, private]) + "\n")
    done = _run(data, steps=2)
    assert (done.rows_left_out, done.examples) == (4, 12)
    assert set(done.left_out) >= {"exact_duplicate", "over_context", "personal_data"}
    kept = find_snapshot(done.snapshot)
    assert [each.identity for each in kept.examples()] == [f"line {n}" for n in range(1, 13)]
    (adapter,) = list_adapters("tiny")
    assert adapter.record.notes["data"] == done.snapshot == find_run(done.run)["snapshot"]
    assert find_run(done.run)["rows_left_out"] == 4
    # The snapshot says the same by either of its names, and is the same run.
    again = [_run(said, name="my-facts", steps=2) for said in ("my-facts", done.snapshot[:12])]
    assert [(each.run, each.reused) for each in again] == [(done.run, True)] * 2
    strict = _run(data, steps=2, policy=_policy(data, personal_data="warn"))
    assert strict.rows_left_out == 3 and strict.snapshot != done.snapshot


def _policy(data: Path, **severity: str) -> Path:
    path = data.with_name("policy.json")
    path.write_text(json.dumps({"severity": severity}))
    return path


def test_what_it_is_evaluated_on_is_never_learnt(data: Path, tmp_path: Path) -> None:
    test = tmp_path / "test.jsonl"
    test.write_text("".join(line + "\n" for line in data.read_text().splitlines()[:3]))
    done = _run(data, steps=1, eval_data=str(test))
    assert (done.left_out, done.examples) == ({"leak": 3}, 9)
    assert done.evaluated_on == "rows of the user's own"


def test_the_same_run_is_done_once_unless_again(data: Path) -> None:
    first = _run(data, steps=2)
    same = _run(data, steps=2)
    assert (same.reused, same.version, first.reused) == (True, 1, False)
    record = find_run(first.run)
    repeated = _run(data, steps=2, again=True)
    assert (repeated.version, repeated.run) == (2, f"{first.run}-2")
    # What the first version was made by is still told, and asking once more finds that one.
    assert find_run(first.run) == record and _run(data, steps=2).run == first.run
    assert find_run(repeated.run)["result"]["version"] == 2
    assert _run(data, steps=2, seed=1).version == 3
    entries = Ledger().entries(action="privacy.training")
    assert [each.subject[-2:] for each in entries] == ["@3", "@2", "@1"]
    assert (entries[2].data["run"], entries[2].data["examples"]) == (first.run, first.examples)


def test_a_run_that_was_begun_again_and_broken_off_is_gone_on_with(data: Path) -> None:
    first, token = _run(data, steps=6), CancelToken()

    def stop(event: events.Event) -> None:
        if event.data["number"] == 3:
            token.cancel()

    with events.listening(stop, "finetuning.step"), pytest.raises(CancelledError):
        _run(data, steps=6, again=True, token=token)
    assert find_run(first.run)["state"] == "finished"
    assert find_run(f"{first.run}-2")["state"] == "stopped"
    whole = _run(data, steps=6, again=True)
    assert (whole.run, whole.train_loss) == (f"{first.run}-2", first.train_loss)
    assert _run(data, steps=6, again=True).run == f"{first.run}-3"
    with pytest.raises(BusyError, match="just been done"):  # it ended while another waited for it
        check_unfinished(f"{first.run}-3")
    check_unfinished(f"{first.run}-4")


def test_a_cancelled_run_goes_on_and_registers_nothing_before(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token = CancelToken()
    operation = operations.find("finetuning.run")
    given = {"model": "tiny", "data": data, "precision": "fp32", "steps": 6}

    def stop(event: events.Event) -> None:
        if event.data["number"] == 4:
            token.cancel()

    with events.listening(stop, "finetuning.step"), pytest.raises(CancelledError):
        operation.run(given, token=token)
    assert "stopped after 4 of 6 steps: the same command goes on" in caplog.text
    assert list_adapters("tiny") == ()
    ((_, record),) = list_runs()
    assert record["state"] == "stopped"
    steps: list[int] = []
    with events.listening(lambda event: steps.append(event.data["number"]), "finetuning.step"):
        done = operation.run(given)
    assert (steps, done.steps, done.version) == ([5, 6], 6, 1)


def test_a_run_that_goes_on_elsewhere_is_not_begun_twice(tmp_path: Path) -> None:
    with (
        hold(tmp_path / "run"),
        pytest.raises(BusyError, match="another process"),
        hold(tmp_path / "run"),
    ):
        pass


@pytest.mark.parametrize(
    ("options", "kind", "says"),
    [
        ({"rank": 0}, InputError, "rank is 0; it must be from 1"),
        ({"seed": -1}, InputError, "from 0 to 9007199254740992"),
        ({"preset": "fast"}, NotFoundError, "fast-cpu"),
        ({"name": "a b"}, InputError, "letters, digits"),
        ({"max_tokens": 12}, DataError, "no row may be used"),
        ({"known": "nothing.jsonl"}, NotFoundError, "there is no file nothing.jsonl"),
        ({"model": "tinny"}, NotFoundError, "tiny"),
    ],
)
def test_what_cannot_be_run_is_said_and_leaves_nothing(
    data: Path, options: dict[str, Any], kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        _run(data, **options)
    assert list_adapters("tiny") == () and list_runs() == []


@pytest.mark.parametrize("method", ["full", "dora"])
def test_what_makes_no_adapter_for_every_engine_is_refused_before_it_is_trained(
    method: str,
) -> None:
    with pytest.raises(CapabilityError):
        check_run(Recipe(method=method), "mine")


def test_pairs_become_an_adapter_that_prefers(data: Path, tmp_path: Path) -> None:
    things = ("fox", "dog", "bird", "machine", "table", "river", "rain", "sky", "roof", "model")
    pairs = [
        {
            "prompt": f"Say something of the {thing}.",
            "chosen": f"The {thing} is {'very ' * (number % 2)}quick.",
            "rejected": f"The {thing} is {'very ' * ((number + 1) % 2)}lazy.",
        }
        for number, thing in enumerate(things)
    ]
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(pair) + "\n" for pair in pairs) + '{"prompt": "half"}\n')
    given = {"model": "tiny", "data": file, "precision": "fp32", "learning_rate": 5e-3, "batch": 4,
             "answer_weight": 0.0}  # fmt: skip
    operation, token = operations.find("finetuning.prefer"), CancelToken()

    def stop(event: events.Event) -> None:
        if event.data["number"] == 3:
            token.cancel()

    with events.listening(stop, "finetuning.step"), pytest.raises(CancelledError):
        operation.run({**given, "steps": 20, "epochs": 100}, token=token)
    done = operation.run({**given, "steps": 20, "epochs": 100})
    whole = operation.run({**given, "steps": 20, "epochs": 100, "again": True})
    assert whole.train_loss == done.train_loss and whole.measures == done.measures
    assert (done.examples, done.rows_left_out, done.evaluated_on) == (8, 1, "held-out pairs")
    assert done.eval_loss_before == pytest.approx(0.6931, abs=1e-4)
    assert done.eval_loss_after < 0.3 and whole.eval_loss_after == done.eval_loss_after
    assert done.measures["pairs"] == 2 and done.measures["margin_nats_after"] > 1
    assert done.measures["margin_above_0_after"] == 1 == done.measures["likelier_after"]


@pytest.mark.parametrize(
    "options",
    [
        {"model": "tinny"},
        {"data": "nothing.jsonl", "name": "mine"},
        {"data": "latin.jsonl"},
        {"known": "nothing.jsonl"},
        {"eval_data": "nothing.jsonl"},
        {"policy": Path("nothing.json")},
        {"adapter": "nothing@3"},
    ],
)
def test_what_is_misspelt_is_said_before_seconds_go_into_imports(
    data: Path, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("latin.jsonl").write_bytes(b'{"prompt": "Caf\xe9?", "response": "That"}\n')

    def heavy(*_: Any, **__: Any) -> None:
        pytest.fail("PEFT, or torch, was loaded")

    monkeypatch.setattr(adapting, "require", heavy)
    monkeypatch.setattr(adapting, "choose_precision", heavy)
    with pytest.raises((NotFoundError, DataError)):
        _run(**{"data": data, **options})


def test_a_single_row_is_learnt_and_what_it_cannot_is_said(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Twelve epochs of one row were one step, which left the adapter as it had been drawn."""
    data.write_text(data.read_text().splitlines()[0] + "\n")
    done = _run(data, preset="fast-cpu")
    assert (done.examples, done.steps) == (1, 12)
    assert done.eval_loss_after < 0.2 * done.eval_loss_before
    assert "1 row in 12 steps: the answers will be learnt word for word" in caplog.text
    caplog.clear()
    assert _run(data, preset="fast-cpu", epochs=1).steps == 1
    assert "1 row in 1 step: little will be learnt" in caplog.text


def test_rows_that_are_fewer_than_a_batch_are_read_as_often_as_others() -> None:
    """Each step reads all of them: twelve epochs are twelve steps, and were one or five."""
    recipe = Recipe(batch=12, epochs=12)
    assert [recipe.count_steps(rows) for rows in (1, 5, 12, 13, 60)] == [12, 12, 12, 13, 60]
    assert Recipe(batch=12, accumulation=2, epochs=12).count_steps(6) == 6
    assert Recipe(batch=12, epochs=12, steps=3).count_steps(1) == 3


def test_of_few_rows_some_are_held_out_only_where_patience_needs_them(data: Path) -> None:
    done = _run(data, steps=4, patience=2, evaluate_every_steps=2)
    assert (done.examples, done.evaluated_on) == (11, "held-out rows")
    assert _run(data, steps=4).examples == 12


def test_only_what_stands_twice_is_held_out_of_few() -> None:
    alone = made_examples(12)  # six colours, three lengths: each answer stands twice
    kept, held = hold_out(alone, share=0.25, seed=0)
    assert len(held) == 3 and {each.answer for each in held} <= {each.answer for each in kept}
    unique = alone[:6]
    assert hold_out(unique, share=0.5, seed=0) == (unique, [])


def test_a_recipe_goes_through_its_plain_form() -> None:
    import dataclasses

    recipe = find_preset("quality", seed=3)
    assert read_recipe(json.loads(json.dumps(dataclasses.asdict(recipe)))) == recipe


def test_a_schedule_warms_up_and_falls_to_nothing() -> None:
    for schedule, middle in (("linear", 0.5), ("cosine", 0.5), ("constant", 1.0)):
        recipe = Recipe(learning_rate=1.0, schedule=schedule, warmup_share=0.1)
        rates = [recipe.learning_rate_at(step, 110) for step in range(110)]
        assert rates[:3] == pytest.approx([1 / 12, 2 / 12, 3 / 12])
        assert rates[11] == 1.0 and rates[60] == pytest.approx(middle, abs=0.01)
        assert rates[-1] == pytest.approx(1.0 if schedule == "constant" else 0, abs=0.02)


def test_threads_are_told_to_wait_quietly_before_torch_is_there(data: Path) -> None:
    """Threads that spin on a busy core burn many times the CPU of the work itself."""
    program = (
        "import os; from workbench.finetuning.training.adapting import load_learner; "
        "from workbench.finetuning.training.recipe import Recipe; "
        "load_learner('tiny', Recipe(precision='auto')); print(os.environ['OMP_WAIT_POLICY'])"
    )
    clean = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    told = subprocess.run(
        [sys.executable, "-c", program], env=clean, capture_output=True, text=True, check=True
    )
    assert told.stdout.split()[-1] == "passive"
