"""The parts sum to the model's own logit difference, and each is what ablating it would take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import CapabilityError, InputError
from workbench.interpretability.inside import direct_logit_attribution
from workbench.interpretability.inside.direct_logit_attribution import attribute_logits
from workbench.models.model import Model

Load = Callable[[str], Model]
WORDS: dict[str, str] = {"answer": " the", "wrong": " dog"}
PROMPT = "The quick brown fox jumps over"


@pytest.mark.parametrize(
    "architecture",
    ["llama", "mistral", "qwen2", "qwen3", "gemma", "gpt2", "gpt_neox", "olmo2"],
)
def test_the_parts_sum_to_the_difference(tiny: Load, other: Load, architecture: str) -> None:
    others = ("gpt2", "gpt_neox", "olmo2")
    model = (other if architecture in others else tiny)(architecture)
    found = attribute_logits(model, PROMPT, **WORDS)
    assert found.gap_nats < 2e-5 * max(1.0, np.abs(found.values).sum())
    assert found.total == pytest.approx(found.embedding + found.bias + found.values.sum())
    assert found.values.shape == (len(found.row_labels), len(found.column_labels))


def test_a_soft_cap_is_told_as_a_gap(tiny: Load) -> None:
    """The parts sum to the difference of the logits before they are bent."""
    import torch

    model = tiny("gemma2")
    found = attribute_logits(model, PROMPT, **WORDS)
    tokens = [model.tokenize(word)[0] for word in (found.answer, found.wrong)]
    with torch.no_grad():
        logits = model.module(input_ids=torch.tensor([model.prompt_ids(PROMPT)])).logits[0, -1]
    cap = model.module.config.final_logit_softcapping
    straight = torch.atanh(logits[tokens].double() / cap) * cap
    assert found.total == pytest.approx(float(straight[0] - straight[1]), abs=1e-3)
    assert found.gap_nats == pytest.approx(abs(found.total - found.difference_nats))


@pytest.mark.parametrize("architecture", ["llama", "qwen2", "gpt2"])
def test_a_part_is_what_the_last_state_would_lose_without_it(
    tiny: Load, other: Load, architecture: str
) -> None:
    """By hand for one head and one MLP: its share of the last state, through the held norm."""
    import torch

    model = (other if architecture == "gpt2" else tiny)(architecture)
    found = attribute_logits(model, PROMPT, **WORDS)
    module: Any = model.module
    body = module.base_model
    layers = body.h if hasattr(body, "h") else body.layers
    norm = body.ln_f if hasattr(body, "ln_f") else body.norm
    kept: dict[str, torch.Tensor] = {}
    last = len(layers) - 1
    mixer = layers[last].attn.c_proj if architecture == "gpt2" else layers[last].self_attn.o_proj
    handles = [
        layers[last].register_forward_hook(lambda _, __, out: kept.update(state=_first(out))),
        layers[last].mlp.register_forward_hook(lambda _, __, out: kept.update(mlp=out)),
        mixer.register_forward_pre_hook(lambda _, args: kept.update(heads=args[0])),
    ]
    with torch.no_grad():
        module(input_ids=torch.tensor([model.prompt_ids(PROMPT)]))
        for handle in handles:
            handle.remove()
        heads = module.config.num_attention_heads
        size = kept["heads"].shape[-1] // heads
        alone = torch.zeros_like(kept["heads"])
        alone[..., size : 2 * size] = kept["heads"][..., size : 2 * size]
        wrote = mixer(alone) - mixer(torch.zeros_like(alone))
        state = kept["state"][0, -1].double()
        ends = module.lm_head.weight[[model.tokenize(word)[0] for word in WORDS.values()]].double()

        def through(part: torch.Tensor) -> float:
            part = part[0, -1].double()
            if isinstance(norm, torch.nn.LayerNorm):
                centred = state - state.mean()
                scale = (centred.pow(2).mean() + norm.eps).rsqrt() * norm.weight
                part = part - part.mean()
            else:
                scale = (state.pow(2).mean() + norm.variance_epsilon).rsqrt() * norm.weight
            return float((part * scale.double()) @ (ends[0] - ends[1]))

        assert found.values[last, 1] == pytest.approx(through(wrote), abs=1e-5)
        assert found.values[last, -1] == pytest.approx(through(kept["mlp"]), abs=1e-5)


def _first(output: Any) -> Any:
    return output[0] if isinstance(output, tuple) else output


def test_parts_that_do_not_sum_to_the_stream_are_refused(
    tiny: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a family with a branch that nobody told us of: the MLP counted for less."""
    real = direct_logit_attribution.examine

    def told_wrong(model: Model) -> Any:
        import dataclasses

        return dataclasses.replace(real(model), residual_scale=0.9)

    monkeypatch.setattr(direct_logit_attribution, "examine", told_wrong)
    with pytest.raises(CapabilityError, match="does not sum to the stream"):
        attribute_logits(tiny("llama"), PROMPT, **WORDS)


def test_a_norm_that_cannot_be_held_is_refused(tiny: Load) -> None:
    import torch

    from workbench.interpretability.inside.held_norms import HeldNorm

    class Bent(torch.nn.Module):
        def forward(self, state: torch.Tensor) -> torch.Tensor:
            return torch.tanh(state)

    with pytest.raises(CapabilityError, match="no RMS norm or layer norm"):
        HeldNorm(Bent(), torch.linspace(-2, 2, 16))


def test_what_makes_no_sense_is_refused(tiny: Load, other: Load) -> None:
    with pytest.raises(InputError, match="the prompt is empty"):
        attribute_logits(tiny("llama"), "", **WORDS)
    with pytest.raises(InputError, match="begin with the same token"):
        attribute_logits(tiny("llama"), PROMPT, answer=" the", wrong=" the")
    with pytest.raises(CapabilityError, match="is an encoder"):
        attribute_logits(other("bert"), PROMPT, **WORDS)


@pytest.mark.model
def test_on_the_real_model_the_gap_is_small(smollm2: Model) -> None:
    found = attribute_logits(smollm2, "The capital of France is", answer=" Paris", wrong=" Rome")
    assert found.difference_nats > 1
    assert found.gap_nats < 1e-3
