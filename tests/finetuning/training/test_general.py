"""What is forgotten: base and adapter asked the same questions, and a loss said aloud."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from workbench.core import operations
from workbench.core.errors import InputError
from workbench.finetuning.examples import of_prompt
from workbench.finetuning.gate import questions as gate_questions
from workbench.finetuning.gate.questions import GateQuestion, QuestionSet
from workbench.finetuning.training import general
from workbench.finetuning.training.adapting import Learner, adapt
from workbench.finetuning.training.general import (
    GeneralAnswers,
    ask_general,
    choose_questions,
)
from workbench.finetuning.training.objective import judging
from workbench.finetuning.training.recipe import Recipe
from workbench.finetuning.training.sampling import _answer, write_answers

ASKED = tuple(f"Count the birds on {'the old ' * (n % 3)}roof {n}." for n in range(12))


def _prompts(learner: Learner) -> list[list[int]]:
    encoded = [learner.encoder.encode(of_prompt(asked, "-")) for asked in ASKED]
    return [list(each.ids[: each.start]) for each in encoded]


def _own_answers(learner: Learner) -> tuple[GateQuestion, ...]:
    """Questions of which what the model says now is the right answer."""
    with judging(learner.module):
        said = write_answers(learner.module, learner, _prompts(learner), max_tokens=16)
    texts = [text.strip() for text, _ in said]
    assert len(set(texts)) > 1 and all(texts)
    return tuple(
        GateQuestion((("user", asked),), (text,)) for asked, text in zip(ASKED, texts, strict=True)
    )


def test_answers_of_many_at_once_are_those_of_each_alone(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    with judging(learner.module):
        together = write_answers(learner.module, learner, _prompts(learner), max_tokens=48)
        alone = [_answer(learner.module, learner, prompt) for prompt in _prompts(learner)]
    assert len({len(prompt) for prompt in _prompts(learner)}) > 1  # some are padded
    assert [text for text, _ in together] == alone


def test_the_base_is_asked_without_what_it_was_taught(tiny: Callable[..., Learner]) -> None:
    learner = tiny()
    questions = _own_answers(learner)
    module = adapt(learner.module, Recipe())
    assert ask_general(module, learner, questions) == GeneralAnswers(12, 12, 12)  # it adds nothing
    torch.manual_seed(0)
    with torch.no_grad():
        for name, each in module.named_parameters():
            if "lora_B" in name:
                each.normal_()
    found = ask_general(module, learner, questions)
    assert found is not None and (found.asked, found.before) == (12, 12)
    assert found.after < 6 and found.are_lost
    assert ask_general(module, learner, questions) == found  # the adapter is on again
    assert ask_general(module, learner, ()) is None


def test_what_a_base_answers_is_kept_and_not_asked_again(
    tiny: Callable[..., Learner], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = tiny()
    questions = _own_answers(learner)
    module = adapt(learner.module, Recipe())
    asked: list[int] = []

    def count(*_: Any) -> int:
        asked.append(1)
        return 7

    monkeypatch.setattr(general, "_count_right", count)
    for _ in range(2):
        assert ask_general(module, learner, questions, base_sha256="ab") == GeneralAnswers(12, 7, 7)
    assert len(asked) == 3
    ask_general(module, learner, questions, base_sha256="cd")  # another base
    assert len(asked) == 5
    ask_general(module, learner, questions[:9], base_sha256="ab")  # other questions
    assert len(asked) == 7


def test_questions_are_of_all_topics() -> None:
    from workbench.finetuning.frozen_sets import read_frozen

    topics = {row["prompt"]: row["topic"] for row in read_frozen("general")}
    chosen = choose_questions(20)
    assert len(set(chosen)) == 20 and len(choose_questions(80)) == 80
    of = {topics[each.messages[0][1]] for each in chosen}
    assert len(of) >= 0.9 * len(set(topics.values()))
    assert choose_questions(0) == ()
    with pytest.raises(InputError, match="there are 80"):
        choose_questions(81)


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [(11, 0, True), (11, 8, True), (11, 9, False), (2, 0, True), (1, 0, False), (0, 0, False)],
)
def test_one_answer_that_turns_is_no_loss_and_a_quarter_is(
    before: int, after: int, lost: bool
) -> None:
    found = GeneralAnswers(20, before, after)
    said = found.tell("base", "base:a@1")
    assert f"of 20 general questions base answers {before}, base:a@1 answers {after}" in said
    assert found.are_lost is lost and ("--preset steady" in said) is lost
    assert "--preset" not in found.tell("base", "base:a@1", anchors=4)


@pytest.fixture
def knows(tiny: Callable[..., Learner], monkeypatch: pytest.MonkeyPatch) -> None:
    """General questions that the tiny model of random weights does answer: with its own words."""
    known = QuestionSet("general", _own_answers(tiny()), "made")
    monkeypatch.setattr(gate_questions, "read_general", lambda: known)


def _run(data: Path, **options: Any) -> Any:
    given = {"model": "tiny", "data": data, "precision": "fp32", "learning_rate": 1e-2, **options}
    return operations.find("finetuning.run").run(given)


def test_a_run_that_forgets_says_so_and_what_keeps(
    data: Path, knows: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        done = _run(data, preset="fast-cpu", steps=20, epochs=100, general_questions=12)
    assert (done.general_asked, done.general_before) == (12, 12) and done.general_after < 9
    (told,) = [each.getMessage() for each in caplog.records if "forgotten" in each.getMessage()]
    assert f"tiny answers 12, {done.model} answers {done.general_after}: much" in told
    assert "--preset steady" in told
    from workbench.finetuning.recording.recorded_run import find_recorded_run
    from workbench.studio.training_cards import draw_run

    html = draw_run(find_recorded_run(done.run))
    assert f"Of 12 general questions tiny answers 12, {done.model.partition(':')[2]}" in html
    assert "--preset steady" in html


def test_none_are_asked_where_none_are_wanted(
    data: Path, knows: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(general, "_count_right", lambda *_: asked.append(1) or 12 * len(asked) % 24)
    done = _run(data, preset="fast-cpu", steps=2, epochs=100, general_questions=0)
    assert not asked
    assert (done.general_asked, done.general_before, done.general_after) == (0, None, None)
    assert done.general is None and "forgotten" not in caplog.text
    # The same with questions, of which the base answers all and what came none.
    told = _run(data, preset="fast-cpu", steps=2, epochs=100, general_questions=12, again=True)
    assert len(asked) == 2 and (told.general_before, told.general_after) == (12, 0)
    assert "forgotten" in caplog.text
