"""Agreement, stability and the curves of random orders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import spearmanr

from workbench.core.errors import InputError
from workbench.core.plain import to_plain
from workbench.interpretability.attribution.agreement import correlate_ranks, overlap_top
from workbench.interpretability.attribution.baselines import find_baseline
from workbench.interpretability.attribution.case import open_case
from workbench.interpretability.attribution.comparison import compare_methods, measure_worth
from workbench.interpretability.attribution.curves import (
    draw_deletion,
    draw_insertion,
    measure_random_areas,
)
from workbench.interpretability.attribution.scorer import Scorer
from workbench.models.model import Model

Tiny = Callable[..., Model]
PROMPT, TARGET = "The quick brown fox. It counts 0 1 2 3.", " A model"


def test_ranks_correlate_as_scipy_says_ties_included() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        one, other = random.integers(0, 5, (2, 12)).astype(float)
        assert correlate_ranks(one, other) == pytest.approx(spearmanr(one, other).statistic)
    assert correlate_ranks(np.ones(4), np.arange(4.0)) is None


def test_the_overlap_counts_the_highest() -> None:
    one, other = np.array([9.0, 8, 7, 0, 0]), np.array([7.0, 0, 9, 8, 0])
    assert overlap_top(one, other, count=3) == pytest.approx(2 / 3)
    assert overlap_top(one, -one, count=2) == 0
    assert overlap_top(one, other, count=50) == 1


def test_a_comparison_says_who_agrees_and_who_holds_still(tiny: Tiny) -> None:
    found = compare_methods(
        tiny(),
        PROMPT,
        TARGET,
        methods=["ablation", "occlusion", "shapley"],
        groups="word",
        window=1,
        samples=10,
        seeds=3,
    )
    same = found.agreements[0]
    assert (same.first, same.second) == ("ablation", "occlusion")
    assert same.rank_correlation == 1 and same.top_overlap == 1
    (still,) = found.stabilities  # the one that drew
    assert still.method == "shapley" and still.seeds == 3
    assert still.rank_correlation is not None and -1 <= still.rank_correlation < 1
    assert still.spread_nats > 0
    (random,) = found.random_orders
    assert random.baseline == "space" and random.orders == 5
    assert to_plain(found)["top"] == 3


def test_exact_values_have_no_seed_to_hang_on(tiny: Tiny) -> None:
    found = compare_methods(
        tiny(), "The quick brown fox", TARGET, methods=["shapley"], groups="word"
    )
    assert found.attributions[0].seed is None and found.stabilities == ()


def test_what_one_method_asked_the_next_need_not(tiny: Tiny) -> None:
    found = compare_methods(
        tiny(), "The quick brown fox", TARGET, methods=["shapley", "ablation"], groups="word"
    )
    assert found.attributions[1].evaluations == found.attributions[0].evaluations


@pytest.mark.parametrize(
    ("methods", "said"), [([], r"\(none\)"), (["lime", "lime"], "each must be named once")]
)
def test_methods_are_named_once(tiny: Tiny, methods: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        compare_methods(tiny(), PROMPT, TARGET, methods=methods)


@pytest.mark.model
def test_curves_tell_a_good_order_from_random_and_from_its_reverse(smollm2: Model) -> None:
    case = open_case(
        smollm2, "The capital of France is Paris. The capital of Germany is", " Berlin"
    )
    scorer = Scorer(case, find_baseline(smollm2, "space"))
    players = len(case.players)
    worth = (scorer.whole - scorer.score(~np.eye(players, dtype=bool))).sum(axis=1)
    deletions, insertions = measure_random_areas(scorer, orders=5, seed=0)
    assert draw_deletion(scorer, worth).area < deletions.mean() < draw_deletion(scorer, -worth).area
    assert draw_insertion(scorer, worth).area > insertions.mean()


@pytest.mark.model
def test_worth_leaves_out_what_is_held(smollm2: Model) -> None:
    found = compare_methods(
        smollm2,
        "The capital of France is",
        " Paris",
        methods=["ablation"],
        hold_first=True,
        random_orders=1,
    )
    (one,) = found.attributions
    assert one.held[0] and one.scores[:, 0].tolist() == [0.0]
    assert len(measure_worth(one)) == len(one.groups) - 1
