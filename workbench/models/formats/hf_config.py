"""The ``config.json`` of a Hugging Face folder, worked out from a GGUF's metadata."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, IntegrityError
from workbench.models.formats.architectures import find_architecture
from workbench.models.formats.gguf_reader import GgufArray, GgufFile

if TYPE_CHECKING:
    import numpy as np

_AGAIN = "fetch the model again: workbench models pull NAME --force"
_GEMMA2_27B_LAYERS = 46  # the one Gemma 2 that scales its queries by another number


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
    config.update(_own_parts(gguf, get))
    return config


def _own_parts(gguf: GgufFile, get: Callable[..., Any]) -> dict[str, Any]:
    """What only this architecture has in its config."""
    kind = gguf.architecture
    has_bias = "blk.0.attn_q.bias" in gguf.tensors
    if kind == "llama":
        return {"attention_bias": has_bias, "mlp_bias": "blk.0.ffn_up.bias" in gguf.tensors}
    if kind == "qwen3":
        return {"attention_bias": has_bias}
    if kind == "gemma":
        return {"hidden_activation": "gelu_pytorch_tanh"}
    if kind != "gemma2":
        return {}
    layers = get("block_count")
    key_length = get("attention.key_length", 256)
    return {
        "hidden_activation": "gelu_pytorch_tanh",
        "attn_logit_softcapping": get("attn_logit_softcapping", 50.0),
        "final_logit_softcapping": get("final_logit_softcapping", 30.0),
        "sliding_window": get("attention.sliding_window", 4096),
        "query_pre_attn_scalar": 144 if layers == _GEMMA2_27B_LAYERS else key_length,
        "layer_types": [
            "sliding_attention" if layer % 2 == 0 else "full_attention" for layer in range(layers)
        ],
    }


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
