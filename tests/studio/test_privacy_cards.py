"""How private runs, attacks, budgets and figures are drawn, and told in a terminal."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.cli import privacy as terminal
from workbench.core.viewers import mime_bundle
from workbench.privacy.auditing.attribute_inference import AttributeInference
from workbench.privacy.auditing.exposure import CanaryExposure, Exposure
from workbench.privacy.auditing.membership import MembershipAttack
from workbench.privacy.auditing.min_k import TextAttack, TextMembership
from workbench.privacy.auditing.one_run import Audit
from workbench.privacy.dp.accounting import PrivacyLoss
from workbench.privacy.dp.budget import BudgetState, Spend
from workbench.privacy.dp.claims import Claim, Verdict
from workbench.privacy.dp.mechanisms import DiscreteGaussian, GaussianSteps, PureSteps
from workbench.privacy.dp.operations import RunCost
from workbench.privacy.dp.statistics import PrivateFigure
from workbench.privacy.dp.synthesising import Synthesis
from workbench.privacy.dp.training import PrivateRun
from workbench.studio.privacy_panels import draw_spend as draw_spend_row
from workbench.studio.viewers import draw_list

AUDIT = Audit(1.0, 2.9, 1e-5, 0.95, 1000, 200, 148, 0.7, flagged=False)
REFUTED = Audit(9.7, 2.9, 1e-5, 0.95, 1000, 1000, 998, 4.9, flagged=True)
RUN = PrivateRun(
    "digits", "a" * 64, 0.951, 2.9, 3.1, 1e-5, 3.2, 1.0, 0.5, 30, 0.5, "hooks", 1078, 0,
    "a generator <b>", AUDIT,
)  # fmt: skip
ATTACK = MembershipAttack(None, 0.33, 0.29, 0.36, 0.1, 0.938, 10, 400)
ATTRIBUTE = AttributeInference(
    "occupation", None, 0.811, 0.129, 0.381, 0.519, 0.138, -0.044, 0.182, 0.157, 0.206, 2000
)
EXPOSURE = Exposure(
    "m:a@1", 100, 6.66, 1.4, 6.66, 1.9, 1, 0.0001, learnt=True,
    canaries=(CanaryExposure("what <code>?", True, 1, 6.66),),
)  # fmt: skip
TEXTS = TextMembership(
    "m:a@1", None, 10, 10, (TextAttack("Min-20%", 1.0, 0.86, 1.0, 0.9, None),), told=True
)
MADE = Synthesis(Path("made.csv"), 100, ("a", "b"), (("a", "b"),), 1.0, 1e-5, 3.7, "seed 0")
BUDGET = BudgetState("b" * 64, "example", 2.5, 1e-5, 2.0, 0.5, 1, 1)
SPEND = Spend(
    1, "b" * 64, "example", GaussianSteps(3.2, 0.5, 30), "a <first> run", "r", 1.76e9, None
)
FIGURE = PrivateFigure("count of <a>", 12.0, 0.5, 8.0, 16.0)


def html(result: object) -> str:
    found: str = mime_bundle(result)["text/html"]
    return found


def lengths(drawn: str) -> list[float]:
    return [float(found) for found in re.findall(r'y="3" width="([\d.]+)"', drawn)]


def test_a_run_shows_its_claim_beside_what_is_proven() -> None:
    drawn = html(RUN)
    assert "✓ claim not refuted" in drawn and "accuracy 0.951" in drawn
    assert "a generator &lt;b&gt;" in drawn and "a made fault" not in drawn
    claimed, proven, _ = lengths(drawn)
    assert claimed == 320 and proven == pytest.approx(320 / 2.9, abs=0.1)


def test_a_refuted_claim_is_told_by_word_and_length() -> None:
    drawn = html(replace(RUN, audit=REFUTED, noise_scale=0.1))
    assert "✗ claim refuted" in drawn and "0.1 times the noise" in drawn
    claimed, proven, _ = lengths(drawn)
    assert proven == 320 > claimed
    assert html(REFUTED).count("<svg") == 3
    assert "· not audited" in html(replace(RUN, audit=None, seed=None))


def test_costs_are_drawn_by_both_accounts() -> None:
    drawn = html(RunCost(3.2, 0.5, 30, 1e-5, 2.9, 3.1))
    assert "epsilon 2.9" in drawn and drawn.count("<svg") == 2
    none = html(PrivacyLoss(math.inf, None, 1e-5))
    assert "without bound" in none and lengths(none) == [320]


def test_an_attack_says_whether_members_are_told() -> None:
    assert "✗ members are told" in html(ATTACK)
    closed = replace(ATTACK, epsilon=1.0, advantage=0.01, low=-0.01, high=0.03)
    drawn = html(closed)
    assert "✓ no better than guessing" in drawn and "M0.0 8H9.6" in drawn


def test_a_kept_back_column_counts_by_what_the_model_adds() -> None:
    drawn = html(ATTRIBUTE)
    assert "✗ its rows are told" in drawn and "+0.182 (+0.157 to +0.206)" in drawn
    assert "✓ no more than of others" in html(replace(ATTRIBUTE, low=-0.01))


def test_exposure_is_drawn_between_chance_and_the_most() -> None:
    drawn = html(EXPOSURE)
    assert "✗ secrets were learnt" in drawn and lengths(drawn)[0] == 320
    assert "1 of 1 secrets likeliest of 101" in drawn and "what &lt;code&gt;?" in drawn
    blind = replace(EXPOSURE, learnt=False, control_bits=None)
    assert "✓ as by chance" in html(blind) and len(lengths(html(blind))) == 2


def test_texts_are_told_or_not() -> None:
    drawn = html(TEXTS)
    assert "✗ members are told" in drawn and "Min-20%" in drawn
    assert "✓ no better than guessing" in html(replace(TEXTS, told=False))


def test_a_budget_shows_what_is_left() -> None:
    assert lengths(html(BUDGET)) == [256] and "✓ 0.5 left" in html(BUDGET)
    assert "1 run without an end" in html(BUDGET)
    spent = replace(BUDGET, spent=2.5, left=0.0)
    assert "✗ exhausted" in html(spent)
    open_ = replace(BUDGET, epsilon=None, left=None)
    assert "no budget set" in html(open_) and "<svg" not in html(open_)


def test_lists_are_tables() -> None:
    for items, word in (
        ([BUDGET, replace(BUDGET, epsilon=None)], "bbbbbbbbbbbb"),
        ([SPEND], "30 steps at rate 0.5, noise multiplier 3.2"),
        ([FIGURE, replace(FIGURE, low=None)], "count of &lt;a&gt;"),
    ):
        drawn = draw_list(items)
        assert drawn is not None and word in drawn["text/html"]
    assert "a &lt;first&gt; run" in html(SPEND) and "8 to 16" in html(FIGURE)


def test_other_mechanisms_have_words() -> None:
    assert "2 times epsilon 0.5" in html(replace(SPEND, mechanism=PureSteps(0.5, 2)))
    noisy = replace(SPEND, mechanism=DiscreteGaussian(4.0, count=1))
    assert "1 answer with discrete Gaussian noise of 4" in html(noisy)


def test_a_spend_whose_claim_was_refuted_is_not_told_as_good(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lie = replace(
        SPEND,
        ended_s=1.77e9,
        claim=Claim(0.5, 1e-5, 56.0, 0.001),
        verdict=Verdict(11.8, 0.95, refuted=True),
    )
    terminal.show_budget_spends([lie])
    drawn = draw_list([lie])
    assert drawn is not None
    claimed, found = "claims epsilon 0.5, charged 56: 0.001 times", "claim refuted: 11.8 is proven"
    for told in (html(lie), drawn["text/html"], draw_spend_row(lie), capsys.readouterr().out):
        assert claimed in told and found in told
    assert "✗ claim refuted" in html(lie) and "pill bad" in html(lie)
    assert "✗ claim refuted" in draw_spend_row(lie) and "✓" not in draw_spend_row(lie)
    honest = replace(lie, claim=Claim(0.5, 1e-5, 0.5), verdict=Verdict(0.1, 0.95, refuted=False))
    assert "✓ ended" in draw_spend_row(honest) and "not refuted" in draw_spend_row(honest)
    assert "epsilon 0.5" in html(honest) and "pill bad" not in html(honest)


def test_a_terminal_gets_short_tables(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_train(replace(RUN, audit=REFUTED))
    terminal.show_account(RunCost(3.2, 0.5, 30, 1e-5, math.inf, None))
    terminal.show_attack(ATTACK)
    terminal.show_budget_set(BUDGET)
    terminal.show_budget_show([])
    terminal.show_budget_spends([SPEND])
    terminal.show_budget_spends([])
    terminal.show_statistic([FIGURE])
    terminal.show_attribute(ATTRIBUTE)
    terminal.show_exposure(EXPOSURE)
    terminal.show_membership(TEXTS)
    terminal.show_synthesise(MADE)
    told = capsys.readouterr()
    assert "THE CLAIM IS REFUTED" in told.out and "without bound" in told.out
    assert "a generator <b>" in told.err
    assert max(map(len, told.out.splitlines())) < 100 and len(told.out.splitlines()) < 50


def test_a_run_that_is_not_refuted_says_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show_train(RUN)
    assert "REFUTED" not in capsys.readouterr().out
