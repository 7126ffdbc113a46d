"""An adapter from PEFT as a GGUF LoRA, for llama.cpp (LoRA: arXiv:2106.09685)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError
from workbench.models.formats.architectures import (
    ARCHITECTURES,
    gguf_tensor_name,
    redo_storage,
)
from workbench.models.formats.gguf_writer import PlannedTensor, encode_entries, write_gguf
from workbench.models.formats.lora_peft import MERGE, PeftAdapter, read_peft
from workbench.models.formats.to_gguf import gguf_architecture

if TYPE_CHECKING:
    import numpy as np


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
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    read = read_peft(adapter)
    if read.is_dora:
        raise CapabilityError(
            "the adapter uses use_dora, which a GGUF LoRA cannot hold: it has no place for the "
            "lengths of the rows",
            hint=MERGE,
        )
    name = gguf_architecture(config)
    tensors = _gguf_tensors(read, name, config)
    entries = encode_entries(
        {
            "general.architecture": name,
            "general.type": "adapter",
            "general.name": adapter.name,
            "adapter.type": "lora",
            "adapter.lora.alpha": read.scale * read.rank,  # llama.cpp divides by the rank
        }
    )
    plans = [PlannedTensor(key, numbers.shape, "F32") for key, numbers in tensors.items()]
    contents = (numbers.astype("<f4").tobytes() for numbers in tensors.values())
    write_gguf(destination, entries, plans, contents)
    return destination


def _gguf_tensors(
    read: PeftAdapter, architecture_name: str, config: dict[str, Any]
) -> dict[str, np.ndarray]:
    architecture = ARCHITECTURES[architecture_name]
    found: dict[str, np.ndarray] = {}
    for stem, pair in read.pairs.items():
        name = gguf_tensor_name(f"{stem}.weight", architecture, config)
        if name is None:
            raise CapabilityError(f"the base model has no {stem} of its own", hint=None)
        found[f"{name}.lora_a"] = pair.down
        # What leaves the map is in the order of its rows, what enters is not.
        found[f"{name}.lora_b"] = redo_storage(name, pair.up, architecture, config)
    return found
