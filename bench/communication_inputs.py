"""What is taught where the bytes between processes are counted, written down before any figure.

A small Llama, taught whole from a seed on leads of Wikipedia, by the loop of ``workbench finetuning
run``; its loss on leads that it was not taught. What the methods' numbers were chosen by
(``DEVELOPMENT``) has another seed and other leads than what is told (``FROZEN``).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from typing import Any

import edge_inputs

MODEL: dict[str, Any] = {
    **edge_inputs.SMALL, "hidden_size": 192, "intermediate_size": 384, "num_hidden_layers": 2,
    "num_attention_heads": 3, "num_key_value_heads": 3,
}  # fmt: skip
STEPS, BATCH, WINDOW = 640, 8, 64
RATE, DECAY = 3e-3, 0.1
ROWS_SHA256 = "5065504941acad122dfe982e1600e471ba7f5759229870549fdbc424792253d4"


@dataclasses.dataclass(frozen=True)
class Asked:
    """A seed, and on which leads the loss is told."""

    seed: int
    leads: slice


DEVELOPMENT = Asked(11, slice(300, 400))
FROZEN = Asked(20261128, slice(0, 100))


def read_rows() -> tuple[list[list[int]], list[str], Any]:
    """The windows that are taught, all leads in their order, and the tokenizer."""
    from workbench.edge.compression.texts import read_leads

    leads = read_leads()
    taught = leads[edge_inputs.TRAINED_FROM :]
    tokenizer = edge_inputs.train_tokenizer(taught)
    ids = [number for text in taught for number in (0, *tokenizer.encode(text).ids)]
    rows = [ids[place : place + WINDOW] for place in range(0, len(ids) - WINDOW, WINDOW)]
    found = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
    assert found == ROWS_SHA256, f"the rows are {found}"
    return rows, leads, tokenizer


def make_batches(rows: Sequence[Sequence[int]], seed: int, batch: int) -> Any:
    """Endless batches of windows, each token of which is learnt but the first."""
    from workbench.finetuning.training.batches import Batches
    from workbench.finetuning.training.encoding import Encoded

    units = [(Encoded(tuple(ids), 1, identity=str(place)),) for place, ids in enumerate(rows)]
    return Batches(units, batch=batch, seed=seed, pack_tokens=0)


def make_recipe(seed: int, steps: int, batch: int) -> Any:
    """How it is taught."""
    from workbench.finetuning.training.recipe import Recipe

    return Recipe(
        method="full", learning_rate=RATE, schedule="cosine", warmup_share=0.05, batch=batch,
        steps=steps, epochs=None, precision="fp32", weight_decay=DECAY, checkpoint_every_s=0,
        seed=seed,
    )  # fmt: skip


def make_module(seed: int) -> Any:
    """The model before its first step."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    return LlamaForCausalLM(LlamaConfig(**MODEL))


def read_loss(module: Any, tokenizer: Any, leads: Sequence[str]) -> float:
    """Nats a token of leads, each from its beginning to the longest that the model reads."""
    import torch

    most, total, count = MODEL["max_position_embeddings"], 0.0, 0
    with torch.no_grad():
        for text in leads:
            ids = torch.tensor([[0, *tokenizer.encode(text).ids][:most]])
            total += float(module(input_ids=ids, labels=ids).loss) * (ids.shape[1] - 1)
            count += ids.shape[1] - 1
    return total / count
