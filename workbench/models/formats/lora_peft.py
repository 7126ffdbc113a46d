"""An adapter as PEFT saves it: read once, for every form that is made of it."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, InputError
from workbench.models.formats.safetensors_files import read_safetensors

if TYPE_CHECKING:
    import numpy as np

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PEFT_TENSOR = re.compile(r"base_model\.model\.(.+)\.lora_([AB])(?:\.[^.]+)?\.weight")
_MAGNITUDE = re.compile(
    r"base_model\.model\.(.+)\.lora_magnitude_vector(?:\.[^.]+?)??(?:\.weight)?"
)
MERGE = "merge it into its base: workbench finetuning export ADAPTER --to gguf --merge"
_WITH_PEFT = "merge it with PEFT itself: model.merge_and_unload(), then save the model"


@dataclass(frozen=True)
class Pair:
    """The matrices of one map: ``down`` (PEFT's A) ``[rank, in]``, ``up`` (B) ``[out, rank]``, and
    DoRA's ``magnitude`` ``[out]``; all float32.
    """

    down: np.ndarray
    up: np.ndarray
    magnitude: np.ndarray | None = None


@dataclass(frozen=True)
class PeftAdapter:
    """An adapter: ``pairs`` by the map's name, such as ``model.layers.0.self_attn.q_proj``.

    ``scale`` is what a product of two matrices is multiplied with.
    """

    rank: int
    scale: float
    is_dora: bool
    pairs: dict[str, Pair]


def read_peft(folder: Path) -> PeftAdapter:
    """Read a LoRA or DoRA as PEFT saves it.

    Args:
        folder: With ``adapter_config.json`` and ``adapter_model.safetensors``.

    Raises:
        CapabilityError: It says more than such matrices can say.
        InputError: A matrix of a pair is missing, or the config is not valid.
    """
    said = read_config(folder)
    check_linear(said)
    found: dict[str, dict[str, np.ndarray]] = {}
    for name, numbers in read_safetensors(folder / WEIGHTS):
        match = PEFT_TENSOR.fullmatch(name) or _MAGNITUDE.fullmatch(name)
        if match is None:
            raise CapabilityError(
                f"the adapter's tensor {name!r} is no part of a LoRA on linear maps",
                hint=_WITH_PEFT,
            )
        part = match[2] if match.re is PEFT_TENSOR else "m"
        found.setdefault(match[1], {})[part] = numbers.astype("float32", copy=False)
    for stem, parts in found.items():
        if not {"A", "B"} <= set(parts):
            raise InputError(
                f"the adapter has one matrix of {stem} without its other half",
                hint="fetch it again",
            )
    return PeftAdapter(
        rank=int(said["r"]),
        scale=read_scale(said),
        is_dora=bool(said.get("use_dora")),
        pairs={stem: Pair(p["A"], p["B"], p.get("m")) for stem, p in found.items()},
    )


def read_config(folder: Path) -> dict[str, Any]:
    """What ``adapter_config.json`` says.

    Raises:
        InputError: It is not there, or not valid.
    """
    path = folder / CONFIG
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        rank, alpha = int(said["r"]), float(said["lora_alpha"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is no adapter's config as PEFT writes it: {type(error).__name__}: {error}",
            hint="write the adapter as PEFT does: model.save_pretrained(folder)",
        ) from None
    if rank < 1 or not math.isfinite(alpha):
        raise InputError(f"{path} has the rank {rank} and the alpha {alpha}", hint="fetch it again")
    return dict(said)


def read_scale(said: dict[str, Any]) -> float:
    """What the product of the two matrices is multiplied with: alpha over the rank, or over its
    square root with rsLoRA (arXiv:2312.03732).
    """
    rank = int(said["r"])
    return float(said["lora_alpha"]) / (math.sqrt(rank) if said.get("use_rslora") else rank)


def check_linear(said: dict[str, Any]) -> None:
    """Raise CapabilityError if a config says more than LoRA or DoRA of one rank on linear maps."""
    odd = [
        key
        for key in ("modules_to_save", "rank_pattern", "alpha_pattern", "fan_in_fan_out")
        if said.get(key)
    ]
    if said.get("peft_type", "LORA") != "LORA":
        odd.append("peft_type")
    if said.get("bias", "none") != "none":
        odd.append("bias")
    if odd:
        raise CapabilityError(
            f"the adapter uses {', '.join(odd)}, which is not read here", hint=_WITH_PEFT
        )
