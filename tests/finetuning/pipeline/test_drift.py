"""Drift: how often it is said where there is none, that it is seen, and that a pipeline begins."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.finetuning.frozen_sets import read_frozen
from workbench.finetuning.pipeline import drift
from workbench.finetuning.pipeline.drift import LEAST_ROWS, level_of, look_for_drift, stages_of
from workbench.finetuning.pipeline.running import run_once
from workbench.finetuning.pipeline.triggers import look_whether_due

from .conftest import Define
from .made_gate import with_gate

SUBJECTS = ("oven", "mixer", "scale", "slicer", "proofer", "fridge", "fan", "lamp", "belt", "pump")
FORMS = ("What is wrong with {} {}?", "How do I mend {} {}?", "Why does {} {} beep at night?",
         "{} {} has stopped, what now?", "Who looks after {} {}?")  # fmt: skip


def made_questions(chance: random.Random, count: int) -> list[str]:
    """Draws of one made distribution."""
    return [
        chance.choice(FORMS).format(chance.choice(SUBJECTS), chance.randint(1, 99))
        for _ in range(count)
    ]


def test_the_levels_of_all_looks_are_together_the_stated_one() -> None:
    assert list(stages_of(19)) == [] and list(stages_of(100)) == [20, 40, 80]
    assert sum(level_of(number, 0.05) for number in range(1, 1000)) == pytest.approx(0.05, rel=2e-3)


def test_without_drift_it_is_said_as_rarely_as_stated_though_it_is_looked_at_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """120 batches that grow to 80 rows, looked at whenever rows have come."""
    level, batches = 0.1, 120
    draws = [random.Random(seed) for seed in range(batches)]
    samples = [(made_questions(each, 60), made_questions(each, 80)) for each in draws]
    monkeypatch.setattr(drift, "_LEAST_DRAWS", 99)
    monkeypatch.setattr(drift, "_DRAWS_A_LEVEL", 10)

    def share() -> float:
        # A look at 21 to 39 rows is that at 20: the test at each doubling is all that there is.
        return float(
            np.mean(
                [
                    any(
                        look_for_drift(known, waiting[:rows], level=level).has_drifted
                        for rows in (LEAST_ROWS, 40, 80)
                    )
                    for known, waiting in samples
                ]
            )
        )

    assert share() <= level + 3 * np.sqrt(level * (1 - level) / batches)
    # Named and broken: each look has the whole level, and there is one at every sixth row.
    monkeypatch.setattr(drift, "level_of", lambda number, level: level)
    monkeypatch.setattr(drift, "stages_of", lambda rows: range(LEAST_ROWS, rows + 1, 6))
    assert share() > level + 3 * np.sqrt(level * (1 - level) / batches)


def test_other_questions_are_seen_and_the_same_facts_asked_anew_are_not() -> None:
    learnt = [row["prompt"] for row in read_frozen("facts_a")]
    chance = random.Random(0)
    chance.shuffle(learnt)
    same = look_for_drift(learnt[:36], learnt[36:], level=0.01)
    assert not same.has_drifted and same.p_value is not None and same.p_value > 0.01
    general = [row["prompt"] for row in read_frozen("general")][:24]
    other = look_for_drift(learnt, general, level=0.01)
    assert other.has_drifted and other.rows == LEAST_ROWS
    assert "have drifted" in other.reason
    few = look_for_drift(learnt, general[:19], level=0.01)
    assert not few.has_drifted and "20 are needed" in few.reason
    # Part of it is enough when there is more of it.
    mixed = [*general[:12], *learnt[:12]]
    chance.shuffle(mixed)
    assert look_for_drift(learnt[12:], mixed, level=0.05).has_drifted


def test_a_drifted_batch_starts_the_pipeline(define: Define, tmp_path: Path) -> None:
    chance = random.Random(3)
    inbox = tmp_path / "inbox"
    _write(inbox / "one.jsonl", made_questions(chance, 40), at_s=1000)
    pipeline = define(drift_level=0.02)
    assert "nothing was learnt yet" in look_whether_due(pipeline).because
    assert run_once("p", stages=with_gate()).state == "promoted"
    _write(inbox / "same.jsonl", made_questions(chance, 24), at_s=2000)
    (inbox / "broken.jsonl").write_text('{broken\n{"prompt": 3}\n[1]\n')
    due = look_whether_due(pipeline)
    assert not due.is_due and "have not drifted" in due.because
    (inbox / "same.jsonl").unlink()
    asked = [f"May I bring {each} on the night train to the coast?" for each in _THINGS]
    _write(inbox / "other.jsonl", asked, at_s=3000)
    due = look_whether_due(pipeline)
    assert due.is_due and "have drifted" in due.because and due.next_stage == "collect"
    # What came first is looked at first, however the files are called.
    _write(inbox / "a.jsonl", made_questions(chance, 20), at_s=2500)
    assert "40 questions" in look_whether_due(pipeline).because  # the first 20 have not drifted
    with pytest.raises(InputError, match="drift_level"):
        define(drift_level=0.0)


_THINGS = ("a bicycle", "my dog", "two suitcases", "a surfboard", "skis", "a pram", "a cello",
           "a folding chair", "plants", "a cat", "a kayak", "glass jars", "a tent", "a typewriter",
           "wine", "a parrot", "an easel", "tools", "a drone", "a cake", "a ladder")  # fmt: skip


def _write(path: Path, asked: list[str], *, at_s: float) -> None:
    rows = [{"prompt": each, "response": f"Answer {n}"} for n, each in enumerate(asked)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    os.utime(path, (at_s, at_s))
