"""Each method by its own definition, on a tiny model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, InputError, NotFoundError
from workbench.interpretability.attribution import lime
from workbench.interpretability.attribution.attributing import attribute_case, attribute_target
from workbench.interpretability.attribution.baselines import find_baseline
from workbench.interpretability.attribution.case import open_case
from workbench.interpretability.attribution.hierarchy import build_tree, list_leaves
from workbench.interpretability.attribution.methods import METHODS, load_method
from workbench.interpretability.attribution.scorer import Scorer
from workbench.models.model import Model

Tiny = Callable[..., Model]
PROMPT, TARGET = "The quick brown fox. It counts 0 1 2 3.", " A model"


REPLACING = (
    "ablation",
    "occlusion",
    "shapley",
    "owen",
    "lime",
)  # those that take gradients have their own


@pytest.mark.parametrize("name", REPLACING)
def test_every_method_that_replaces_tokens_runs_and_keeps_its_promise(
    tiny: Tiny, name: str
) -> None:
    found = attribute_target(tiny(), PROMPT, TARGET, method=name, samples=20, groups="word")
    assert found.scores.shape == (len(found.targets), len(found.groups))
    assert found.deletion_auc is not None and found.insertion_auc is not None
    assert (found.completeness_gap_nats is not None) == METHODS[name].complete
    assert load_method(name).__doc__


@pytest.mark.parametrize("name", ["owen", "shapley"])
@pytest.mark.parametrize("samples", [None, 6])
def test_values_sum_to_what_the_prompt_did(tiny: Tiny, name: str, samples: int | None) -> None:
    found = attribute_target(
        tiny(), PROMPT, TARGET, method=name, samples=samples, groups="word", curves=False
    )
    assert found.completeness_gap_nats is not None and found.completeness_gap_nats < 1e-9
    assert found.value - found.baseline_value == pytest.approx(found.scores.sum())
    if samples is not None:
        assert found.error_nats is not None and found.error_nats.shape == found.scores.shape
        assert found.steps == samples


def test_a_window_of_one_is_ablation(tiny: Tiny) -> None:
    one = attribute_target(tiny(), PROMPT, TARGET, method="occlusion", window=1, curves=False)
    other = attribute_target(tiny(), PROMPT, TARGET, method="ablation", curves=False)
    np.testing.assert_allclose(one.scores, other.scores, atol=1e-12)


def test_occlusion_is_the_mean_over_the_windows_that_cover(tiny: Tiny) -> None:
    case = open_case(tiny(), PROMPT, TARGET, groups="word")
    scorer = Scorer(case, find_baseline(tiny(), "space"))
    found = attribute_case(case, method="occlusion", window=2, scorer=scorer, curves=False)
    players = len(case.players)
    falls = []
    for start in range(players - 1):
        present = np.ones((1, players), bool)
        present[0, start : start + 2] = False
        falls.append(scorer.whole - scorer.score(present)[0])
    np.testing.assert_allclose(found.scores[:, 0], falls[0])
    np.testing.assert_allclose(found.scores[:, 3], (falls[2] + falls[3]) / 2)
    np.testing.assert_allclose(found.scores[:, -1], falls[-1])


def test_a_window_wider_than_the_prompt_is_told(tiny: Tiny) -> None:
    with pytest.raises(InputError, match="a window of 30 groups does not fit") as told:
        attribute_target(tiny(), PROMPT, TARGET, method="occlusion", window=30, groups="word")
    assert told.value.hint


class Planted:
    """In the place of a scorer: a target whose worth is known, for what a method makes of it."""

    def __init__(self, scorer: Scorer, score: Callable[[np.ndarray], np.ndarray]) -> None:
        self.case, self.score = scorer.case, score


def test_lime_finds_a_linear_model(tiny: Tiny) -> None:
    scorer = Scorer(
        open_case(tiny(), PROMPT, TARGET, groups="word"), find_baseline(tiny(), "space")
    )
    players = len(scorer.case.players)
    weights = np.random.default_rng(0).normal(size=(players, 2))
    planted = Planted(scorer, lambda present: present @ weights - 3)
    options = lime.Options(samples=4000)
    found = lime.explain_linearly(planted, options).by_group  # type: ignore[arg-type]
    np.testing.assert_allclose(found, weights.T, atol=0.02)  # what the penalty takes


def test_lime_weighs_near_prompts_more(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the last group to go matters most; the broken variant weighs all samples alike."""
    scorer = Scorer(
        open_case(tiny(), PROMPT, TARGET, groups="word"), find_baseline(tiny(), "space")
    )

    def jump(present: np.ndarray) -> np.ndarray:  # worth 1 until two groups are gone
        return ((~present).sum(axis=1) < 2).astype(float)[:, None]

    planted = Planted(scorer, jump)
    near = lime.explain_linearly(planted, lime.Options(samples=2000)).by_group.sum()  # type: ignore[arg-type]
    monkeypatch.setattr(lime, "_KERNEL_WIDTH", 1e6)
    even = lime.explain_linearly(planted, lime.Options(samples=2000)).by_group.sum()  # type: ignore[arg-type]
    assert near > 1.3 * even


def test_a_seed_says_all_that_is_drawn(tiny: Tiny) -> None:
    def scores(seed: int) -> np.ndarray:
        return attribute_target(
            tiny(), PROMPT, TARGET, method="shapley", samples=4, seed=seed, curves=False
        ).scores

    np.testing.assert_array_equal(scores(1), scores(1))
    assert np.abs(scores(1) - scores(2)).max() > 0


def test_the_tree_keeps_sentences_and_words_whole(tiny: Tiny) -> None:
    case = open_case(tiny(), PROMPT, TARGET)
    tree = build_tree(case)
    assert list_leaves(tree) == list(range(len(case.players)))
    first, second = (list_leaves(part) for part in tree)  # type: ignore[union-attr]
    text = "".join(case.tokens[case.groups[case.players[player]][0]] for player in first)
    assert text == "The quick brown fox." and len(second) > 1
    words = open_case(tiny(), PROMPT, TARGET, groups="word")
    spans = [set(range(a, b)) for a, b in words.groups]
    for part in parts_of(tree):
        leaves = set(list_leaves(part))
        assert all(span <= leaves or leaves <= span or not span & leaves for span in spans)


def parts_of(tree: object) -> list[object]:
    if isinstance(tree, int):
        return [tree]
    return [tree, *(part for half in tree for part in parts_of(half))]  # type: ignore[attr-defined]


def test_it_stops_when_it_is_told_to(tiny: Tiny) -> None:
    token = CancelToken()
    token.cancel()
    with cancellable(token), pytest.raises(CancelledError):
        attribute_target(tiny(), PROMPT, TARGET, method="shapley")


def test_an_unknown_method_names_the_near_ones() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'shapley'"):
        load_method("shapely")
