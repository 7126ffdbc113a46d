"""The batched scorer says what the model says of each prompt alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from workbench.core.errors import CapabilityError
from workbench.interpretability.attribution.forward import BLANK, TargetForward
from workbench.models.formats.tiny import TINY_ARCHITECTURES
from workbench.models.model import Model

ROWS = [[20, 21, 22, 23], [24], [30, 31, 32, 33, 34, 35, 36], [40, 41, 42, 43]]
TARGET = [50, 51, 52]
Tiny = Callable[..., Model]


def alone(model: Model, row: list[int], target: list[int]) -> list[float]:
    """The log-probabilities by a plain forward pass of one prompt, without any of our code."""
    import torch

    with torch.no_grad():
        logits = model.module(input_ids=torch.tensor([row + target])).logits[0].double()
    logprobs = torch.log_softmax(logits, dim=-1)
    return [float(logprobs[len(row) - 1 + i, token]) for i, token in enumerate(target)]


@pytest.mark.parametrize("architecture", TINY_ARCHITECTURES)
@pytest.mark.parametrize("batch_tokens", [1, 14, 2048])
def test_prompts_of_several_lengths_score_as_each_alone(
    tiny: Tiny, architecture: str, batch_tokens: int
) -> None:
    model = tiny(architecture)
    scored = TargetForward(model, TARGET, batch_tokens=batch_tokens).score(ROWS)
    expected = [alone(model, row, TARGET) for row in ROWS]
    np.testing.assert_allclose(scored, expected, atol=1e-5)


def test_it_would_see_padding_on_the_other_side(tiny: Tiny) -> None:
    """The broken variant: ids pushed to the right with no mask, as a careless batch would be."""
    model = tiny()
    pushed = [[0, 0, 0, *ROWS[0]], ROWS[2]]
    scored = TargetForward(model, TARGET).score(pushed)
    assert np.abs(scored[0] - alone(model, ROWS[0], TARGET)).max() > 1e-3


def test_a_blank_is_the_mean_embedding(tiny: Tiny) -> None:
    import torch

    forward = TargetForward(tiny(), TARGET)
    table = forward.module.get_input_embeddings().weight.detach()
    torch.testing.assert_close(forward.embed([20, BLANK])[1], table.mean(dim=0))
    after = table[torch.tensor(TARGET[:-1], dtype=torch.long)]
    embedded = torch.cat([torch.stack([table[20], table.mean(dim=0)]), after])[None]
    with torch.no_grad():
        logprobs = forward.module(inputs_embeds=embedded).logits[0, 1:].log_softmax(dim=-1)
    expected = logprobs[torch.arange(len(TARGET)), torch.tensor(TARGET)].numpy()[None]
    np.testing.assert_allclose(forward.score([[20, BLANK]]), expected, atol=1e-5)


def test_a_model_without_logits_to_keep_scores_the_same(tiny: Tiny) -> None:
    forward = TargetForward(tiny(), TARGET)
    expected = forward.score(ROWS)
    forward._keeps_logits = False
    np.testing.assert_allclose(forward.score(ROWS), expected, atol=1e-6)


@pytest.mark.model
def test_an_encoder_is_refused(shared_home: object) -> None:
    from workbench import models

    with (
        models.load("minilm-l6-v2", engine="transformers", threads=1) as encoder,
        pytest.raises(CapabilityError, match="no causal language model"),
    ):
        TargetForward(encoder, TARGET)
