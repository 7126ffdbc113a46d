"""The lens is the model's own last two parts on each layer; without the final norm it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import CapabilityError, ContextLengthError, InputError
from workbench.interpretability.inside.anatomy import Anatomy
from workbench.interpretability.inside.logit_lens import apply_logit_lens
from workbench.models.model import Model

Load = Callable[[str], Model]
TEXT = "The quick brown fox jumps over the lazy dog."
ARCHITECTURES = ["llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2"]
OTHERS = ["gpt2", "gpt_neox", "olmo2"]


def by_hand(model: Model, text: str, *, norm: bool = True) -> Any:
    """Log-probabilities ``[layers + 1, tokens, vocabulary]`` with transformers' own modules."""
    import torch

    module: Any = model.module
    body = module.base_model
    final_norm = next(
        getattr(body, name) for name in ("norm", "ln_f", "final_layer_norm") if hasattr(body, name)
    )
    with torch.no_grad():
        out = module(input_ids=torch.tensor([model.prompt_ids(text)]), output_hidden_states=True)
        # transformers' last hidden state has been through the norm already.
        normed = [final_norm(state) if norm else state for state in out.hidden_states[:-1]]
        rows = [module.lm_head(state)[0] for state in [*normed, out.hidden_states[-1]]]
        cap = getattr(module.config, "final_logit_softcapping", None)
        if cap:
            rows = [torch.tanh(row / cap) * cap for row in rows]
        return torch.stack([torch.log_softmax(row.float(), dim=-1) for row in rows])


@pytest.mark.parametrize("architecture", [*ARCHITECTURES, *OTHERS])
def test_each_layer_is_read_with_the_models_own_modules(
    tiny: Load, other: Load, architecture: str
) -> None:
    model = other(architecture) if architecture in OTHERS else tiny(architecture)
    target = " dog"
    found = apply_logit_lens(model, TEXT, target=target)
    logprobs = by_hand(model, TEXT)
    divergence = (logprobs[-1].exp() * (logprobs[-1] - logprobs)).sum(dim=-1).numpy()
    np.testing.assert_allclose(found.values, divergence, atol=1e-4)
    np.testing.assert_allclose(
        found.top_probabilities, logprobs.max(dim=-1).values.exp().numpy(), rtol=1e-3
    )
    token = model.tokenize(target)[0]
    assert found.target_probabilities is not None and found.target_ranks is not None
    np.testing.assert_allclose(
        found.target_probabilities, logprobs[..., token].exp().numpy(), rtol=1e-3, atol=1e-7
    )
    ranks = 1 + (logprobs > logprobs[..., token, None]).sum(dim=-1).numpy()
    assert (found.target_ranks == ranks).mean() > 0.99  # equals may fall either way
    assert found.values[-1].max() < 1e-5
    assert found.row_labels[0] == "embedding" and len(found.row_labels) == len(logprobs)


def test_a_lens_without_the_final_norm_is_seen(tiny: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny("llama")
    right = apply_logit_lens(model, TEXT).values
    monkeypatch.setattr(Anatomy, "readout", lambda self, state: self.logits_of_normed(state))
    assert np.abs(apply_logit_lens(model, TEXT).values - right).max() > 0.1


def test_what_cannot_be_read_is_refused(tiny: Load, other: Load) -> None:
    with pytest.raises(InputError, match="the text is empty"):
        apply_logit_lens(tiny("llama"), " ")
    with pytest.raises(InputError, match="the target is empty"):
        apply_logit_lens(tiny("llama"), TEXT, target="")
    with pytest.raises(ContextLengthError, match="the text has"):
        apply_logit_lens(tiny("llama"), "fox " * 300)
    with pytest.raises(CapabilityError, match="is an encoder"):
        apply_logit_lens(other("bert"), TEXT)


def test_an_engine_without_a_module_is_refused(tmp_path: Any) -> None:
    from workbench import models
    from workbench.models.formats.tiny import make_tiny_gguf

    path = make_tiny_gguf(tmp_path / "tiny.gguf")
    with (
        models.load(str(path), engine="llamacpp", threads=1) as model,
        pytest.raises(CapabilityError, match="cannot gradients") as caught,
    ):
        apply_logit_lens(model, TEXT)
    assert "engine='transformers'" in str(caught.value.hint)


@pytest.mark.model
def test_on_the_real_model_layers_come_to_agree(smollm2: Model) -> None:
    found = apply_logit_lens(smollm2, "The capital of France is", target=" Paris")
    assert found.top_tokens[-1][-1] == " Paris"
    divergence = found.values[:, 1:].mean(axis=1)
    assert divergence[-1] < 1e-4 < divergence[-2] < divergence[len(divergence) // 2]
