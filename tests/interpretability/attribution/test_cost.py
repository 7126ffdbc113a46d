"""The cost is counted before anything is read, and holds; past the limit nothing is read."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from workbench.core.errors import CapacityError
from workbench.interpretability.attribution.attributing import attribute_case
from workbench.interpretability.attribution.baselines import find_baseline
from workbench.interpretability.attribution.case import open_case
from workbench.interpretability.attribution.cost import count_cost
from workbench.interpretability.attribution.methods import METHODS, Options
from workbench.interpretability.attribution.scorer import Scorer
from workbench.models.model import Model

Tiny = Callable[..., Model]
PROMPT, TARGET = "The quick brown fox. It counts 0 1 2 3.", " A model"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("samples", [None, 10])
def test_what_is_read_is_no_more_than_was_counted_and_not_far_below(
    tiny: Tiny, method: str, samples: int | None
) -> None:
    case = open_case(tiny(), PROMPT, TARGET, groups="word", hold_first=True)
    options = Options(samples=samples, steps=4)
    counted = count_cost(case, method=method, options=options, curves=True)
    found = attribute_case(case, method=method, samples=samples, steps=4)
    assert found.evaluations is not None
    assert found.evaluations <= counted.prompts  # sets that are asked twice are read once
    assert counted.prompts <= 3 * found.evaluations


@pytest.mark.parametrize("method", ["ablation", "owen", "integrated_gradients"])
def test_past_the_limit_nothing_is_read_and_the_figures_are_told(tiny: Tiny, method: str) -> None:
    case = open_case(tiny(), PROMPT, TARGET, groups="word")
    scorer = Scorer(case, find_baseline(case.model, "space"))
    counted = count_cost(case, method=method, options=Options(), curves=False)
    with pytest.raises(CapacityError, match=f"{counted.tokens:,} tokens in all") as refused:
        attribute_case(
            case, method=method, scorer=scorer, curves=False, most_tokens=counted.tokens - 1
        )
    assert scorer.evaluations == 0
    hint = str(refused.value.hint)
    # A gradient is taken by token, whatever stands together: larger groups would cost the same.
    assert ("groups='sentence' (2 here)" in hint) == (method != "integrated_gradients")
    assert "the method gradient_x_input" in hint and f"most_tokens={counted.tokens}" in hint


def test_what_a_hint_names_is_within_the_limit_and_has_several_groups(tiny: Tiny) -> None:
    one_sentence = "The quick brown fox counts " + "very " * 40
    case = open_case(tiny(), one_sentence, TARGET)
    counted = count_cost(case, method="ablation", options=Options(), curves=False)
    most = counted.tokens - 1
    with pytest.raises(CapacityError) as refused:
        attribute_case(case, method="ablation", curves=False, most_tokens=most)
    hint = str(refused.value.hint)
    assert "sentence" not in hint  # it would be one group
    for kind in re.findall("groups='(.*?)'", hint):
        coarse = open_case(tiny(), one_sentence, TARGET, groups=kind)
        assert len(coarse.players) > 1
        told = count_cost(coarse, method="ablation", options=Options(), curves=False)
        assert told.tokens <= most
    assert ("groups='word'" in hint) == (
        len(open_case(tiny(), one_sentence, TARGET, groups="word").players) < len(case.players)
    )


def test_a_book_by_ablation_is_refused_before_it_begins(tiny: Tiny) -> None:
    case = open_case(tiny(), "word " * 50, TARGET)
    with pytest.raises(CapacityError):
        attribute_case(case, method="ablation", most_tokens=20_000)
    assert count_cost(case, method="ablation", options=Options(), curves=False).tokens > 20_000
