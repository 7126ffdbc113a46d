"""One state for each of many texts, several texts a forward pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled
from workbench.core.progress import progress
from workbench.interpretability.inside.anatomy import Anatomy
from workbench.interpretability.inside.reading import ReadText
from workbench.interpretability.inside.recording import recorded
from workbench.models.batching import batch_by_length, pad_rows

if TYPE_CHECKING:
    import numpy as np

_BATCH_TOKENS = 512


def pool_states(
    anatomy: Anatomy,
    reads: Sequence[ReadText],
    *,
    layers: Sequence[int],
    pooling: str,
    first_token: int = 0,
) -> np.ndarray:
    """The state of each text after layers: of its last token, or the mean of its tokens.

    Texts of about the same length go together, padded at their ends, where no token of a causal
    model looks and an encoder is told not to.

    Args:
        anatomy: The model's.
        reads: The texts.
        layers: After which.
        pooling: ``last`` or ``mean``.
        first_token: Tokens before it are left out of the mean.

    Returns:
        ``[layers, texts, d]``, float64.
    """
    import numpy as np
    import torch

    found: list[np.ndarray | None] = [None] * len(reads)
    lengths = [len(read.ids) for read in reads]
    with progress("read texts", total=len(reads), unit="texts") as task:
        for places in batch_by_length(lengths, batch_tokens=_BATCH_TOKENS):
            check_cancelled()
            ids, mask = pad_rows([reads[place].ids for place in places])
            with recorded(anatomy, ["residual"], layers=layers) as kept, torch.inference_mode():
                anatomy.module.base_model(input_ids=ids, attention_mask=mask)
                states = torch.stack([kept["residual", layer] for layer in layers]).double()
            for row, place in enumerate(places):
                end = lengths[place]
                begin = end - 1 if pooling == "last" else first_token
                found[place] = states[:, row, begin:end].mean(dim=1).numpy()
            task.advance(len(places))
    return np.stack([state for state in found if state is not None], axis=1)
