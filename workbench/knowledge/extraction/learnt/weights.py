"""The network's weights as bytes of safetensors, tables of signs in 8 bits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.evaluation.knowledge_sets import RELATIONS

if TYPE_CHECKING:
    import numpy as np

TABLES = ("phrase_signs", "pair_signs")
CLASSES = ("none", *RELATIONS)
_ABOUT = "about"


def packed(weights: Mapping[str, np.ndarray], about: Mapping[str, Any]) -> bytes:
    """The content of a file: tables as int8 with a scale per row, the rest as float16.

    Args:
        weights: By name, float32.
        about: What is told of them, as JSON in the file's head.
    """
    import numpy as np

    safetensors = require("safetensors.numpy", extra="models")
    told: dict[str, np.ndarray] = {}
    for name, values in weights.items():
        if name in TABLES:
            scales = np.maximum(np.abs(values).max(axis=1, keepdims=True) / 127, 1e-12)
            told[name] = np.round(values / scales).astype(np.int8)
            told[f"{name}.scale"] = scales[:, 0].astype(np.float16)
        else:
            told[name] = values.astype(np.float16)
    content: bytes = safetensors.save(told, {_ABOUT: json.dumps(about, sort_keys=True)})
    return content


def unpacked(content: bytes) -> dict[str, np.ndarray]:
    """What ``packed`` made, float32."""
    import numpy as np

    safetensors = require("safetensors.numpy", extra="models")
    told = safetensors.load(content)
    found = {}
    for name, values in told.items():
        if name in TABLES:
            scale = told[f"{name}.scale"].astype(np.float32)[:, None]
            found[name] = values.astype(np.float32) * scale
        elif not name.endswith(".scale"):
            found[name] = values.astype(np.float32)
    return found


def told_about(content: bytes) -> dict[str, Any]:
    """What ``packed`` was told of the weights: the head of a file is JSON after its length."""
    head = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    found: dict[str, Any] = json.loads(head["__metadata__"][_ABOUT])
    return found
