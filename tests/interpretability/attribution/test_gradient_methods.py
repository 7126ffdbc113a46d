"""The gradient methods behind ``attribute``: by group, with their checks, or refused and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.core import operations
from workbench.core.errors import InputError
from workbench.interpretability.attribution.attributing import attribute_target
from workbench.interpretability.attribution.differentiable import TargetLogprobs
from workbench.interpretability.attribution.gradient_x_input import gradient_x_input
from workbench.interpretability.attribution.integrated_gradients import integrated_gradients
from workbench.interpretability.attribution.smoothgrad import smoothgrad
from workbench.models.model import Model

Tiny = Callable[[str], Model]
PROMPT = "The quick brown fox reads and writes text, token by token."
TARGET = " It counts numbers and animals"
NO_LEAST = {**(integrated_gradients.__kwdefaults__ or {}), "least_change": 0.0}
METHODS = ("gradient_x_input", "integrated_gradients", "smoothgrad")


def ask(model: Model, method: str = "integrated_gradients", **options: Any) -> Any:
    # From a space, as tiny models of random weights change little from their mean embedding.
    chosen = {"baseline": "space", "curves": False, **options}
    return attribute_target(model, PROMPT, TARGET, method=method, **chosen)


def function_of(model: Model) -> TargetLogprobs:
    return TargetLogprobs(model.module, model.prompt_ids(PROMPT), model.tokenize(TARGET))


def test_integrated_gradients_say_what_they_did(tiny: Tiny) -> None:
    model = tiny("mistral")
    found = ask(model, steps=8)
    function = function_of(model)
    space = function.embed(model.tokenize(" "))[0]
    expected = integrated_gradients(function, space, steps=8)
    np.testing.assert_array_equal(found.scores, expected.scores)
    assert found.scores.shape == (len(found.targets), len(found.tokens))
    assert (found.method, found.baseline, found.steps) == ("integrated_gradients", "space", 8)
    assert found.value == pytest.approx(sum(model.score(PROMPT, TARGET)), abs=1e-4)
    assert found.baseline_value == pytest.approx(expected.baseline_value)
    assert found.completeness_gap_nats == pytest.approx(expected.gap, abs=1e-4)
    assert found.completeness_gap == pytest.approx(expected.relative_gap, abs=1e-4)
    assert found.held == (True,) + (False,) * (len(found.tokens) - 1)
    assert found.evaluations >= 10


def test_position_0_can_be_let_go(tiny: Tiny) -> None:
    assert np.all(ask(tiny("mistral"), steps=4).scores[:, 0] == 0)
    assert np.all(ask(tiny("mistral"), steps=4, hold_first=False).scores[:, 0] != 0)


@pytest.mark.parametrize("method", METHODS)
def test_groups_have_the_sum_of_their_tokens(method: str, tiny: Tiny) -> None:
    options: dict[str, Any] = {"steps": 4, "samples": 3, "hold_first": False}
    by_token = ask(tiny("mistral"), method, **options).scores
    by_word = ask(tiny("mistral"), method, groups="word", **options)
    assert by_word.scores.shape[1] < by_token.shape[1]
    expected = [by_token[:, start:end].sum(axis=1) for start, end in by_word.groups]
    np.testing.assert_allclose(by_word.scores, np.stack(expected, axis=1), atol=1e-5)
    held = ask(tiny("mistral"), method, groups="word", **{**options, "hold_first": True})
    assert np.all(held.scores[:, 0] == 0)
    assert np.any(by_word.scores[:, 0] != 0)


@pytest.mark.parametrize("method", METHODS)
def test_a_whole_target_has_one_row(method: str, tiny: Tiny) -> None:
    each = ask(tiny("qwen3"), method, steps=4, samples=3)
    whole = ask(tiny("qwen3"), method, steps=4, samples=3, whole_target=True)
    assert whole.scores.shape == (1, len(whole.tokens))
    assert whole.targets == (TARGET,)
    np.testing.assert_allclose(whole.scores[0], each.scores.sum(axis=0), atol=1e-4)


def test_the_others_promise_no_sum(tiny: Tiny) -> None:
    model = tiny("mistral")
    plain, smooth = ask(model, "gradient_x_input"), ask(model, "smoothgrad", samples=4, seed=7)
    np.testing.assert_array_equal(plain.scores, gradient_x_input(function_of(model)))
    expected = smoothgrad(function_of(model), samples=4, noise=0.1, seed=7)
    np.testing.assert_array_equal(smooth.scores, expected)
    assert (smooth.seed, smooth.steps, plain.seed, plain.steps) == (7, 4, None, None)
    for found in (plain, smooth):
        assert (found.baseline, found.completeness_gap) == ("none", None)


@pytest.mark.parametrize("baseline", ["space", "first_token", "padding", "mean_embedding"])
def test_each_baseline_is_where_the_path_begins(
    baseline: str, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrated_gradients, "__kwdefaults__", NO_LEAST)
    found = ask(tiny("gemma"), steps=32, baseline=baseline)
    assert found.baseline == baseline
    assert found.completeness_gap_nats < 1e-2
    # what the scorer reads from token ids (or the mean of the table), by another way
    ids = ask(tiny("gemma"), "ablation", baseline=baseline, hold_first=True)
    assert found.baseline_value == pytest.approx(ids.baseline_value, abs=1e-4)


def test_deletion_is_no_baseline_for_a_path(tiny: Tiny) -> None:
    with pytest.raises(InputError, match="no line leads from it") as refused:
        ask(tiny("llama"), baseline="deletion")
    assert "mean_embedding" in str(refused.value.hint)


def test_a_change_under_one_nat_is_refused(tiny: Tiny) -> None:
    with pytest.raises(
        InputError, match=r"changes by [+-]0\.\d+ nats .* no less than 1"
    ) as refused:
        attribute_target(tiny("llama"), "The quick", " b", method="integrated_gradients")
    assert refused.value.to_dict()["code"] == "input"


@pytest.mark.model
def test_the_operation_on_a_real_model(smollm2: Model, shared_home: Any) -> None:
    found = operations.find("interpretability.attribute").run(
        {
            "prompt": "The capital of France is",
            "target": " Paris",
            "model": "smollm2-135m",
            "method": "integrated_gradients",
            "steps": 16,
            "curves": False,
            "threads": 1,
        }
    )
    by_token = dict(zip(found.tokens, found.scores.sum(axis=0), strict=True))
    assert min(by_token[" capital"], by_token[" France"]) > max(by_token[" of"], by_token[" is"])
    assert found.value - found.baseline_value > 1
    assert found.completeness_gap < 0.1
