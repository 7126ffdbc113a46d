"""A model's folder as numbers in memory, and back: how every way of pruning begins and ends."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError
from workbench.models.formats.safetensors_files import read_safetensors, write_safetensors
from workbench.store.files import write_json

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.protocol import ModelFiles

EMBEDDINGS, OUTPUT = "model.embed_tokens.weight", "lm_head.weight"
_COPIED = ("tokenizer.json", "tokenizer_config.json", "generation_config.json")


@dataclass(frozen=True)
class Weights:
    """A language model: its config, its numbers by Hugging Face name, and where it came from.

    ``files`` holds JSON files that take the place of those of ``source``.
    """

    source: Path
    config: dict[str, Any]
    numbers: dict[str, np.ndarray]
    files: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parameters(self) -> int:
        """How many numbers it has that are not 0."""
        import numpy as np

        return sum(int(np.count_nonzero(each)) for each in self.numbers.values())

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return sum(math.prod(each.shape) for each in self.numbers.values())

    def matrices(self) -> list[str]:
        """The names of the matrices of its layers."""
        return [
            name
            for name, each in self.numbers.items()
            if each.ndim == 2 and name.startswith("model.layers.")
        ]


def read_weights(files: ModelFiles) -> Weights:
    """A model's numbers in float32.

    Raises:
        CapabilityError: It is no language model of the usual names.
    """
    from workbench.models.folder import find_folder

    folder = find_folder(files, dtype="float32")
    if folder.is_encoder:
        raise CapabilityError(
            f"{files.name} is an encoder: language models are pruned",
            hint="workbench models list",
        )
    numbers = dict(read_safetensors(folder.path / "model.safetensors"))
    if EMBEDDINGS not in numbers:
        raise CapabilityError(
            f"{files.name} ({folder.architecture}) names its weights otherwise than the models "
            "that are pruned here",
            hint="take one of llama, qwen2, qwen3, mistral or gemma",
        )
    return Weights(folder.path, dict(folder.config), numbers)


def write_weights(weights: Weights, folder: Path) -> None:
    """Write them into an existing folder, with the tokenizer's files.

    Raises:
        StorageError: The disk is full.
    """
    write_json(folder / "config.json", weights.config)
    shapes = {name: tuple(each.shape) for name, each in weights.numbers.items()}
    write_safetensors(
        folder / "model.safetensors", shapes, weights.numbers.items(), dtype="float32"
    )
    for name in _COPIED:
        if name in weights.files:
            write_json(folder / name, weights.files[name])
        elif (weights.source / name).is_file():
            shutil.copyfile(weights.source / name, folder / name)
    for template in weights.source.glob("*.jinja"):
        shutil.copyfile(template, folder / template.name)


def read_file(weights: Weights, name: str) -> Any:
    """A JSON file beside them; empty where there is none."""
    if name in weights.files:
        return weights.files[name]
    path = weights.source / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def change_matrices(weights: Weights, change: Callable[[str, np.ndarray], np.ndarray]) -> Weights:
    """The weights with each matrix of a layer changed."""
    from dataclasses import replace

    from workbench.core.progress import track

    numbers = dict(weights.numbers)
    for name in track(weights.matrices(), "pruning", unit="matrices"):
        numbers[name] = change(name, numbers[name])
    return replace(weights, numbers=numbers)
