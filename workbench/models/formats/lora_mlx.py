"""An adapter as mlx-lm reads and writes it, from PEFT's form and back.

mlx-lm multiplies from the other side, so both matrices are transposed; it is told the scale itself
instead of alpha, which maps of a layer are changed (``keys``), and how many layers, counted from
the last. A map that is among these and has no matrices of its own stays as it is.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError
from workbench.models.formats import lora_peft
from workbench.models.formats.lora_peft import read_peft
from workbench.models.formats.safetensors_files import read_safetensors, write_safetensors
from workbench.store.files import write_json

if TYPE_CHECKING:
    import numpy as np

CONFIG, WEIGHTS = "adapter_config.json", "adapters.safetensors"
_LAYER = re.compile(r"model\.layers\.(\d+)\.(.+)")
_TENSOR = re.compile(r"(model\.layers\.\d+\..+)\.(lora_a|lora_b|m)")


def write_mlx_of_peft(adapter: Path, destination: Path, *, layers: int) -> Path:
    """Write a PEFT LoRA or DoRA as ``mlx_lm`` loads it with ``--adapter-path``.

    Args:
        adapter: With ``adapter_config.json`` and ``adapter_model.safetensors``.
        destination: An existing folder.
        layers: How many the base model has.

    Returns:
        ``destination``.

    Raises:
        CapabilityError: It is neither, or changes something outside the layers.
        InputError: A matrix of a pair is missing, or the base has fewer layers.
    """
    read = read_peft(adapter)
    tensors: dict[str, np.ndarray] = {}
    keys, first = set(), layers
    for stem, pair in read.pairs.items():
        match = _LAYER.fullmatch(stem)
        if match is None:
            raise CapabilityError(
                f"the adapter changes {stem}, which is in no layer", hint=lora_peft.MERGE
            )
        keys.add(match[2])
        first = min(first, int(match[1]))
        if int(match[1]) >= layers:
            raise InputError(
                f"the adapter changes {stem}; the base has {layers} layers",
                hint="name the base that it belongs to",
            )
        tensors[f"{stem}.lora_a"], tensors[f"{stem}.lora_b"] = pair.down.T, pair.up.T
        if read.is_dora and pair.magnitude is not None:
            tensors[f"{stem}.m"] = pair.magnitude
    shapes = {name: numbers.shape for name, numbers in tensors.items()}
    write_safetensors(
        destination / WEIGHTS, shapes, tensors.items(), dtype="float32", metadata={"format": "mlx"}
    )
    config = {
        "fine_tune_type": "dora" if read.is_dora else "lora",
        "num_layers": layers - first,
        "lora_parameters": {
            "rank": read.rank,
            "scale": read.scale,
            "dropout": 0.0,
            "keys": sorted(keys),
        },
    }
    write_json(destination / CONFIG, config)
    return destination


def write_peft_of_mlx(adapter: Path, destination: Path, *, base_model: str) -> Path:
    """Write an adapter that mlx-lm has trained as PEFT saves one.

    Args:
        adapter: With ``adapter_config.json`` and ``adapters.safetensors``.
        destination: An existing folder.
        base_model: What the config says that it belongs to.

    Returns:
        ``destination``.

    Raises:
        CapabilityError: All weights were trained, or other things than the layers' linear maps.
        InputError: The config is not mlx-lm's.
    """
    said, parameters = _read_config(adapter)
    tensors: dict[str, np.ndarray] = {}
    modules, touched = set(), set()
    for name, numbers in read_safetensors(adapter / WEIGHTS):
        match = _TENSOR.fullmatch(name)
        if match is None:
            raise CapabilityError(
                f"the adapter's tensor {name!r} is no part of a LoRA on a layer's linear maps",
                hint="fuse it with mlx_lm.fuse, and use the model that this makes",
            )
        stem, kind = match[1], match[2]
        layer = _LAYER.fullmatch(stem)
        assert layer is not None
        touched.add(int(layer[1]))
        modules.add(layer[2].rpartition(".")[2])
        ending = {"lora_a": "lora_A.weight", "lora_b": "lora_B.weight"}.get(kind)
        tensors[f"base_model.model.{stem}.{ending or 'lora_magnitude_vector'}"] = numbers.T
    if not tensors:
        raise InputError(f"{adapter / WEIGHTS} holds no adapter", hint="fetch it again")
    shapes = {name: numbers.shape for name, numbers in tensors.items()}
    write_safetensors(destination / lora_peft.WEIGHTS, shapes, tensors.items(), dtype="float32")
    rank = int(parameters["rank"])
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_model,
        "r": rank,
        "lora_alpha": float(parameters["scale"]) * rank,
        "lora_dropout": 0.0,
        "bias": "none",
        "use_dora": said["fine_tune_type"] == "dora",
        "use_rslora": False,
        "target_modules": sorted(modules),
        "layers_to_transform": sorted(touched),
    }
    write_json(destination / lora_peft.CONFIG, config)
    return destination


def _read_config(adapter: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    path = adapter / CONFIG
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        kind = said.setdefault("fine_tune_type", "lora")
        parameters = dict(said["lora_parameters"]) if kind != "full" else {}
        rank, scale = (parameters.get(key, 1) for key in ("rank", "scale"))
        if int(rank) < 1 or not float(scale):
            raise ValueError(f"rank {rank}, scale {scale}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is no adapter's config as mlx-lm writes it: {type(error).__name__}: {error}",
            hint="name the folder that mlx_lm.lora wrote with --adapter-path",
        ) from None
    if kind not in ("lora", "dora"):
        raise CapabilityError(
            f"the adapter was trained as {kind!r}; lora and dora are read",
            hint="fuse it with mlx_lm.fuse, and use the model that this makes",
        )
    return dict(said), parameters
