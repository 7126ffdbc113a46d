"""What a PEFT LoRA adds to each weight of its base (LoRA: arXiv:2106.09685, equation 3)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import CapabilityError, InputError
from workbench.models.formats.lora_gguf import PEFT_TENSOR, check_plain_lora, read_scale
from workbench.models.formats.safetensors_files import read_safetensors

if TYPE_CHECKING:
    import numpy as np


def read_deltas(adapter: Path) -> Iterator[tuple[str, np.ndarray]]:
    """The name of each weight that an adapter changes, and what is added to it.

    Args:
        adapter: A folder as PEFT saves it.

    Yields:
        A name such as ``model.layers.0.self_attn.q_proj.weight`` and float32 ``[out, in]``.

    Raises:
        CapabilityError: It is no plain LoRA on linear maps.
        InputError: A matrix of a pair is missing.
    """
    said = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    check_plain_lora(said)
    scale = read_scale(said)
    halves: dict[str, dict[str, np.ndarray]] = {}
    for name, numbers in read_safetensors(adapter / "adapter_model.safetensors"):
        match = PEFT_TENSOR.fullmatch(name)
        if match is None:
            raise CapabilityError(
                f"the adapter's tensor {name!r} is no part of a plain LoRA",
                hint="merge the adapter into its base model instead",
            )
        halves.setdefault(match[1], {})[match[2]] = numbers.astype("float32")
    for name, pair in halves.items():
        if len(pair) != 2:
            raise InputError(f"the adapter has half of {name} alone", hint="fetch it again")
        yield f"{name}.weight", scale * (pair["B"] @ pair["A"])
