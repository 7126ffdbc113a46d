"""SmoothGrad: Smilkov, Thorat, Kim, Viégas and Wattenberg 2017, "SmoothGrad: removing noise by
adding noise" (arXiv 1706.03825), section 3, on the embeddings of a prompt, times the embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.core.progress import progress
from workbench.core.seeds import derive_seed
from workbench.interpretability.attribution.differentiable import BATCH_TOKENS, Differentiable

if TYPE_CHECKING:
    import numpy as np

SAMPLES = 32
NOISE = 0.1
MOST_NOISE = 10.0
_MOST_SAMPLES = 4096


def smoothgrad(
    function: Differentiable,
    *,
    samples: int = SAMPLES,
    noise: float = NOISE,
    seed: int = 0,
    hold: Sequence[int] = (0,),
    per_output: bool = True,
    batch_tokens: int = BATCH_TOKENS,
) -> np.ndarray:
    """The mean gradient around the prompt, times the prompt: ``[m or 1, n]``.

    Args:
        function: What is explained, with its prompt of n tokens.
        samples: How many noisy prompts are looked at.
        noise: The noise's standard deviation, as a part of that of the prompt's embeddings. (The
            paper takes 0.1 to 0.2 of the range of a picture's pixels, which is less than one
            standard deviation of them; a range of embeddings is made by a few outliers.)
        seed: Decides the noise.
        hold: Positions that get no noise and the score 0.
        per_output: Scores of each output, else of their sum.
        batch_tokens: About as many tokens are run at a time; bounds the memory.

    Raises:
        InputError: The samples or the noise are out of range.
    """
    import torch

    if not 1 <= samples <= _MOST_SAMPLES:
        raise InputError(f"{samples} samples; 1 to {_MOST_SAMPLES} are allowed", hint="samples=32")
    if not 0 <= noise <= MOST_NOISE:
        raise InputError(f"noise {noise}; 0 to {MOST_NOISE:g} is allowed", hint="noise=0.1")
    prompt = function.embed(function.ids)
    held = list(hold)
    spread = noise * float(prompt.std())
    random = torch.Generator().manual_seed(derive_seed(seed, "smoothgrad"))
    means = torch.zeros(function.outputs if per_output else 1, *prompt.shape, dtype=torch.float64)
    at_once = max(1, batch_tokens // (len(prompt) + function.outputs))
    with progress("smooth gradients", total=samples, unit="samples") as task:
        for first in range(0, samples, at_once):
            count = min(at_once, samples - first)
            moved = torch.randn((count, *prompt.shape), generator=random) * spread
            moved[:, held] = 0
            _, gradients = function.gradients(prompt + moved.to(prompt), per_output=per_output)
            for row, gradient in enumerate(gradients):
                means[row] += gradient.double().sum(dim=0).cpu() / samples
            task.advance(count)
    scores = (means * prompt.double().cpu()).sum(dim=2)
    scores[:, held] = 0
    found: np.ndarray = scores.numpy()
    return found
