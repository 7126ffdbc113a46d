"""Going on from a taught adapter: what it knew stays, its family is known, the reference is it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.core import events, operations
from workbench.core.cancellation import CancelToken
from workbench.core.errors import CancelledError, CapabilityError, InputError, NotFoundError
from workbench.finetuning.recording.comparing import compare_runs
from workbench.finetuning.training.adapting import Learner, adapt
from workbench.finetuning.training.recipe import PREFERENCES, Recipe
from workbench.finetuning.training.starting_point import find_start, take_shape
from workbench.finetuning.versions.lineage import trace_lineage
from workbench.models.adapter_store import register_adapter
from workbench.models.adapters import PEFT_FILES, resolve
from workbench.models.formats.adapters import AdapterRecord, read_record, write_record

THINGS = ("fox", "dog", "bird", "machine", "table", "river", "rain", "sky", "roof", "model")
HOW = {"model": "tiny", "precision": "fp32"}


def _teach(data: Path, **options: Any) -> Any:
    given = {"data": data, "learning_rate": 1e-2, "preset": "fast-cpu", "rank": 4, "epochs": 100}
    return operations.find("finetuning.run").run({**HOW, **given, **options})


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.jsonl"
    rows = [
        {
            "prompt": f"Say something of the {thing}.",
            "chosen": f"The {thing} is quick.",
            "rejected": f"The {thing} is lazy.",
        }
        for thing in THINGS
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _prefer(pairs: Path, **options: Any) -> Any:
    given = {"data": pairs, "learning_rate": 5e-3, "batch": 4, "steps": 4, "epochs": 100}
    token = options.pop("token", None)
    return operations.find("finetuning.prefer").run({**HOW, **given, **options}, token=token)


def test_what_is_preferred_begins_at_what_was_taught(data: Path, pairs: Path) -> None:
    taught = _teach(data, steps=6)
    done = _prefer(pairs, adapter="my-facts@1", answer_weight=0.0)
    assert (done.model, done.version) == ("tiny:pairs@1", 1)
    # The reference is the taught model, so before the first step no margin is there: ln 2.
    assert done.eval_loss_before == pytest.approx(0.6931, abs=1e-4)
    record = resolve(done.model).record
    assert record.parents == (taught.model,) and record.rank == 4
    assert trace_lineage(done.model).links == ((taught.model, done.model),)
    fresh = _prefer(
        pairs, name="fresh", answer_weight=0.0
    )  # from the base: another run, another outcome
    assert fresh.run != done.run and resolve(fresh.model).record.parents == ()
    assert fresh.measures["margin_nats_after"] != done.measures["margin_nats_after"]
    told = {each.what: each.values for each in compare_runs([done.run, fresh.run]).differences}
    assert told["goes on from"] == (taught.model, "the base")
    assert done.measures["written_pairs"] == 2
    assert 0 <= done.measures["written_nearer_after"] <= 1


def test_a_lesson_that_goes_on_from_another_still_knows_it(data: Path) -> None:
    rows = data.read_text().splitlines()
    halves = [data.with_name(f"half{n}.jsonl") for n in (1, 2)]
    for half, lines in zip(halves, (rows[:6], rows[6:]), strict=True):
        half.write_text("\n".join(lines) + "\n")
    first = _teach(halves[0], steps=15)
    on = _teach(halves[1], steps=1, adapter=first.adapter, eval_data=str(halves[0]))
    new = _teach(halves[1], steps=1, name="new", eval_data=str(halves[0]))
    assert on.eval_loss_before == pytest.approx(first.eval_loss_after, rel=1e-3)
    assert on.eval_loss_before < 0.5 * new.eval_loss_before
    assert trace_lineage(on.model).links == ((first.model, on.model),)


def test_killed_and_gone_on_it_has_the_same_reference(data: Path, pairs: Path) -> None:
    """The reference is what was taught, not what the killed run had come to."""
    _teach(data, steps=2)
    token = CancelToken()

    def stop(event: events.Event) -> None:
        if event.data["number"] == 2:
            token.cancel()

    with events.listening(stop, "finetuning.step"), pytest.raises(CancelledError):
        _prefer(pairs, adapter="my-facts", token=token)
    done = _prefer(pairs, adapter="my-facts")
    whole = _prefer(pairs, adapter="my-facts", again=True)
    assert whole.train_loss == done.train_loss and whole.measures == done.measures


def test_anchors_of_a_run_that_goes_on_are_the_bases(
    tiny: Callable[..., Learner], data: Path
) -> None:
    from workbench.finetuning.training.anchoring import ask_anchors, ask_base

    start = resolve(_teach(data, steps=2).model)
    recipe = Recipe(anchors=2, rank=4)
    learner = tiny()
    bare = ask_anchors(learner.module, learner, recipe)
    module = adapt(learner.module, recipe, start=start.folder)
    held = ask_anchors(module, learner, recipe)
    assert bare is not None and held is not None
    examples = [each.example for each in held.anchors]  # type: ignore[attr-defined]
    moved = ask_base(module, examples)  # broken: what the taught model says
    pairs = zip(bare.anchors, held.anchors, moved, strict=True)  # type: ignore[attr-defined]
    for base, kept, taught in pairs:
        assert torch.equal(base.log_probs, kept.log_probs)
        assert not torch.equal(base.log_probs, taught.log_probs)


def test_what_cannot_be_gone_on_from_is_said(data: Path) -> None:
    start = resolve(_teach(data, steps=1).model)
    with pytest.raises(
        InputError, match="rank is 8; tiny:my-facts@1, from which it goes on, has 4"
    ):
        take_shape(PREFERENCES, start, given={"rank": 8})
    assert take_shape(PREFERENCES, start, given={"rank": 4}).rank == 4
    with pytest.raises(NotFoundError, match="my-facts"):
        find_start("my-fact", model="tiny")
    with pytest.raises(InputError, match="an adapter of tiny, not of smollm2-135m"):
        find_start("tiny:my-facts", model="smollm2-135m")


def test_a_gguf_alone_cannot_be_taught_on(data: Path, tmp_path: Path) -> None:
    start = resolve(_teach(data, steps=1).model)
    folder = tmp_path / "bare"
    shutil.copytree(start.folder, folder)
    record = read_record(folder)
    for name in PEFT_FILES:
        (folder / name).unlink()
    kept = {name: sha for name, sha in record.files.items() if name not in PEFT_FILES}
    fields = {**record.__dict__, "name": "bare", "files": kept}
    write_record(folder, AdapterRecord(**fields))
    register_adapter(folder)
    with pytest.raises(CapabilityError, match="only a GGUF"):
        find_start("bare", model="tiny")
