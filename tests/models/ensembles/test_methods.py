"""The methods, given replies that are written out: what they choose, and why."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import EngineError, WorkbenchError
from workbench.models.ensembles.agreement import (
    confidence,
    find_medoid,
    normal_form,
    word_overlap,
)
from workbench.models.ensembles.best_of import BestOf
from workbench.models.ensembles.cascade import Cascade
from workbench.models.ensembles.judge import Judge
from workbench.models.ensembles.majority import Majority
from workbench.models.protocol import TokenLogprob
from workbench.models.reply import Reply
from workbench.models.virtual import Answered, Question, VirtualModel, run

ASKED = [{"role": "user", "content": "Which is the largest ocean?"}]


def reply(text: str, *, sure: float = 0.5, model: str = "m", reason: str = "stop") -> Reply:
    """An answer of three tokens, each with the probability ``sure``."""
    tokens = tuple(TokenLogprob(place, "x", math.log(sure)) for place in range(3))
    return Reply(text, model, "e", 10, 3, None, reason, 0, 0.1, 0.1, tokens)


class Script:
    """Answers questions in the order in which they come, and keeps them."""

    def __init__(self, *answers: Answered) -> None:
        self._answers = list(answers)
        self.questions: list[Question] = []

    def __call__(self, question: Question) -> Reply:
        self.questions.append(question)
        answer = self._answers.pop(0)
        if isinstance(answer, WorkbenchError):
            raise answer
        return answer


def outcome_of(model: VirtualModel, *answers: Answered, **sampling: Any) -> tuple[Any, Script]:
    script = Script(*answers)
    outcome, _ = run(model, ASKED, sampling, script)
    return outcome, script


class TestMajority:
    def test_what_most_say_is_taken_however_it_is_written(self) -> None:
        vote = Majority("v", ("a", "b", "c"))
        outcome, _ = outcome_of(
            vote,
            reply("Atlantic", sure=0.99),
            reply("The Pacific."),
            reply("pacific"),
        )
        assert normal_form(outcome.reply.text) == "pacific"
        assert outcome.reason == "2 of 3 agree"

    def test_a_vote_that_takes_the_surest_would_choose_otherwise(self) -> None:
        best = BestOf("b", ("a", "b", "c"), samples=1)
        outcome, _ = outcome_of(
            best, reply("Atlantic", sure=0.99), reply("The Pacific."), reply("pacific")
        )
        assert outcome.reply.text == "Atlantic"

    def test_of_a_tie_the_surest_wins(self) -> None:
        vote = Majority("v", ("a", "b", "c", "d"))
        answers = [reply("x", sure=0.2), reply("y", sure=0.9), reply("x"), reply("y", sure=0.3)]
        assert outcome_of(vote, *answers)[0].reply.text == "y"

    def test_where_nobody_agrees_the_most_like_the_others_is_taken(self) -> None:
        vote = Majority("v", ("a", "b", "c"))
        outcome, _ = outcome_of(
            vote,
            reply("bananas", sure=0.9),
            reply("the largest ocean is the Pacific"),
            reply("the largest one is the Pacific ocean by far"),
        )
        assert "Pacific" in outcome.reply.text
        assert "no two of 3 agree" in outcome.reason

    def test_json_is_compared_by_its_field(self) -> None:
        vote = Majority("v", ("a", "b", "c"), field="answer")
        outcome, _ = outcome_of(
            vote,
            reply('{"answer": 4, "why": "p"}', sure=0.9),
            reply('{"why": "q", "answer": 5}'),
            reply('{"answer": 5, "why": "r"}'),
        )
        assert json.loads(outcome.reply.text)["answer"] == 5

    def test_each_sample_is_drawn_by_itself_and_seeded(self) -> None:
        vote = Majority("v", ("a", "b"), samples=3, temperature=0.9)
        _, script = outcome_of(vote, *[reply("x")] * 6, seed=7, temperature=0.0)
        assert [q.model for q in script.questions] == ["a"] * 3 + ["b"] * 3
        assert [q.sampling["seed"] for q in script.questions] == [7, 8, 9] * 2
        assert {q.sampling["temperature"] for q in script.questions} == {0.9}

    def test_members_that_fail_are_left_out_until_too_few_are_left(self) -> None:
        vote = Majority("v", ("a", "b", "c"), quorum=0.5)
        broken = EngineError("it broke")
        outcome, _ = outcome_of(vote, broken, reply("x"), reply("x"))
        assert outcome.reason == "2 of 2 agree; 3 were asked"
        with pytest.raises(EngineError, match="1 of 3 members answered, 2 are needed: it broke"):
            outcome_of(vote, broken, broken, reply("x"))


class TestJudge:
    answers = (reply("red", sure=0.9), reply("green", sure=0.3))

    def test_a_choice_counts_if_it_is_the_same_in_both_orders(self) -> None:
        judge = Judge("j", ("a", "b"), judge="k")
        outcome, script = outcome_of(
            judge, *self.answers, reply('{"best": 2}'), reply('{"best": 1}')
        )
        assert outcome.reply.text == "green"
        first, second = script.questions[2:]
        assert first.model == second.model == "k"
        assert first.messages[0]["content"].index("red") < first.messages[0]["content"].index(
            "green"
        )
        assert second.messages[0]["content"].index("green") < second.messages[0]["content"].index(
            "red"
        )
        assert first.sampling["json_schema"]["properties"]["best"]["enum"] == [1, 2]

    @pytest.mark.parametrize("verdicts", [('{"best": 2}', '{"best": 2}'), ("no", '{"best": 1}')])
    def test_a_judge_who_chooses_by_place_or_fails_is_not_heard(
        self, verdicts: tuple[str, str]
    ) -> None:
        judge = Judge("j", ("a", "b"), judge="k")
        outcome, _ = outcome_of(judge, *self.answers, *map(reply, verdicts))
        assert outcome.reply.text == "red"
        assert "the surest answer" in outcome.reason

    def test_nothing_is_judged_where_all_say_the_same(self) -> None:
        judge = Judge("j", ("a", "b"), judge="k")
        outcome, script = outcome_of(judge, reply("Red."), reply("red"))
        assert len(script.questions) == 2
        assert outcome.reason == "all answers are the same"


class TestCascade:
    cascade = Cascade("c", ("small", "large"), threshold=0.8)

    def test_who_is_sure_answers_and_the_larger_is_not_asked(self) -> None:
        outcome, script = outcome_of(self.cascade, reply("x", sure=0.85))
        assert outcome.reply.text == "x"
        assert [q.model for q in script.questions] == ["small"]

    @pytest.mark.parametrize(
        "first",
        [reply("x", sure=0.79), reply("x", sure=0.99, reason="length"), EngineError("broke")],
    )
    def test_who_is_unsure_cut_off_or_broken_is_passed(self, first: Answered) -> None:
        outcome, script = outcome_of(self.cascade, first, reply("y", sure=0.1))
        assert outcome.reply.text == "y"
        assert [q.model for q in script.questions] == ["small", "large"]

    def test_the_last_one_that_answered_stands_if_the_larger_fails(self) -> None:
        outcome, _ = outcome_of(self.cascade, reply("x", sure=0.1), EngineError("broke"))
        assert outcome.reply.text == "x"

    def test_if_all_fail_the_last_error_is_raised(self) -> None:
        with pytest.raises(EngineError, match="second"):
            outcome_of(self.cascade, EngineError("first"), EngineError("second"))


@pytest.mark.parametrize(
    "model",
    [
        Majority("v", ("a", "b"), samples=3),
        BestOf("b", ("a",), samples=5),
        Judge("j", ("a", "b"), judge="k", samples=2),
        Cascade("c", ("a", "b", "d")),
    ],
)
def test_no_more_is_used_than_was_said_beforehand(model: VirtualModel) -> None:
    """What a reservation rests on: each question's prompt and answer, counted in characters."""
    used = [0, 0]
    prompt, answer = len(ASKED[0]["content"]), 40

    def ask(question: Question) -> Reply:
        used[0] += sum(len(each["content"]) // 4 for each in question.messages)
        used[1] += min(answer, question.sampling.get("max_tokens") or answer)
        return reply(f"{used[1]} " * 8, sure=0.01)

    run(model, ASKED, {"max_tokens": answer}, ask)
    most = model.most_tokens(prompt, answer)
    assert used[0] <= most[0]
    assert used[1] <= most[1]


@given(st.text(), st.text())
def test_word_overlap_is_symmetric_and_a_share(one: str, other: str) -> None:
    assert word_overlap(one, other) == word_overlap(other, one)
    assert 0.0 <= word_overlap(one, other) <= 1.0


@given(st.text())
def test_a_normal_form_stays_as_it_is(text: str) -> None:
    once = normal_form(text)
    if not once.startswith(("{", "[", '"')):
        assert normal_form(once) == once


def test_signs_that_change_a_number_count() -> None:
    assert normal_form("-5") != normal_form("5")
    assert normal_form("5%") != normal_form("5")
    assert normal_form("It is 3.5.") == normal_form("it is 3.5") != normal_form("It is 35.")


def test_the_medoid_of_one_is_itself() -> None:
    assert find_medoid(["x"]) == 0


def test_confidence_is_the_geometric_mean() -> None:
    assert confidence(reply("x", sure=0.25)) == pytest.approx(0.25)


def test_one_answer_of_two_is_not_all_answers() -> None:
    missing = EngineError("no model named 'b'")
    outcome, _ = outcome_of(Judge("j", ("a", "b"), "c"), reply("Yes."), missing)
    assert outcome.reason == "1 of 2 answered"
    outcome, _ = outcome_of(Judge("j", ("a", "b"), "c"), reply("Yes."), reply("yes"))
    assert outcome.reason == "all answers are the same"
    outcome, _ = outcome_of(Majority("v", ("a", "b")), reply("Yes."), missing)
    assert outcome.reason == "1 of 1 agree; 2 were asked"
