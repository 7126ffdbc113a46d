"""Tiny models with random weights, one of each kind that gradients have to get through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workbench.models.model import Model

PROMPT = (20, 31, 42, 53, 64, 75, 86)
TARGET = (97, 108, 119)


@pytest.fixture(scope="session")
def causal(tiny: Callable[[str], Model]) -> Callable[[str], Any]:
    """The torch module of a causal architecture; ``gpt2`` has positions of its own to add."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=512, n_positions=64, n_embd=64, n_layer=2, n_head=4, initializer_range=0.2
    )
    gpt2 = GPT2LMHeadModel(config).eval()
    return lambda name: gpt2 if name == "gpt2" else tiny(name).module


@pytest.fixture(scope="session")
def classifier() -> Any:
    """An encoder with three labels."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=512,
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=64,
        num_labels=3,
        initializer_range=0.2,
    )
    return BertForSequenceClassification(config).eval()
