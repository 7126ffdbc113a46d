"""Tensor parallelism (Shoeybi et al. 2019, arXiv:1909.08053, section 3): a share of every matrix.

The maps into a block are cut by columns, those out of it by rows, and one sum a block brings the
parts together. Of an adapter beside a map that is cut by columns its second matrix is cut as well,
beside one that is cut by rows its first.

Attention is cut by whole heads, with the keys and values that a head reads: only where their number
is divisible. SmolLM2 has nine heads that read three: on two or four processes its attention, a
quarter of a layer's weights, is computed by each, and the rest is cut (ADR 0072).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.finetuning.distributed.layers import find_causal, find_layers

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class _Cut:
    """Maps that are cut alike, by block, and which matrix of an adapter beside them is cut."""

    maps: Mapping[str, tuple[str, ...]]
    matrix: str


_INTO = _Cut(
    {"self_attn": ("q_proj", "k_proj", "v_proj"), "mlp": ("gate_proj", "up_proj")}, "lora_B"
)
_OUT_OF = _Cut({"self_attn": ("o_proj",), "mlp": ("down_proj",)}, "lora_A")


def split_matrices(module: torch.nn.Module, mesh: Any) -> None:
    """Cut the large matrices of a module that every process has whole, in place.

    Args:
        module: A Llama or a model built as one, with an adapter or without.
        mesh: The processes, in one dimension.
    """
    from torch.distributed.tensor.parallel import (
        ColwiseParallel,
        RowwiseParallel,
        parallelize_module,
    )

    attends = splits_attention(find_causal(module).config, mesh.size())
    for layer in find_layers(module):
        into, out_of = (_find_maps(layer, cut, attends=attends) for cut in (_INTO, _OUT_OF))
        plan = {name: ColwiseParallel() for name in into}
        parallelize_module(layer, mesh, {**plan, **{name: RowwiseParallel() for name in out_of}})


def splits_attention(config: Any, processes: int) -> bool:
    """Whether heads, and the keys and values that they read, can be shared among so many."""
    return not (config.num_attention_heads % processes or config.num_key_value_heads % processes)


def _find_maps(layer: torch.nn.Module, cut: _Cut, *, attends: bool) -> Iterator[str]:
    """The names, within a layer, of what is cut: maps, and the adapters' matrices beside them."""
    import torch

    for block, names in cut.maps.items():
        if block == "self_attn" and not attends:
            continue
        for name in names:
            found = layer.get_submodule(f"{block}.{name}")
            if isinstance(found, torch.nn.Linear):
                yield f"{block}.{name}"
                continue
            yield f"{block}.{name}.base_layer"
            adapters: Any = getattr(found, cut.matrix)
            yield from (f"{block}.{name}.{cut.matrix}.{each}" for each in adapters)
