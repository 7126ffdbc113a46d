"""Maps are transformers' own, the model is left as it was, and rollout is the paper's product."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.interpretability.inside.attention_maps import read_attention
from workbench.interpretability.inside.attention_rollout import roll_out_attention
from workbench.models.model import Model

Load = Callable[[str], Model]
TEXT = "The quick brown fox jumps"


@pytest.mark.parametrize("architecture", ["llama", "qwen3", "gemma2", "gpt2", "bert"])
def test_each_query_shares_out_one(tiny: Load, other: Load, architecture: str) -> None:
    model = (other if architecture in ("gpt2", "bert") else tiny)(architecture)
    maps = read_attention(model, TEXT)
    tokens = len(maps.tokens)
    assert maps.values.shape[2:] == (tokens, tokens)
    np.testing.assert_allclose(maps.values.sum(axis=-1), 1.0, atol=1e-5)
    ahead = np.triu(np.ones((tokens, tokens), dtype=bool), k=1)
    if architecture == "bert":
        assert maps.values[..., ahead].min() > 0
    else:
        assert np.abs(maps.values[..., ahead]).max() == 0


def test_the_model_keeps_its_own_attention(tiny: Load) -> None:
    model = tiny("llama")
    before = model.module.config._attn_implementation
    assert before == "sdpa"  # else there is nothing to put back
    read_attention(model, TEXT)
    assert model.module.config._attn_implementation == before
    hook = model.module.base_model.layers[0].register_forward_hook(_fail)
    try:
        with pytest.raises(ZeroDivisionError):
            read_attention(model, TEXT)
    finally:
        hook.remove()
    assert model.module.config._attn_implementation == before


def _fail(*_: object) -> None:
    raise ZeroDivisionError


def test_maps_are_the_models_own_queries_and_keys(tiny: Load) -> None:
    """Layer 0 by hand: projections, rotary embedding, softmax."""
    import torch
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb, repeat_kv

    model = tiny("llama")
    body = model.module.base_model
    with torch.no_grad():
        ids = torch.tensor([model.prompt_ids(TEXT)])
        layer = body.layers[0]
        state = layer.input_layernorm(body.embed_tokens(ids))
        shape = (1, ids.shape[1], -1, layer.self_attn.head_dim)
        query = layer.self_attn.q_proj(state).view(shape).transpose(1, 2)
        key = layer.self_attn.k_proj(state).view(shape).transpose(1, 2)
        angles = body.rotary_emb(state, torch.arange(ids.shape[1])[None])
        query, key = apply_rotary_pos_emb(query, key, *angles)
        scores = query @ repeat_kv(key, 2).transpose(2, 3) * layer.self_attn.head_dim**-0.5
        scores += torch.full(scores.shape[-2:], -torch.inf).triu(1)
    found = read_attention(model, TEXT, layers=[0])
    np.testing.assert_allclose(found.values[0], scores.softmax(-1)[0].numpy(), atol=1e-5)


def test_rollout_is_the_product_of_the_layers(tiny: Load) -> None:
    model = tiny("llama")
    first, second = read_attention(model, TEXT).values.astype(np.float64).mean(axis=1)
    same = np.eye(len(first))
    found = roll_out_attention(model, TEXT)
    expected = (0.5 * same + 0.5 * second) @ (0.5 * same + 0.5 * first)
    np.testing.assert_allclose(found.values, expected, atol=1e-12)
    np.testing.assert_allclose(found.values.sum(axis=1), 1.0, atol=1e-6)
    wrong_way = (0.5 * same + 0.5 * first) @ (0.5 * same + 0.5 * second)
    assert np.abs(found.values - wrong_way).max() > 1e-3
    alone = roll_out_attention(model, TEXT, residual_share=1.0)
    np.testing.assert_array_equal(alone.values, same)


def test_what_makes_no_sense_is_refused(tiny: Load) -> None:
    model = tiny("llama")
    with pytest.raises(InputError, match=r"residual_share is 1\.5"):
        roll_out_attention(model, TEXT, residual_share=1.5)
    with pytest.raises(InputError, match="the text is empty"):
        read_attention(model, "")
    with pytest.raises(InputError, match="layer -3"):
        read_attention(model, TEXT, layers=[-3])


@pytest.mark.model
def test_an_encoders_marks_are_shown(minilm: Model) -> None:
    maps = read_attention(minilm, "A man is eating food.")
    assert (maps.tokens[0], maps.tokens[-1]) == ("[CLS]", "[SEP]")
    assert maps.values.shape[:2] == (6, 12)
    assert roll_out_attention(minilm, "A man is eating food.").values.min() > 0
