"""Adapters of random numbers for any base: they change its answers, and mean nothing.

They are there so that what serves adapters can be tried before one is trained.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from workbench.core.errors import InputError
from workbench.core.seeds import derive_seed
from workbench.models.formats.adapters import AdapterRecord, write_record
from workbench.models.formats.architectures import (
    find_architecture,
    hf_tensor_name,
    undo_storage,
)
from workbench.models.formats.gguf_reader import read_gguf
from workbench.models.formats.hf_config import build_config
from workbench.models.formats.lora_peft import read_scale
from workbench.models.formats.safetensors_files import read_safetensors, write_safetensors
from workbench.store.files import hash_file

if TYPE_CHECKING:
    import numpy as np

Method = Literal["lora", "rslora", "dora"]
TARGETS = ("q_proj", "v_proj", "down_proj")
ALL_TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


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
    method: Method = "lora",
    alpha: float | None = None,
    targets: Sequence[str] = TARGETS,
) -> AdapterRecord:
    """Write a random LoRA as PEFT saves it, with its record.

    Args:
        folder: Where to; it is made.
        base: The base's GGUF, or its Hugging Face folder.
        name: The adapter's.
        base_model: The base's name in the catalogue.
        rank: Of each pair.
        size: How large the change is: at 1 another answer, still in words.
        seed: Decides the numbers.
        parents: What the record says that it was made from.
        method: ``lora``, ``rslora`` (another scale) or ``dora`` (with lengths of the rows).
        alpha: The numerator of the scale; the rank if none is given.
        targets: The maps of each layer that it changes.

    Raises:
        InputError: The base has no such maps.
    """
    weights = _linear_weights(base, targets)
    if not weights:
        raise InputError(f"{base} has none of the maps {', '.join(targets)}")
    folder.mkdir(parents=True)
    tensors = _draw(weights, rank=rank, size=size, seed=seed, method=method)
    matrices = folder / "adapter_model.safetensors"
    sizes = {key: numbers.shape for key, numbers in tensors.items()}
    write_safetensors(matrices, sizes, tensors.items(), dtype="float32")
    said = {
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": alpha or rank,
        "bias": "none",
        "use_dora": method == "dora",
        "use_rslora": method == "rslora",
        "target_modules": list(targets),
    }
    config = folder / "adapter_config.json"
    config.write_text(json.dumps(said), encoding="utf-8")
    record = AdapterRecord(
        name=name,
        base_model=base_model,
        base_sha256=hash_file(base if base.is_file() else base / "model.safetensors"),
        rank=rank,
        alpha=read_scale(said) * rank,
        target_modules=tuple(targets),
        files={path.name: hash_file(path) for path in (config, matrices)},
        method="dora" if method == "dora" else "lora",
        parents=parents,
        notes={"made": "random numbers, for tests"},
    )
    write_record(folder, record)
    return record


def _draw(
    weights: dict[str, np.ndarray], *, rank: int, size: float, seed: int, method: Method
) -> dict[str, np.ndarray]:
    """The adapter's tensors, by the names that PEFT gives them."""
    import numpy as np

    random = np.random.default_rng(derive_seed(seed, "tiny-lora"))
    tensors: dict[str, np.ndarray] = {}
    for weight, numbers in sorted(weights.items()):
        rows, columns = numbers.shape
        stem = f"base_model.model.{weight.removesuffix('.weight')}"
        down, up = random.normal(size=(rank, columns)), random.normal(size=(rows, rank))
        tensors[f"{stem}.lora_A.weight"] = (down / columns**0.5).astype(np.float32)
        tensors[f"{stem}.lora_B.weight"] = (up * size / rank**0.5).astype(np.float32)
        if method == "dora":
            lengths = np.linalg.norm(numbers, axis=1) * random.uniform(0.8, 1.2, size=rows)
            tensors[f"{stem}.lora_magnitude_vector"] = lengths.astype(np.float32)
    return tensors


def _linear_weights(base: Path, targets: Sequence[str]) -> dict[str, np.ndarray]:
    """The maps that are changed ``[out, in]``, by their Hugging Face names."""

    def is_wanted(name: str) -> bool:
        return name.endswith(".weight") and name.split(".")[-2] in targets

    if not base.is_file():
        read = read_safetensors(base / "model.safetensors")
        return {name: numbers for name, numbers in read if is_wanted(name)}
    gguf = read_gguf(base)
    architecture, config = find_architecture(gguf), build_config(gguf, dtype="float32")
    found = {}
    for name in gguf.tensors:
        hf_name = hf_tensor_name(name, architecture)
        if hf_name is not None and is_wanted(hf_name):
            found[hf_name] = undo_storage(name, gguf.dequantize(name), architecture, config)
    return found
