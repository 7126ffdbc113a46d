"""Attention rollout: how much of each input token every token is made of, through all layers.

Abnar and Zuidema 2020, Quantifying Attention Flow in Transformers, section 3. The heads of a layer
are averaged, half of each token is taken to be itself (the residual stream), and the layers are
multiplied. It is a picture of where information can flow, not of what is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.interpretability.inside.attention_maps import read_attention
from workbench.interpretability.inside.results import Rollout

if TYPE_CHECKING:
    from workbench.models.model import Model


def roll_out_attention(model: Model, text: str, *, residual_share: float = 0.5) -> Rollout:
    """Shares of the input tokens in each token after the last layer.

    Args:
        model: A causal model or an encoder on ``engine="transformers"``.
        text: Raw.
        residual_share: How much of a token stays itself in each layer; the paper takes a half.

    Returns:
        ``values[token, input]``, each row summing to 1.

    Raises:
        InputError: The text is empty, or the share is not from 0 to 1.
        CapabilityError: As for ``read_attention``.
    """
    import numpy as np

    if not 0.0 <= residual_share <= 1.0:
        raise InputError(f"residual_share is {residual_share}; it must lie from 0 to 1")
    maps = read_attention(model, text)
    same = np.eye(len(maps.tokens))
    found = same
    for layer in maps.values.astype(np.float64).mean(axis=1):
        found = (residual_share * same + (1.0 - residual_share) * layer) @ found
    return Rollout(
        model=model.name,
        title="attention rollout",
        values=found,
        row_labels=maps.tokens,
        column_labels=maps.tokens,
        rows="token",
        columns="input token",
        unit="share",
        tokens=maps.tokens,
        residual_share=residual_share,
    )
