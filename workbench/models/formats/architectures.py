"""How each architecture's GGUF corresponds to its Hugging Face folder: names and weights."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError
from workbench.models.formats.gguf_reader import GgufFile

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
_GELU = "gelu_pytorch_tanh"

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


ARCHITECTURES = {
    "llama": Architecture("llama", "LlamaForCausalLM", permuted=True),
    "qwen2": Architecture("qwen2", "Qwen2ForCausalLM"),
    "qwen3": Architecture("qwen3", "Qwen3ForCausalLM"),
    "gemma": Architecture("gemma", "GemmaForCausalLM", norm_offset=1.0, activation=_GELU),
    "gemma2": Architecture(
        "gemma2", "Gemma2ForCausalLM", _SANDWICH, norm_offset=1.0, activation=_GELU
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
