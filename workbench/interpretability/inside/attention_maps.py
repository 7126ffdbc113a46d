"""Attention maps: which tokens each head looks at.

Vaswani et al. 2017, Attention Is All You Need, section 3.2. The fast kernels never hold the shares,
so for this one pass the model is set to the plain one (``eager``) and set back after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError
from workbench.interpretability.inside.anatomy import Anatomy, examine
from workbench.interpretability.inside.reading import prepare_threads, read_text
from workbench.interpretability.inside.results import AttentionMaps

if TYPE_CHECKING:
    from workbench.models.model import Model


def read_attention(
    model: Model, text: str, *, layers: Sequence[int] | None = None
) -> AttentionMaps:
    """The attention of every head on one text.

    Args:
        model: A causal model or an encoder on ``engine="transformers"``.
        text: Raw; an encoder's marks are put around it.
        layers: Which; all by default.

    Returns:
        ``values[layer, head, query, key]``, each query's row summing to 1.

    Raises:
        InputError: The text is empty, or a layer is not there.
        CapabilityError: The engine has no module, or the family has no plain attention.
    """
    import numpy as np
    import torch

    anatomy = examine(model, causal=False)
    wanted = anatomy.check_layers(layers)
    read = read_text(model, text)
    prepare_threads(model)
    with plain_attention(anatomy), torch.inference_mode():
        result = anatomy.module.base_model(
            input_ids=read.tensor(), output_attentions=True, **_no_cache(anatomy)
        )
    maps = result.attentions
    if not maps or any(one is None for one in maps):
        raise CapabilityError(
            f"{model.name} ({anatomy.architecture}) gave no attention maps",
            hint="its attention cannot be set to 'eager'",
        )
    return AttentionMaps(
        model=model.name,
        tokens=read.tokens,
        layers=wanted,
        values=np.stack([maps[layer][0].float().numpy() for layer in wanted]),
    )


@contextmanager
def plain_attention(anatomy: Anatomy) -> Iterator[None]:
    """Set a model to the attention that can be looked at, and back again whatever happens."""
    module: Any = anatomy.module
    before = module.config._attn_implementation
    module.set_attn_implementation("eager")
    try:
        yield
    finally:
        module.set_attn_implementation(before)


def _no_cache(anatomy: Anatomy) -> dict[str, bool]:
    return {} if anatomy.unembedding is None else {"use_cache": False}
