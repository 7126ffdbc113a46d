"""Where the layers of a causal model of transformers are, with an adapter around it or without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def find_causal(module: torch.nn.Module) -> Any:
    """The model of transformers itself, out of what PEFT put around it."""
    adapted: Any = module
    return adapted.get_base_model() if hasattr(module, "get_base_model") else adapted


def find_layers(module: torch.nn.Module) -> Any:
    """Its decoder layers, a ``ModuleList``."""
    return find_causal(module).model.layers
