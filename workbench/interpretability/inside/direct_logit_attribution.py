"""Direct logit attribution: what each head and MLP writes straight into a logit difference.

Elhage et al. 2021, A Mathematical Framework for Transformer Circuits; Wang et al. 2022,
Interpretability in the Wild, section 3.1. The last state is a sum: the embedding and what each part
added. With every norm held at its scale, the unembedding splits over that sum.

What a part does through later parts is not in its number, and a soft cap (Gemma 2) bends the sum:
``gap_nats`` says by how much the parts miss the model's own difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError
from workbench.interpretability.inside.anatomy import Anatomy, examine
from workbench.interpretability.inside.held_norms import HeldNorm
from workbench.interpretability.inside.reading import prepare_threads, read_text, two_answers
from workbench.interpretability.inside.recording import Recording, recorded
from workbench.interpretability.inside.results import DirectAttribution

if TYPE_CHECKING:
    import torch

    from workbench.models.model import Model

# Of the last state's size, between it and the sum of what was added: else the anatomy is wrong.
_MOST_STREAM_GAP = 1e-3


def attribute_logits(model: Model, prompt: str, *, answer: str, wrong: str) -> DirectAttribution:
    """The parts of ``logit(answer) - logit(wrong)`` after a prompt, by layer and head.

    Args:
        model: A causal model on ``engine="transformers"``.
        prompt: Raw.
        answer: Its first token counts.
        wrong: What it is compared with.

    Returns:
        ``values[layer]``: each head, the bias of the attention's last matrix, and the MLP, in nats.

    Raises:
        InputError: A text is empty, or both answers begin with the same token.
        CapabilityError: The engine has no module, the model is an encoder, or its parts do not sum
            to its stream.
    """
    import numpy as np
    import torch

    anatomy = examine(model)
    read = read_text(model, prompt, what="the prompt")
    tokens = two_answers(model, answer, wrong)
    prepare_threads(model)
    with torch.inference_mode():
        stream = _record(anatomy, read.tensor())
        direction, bias = _direction(anatomy, stream.last, tokens)
        embedding = float(stream.first.double() @ direction)
        table = np.stack(
            [_layer_row(anatomy, layer, stream, direction) for layer in range(anatomy.layers)]
        )
    total = embedding + bias + float(table.sum())
    difference = float(stream.logits[tokens[0]] - stream.logits[tokens[1]])
    heads = tuple(f"head {head}" for head in range(anatomy.heads))
    return DirectAttribution(
        model=model.name,
        title=f"direct attribution: {answer.strip()} or {wrong.strip()}",
        values=table,
        row_labels=tuple(str(layer) for layer in range(anatomy.layers)),
        column_labels=(*heads, "attention bias", "mlp"),
        rows="layer",
        columns="part",
        unit="nats",
        centre=0.0,
        prompt=prompt,
        answer=answer,
        wrong=wrong,
        embedding=embedding,
        bias=bias,
        total=total,
        difference_nats=difference,
        gap_nats=abs(total - difference),
    )


class _Stream(NamedTuple):
    """The states of the last token; ``kept`` holds those of all tokens."""

    first: torch.Tensor
    last: torch.Tensor
    kept: Recording
    logits: torch.Tensor


def _record(anatomy: Anatomy, ids: torch.Tensor) -> _Stream:
    given: list[torch.Tensor] = []
    hook = anatomy.blocks[0].layer.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    try:
        with recorded(anatomy, ["residual", "attention", "mlp", "heads"]) as kept:
            result = anatomy.module(input_ids=ids, use_cache=False, logits_to_keep=1)
    finally:
        hook.remove()
    first, last = given[0][0, -1], kept["residual", anatomy.layers - 1][0, -1]
    added = first.double().clone()
    for layer in range(anatomy.layers):
        for site in ("attention", "mlp"):
            added += anatomy.residual_scale * kept[site, layer][0, -1].double()
    gap = float((added - last.double()).norm() / last.double().norm())
    if gap > _MOST_STREAM_GAP:
        raise CapabilityError(
            f"what attention and MLP add does not sum to the stream of {anatomy.name} "
            f"({anatomy.architecture}): {100 * gap:.1f}% are missing",
            hint="this family has parts that direct attribution does not know",
        )
    return _Stream(first, last, kept, result.logits[0, -1].double())


def _direction(
    anatomy: Anatomy, last: torch.Tensor, tokens: tuple[int, int]
) -> tuple[torch.Tensor, float]:
    """What a state of the stream is multiplied with to give the difference, and what is added."""
    norm = HeldNorm(anatomy.final_norm, last)
    weight = anatomy.unembedding.weight[list(tokens)].double()
    wanted = (weight[0] - weight[1]) * anatomy.logit_scale()
    bias = float(norm.bias @ wanted)
    if anatomy.unembedding.bias is not None:
        ends = anatomy.unembedding.bias[list(tokens)].double() * anatomy.logit_scale()
        bias += float(ends[0] - ends[1])
    return norm.pull_back(wanted), bias


def _layer_row(
    anatomy: Anatomy, layer: int, stream: _Stream, direction: torch.Tensor
) -> list[float]:
    import torch

    block, kept = anatomy.blocks[layer], stream.kept
    mixed = kept["heads", layer][0, -1].double().reshape(anatomy.heads, -1)
    weight = block.mixer.weight.double()
    if not isinstance(block.mixer, torch.nn.Linear):  # GPT-2 keeps its matrices the other way round
        weight = weight.T
    by_head = weight.reshape(weight.shape[0], anatomy.heads, -1)
    parts = torch.einsum("hs,dhs->hd", mixed, by_head)
    bias = getattr(block.mixer, "bias", None)
    rest = torch.zeros_like(parts[0]) if bias is None else bias.double()
    if block.attention_norm is not None:
        whole = (parts.sum(dim=0) + rest).to(stream.last.dtype)
        norm = HeldNorm(block.attention_norm, whole)
        parts, rest = norm(parts), norm(rest) + norm.bias
    mlp = kept["mlp", layer][0, -1].double()
    check_cancelled()
    pieces = torch.cat([parts, rest[None], mlp[None]]) * anatomy.residual_scale
    return [float(piece) for piece in pieces @ direction]
