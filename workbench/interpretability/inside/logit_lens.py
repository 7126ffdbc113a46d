"""The logit lens: what each layer would say next, read with the model's own last two parts.

nostalgebraist 2020, interpreting GPT: the logit lens. The stream after each layer goes through the
final norm and the unembedding, as if the layers above were not there. Without the final norm the
numbers mean nothing: the stream grows from layer to layer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from workbench.core.progress import track
from workbench.interpretability.inside.anatomy import Anatomy, examine
from workbench.interpretability.inside.reading import (
    ReadText,
    first_token,
    prepare_threads,
    read_text,
)
from workbench.interpretability.inside.recording import recorded
from workbench.interpretability.inside.results import LensReading

if TYPE_CHECKING:
    import numpy as np
    import torch

    from workbench.models.model import Model

# What is done to the stream after a layer (-1 is the embedding) before the final norm.
Translate = Callable[[int, "torch.Tensor"], "torch.Tensor"]


def apply_logit_lens(model: Model, text: str, *, target: str | None = None) -> LensReading:
    """What each layer would say after each token of a text.

    Args:
        model: A causal model on ``engine="transformers"``.
        text: Raw, no chat template.
        target: Text whose first token is followed through the layers.

    Returns:
        A row for the embedding and for each layer, a column for each token.

    Raises:
        InputError: The text is empty.
        CapabilityError: The engine has no module, or the model is an encoder.
    """
    return read_layers(model, text, lens="logit", translate=lambda _, state: state, target=target)


def read_layers(
    model: Model, text: str, *, lens: str, translate: Translate, target: str | None
) -> LensReading:
    """Every layer read through a translator and the model's own readout.

    Args:
        model: A causal one.
        text: Raw.
        lens: The lens's name, for the result.
        translate: Given a layer's number and its states ``[tokens, d]``.
        target: Text whose first token is followed.
    """
    import numpy as np

    anatomy = examine(model)
    read = read_text(model, text)
    target_id = None if target is None else first_token(model, target, what="the target")
    prepare_threads(model)
    states = residual_states(anatomy, read)
    rows = _read_rows(anatomy, states, translate, target_id)
    top = [[model.detokenize([int(token)]) for token in row.top_ids] for row in rows]
    return LensReading(
        model=model.name,
        title=f"{lens} lens",
        values=np.stack([row.divergence for row in rows]),
        row_labels=("embedding", *(str(layer) for layer in range(anatomy.layers))),
        column_labels=read.tokens,
        rows="layer",
        columns="token",
        unit="nats",
        cell_texts=tuple(tuple(row) for row in top),
        lens=lens,
        tokens=read.tokens,
        top_tokens=tuple(tuple(row) for row in top),
        top_probabilities=np.stack([row.top for row in rows]),
        target=None if target_id is None else model.detokenize([target_id]),
        target_probabilities=_stacked([row.target for row in rows]),
        target_ranks=_stacked([row.rank for row in rows]),
    )


def residual_states(anatomy: Anatomy, read: ReadText) -> torch.Tensor:
    """The stream before the first layer and after each: ``[layers + 1, tokens, d]``, one pass."""
    import torch

    first: list[torch.Tensor] = []
    layer = anatomy.blocks[0].layer
    hook = layer.register_forward_pre_hook(lambda _, args: first.append(args[0]))
    try:
        with recorded(anatomy, ["residual"]) as kept, torch.inference_mode():
            anatomy.module.base_model(input_ids=read.tensor(), use_cache=False)
    finally:
        hook.remove()
    after = [kept["residual", number][0] for number in range(anatomy.layers)]
    return torch.stack([first[0][0], *after])


class _Row(NamedTuple):
    divergence: np.ndarray
    top_ids: np.ndarray
    top: np.ndarray
    target: np.ndarray | None
    rank: np.ndarray | None


def _read_rows(
    anatomy: Anatomy, states: torch.Tensor, translate: Translate, target_id: int | None
) -> list[_Row]:
    """One layer at a time: the logits of all of them at once would be gigabytes."""
    import torch

    rows = []
    with torch.inference_mode():
        final = torch.log_softmax(anatomy.readout(states[-1]).float(), dim=-1)
        last = len(states) - 1
        for place in track(range(len(states)), "read the layers", unit="layers"):
            state = states[place] if place == last else translate(place - 1, states[place])
            logprobs = torch.log_softmax(anatomy.readout(state).float(), dim=-1)
            rows.append(_row(final, logprobs, target_id))
    return rows


def _row(final: torch.Tensor, logprobs: torch.Tensor, target_id: int | None) -> _Row:
    divergence = (final.exp() * (final - logprobs)).sum(dim=-1)
    top, ids = logprobs.max(dim=-1)
    target = rank = None
    if target_id is not None:
        found = logprobs[:, target_id]
        target = found.exp().numpy()
        rank = (1 + (logprobs > found[:, None]).sum(dim=-1)).numpy()
    return _Row(divergence.numpy(), ids.numpy(), top.exp().numpy(), target, rank)


def _stacked(rows: Sequence[np.ndarray | None]) -> np.ndarray | None:
    import numpy as np

    kept = [row for row in rows if row is not None]
    return np.stack(kept) if kept else None
