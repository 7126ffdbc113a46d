"""What gradients are taken of: right values, right rows, nothing left behind, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import CapabilityError, EngineError, InputError
from workbench.interpretability.attribution.differentiable import LabelLogit, TargetLogprobs

from .conftest import PROMPT, TARGET


def naive_jacobian(module: Any, point: Any) -> Any:
    """``[m, n, d]`` by torch's own means, through all positions and the whole head."""
    import torch

    def logprobs(prompt: torch.Tensor) -> torch.Tensor:
        after = module.get_input_embeddings()(torch.tensor(TARGET[:-1])).detach()
        logits = module(inputs_embeds=torch.cat([prompt, after])[None], use_cache=False).logits[0]
        rows = logits[-len(TARGET) :].log_softmax(dim=-1)
        return rows[torch.arange(len(TARGET)), torch.tensor(TARGET)]

    return torch.autograd.functional.jacobian(logprobs, point)


@pytest.mark.parametrize("architecture", ["llama", "gemma2", "gpt2"])
def test_gradients_are_those_of_the_naive_way(
    architecture: str, causal: Callable[[str], Any]
) -> None:
    import torch

    module = causal(architecture)
    function = TargetLogprobs(module, PROMPT, TARGET)
    points = torch.stack([function.embed(function.ids), function.embed(PROMPT[::-1])])
    values, rows = function.gradients(points, per_output=True)
    found = torch.stack(list(rows), dim=1)
    for point, each in zip(points, found, strict=True):
        torch.testing.assert_close(each, naive_jacobian(module, point), atol=2e-5, rtol=1e-4)
    (whole,) = function.gradients(points, per_output=False)[1]
    torch.testing.assert_close(whole, found.sum(dim=1), atol=2e-5, rtol=1e-4)
    torch.testing.assert_close(values, function.values(points))


def test_values_are_those_of_the_tokens(causal: Callable[[str], Any]) -> None:
    import torch

    module = causal("qwen3")
    function = TargetLogprobs(module, PROMPT, TARGET)
    with torch.no_grad():
        logits = module(torch.tensor([[*PROMPT, *TARGET]])).logits[0].log_softmax(dim=-1)
    expected = [float(logits[len(PROMPT) - 1 + at, each]) for at, each in enumerate(TARGET)]
    found = function.values(function.embed(PROMPT)[None])[0]
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


def test_nothing_of_it_stays_in_the_model(causal: Callable[[str], Any]) -> None:
    module = causal("llama")
    function = TargetLogprobs(module, PROMPT, TARGET)
    module.zero_grad()  # what an oracle of another test has left
    list(function.gradients(function.embed(PROMPT)[None], per_output=True)[1])
    assert all(weights.grad is None for weights in module.parameters())
    assert not module.get_output_embeddings()._forward_pre_hooks


def test_a_model_that_reads_more_than_embeddings_is_refused(causal: Callable[[str], Any]) -> None:
    import torch
    from transformers import LlamaForCausalLM

    class WithTokensInLaterLayers(LlamaForCausalLM):
        """As Gemma 3n, whose layers have embeddings of their own."""

        def forward(self, input_ids: Any = None, inputs_embeds: Any = None, **options: Any) -> Any:
            output = super().forward(input_ids, inputs_embeds=inputs_embeds, **options)
            if input_ids is not None:
                output.logits[..., 97] += 1
            return output

    plain = causal("llama")
    module = WithTokensInLaterLayers(plain.config).eval()
    module.load_state_dict(plain.state_dict())

    def check(model: Any) -> None:
        with torch.no_grad():
            logits = model(torch.tensor([[*PROMPT, *TARGET[:-1]]])).logits[0].log_softmax(dim=-1)
        expected = logits[-len(TARGET) :][torch.arange(len(TARGET)), torch.tensor(TARGET)]
        TargetLogprobs(model, PROMPT, TARGET).check_embeddings_suffice(expected.tolist())

    check(plain)
    with pytest.raises(CapabilityError, match="answers otherwise to embeddings"):
        check(module)


@pytest.mark.parametrize(
    ("prompt", "target", "message"),
    [
        ((), TARGET, "the prompt is empty"),
        (PROMPT, (), "the target is empty"),
        (PROMPT, (512, 1), "outside the vocabulary of 512"),
    ],
)
def test_bad_ids_are_refused(
    prompt: tuple[int, ...], target: tuple[int, ...], message: str, causal: Callable[[str], Any]
) -> None:
    with pytest.raises(InputError, match=message):
        TargetLogprobs(causal("llama"), prompt, target)


def test_a_label_that_there_is_not_is_refused(classifier: Any) -> None:
    LabelLogit(classifier, PROMPT, 2)
    for label in (3, -1):
        with pytest.raises(InputError, match="has labels 0 to 2"):
            LabelLogit(classifier, PROMPT, label)


def test_other_models_are_refused(classifier: Any) -> None:
    import torch

    with pytest.raises(CapabilityError, match="not a causal language model"):
        TargetLogprobs(classifier, PROMPT, TARGET)
    with pytest.raises(CapabilityError, match="does not take embeddings"):
        TargetLogprobs(torch.nn.Linear(2, 2), PROMPT, TARGET)


def test_numbers_that_are_not_finite_are_an_error(causal: Callable[[str], Any]) -> None:
    import torch

    function = TargetLogprobs(causal("llama"), PROMPT, TARGET)
    points = function.embed(PROMPT)[None] * torch.inf
    with pytest.raises(EngineError, match="not finite"):
        function.values(points)
    with pytest.raises(EngineError, match="not finite"):
        function.gradients(points, per_output=True)
