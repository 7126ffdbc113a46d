"""The Fisher against one worked out by hand, and the penalty against its formula."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from workbench.finetuning.continual.ewc import ElasticWeights, measure_fisher
from workbench.finetuning.continual.pupil import learning
from workbench.finetuning.continual.strategy import Settings
from workbench.finetuning.training.objective import Outputs


def _fisher_by_hand(pupil: Any, examples: Any, answers: list[int]) -> np.ndarray:
    """For softmax regression the gradient of log p(y) by weight [k, j] is (1[y=k] - p_k) x_j."""
    weight = pupil.module.weight.detach().numpy()
    bias = pupil.module.bias.detach().numpy()
    total = np.zeros_like(weight)
    for digit, answer in zip(examples, answers, strict=True):
        logits = weight @ digit.pixels + bias
        p = np.exp(logits - logits.max())
        p /= p.sum()
        total += np.outer(np.eye(10)[answer] - p, digit.pixels) ** 2
    return total / len(answers)


def _fisher_of_the_batch(pupil: Any, examples: Any, answers: list[int]) -> np.ndarray:
    """Broken: the mean gradient, squared; gradients that point apart cancel."""
    logits = pupil.compute(pupil.module, pupil.collate(examples)).logits
    said = logits.log_softmax(1)[torch.arange(len(answers)), torch.tensor(answers)].mean()
    return torch.autograd.grad(said, pupil.module.weight)[0].square().numpy()


def test_the_fisher_is_the_mean_of_squares_not_the_square_of_the_mean(
    linear: Any, digits: Any
) -> None:
    examples, answers = digits(12), [number % 10 for number in range(12)]
    told = iter(answers)
    found = measure_fisher(linear, examples, draw=lambda logits: torch.tensor([next(told)]))
    expected = _fisher_by_hand(linear, examples, answers)
    np.testing.assert_allclose(found["weight"].numpy(), expected, rtol=1e-4, atol=1e-8)
    broken = _fisher_of_the_batch(linear, examples, answers)
    assert np.abs(broken - expected).max() > 0.1 * expected.max()


def test_drawn_answers_give_the_fisher_of_the_model(linear: Any, digits: Any) -> None:
    """In the mean over many draws it is p_k (1 - p_k) x_j squared, whatever the labels are."""
    digit = digits(1)[0]
    random = torch.Generator().manual_seed(3)
    found = measure_fisher(
        linear,
        [digit] * 1500,
        draw=lambda logits: torch.multinomial(logits.softmax(1), 1, generator=random)[:, 0],
    )["weight"]
    p = linear.module(torch.from_numpy(digit.pixels)).softmax(0)
    expected = torch.outer(p * (1 - p), torch.from_numpy(digit.pixels).square())
    assert torch.allclose(found.sum(), expected.sum(), rtol=0.05)


def test_the_penalty_is_half_lambda_fisher_times_the_squared_way(linear: Any, digits: Any) -> None:
    method = ElasticWeights(linear, Settings(ewc_strength=3.0), seed=0)
    outputs = Outputs(torch.zeros(1, 10), torch.zeros(1))
    assert float(method.extra_loss(linear.module, None, outputs).detach()) == 0
    method.end_task(0, digits(20))
    assert float(method.extra_loss(linear.module, None, outputs).detach()) == 0
    fisher, held = method.learnt[0]
    with torch.no_grad():
        for each in learning(linear.module).values():
            each.add_(0.5)
    loss = method.extra_loss(linear.module, None, outputs)
    assert float(loss.detach()) == pytest.approx(
        0.5 * 3.0 * 0.25 * sum(float(each.sum()) for each in fisher.values()), rel=1e-4
    )
    pulled = torch.autograd.grad(loss, linear.module.weight)[0]
    assert torch.allclose(pulled, 3.0 * fisher["weight"] * 0.5, rtol=1e-4, atol=1e-7)
    assert torch.equal(held["bias"] + 0.5, linear.module.bias)
