"""How far two LoRAs are apart, layer by layer, without the large matrices that they stand for.

For W1 = s1 B1 A1 and W2 = s2 B2 A2 the inner product is s1 s2 tr((B1' B2)(A2 A1')): products of the
ranks, not of the widths.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core.errors import CapabilityError
from workbench.models.adapters import PEFT_FILES, find_gguf

if TYPE_CHECKING:
    import numpy as np

_LAYER = re.compile(r"(?:layers|blk|h|layer)\.(\d+)\.")
REST = "the rest"


@dataclass(frozen=True)
class LowRank:
    """What is added to one map: ``scale * up @ down``; ``down`` is [r, in], ``up`` is [out, r]."""

    down: np.ndarray
    up: np.ndarray
    scale: float

    def inner(self, other: LowRank) -> float:
        """The inner product of the two changes, as long vectors."""
        shared = (self.up.T @ other.up) * (self.down @ other.down.T)
        return self.scale * other.scale * float(shared.sum())


@dataclass(frozen=True)
class LayerChange:
    """One layer: the norms of what each version adds to the base, of their difference, the cosine.

    Norms are Frobenius norms over all maps of the layer. ``cosine`` is None where one adds nothing.
    """

    layer: str
    maps: int
    norm_before: float
    norm_after: float
    norm_change: float
    cosine: float | None


def read_low_rank(folder: Path, files: Mapping[str, str]) -> tuple[str, dict[str, LowRank]]:
    """The form that was read (``peft`` or ``gguf``) and the changes by the map's name.

    Raises:
        CapabilityError: Neither form is there, or it is no LoRA on linear maps.
    """
    if set(PEFT_FILES) <= set(files):
        return "peft", dict(_read_peft(folder))
    gguf = find_gguf(files)
    if gguf is not None:
        return "gguf", dict(_read_gguf(folder / gguf))
    raise CapabilityError(
        f"{folder} holds neither PEFT's files nor a GGUF LoRA", hint="workbench finetuning export"
    )


def compare_weights(
    before: Mapping[str, LowRank], after: Mapping[str, LowRank]
) -> tuple[LayerChange, ...]:
    """A line for each layer in order, what is in none at the end."""
    sums: dict[str, list[float]] = {}
    for name in sorted({*before, *after}):
        first, second = before.get(name), after.get(name)
        found = (
            1.0,
            first.inner(first) if first else 0.0,
            second.inner(second) if second else 0.0,
            first.inner(second) if first and second else 0.0,
        )
        match = _LAYER.search(name)
        layer = match[1] if match else REST
        sums[layer] = [a + b for a, b in zip(sums.get(layer, [0.0] * 4), found, strict=True)]
    order = sorted(sums, key=lambda layer: (layer == REST, int(layer) if layer != REST else 0))
    return tuple(_line(layer, *sums[layer]) for layer in order)


def total_change(layers: tuple[LayerChange, ...]) -> LayerChange:
    """All layers together."""
    before = sum(each.norm_before**2 for each in layers)
    after = sum(each.norm_after**2 for each in layers)
    change = sum(each.norm_change**2 for each in layers)
    return _line("all", sum(e.maps for e in layers), before, after, (before + after - change) / 2)


def _line(layer: str, maps: float, before: float, after: float, inner: float) -> LayerChange:
    size = math.sqrt(max(before, 0.0) * max(after, 0.0))
    return LayerChange(
        layer,
        round(maps),
        math.sqrt(max(before, 0.0)),
        math.sqrt(max(after, 0.0)),
        # Rounding leaves a little under 0 where the two are the same.
        math.sqrt(max(before + after - 2 * inner, 0.0)),
        min(1.0, max(-1.0, inner / size)) if size > 0 else None,
    )


def _read_peft(folder: Path) -> Iterator[tuple[str, LowRank]]:
    from workbench.models.formats.lora_peft import read_peft

    read = read_peft(folder)
    for name, pair in read.pairs.items():  # a magnitude, as DoRA has it, is no low-rank change
        yield name, LowRank(pair.down.astype("float64"), pair.up.astype("float64"), read.scale)


def _read_gguf(path: Path) -> Iterator[tuple[str, LowRank]]:
    from workbench.models.formats.gguf_reader import read_gguf

    gguf = read_gguf(path)
    alpha = float(gguf.metadata["adapter.lora.alpha"])
    for name in gguf.tensors:
        stem, _, half = name.rpartition(".lora_")
        if half == "a" and f"{stem}.lora_b" in gguf.tensors:
            down = gguf.dequantize(name).astype("float64")
            up = gguf.dequantize(f"{stem}.lora_b").astype("float64")
            yield stem, LowRank(down, up, alpha / len(down))
