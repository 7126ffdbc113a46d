"""Adapters of random numbers for any base: they change its answers, and mean nothing.

They are there so that what serves adapters can be tried before one is trained.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from workbench.core.errors import InputError
from workbench.core.seeds import derive_seed
from workbench.models.formats.adapters import AdapterRecord, write_record
from workbench.models.formats.architectures import find_architecture, hf_tensor_name
from workbench.models.formats.convert import hash_file
from workbench.models.formats.gguf_reader import read_gguf
from workbench.models.formats.safetensors_files import read_safetensors, write_safetensors

_TARGETS = r"self_attn\.[qv]_proj|mlp\.down_proj"


def make_tiny_lora(
    folder: Path,
    base: Path,
    *,
    name: str,
    base_model: str,
    rank: int = 4,
    size: float = 1.0,
    seed: int = 0,
    parents: tuple[str, ...] = (),
) -> AdapterRecord:
    """Write a random LoRA as PEFT saves it, with its record, on q, v and the MLP's way down.

    Args:
        folder: Where to; it is made.
        base: The base's GGUF, or its Hugging Face folder.
        name: The adapter's.
        base_model: The base's name in the catalogue.
        rank: Of each pair.
        size: How large the change is: at 1 another answer, still in words.
        seed: Decides the numbers.
        parents: What the record says that it was made from.

    Raises:
        InputError: The base has no such maps.
    """
    import numpy as np

    shapes = _linear_shapes(base)
    if not shapes:
        raise InputError(f"{base} has none of the maps {_TARGETS}")
    folder.mkdir(parents=True)
    random = np.random.default_rng(derive_seed(seed, "tiny-lora"))
    tensors: dict[str, np.ndarray] = {}
    for weight, (rows, columns) in sorted(shapes.items()):
        stem = f"base_model.model.{weight.removesuffix('.weight')}"
        down, up = random.normal(size=(rank, columns)), random.normal(size=(rows, rank))
        tensors[f"{stem}.lora_A.weight"] = (down / columns**0.5).astype(np.float32)
        tensors[f"{stem}.lora_B.weight"] = (up * size / rank**0.5).astype(np.float32)
    weights = folder / "adapter_model.safetensors"
    sizes = {key: numbers.shape for key, numbers in tensors.items()}
    write_safetensors(weights, sizes, tensors.items(), dtype="float32")
    said = {"peft_type": "LORA", "r": rank, "lora_alpha": rank, "bias": "none"}
    config = folder / "adapter_config.json"
    config.write_text(json.dumps(said), encoding="utf-8")
    record = AdapterRecord(
        name=name,
        base_model=base_model,
        base_sha256=hash_file(base if base.is_file() else base / "model.safetensors"),
        rank=rank,
        alpha=float(rank),
        target_modules=("q_proj", "v_proj", "down_proj"),
        files={path.name: hash_file(path) for path in (config, weights)},
        parents=parents,
        notes={"made": "random numbers, for tests"},
    )
    write_record(folder, record)
    return record


def _linear_shapes(base: Path) -> dict[str, tuple[int, int]]:
    """The shapes ``[out, in]`` of the maps that are changed, by their Hugging Face names."""
    found: dict[str, tuple[int, ...]] = {}
    if base.is_file():
        gguf = read_gguf(base)
        architecture = find_architecture(gguf)
        for name, tensor in gguf.tensors.items():
            hf_name = hf_tensor_name(name, architecture)
            if hf_name is not None:
                found[hf_name] = tensor.shape
    else:
        for name, numbers in read_safetensors(base / "model.safetensors"):
            found[name] = numbers.shape
    return {
        name: (shape[0], shape[1])
        for name, shape in found.items()
        if re.search(_TARGETS, name) and name.endswith(".weight")
    }
