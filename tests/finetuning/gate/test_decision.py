"""The gate's verdict on answers that are made up: what passes, what is refused, what is unsure."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.core.plain import to_plain
from workbench.evaluation.checks import check
from workbench.finetuning.gate.decision import by_task, compare_answers, decide, read_report
from workbench.finetuning.gate.report import GateReport, GateRules, PairedShare

RULES = GateRules(draws=1000)
GENERAL = 80


def answers(right: int, items: int) -> np.ndarray:
    return (np.arange(items) < right).astype(float)


def compared(mine: np.ndarray, theirs: np.ndarray, what: str = "target") -> PairedShare:
    return compare_answers(what, mine, theirs, against="base", rules=RULES)


def judged(
    gain: PairedShare, *, lost: int = 0, items: int = GENERAL, value: float = 1.0
) -> GateReport:
    kept = compared(answers(items // 2 - lost, items), answers(items // 2, items), "general")
    checks = [check("perplexity ratio", value, high=1.25)]
    return decide("b:a@2", "b:a@1", gain=gain, forgetting=[kept], checks=checks, rules=RULES)


CLEAR = compared(answers(22, 24), answers(2, 24))


def test_a_clearly_better_candidate_passes() -> None:
    report = judged(CLEAR, lost=1)
    assert (report.verdict, report.ok) == ("promote", True)
    assert CLEAR.low > 0.5


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (judged(compared(answers(4, 24), answers(18, 24))), "nothing is gained"),
        (judged(CLEAR, lost=25), "is lost"),
        (judged(CLEAR, value=1.6), "perplexity ratio: 1.6 NOT in"),
        (judged(CLEAR, value=math.nan), "does not hold"),
        (judged(compared(answers(500, 1000), answers(500, 1000)[::-1].copy())), "no gain is shown"),
    ],
)
def test_a_planted_regression_is_refused(report: GateReport, words: str) -> None:
    assert report.verdict == "refuse"
    assert any(words in reason for reason in report.reasons)


def test_one_reason_among_good_ones_is_enough() -> None:
    """Each of the three conditions alone refuses, where the other two hold."""
    assert judged(CLEAR).ok
    assert [judged(CLEAR, lost=25).ok, judged(CLEAR, value=2.0).ok] == [False, False]


def test_too_few_questions_are_said_and_do_not_promote() -> None:
    mine, theirs = answers(7, 12), answers(5, 12)[::-1].copy()
    report = judged(compared(mine, theirs))
    assert report.verdict == "underpowered"
    assert report.items_needed is not None
    assert report.items_needed > 12
    assert "about" in report.reasons[0]
    silent = judged(compared(np.zeros(12), np.zeros(12)))
    assert (silent.verdict, silent.items_needed) == ("underpowered", 29), "all alike, and too few"
    few = judged(CLEAR, items=10)
    assert few.verdict == "underpowered"
    assert few.items_needed is not None
    assert few.items_needed >= 29


def test_a_handful_of_questions_cannot_promote_though_the_bootstrap_would() -> None:
    """Of five questions, four better and one the same: chance does this once in eight times, which
    resamples of so few do not see.
    """
    found = compared(np.array([1.0, 1, 1, 1, 1]), np.array([0.0, 0, 0, 0, 1]))
    assert found.low > 0  # the bootstrap alone would let it through
    assert not judged(found).ok


def test_the_needed_number_is_about_enough() -> None:
    """With as many questions as it says, a gain of the asked size is shown 4 times out of 5."""
    generator = np.random.default_rng(0)

    def draw(items: int) -> PairedShare:
        theirs = generator.random(items) < 0.5
        flips = generator.random(items)
        mine = np.where(flips < 0.2, True, np.where(flips < 0.3, False, theirs))
        return compare_answers("t", mine, theirs, against="x", rules=GateRules(draws=400))

    first = draw(40)
    needed = math.ceil(40 * (first.detectable / 0.05) ** 2)
    shown = [draw(needed).low > 0 for _ in range(60)]
    assert 0.6 < np.mean(shown) < 0.95  # the true gain is .05


def test_all_questions_alike_have_a_bound_that_is_no_point() -> None:
    same = compared(answers(10, 20), answers(10, 20))
    assert (same.change, same.method) == (0.0, "exact")
    assert -same.low == pytest.approx(1 - 0.05 ** (1 / 20))
    all_better = compared(np.ones(8), np.zeros(8))
    assert 0 < all_better.low < 1


def test_level_of_the_gain() -> None:
    """No difference, 24 questions: at most 5% of candidates pass, with the exact interval."""
    from scipy.stats import binomtest

    generator, passed = np.random.default_rng(1), 0
    rules = GateRules(draws=200)
    for _ in range(400):
        theirs = (generator.random(24) < 0.5).astype(float)
        mine = (generator.random(24) < 0.5).astype(float)
        found = compare_answers("t", mine, theirs, against="x", rules=rules)
        passed += found.low > 0 and found.p_value <= 0.1
    assert binomtest(passed, 400).proportion_ci().low <= 0.05
    assert passed / 400 <= 0.07


def test_tasks_have_their_own_lines() -> None:
    tasks = ["a"] * 5 + ["b"] * 5 + ["c"]
    mine, theirs = answers(5, 11), answers(0, 11)
    found = by_task(tasks, mine, theirs, against="x", rules=RULES)
    assert [(each.what, each.change) for each in found] == [("a", 1.0), ("b", 0.0)]
    assert by_task(["a"] * 11, mine, theirs, against="x", rules=RULES) == ()


def test_a_report_comes_back_from_plain_data() -> None:
    report = judged(CLEAR, value=math.nan)
    back = read_report(json.loads(json.dumps(to_plain(report))))
    assert back.gain == report.gain
    assert back.reasons == report.reasons
    assert not back.checks[0].ok


@pytest.mark.parametrize(
    "wrong", [{"forgetting_budget": 0.0}, {"worthwhile_gain": 1.0}, {"confidence": 0.4}]
)
def test_rules_that_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        GateRules(**wrong)
