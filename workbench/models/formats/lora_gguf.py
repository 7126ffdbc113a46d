"""An adapter from PEFT as a GGUF LoRA, for llama.cpp (LoRA: arXiv:2106.09685)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError
from workbench.models.formats.architectures import (
    ARCHITECTURES,
    Architecture,
    gguf_tensor_name,
    redo_storage,
)
from workbench.models.formats.gguf_writer import PlannedTensor, encode_entries, write_gguf
from workbench.models.formats.safetensors_files import read_safetensors
from workbench.models.formats.to_gguf import gguf_architecture

if TYPE_CHECKING:
    import numpy as np

PEFT_TENSOR = re.compile(r"base_model\.model\.(.+)\.lora_([AB])(?:\.[^.]+)?\.weight")


def write_gguf_of_peft(adapter: Path, destination: Path, *, base: Path) -> Path:
    """Write a PEFT LoRA as a GGUF that llama.cpp loads beside the base model.

    Args:
        adapter: With ``adapter_config.json`` and ``adapter_model.safetensors``.
        destination: The new file.
        base: The Hugging Face folder of the base model, for its config.

    Returns:
        ``destination``.

    Raises:
        CapabilityError: The adapter is no plain LoRA on the layers' linear maps.
        InputError: A matrix of a pair is missing.
    """
    said = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    check_plain_lora(said)
    name = gguf_architecture(config)
    pairs = _read_pairs(adapter / "adapter_model.safetensors", ARCHITECTURES[name], config)
    rank = int(said["r"])
    alpha = read_scale(said) * rank  # llama.cpp divides by the rank
    entries = encode_entries(
        {
            "general.architecture": name,
            "general.type": "adapter",
            "general.name": adapter.name,
            "adapter.type": "lora",
            "adapter.lora.alpha": alpha,
        }
    )
    plans = [PlannedTensor(key, numbers.shape, "F32") for key, numbers in pairs.items()]
    contents = (numbers.astype("<f4").tobytes() for numbers in pairs.values())
    write_gguf(destination, entries, plans, contents)
    return destination


def read_scale(said: dict[str, Any]) -> float:
    """What the product of the two matrices is multiplied with: alpha over the rank, or over its
    square root with rsLoRA (arXiv:2312.03732).
    """
    rank = int(said["r"])
    return float(said["lora_alpha"]) / (math.sqrt(rank) if said.get("use_rslora") else rank)


def check_plain_lora(said: dict[str, Any]) -> None:
    """Raise CapabilityError if a PEFT config says more than two matrices a map can say."""
    odd = [
        key
        for key in (
            "use_dora",
            "modules_to_save",
            "rank_pattern",
            "alpha_pattern",
            "fan_in_fan_out",
        )
        if said.get(key)
    ]
    if said.get("peft_type", "LORA") != "LORA" or said.get("bias", "none") != "none":
        odd.append("peft_type" if said.get("peft_type", "LORA") != "LORA" else "bias")
    if odd:
        raise CapabilityError(
            f"the adapter uses {', '.join(odd)}, which a GGUF LoRA cannot hold",
            hint="merge the adapter into its base model instead",
        )


def _read_pairs(
    weights: Path, architecture: Architecture, config: dict[str, Any]
) -> dict[str, np.ndarray]:
    pairs: dict[str, np.ndarray] = {}
    for hf_name, numbers in read_safetensors(weights):
        match = PEFT_TENSOR.fullmatch(hf_name)
        if match is None:
            raise CapabilityError(
                f"the adapter's tensor {hf_name!r} is no part of a plain LoRA",
                hint="merge the adapter into its base model instead",
            )
        name = gguf_tensor_name(f"{match[1]}.weight", architecture, config)
        if name is None:
            raise CapabilityError(f"the base model has no {match[1]} of its own", hint=None)
        if match[2] == "B":  # what leaves the map is in the order of its rows, what enters is not
            numbers = redo_storage(name, numbers, architecture, config)
        pairs[f"{name}.lora_{match[2].lower()}"] = numbers
    for alone in _unpaired(pairs):
        raise InputError(f"the adapter has {alone} without its other half", hint="fetch it again")
    return pairs


def _unpaired(pairs: dict[str, np.ndarray]) -> Iterator[str]:
    for key in pairs:
        if key[:-1] + ("b" if key.endswith("a") else "a") not in pairs:
            yield key
