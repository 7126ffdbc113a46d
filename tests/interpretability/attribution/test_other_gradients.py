"""Gradient x input and SmoothGrad: against captum, against a plain loop, and against each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.interpretability.attribution.differentiable import TargetLogprobs
from workbench.interpretability.attribution.gradient_x_input import gradient_x_input
from workbench.interpretability.attribution.smoothgrad import smoothgrad

from .conftest import PROMPT, TARGET


@pytest.fixture
def function(causal: Callable[[str], Any]) -> TargetLogprobs:
    return TargetLogprobs(causal("gemma"), PROMPT, TARGET)


def test_gradient_x_input_has_captums_values(
    function: TargetLogprobs, causal: Callable[[str], Any]
) -> None:
    import torch
    from captum.attr import LayerGradientXActivation

    module = causal("gemma")

    def logprob(given: torch.Tensor, place: int) -> torch.Tensor:
        logits = module(given, use_cache=False).logits[:, len(PROMPT) - 1 + place]
        return logits.log_softmax(dim=-1)[:, TARGET[place]]

    explainer = LayerGradientXActivation(logprob, module.get_input_embeddings())
    ids = torch.tensor([[*PROMPT, *TARGET[:-1]]])
    rows = [
        explainer.attribute(ids, additional_forward_args=(place,)) for place in range(len(TARGET))
    ]
    expected = torch.cat(rows).sum(dim=2)[:, : len(PROMPT)].detach().numpy()
    np.testing.assert_allclose(gradient_x_input(function, hold=()), expected, atol=2e-5)
    held = gradient_x_input(function)
    np.testing.assert_allclose(held[:, 1:], expected[:, 1:], atol=2e-5)
    assert np.all(held[:, 0] == 0)
    assert np.abs(expected[:, 0]).max() > 1e-3  # so that "not held" would be seen


def test_smoothgrad_is_the_mean_of_a_plain_loop(function: TargetLogprobs) -> None:
    import torch

    from workbench.core.seeds import derive_seed

    prompt = function.embed(PROMPT)
    random = torch.Generator().manual_seed(derive_seed(3, "smoothgrad"))
    total = np.zeros((len(TARGET), len(PROMPT)))
    for _ in range(6):
        moved = torch.randn(prompt.shape, generator=random) * 0.2 * prompt.std()
        moved[0] = 0
        rows = function.gradients((prompt + moved)[None], per_output=True)[1]
        total += torch.stack([(row[0] * prompt).sum(dim=1) for row in rows]).double().numpy() / 6
    total[:, 0] = 0
    options: dict[str, Any] = {"samples": 6, "noise": 0.2, "seed": 3}
    for batch_tokens in (1, 21, 512):  # draws are the same however they are batched
        found = smoothgrad(function, batch_tokens=batch_tokens, **options)
        np.testing.assert_allclose(found, total, atol=1e-5)
    other = smoothgrad(function, samples=6, noise=0.2, seed=4)
    assert np.abs(other - total).max() > 1e-3


def test_smoothgrad_without_noise_is_gradient_x_input(function: TargetLogprobs) -> None:
    still = smoothgrad(function, samples=2, noise=0.0)
    np.testing.assert_allclose(still, gradient_x_input(function), atol=1e-5)
    moved = smoothgrad(function, samples=2, noise=0.3)
    assert np.abs(moved - still).max() > 1e-3


def test_the_whole_target_is_the_sum(function: TargetLogprobs) -> None:
    for method in (gradient_x_input, smoothgrad):
        each, whole = method(function), method(function, per_output=False)
        np.testing.assert_allclose(whole[0], each.sum(axis=0), atol=2e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"samples": 0}, "0 samples"), ({"noise": -0.1}, "noise -0.1"), ({"noise": 99.0}, "noise 99")],
)
def test_bad_options_are_refused(
    options: dict[str, Any], message: str, function: TargetLogprobs
) -> None:
    with pytest.raises(InputError, match=message):
        smoothgrad(function, **options)
