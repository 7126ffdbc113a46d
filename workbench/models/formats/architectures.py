"""How each architecture's GGUF corresponds to its Hugging Face folder: names, config, weights."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, IntegrityError
from workbench.models.formats.gguf_reader import GgufArray, GgufFile

if TYPE_CHECKING:
    import numpy as np

_TOP = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
}
_BLOCK = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
# Gemma 2 and 3 have a norm on each side of attention and of the feed-forward.
_SANDWICH = {
    **_BLOCK,
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
_AGAIN = "fetch the model again: workbench models pull NAME --force"

# Made anew from the config by whoever loads the folder.
_DERIVED = {"rope_freqs.weight"}


@dataclass(frozen=True)
class Architecture:
    """One architecture. ``permuted`` says that llama.cpp stores q and k with their rows reordered
    for its own rotary embedding; ``norm_offset`` is what it adds to the norms' weights.
    """

    hf_type: str
    hf_class: str
    block: Mapping[str, str] = field(default_factory=lambda: _BLOCK)
    permuted: bool = False
    norm_offset: float = 0.0
    activation: str = "silu"
    extra: Callable[[GgufFile], dict[str, Any]] | None = None


def _bias_of_llama(gguf: GgufFile) -> dict[str, Any]:
    return {
        "attention_bias": "blk.0.attn_q.bias" in gguf.tensors,
        "mlp_bias": "blk.0.ffn_up.bias" in gguf.tensors,
    }


def _qwen3_extra(gguf: GgufFile) -> dict[str, Any]:
    return {"attention_bias": "blk.0.attn_q.bias" in gguf.tensors}


def _gemma_extra(gguf: GgufFile) -> dict[str, Any]:
    return {"hidden_activation": "gelu_pytorch_tanh"}


def _gemma2_extra(gguf: GgufFile) -> dict[str, Any]:
    get = _getter(gguf)
    layers = get("block_count")
    return {
        "hidden_activation": "gelu_pytorch_tanh",
        "attn_logit_softcapping": get("attn_logit_softcapping", 50.0),
        "final_logit_softcapping": get("final_logit_softcapping", 30.0),
        "sliding_window": get("attention.sliding_window", 4096),
        "query_pre_attn_scalar": get("attention.key_length", 256) if layers != 46 else 144,
        "layer_types": [
            "sliding_attention" if layer % 2 == 0 else "full_attention" for layer in range(layers)
        ],
    }


ARCHITECTURES = {
    "llama": Architecture("llama", "LlamaForCausalLM", permuted=True, extra=_bias_of_llama),
    "qwen2": Architecture("qwen2", "Qwen2ForCausalLM"),
    "qwen3": Architecture("qwen3", "Qwen3ForCausalLM", extra=_qwen3_extra),
    "gemma": Architecture(
        "gemma",
        "GemmaForCausalLM",
        norm_offset=1.0,
        activation="gelu_pytorch_tanh",
        extra=_gemma_extra,
    ),
    "gemma2": Architecture(
        "gemma2",
        "Gemma2ForCausalLM",
        _SANDWICH,
        norm_offset=1.0,
        activation="gelu_pytorch_tanh",
        extra=_gemma2_extra,
    ),
}


def find_architecture(gguf: GgufFile) -> Architecture:
    """The architecture of a GGUF.

    Raises:
        CapabilityError: It cannot be turned into a folder.
    """
    found = ARCHITECTURES.get(gguf.architecture)
    experts = gguf.metadata.get(f"{gguf.architecture}.expert_count", 0)
    if found is None or experts:
        kind = f"{gguf.architecture!r}" + (" with experts" if experts else "")
        raise CapabilityError(
            f"{gguf.path.name} has the architecture {kind}; a GGUF of {', '.join(ARCHITECTURES)} "
            "can be converted for the Python engines",
            hint="load it with engine='llamacpp', or use the model's Hugging Face folder",
            architecture=gguf.architecture,
        )
    return found


def hf_tensor_name(gguf_name: str, architecture: Architecture) -> str | None:
    """The name that a tensor has in a Hugging Face folder; None if it is left out.

    Raises:
        CapabilityError: The architecture has no such tensor.
    """
    if gguf_name in _DERIVED:
        return None
    match = re.fullmatch(r"(?:blk\.(\d+)\.)?([a-z_0-9]+)\.(weight|bias)", gguf_name)
    if match:
        layer, stem, kind = match.groups()
        if layer is None and stem in _TOP:
            return f"{_TOP[stem]}.{kind}"
        if layer is not None and stem in architecture.block:
            return f"model.layers.{int(layer)}.{architecture.block[stem]}.{kind}"
    raise CapabilityError(
        f"a {architecture.hf_type} model has no place for the tensor {gguf_name!r}",
        hint="load it with engine='llamacpp'",
        tensor=gguf_name,
    )


def undo_storage(
    name: str, weights: np.ndarray, architecture: Architecture, config: Mapping[str, Any]
) -> np.ndarray:
    """The weights as Hugging Face's code wants them, from what llama.cpp stores.

    Args:
        name: The tensor's GGUF name.
        weights: Shape ``[rows, columns]`` or ``[n]``, float32.
    """
    if architecture.permuted and ".attn_q." in name:
        return unpermute_rows(weights, int(config["num_attention_heads"]))
    if architecture.permuted and ".attn_k." in name:
        return unpermute_rows(weights, int(config["num_key_value_heads"]))
    if architecture.norm_offset and name.endswith("norm.weight"):
        return weights - architecture.norm_offset
    return weights


def gguf_tensor_name(
    hf_name: str, architecture: Architecture, config: Mapping[str, Any]
) -> str | None:
    """The name that a tensor of a Hugging Face folder has in a GGUF; None if it is left out.

    Raises:
        CapabilityError: llama.cpp has no place for it.
    """
    stem, _, kind = hf_name.rpartition(".")
    for gguf_stem, hf_stem in _TOP.items():
        if stem == hf_stem:
            tied = gguf_stem == "output" and config.get("tie_word_embeddings", False)
            return None if tied else f"{gguf_stem}.{kind}"
    match = re.fullmatch(r"model\.layers\.(\d+)\.(.+)", stem)
    for gguf_stem, hf_stem in architecture.block.items():
        if match and match[2] == hf_stem:
            return f"blk.{match[1]}.{gguf_stem}.{kind}"
    raise CapabilityError(
        f"llama.cpp has no place for the tensor {hf_name!r} of a {architecture.hf_type} model",
        hint="merge adapters into the weights first",
        tensor=hf_name,
    )


def redo_storage(
    name: str, weights: np.ndarray, architecture: Architecture, config: Mapping[str, Any]
) -> np.ndarray:
    """The inverse of ``undo_storage``."""
    if architecture.permuted and ".attn_q." in name:
        return permute_rows(weights, int(config["num_attention_heads"]))
    if architecture.permuted and ".attn_k." in name:
        return permute_rows(weights, int(config["num_key_value_heads"]))
    if architecture.norm_offset and name.endswith("norm.weight"):
        return weights + architecture.norm_offset
    return weights


def unpermute_rows(weights: np.ndarray, heads: int) -> np.ndarray:
    """Undo llama.cpp's order of the rows of q and k: pairs that lie side by side to two halves."""
    half = len(weights) // heads // 2
    return weights.reshape(heads, half, 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def permute_rows(weights: np.ndarray, heads: int) -> np.ndarray:
    """The order in which llama.cpp stores the rows of q and k of the llama architecture."""
    half = len(weights) // heads // 2
    return weights.reshape(heads, 2, half, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def build_config(gguf: GgufFile, *, dtype: str) -> dict[str, Any]:
    """The ``config.json`` of a GGUF.

    Raises:
        CapabilityError: The architecture, or how it scales positions, cannot be expressed.
        IntegrityError: A value that the architecture needs is not in the metadata.
    """
    architecture, get = find_architecture(gguf), _getter(gguf)
    heads, hidden = get("attention.head_count"), get("embedding_length")
    theta = float(get("rope.freq_base", 10000.0))
    head_dim = get("attention.key_length", get("rope.dimension_count", hidden // heads))
    if "token_embd.weight" not in gguf.tensors:
        raise IntegrityError(f"{gguf.path.name} has no tensor 'token_embd.weight'", hint=_AGAIN)
    config = {
        "architectures": [architecture.hf_class],
        "model_type": architecture.hf_type,
        "hidden_size": hidden,
        "intermediate_size": get("feed_forward_length"),
        "num_hidden_layers": get("block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": get("attention.head_count_kv", heads),
        "head_dim": head_dim,
        "max_position_embeddings": get("context_length"),
        "rms_norm_eps": float(get("attention.layer_norm_rms_epsilon")),
        "vocab_size": gguf.tensors["token_embd.weight"].shape[0],
        "hidden_act": architecture.activation,
        "tie_word_embeddings": "output.weight" not in gguf.tensors,
        "attention_dropout": 0.0,
        # transformers 5 reads the second, mlx-lm the first; without it mlx-lm takes 10000.
        "rope_theta": theta,
        "rope_parameters": {"rope_type": "default", "rope_theta": theta},
        "dtype": dtype,
        "torch_dtype": dtype,
        "use_cache": True,
    }
    config.update(_rope_scaling(gguf, theta, head_dim))
    if architecture.extra is not None:
        config.update(architecture.extra(gguf))
    return config


def _getter(gguf: GgufFile) -> Callable[..., Any]:
    missing = object()

    def get(key: str, default: Any = missing) -> Any:
        value = gguf.metadata.get(f"{gguf.architecture}.{key}", default)
        if value is missing:
            raise IntegrityError(
                f"{gguf.path.name} has no {gguf.architecture}.{key} in its metadata", hint=_AGAIN
            )
        if isinstance(value, GgufArray):
            raise CapabilityError(
                f"{gguf.path.name} has a different {key} in each layer",
                hint="load it with engine='llamacpp'",
            )
        if isinstance(value, int) and not 0 < value < 1 << 31:
            raise IntegrityError(f"{gguf.path.name} says that its {key} is {value}", hint=_AGAIN)
        return value

    return get


def _rope_scaling(gguf: GgufFile, theta: float, head_dim: int) -> dict[str, Any]:
    """What the config says of stretched positions: nothing, linear, or Llama 3's way."""
    get = _getter(gguf)
    kind = get("rope.scaling.type", "none")
    found: dict[str, Any] | None = None
    if "rope_freqs.weight" in gguf.tensors:
        found = _llama3_scaling(gguf.dequantize("rope_freqs.weight"), theta, head_dim)
    elif kind == "none" or (kind == "linear" and float(get("rope.scaling.factor", 1.0)) == 1.0):
        return {}
    elif kind == "linear":
        found = {"rope_type": "linear", "factor": float(get("rope.scaling.factor"))}
    if found is None:
        raise CapabilityError(
            f"{gguf.path.name} stretches its positions in a way ({kind}) that is not converted",
            hint="load it with engine='llamacpp'",
        )
    return {"rope_scaling": found, "rope_parameters": {**found, "rope_theta": theta}}


def _llama3_scaling(factors: np.ndarray, theta: float, head_dim: int) -> dict[str, Any] | None:
    """Llama 3 GGUFs keep the divisors alone: find which of the published settings made them."""
    low, high, original = 1.0, 4.0, 8192
    for factor in (8.0, 32.0):
        expected = []
        for index in range(head_dim // 2):
            wavelength = 2 * math.pi * theta ** (2 * index / head_dim)
            smooth = (original / wavelength - low) / (high - low)
            if smooth >= 1.0:
                expected.append(1.0)
            elif smooth <= 0.0:
                expected.append(factor)
            else:
                expected.append(1.0 / ((1.0 - smooth) / factor + smooth))
        if (
            len(expected) == len(factors)
            and max(abs(a - b) / b for a, b in zip(factors.tolist(), expected, strict=True)) < 1e-3
        ):
            return {
                "rope_type": "llama3",
                "factor": factor,
                "low_freq_factor": low,
                "high_freq_factor": high,
                "original_max_position_embeddings": original,
            }
    return None
