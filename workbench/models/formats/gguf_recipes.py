"""Which type each tensor of a GGUF gets: the recipes behind names such as Q4_K_M.

A recipe names one type for most matrices and gives more bits to those that suffer most. The rules
are llama.cpp's own for dense models, so that a file made here has the types that its program would
give; they do not know the exceptions that it makes for mixtures of eight experts and for 80 layers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError
from workbench.models.formats.gguf_reader import GgufArray
from workbench.models.formats.gguf_types import TENSOR_TYPES, TYPE_IDS

# What a file may be asked to be, the largest first, with the type of most of its matrices.
RECIPES: dict[str, str] = {
    "F32": "F32",
    "F16": "F16",
    "BF16": "BF16",
    "Q8_0": "Q8_0",
    "Q6_K": "Q6_K",
    "Q5_1": "Q5_1",
    "Q5_K_M": "Q5_K",
    "Q5_K_S": "Q5_K",
    "Q5_0": "Q5_0",
    "Q4_1": "Q4_1",
    "Q4_K_M": "Q4_K",
    "Q4_K_S": "Q4_K",
    "IQ4_NL": "IQ4_NL",
    "Q4_0": "Q4_0",
    "IQ4_XS": "IQ4_XS",
}
MIXED = ("Q6_K", "Q5_K_M", "Q5_K_S", "Q4_K_M", "Q4_K_S", "IQ4_NL", "IQ4_XS")
# Where the rows are no whole blocks of 256: a type of blocks of 32 with as many bits or more.
FALLBACKS = {"Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0", "IQ4_XS": "IQ4_NL"}

EXACT = frozenset({"F32", "F16", "BF16"})
_BELOW_8_BITS = {"Q4_0", "Q4_1", "Q5_0", "Q5_1"}
_EMBEDDINGS = {"token_embd.weight", "output.weight"}
# Small, and each number of them counts: llama.cpp's own program leaves them alone too.
_KEPT = ("norm", "ffn_gate_inp", "rope_freqs", "position_embd", "token_types")
_WIDE_GROUPS = 4  # queries that share a key: then the values are few, and worth more bits


@dataclass(frozen=True)
class Chosen:
    """The type of one tensor, and the one that its rows are too narrow for, if any."""

    type: str
    instead_of: str | None = None


def find_recipe(name: str) -> str:
    """The type of most matrices of a recipe.

    Raises:
        InputError: There is no such recipe.
    """
    if name not in RECIPES:
        near = [each for each in RECIPES if each.startswith(name.upper())]
        raise InputError(
            f"{name!r} is none of the quantisations of a GGUF that are made here: "
            f"{', '.join(RECIPES)}",
            hint=f"take {near[0] if near else 'Q8_0 or Q4_K_M'}",
        )
    return RECIPES[name]


def list_recipes() -> tuple[str, ...]:
    """The recipes that can be made here: without llama.cpp's library no mixed ones."""
    from workbench.models.formats.ggml_library import is_available

    return tuple(name for name in RECIPES if name not in MIXED or is_available())


def choose_types(
    shapes: Mapping[str, tuple[int, ...]],
    recipe: str,
    metadata: Mapping[str, Any],
    *,
    embedding_type: str | None = None,
    calibrated: bool = False,
) -> dict[str, Chosen]:
    """The type of each tensor of a file.

    Args:
        shapes: Each tensor's, with the rows first.
        recipe: One of ``RECIPES``.
        metadata: The file's, for its number of layers and heads.
        embedding_type: Of the token embeddings and the output, where the recipe's own is not
            wanted.
        calibrated: The errors are weighed by an importance, which a few rules depend on.
    """
    most = find_recipe(recipe)
    about = _About(recipe, most, shapes, metadata, embedding_type, calibrated)
    return {
        name: Chosen("F32") if _is_kept(name, shape) else _fitting(_wanted(name, about), shape)
        for name, shape in shapes.items()
    }


@dataclass(frozen=True)
class _About:
    recipe: str
    most: str
    shapes: Mapping[str, tuple[int, ...]]
    metadata: Mapping[str, Any]
    embedding_type: str | None
    calibrated: bool

    def number(self, key: str) -> int:
        """A number that the metadata has of the architecture; the largest of a list, else 0."""
        found = self.metadata.get(f"{self.metadata.get('general.architecture')}.{key}", 0)
        return 0 if isinstance(found, GgufArray) else int(found)

    @property
    def layers(self) -> int:
        return self.number("block_count")

    @property
    def heads_per_key(self) -> int:
        keys = self.number("attention.head_count_kv") or self.number("attention.head_count")
        return self.number("attention.head_count") // keys if keys else 1

    def is_spread(self, layer: int) -> bool:
        """Whether a layer is of the first or last eighth, or the third of three between them."""
        eighth = self.layers // 8
        return layer < eighth or layer >= 7 * self.layers // 8 or (layer - eighth) % 3 == 2


def _wanted(name: str, about: _About) -> str:
    if name in _EMBEDDINGS:
        return about.embedding_type or _wanted_of_embeddings(name, about)
    match = re.fullmatch(r"blk\.(\d+)\.([a-z_0-9]+)\.weight", name)
    if match is None:
        return about.most
    layer, part = int(match[1]), match[2]
    if part == "ffn_down":
        return _wanted_of_down(layer, about)
    if part == "attn_v":
        return _wanted_of_values(layer, about)
    if part == "attn_qkv":
        return {"Q4_K_M": "Q5_K", "Q5_K_M": "Q6_K"}.get(about.recipe, about.most)
    return about.most


def _wanted_of_embeddings(name: str, about: _About) -> str:
    if about.recipe not in MIXED:
        return "Q8_0" if about.most in _BELOW_8_BITS else about.most
    tied = "output.weight" not in about.shapes
    if name == "token_embd.weight" and not tied:
        return about.most
    return "Q6_K"  # what is multiplied with each state; where it does not fit, Q8_0


def _wanted_of_down(layer: int, about: _About) -> str:
    early = layer < about.layers // 8
    if about.recipe in ("Q4_K_M", "Q5_K_M") and about.is_spread(layer):
        return "Q6_K"
    if about.recipe == "Q4_K_S" and early:
        return "Q5_K"
    if about.recipe in ("IQ4_NL", "IQ4_XS") and early and not about.calibrated:
        return "Q5_K"
    if about.recipe in ("Q4_0", "Q5_0") and early and about.calibrated:
        return {"Q4_0": "Q4_1", "Q5_0": "Q5_1"}[about.recipe]
    return about.most


def _wanted_of_values(layer: int, about: _About) -> str:
    if about.recipe in ("Q4_K_M", "Q5_K_M") and about.is_spread(layer):
        return "Q6_K"
    if about.recipe == "Q4_K_S" and layer < 4:
        return "Q5_K"
    if about.recipe in ("IQ4_NL", "IQ4_XS") and about.heads_per_key >= _WIDE_GROUPS:
        return "Q5_K"
    return about.most


def _is_kept(name: str, shape: tuple[int, ...]) -> bool:
    return len(shape) < 2 or any(part in name for part in _KEPT)


def _fitting(type: str, shape: tuple[int, ...]) -> Chosen:
    """The type, or what is taken where the rows are no whole blocks of it."""
    columns, found = shape[-1], type
    while columns % TENSOR_TYPES[TYPE_IDS[found]][1]:
        found = FALLBACKS.get(found, "F16")
    return Chosen(found, type if found != type else None)
