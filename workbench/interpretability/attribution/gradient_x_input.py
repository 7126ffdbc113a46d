"""Gradient x input: Shrikumar, Greenside and Kundaje 2017, "Not Just a Black Box" (arXiv
1605.01713), on the embeddings of a prompt: the first-order effect of taking a token's away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.interpretability.attribution.differentiable import Differentiable

if TYPE_CHECKING:
    import numpy as np


def gradient_x_input(
    function: Differentiable, *, hold: Sequence[int] = (0,), per_output: bool = True
) -> np.ndarray:
    """The gradient at the prompt, times the prompt: ``[m or 1, n]``, in the outputs' unit.

    Args:
        function: What is explained, with its prompt of n tokens.
        hold: Positions whose score is 0, so that methods can be compared.
        per_output: Scores of each output, else of their sum.

    The scores add up to nothing in particular.
    """
    import torch

    prompt = function.embed(function.ids)
    _, gradients = function.gradients(prompt[None], per_output=per_output)
    scores = torch.stack([(gradient[0] * prompt).sum(dim=1) for gradient in gradients])
    scores[:, list(hold)] = 0
    found: np.ndarray = scores.double().cpu().numpy()
    return found
