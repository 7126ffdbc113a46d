"""Integrated gradients against captum 0.9's on the embedding layer, and against its own axiom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, InputError
from workbench.interpretability.attribution.differentiable import LabelLogit, TargetLogprobs
from workbench.interpretability.attribution.integrated_gradients import (
    PathScores,
    integrated_gradients,
)

from .conftest import PROMPT, TARGET

BASELINE = 5
STEPS = 12
CAPTUM_RULES = {
    "gauss_legendre": "gausslegendre",
    "midpoint": "riemann_middle",
    "trapezoid": "riemann_trapezoid",
}
ARCHITECTURES = ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gpt2")
CLOSE = 2e-5


def by_captum(
    module: Any, *, hold: Sequence[int] = (0,), steps: int = STEPS, rule: str = "gauss_legendre"
) -> np.ndarray:
    """``[targets, prompt]``: captum reads the whole text anew for each target token."""
    import torch
    from captum.attr import LayerIntegratedGradients

    ids = torch.tensor([[*PROMPT, *TARGET[:-1]]])
    start = ids.clone()
    start[0, : len(PROMPT)] = BASELINE
    start[0, list(hold)] = ids[0, list(hold)]

    def logprob(given: torch.Tensor, place: int) -> torch.Tensor:
        logits = module(given, use_cache=False).logits[:, len(PROMPT) - 1 + place]
        return logits.log_softmax(dim=-1)[:, TARGET[place]]

    explainer = LayerIntegratedGradients(logprob, module.get_input_embeddings())
    rows = [
        explainer.attribute(
            ids,
            baselines=start,
            additional_forward_args=(place,),
            n_steps=steps,
            method=CAPTUM_RULES[rule],
        )
        for place in range(len(TARGET))
    ]
    found: np.ndarray = torch.cat(rows).sum(dim=2)[:, : len(PROMPT)].double().detach().numpy()
    # captum's trapezoid weights add up to 1 - 1/steps.
    return found * steps / (steps - 1) if rule == "trapezoid" else found


def ours(module: Any, **options: Any) -> PathScores:
    function = TargetLogprobs(module, PROMPT, TARGET)
    chosen = {"steps": STEPS, "rule": "gauss_legendre", "least_change": 0.0, **options}
    return integrated_gradients(function, function.embed([BASELINE])[0], **chosen)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_each_token_has_captums_values(architecture: str, causal: Callable[[str], Any]) -> None:
    expected = by_captum(causal(architecture))
    assert np.abs(expected).max() > 0.05
    np.testing.assert_allclose(ours(causal(architecture)).scores, expected, atol=CLOSE)


@pytest.mark.parametrize("rule", ["midpoint", "trapezoid"])
def test_other_rules_have_captums_values(rule: str, causal: Callable[[str], Any]) -> None:
    expected = by_captum(causal("llama"), rule=rule)
    np.testing.assert_allclose(ours(causal("llama"), rule=rule).scores, expected, atol=CLOSE)


def test_the_whole_target_is_the_sum_of_its_tokens(causal: Callable[[str], Any]) -> None:
    whole = ours(causal("gemma2"), per_output=False)
    assert whole.scores.shape == (1, len(PROMPT))
    expected = by_captum(causal("gemma2")).sum(axis=0)
    np.testing.assert_allclose(whole.scores[0], expected, atol=CLOSE)


@pytest.mark.parametrize(
    ("broken", "options"),
    [
        ("position 0 not held", {"hold": ()}),
        ("one step off", {"steps": STEPS - 1}),
        ("another rule", {"rule": "trapezoid"}),
    ],
)
def test_a_broken_variant_has_other_values(
    broken: str, options: dict[str, Any], causal: Callable[[str], Any]
) -> None:
    # Not Gauss-Legendre: on a tiny model it is exact with eleven steps already.
    expected = by_captum(causal("qwen2"), rule="midpoint")
    whole: dict[str, Any] = {"rule": "midpoint"}
    np.testing.assert_allclose(ours(causal("qwen2"), **whole).scores, expected, atol=CLOSE)
    found = ours(causal("qwen2"), **{**whole, **options}).scores
    assert np.abs(found - expected).max() > 2 * CLOSE, broken


@pytest.mark.parametrize("batch_tokens", [1, 37, 10_000])
def test_how_many_run_at_a_time_changes_nothing(
    batch_tokens: int, causal: Callable[[str], Any]
) -> None:
    found = ours(causal("llama"), batch_tokens=batch_tokens).scores
    np.testing.assert_allclose(found, ours(causal("llama")).scores, atol=1e-6)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_scores_add_up_to_the_change(architecture: str, causal: Callable[[str], Any]) -> None:
    found = ours(causal(architecture), steps=64)
    assert found.gap == abs(found.scores.sum() - (found.value - found.baseline_value))
    assert found.gap < 1e-4 < 1e-3 * np.abs(found.scores).max()
    assert np.all(found.scores[:, 0] == 0)  # held


def test_the_sum_misses_where_the_rule_is_broken(
    causal: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.interpretability.attribution import integrated_gradients as module

    def left_sums(rule: str, steps: int) -> tuple[np.ndarray, np.ndarray]:
        return np.arange(steps) / steps, np.full(steps, 1 / steps)

    monkeypatch.setattr(module, "quadrature", left_sums)
    assert ours(causal("llama"), steps=64).gap > 1e-3


def test_a_label_has_captums_values(classifier: Any) -> None:
    import torch
    from captum.attr import LayerIntegratedGradients

    held = (0, len(PROMPT) - 1)  # where [CLS] and [SEP] stand
    ids = torch.tensor([PROMPT])
    start = torch.full_like(ids, BASELINE)
    start[0, list(held)] = ids[0, list(held)]
    explainer = LayerIntegratedGradients(
        lambda given: classifier(given).logits, classifier.get_input_embeddings()
    )
    for label in range(3):
        expected = explainer.attribute(ids, baselines=start, target=label, n_steps=STEPS)
        function = LabelLogit(classifier, PROMPT, label)
        found = integrated_gradients(
            function,
            function.embed([BASELINE])[0],
            steps=STEPS,
            rule="gauss_legendre",
            hold=(0, -1),
            least_change=0.0,
        )
        np.testing.assert_allclose(
            found.scores[0], expected[0].sum(dim=1).detach().numpy(), atol=CLOSE
        )
        assert found.gap < 0.02 * np.abs(found.scores).max()


def test_a_small_change_is_refused_with_the_reason(causal: Callable[[str], Any]) -> None:
    change = abs(ours(causal("llama")).value - ours(causal("llama")).baseline_value)
    ours(causal("llama"), least_change=change * 0.99)
    with pytest.raises(InputError, match="share out no less than") as refused:
        ours(causal("llama"), least_change=change * 1.01)
    assert "another baseline" in str(refused.value.hint)
    assert abs(refused.value.context["change"]) == pytest.approx(change)


@pytest.mark.parametrize(
    ("prompt", "options", "message"),
    [
        (PROMPT[:1], {}, "all 1 tokens of the prompt are held"),
        (PROMPT, {"hold": range(len(PROMPT))}, "all 7 tokens"),
        (PROMPT, {"hold": (7,)}, "position 7 is to be held; the prompt has 7 tokens"),
        (PROMPT, {"steps": 0}, "0 steps"),
        (PROMPT, {"rule": "simpson"}, "not one of gauss_legendre"),
    ],
)
def test_bad_input_is_refused(
    prompt: tuple[int, ...], options: dict[str, Any], message: str, causal: Callable[[str], Any]
) -> None:
    function = TargetLogprobs(causal("llama"), prompt, TARGET)
    with pytest.raises(InputError, match=message):
        integrated_gradients(function, function.embed([5])[0], least_change=0.0, **options)


def test_a_baseline_of_another_shape_is_refused(causal: Callable[[str], Any]) -> None:
    function = TargetLogprobs(causal("llama"), PROMPT, TARGET)
    with pytest.raises(InputError, match=r"shape \(3, 64\).*\(7, 64\)"):
        integrated_gradients(function, function.embed([5, 5, 5]))


def test_it_can_be_stopped(causal: Callable[[str], Any]) -> None:
    token = CancelToken()
    token.cancel()
    with cancellable(token), pytest.raises(CancelledError):
        ours(causal("llama"))
