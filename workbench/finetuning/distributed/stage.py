"""A process's layers of a model, as one stage of a pipeline.

The model of transformers stays as it is, with its names; what belongs to other stages is taken out
of it. The last stage computes the loss itself, so that logits are made only where they are needed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.finetuning.distributed.layers import find_causal, find_layers

if TYPE_CHECKING:
    import torch

EMBEDDING = "embed_tokens.weight"


@dataclass(frozen=True)
class Said:
    """What a model of transformers returns, as far as an objective reads it."""

    logits: torch.Tensor


@dataclass(frozen=True)
class Head:
    """The end of a model, called as the whole: the hidden states that came are its input.

    Attributes:
        hidden: ``[bins, tokens, hidden]``.
        to_logits: The map to the vocabulary.
    """

    hidden: torch.Tensor
    to_logits: Callable[[torch.Tensor], torch.Tensor]

    def __call__(self, *, logits_to_keep: torch.Tensor, **_: Any) -> Said:
        """The logits at some places."""
        return Said(self.to_logits(self.hidden[:, logits_to_keep]))


End = Callable[[Any], "torch.Tensor"]


def bounds(layers: int, stages: int) -> list[tuple[int, int]]:
    """The first layer of each stage and the one after its last, as even as can be."""
    least, more = divmod(layers, stages)
    starts = [0]
    for stage in range(stages):
        starts.append(starts[-1] + least + (stage < more))
    return list(itertools.pairwise(starts))


def has_tied_embedding(module: torch.nn.Module) -> bool:
    """Whether the map to the vocabulary is the embedding's matrix."""
    causal = find_causal(module)
    return causal.lm_head.weight is causal.model.embed_tokens.weight


def make_stage(module: torch.nn.Module, number: int, stages: int) -> torch.nn.Module:
    """Take out of a module what other stages have; what is left, to be called by a pipeline.

    Args:
        module: A Llama or a model built as one, with an adapter or without. It is changed.
        number: Of the stage, from 0.
        stages: How many there are.
    """
    import torch

    causal, layers, tied = find_causal(module), find_layers(module), has_tied_embedding(module)
    first, after = bounds(len(layers), stages)[number]
    for place in range(len(layers)):
        if not first <= place < after:
            layers[place] = _make_gap(layers[place])
    is_last = number == stages - 1
    if number > 0 and not (is_last and tied):
        causal.model.embed_tokens = None
    if not is_last:
        causal.model.norm = torch.nn.Identity()
        causal.lm_head = torch.nn.Identity()
    return _make_caller(causal, is_first=number == 0, is_last=is_last)


def _make_gap(layer: torch.nn.Module) -> torch.nn.Module:
    """What stands in the place of another stage's layer: nothing is done."""
    import torch

    class Gap(torch.nn.Module):
        attention_type = getattr(layer, "attention_type", "full_attention")

        def forward(self, hidden: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
            return hidden

    return Gap()


def _make_caller(causal: Any, *, is_first: bool, is_last: bool) -> torch.nn.Module:
    """The stage as torch's pipelines call it.

    Its ``ends`` are, on the last stage, what each micro-batch's hidden states are judged by.
    """
    import torch

    class Caller(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.causal = causal
            self.ends: list[End] = []
            self.dtype = next(iter(causal.parameters())).dtype

        def forward(
            self,
            given: torch.Tensor,
            *,
            position_ids: torch.Tensor,
            attention_mask: torch.Tensor,
            number: torch.Tensor,
        ) -> torch.Tensor:
            way = {"input_ids" if is_first else "inputs_embeds": given}
            hidden = self.causal.model(
                **way, attention_mask=attention_mask, position_ids=position_ids, use_cache=False
            ).last_hidden_state
            if not is_last:
                return hidden.to(self.dtype)
            end = self.ends[int(number[0])]
            return end(Head(hidden, self.causal.lm_head)).float().reshape(1)

    return Caller()
