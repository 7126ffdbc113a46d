"""LIME: a linear model of what the target is worth near the prompt.

Ribeiro, Singh and Guestrin 2016, "'Why Should I Trust You?' Explaining the Predictions of Any
Classifier" (arXiv 1602.04938), section 3.4 and its reference implementation for text: how many
groups go is drawn evenly, which ones too; a sample weighs ``exp(-d² / 2w²)`` of its cosine distance
d to the whole prompt, w = 0.25; the model is a ridge regression with penalty 1.
"""

from __future__ import annotations

from workbench.core.optional import require
from workbench.core.seeds import derive_seed

from .methods import Options, Scores
from .scorer import Scorer

_KERNEL_WIDTH = 0.25
_PENALTY = 1.0
_FEWEST, _MOST, _PER_PLAYER = 100, 1000, 10


def explain_linearly(scorer: Scorer, options: Options) -> Scores:
    """The coefficients of the linear model, from ``samples`` prompts, the whole one among them.

    They sum to nothing in particular, and hang on the seed: ``compare`` says how much.
    """
    import numpy as np

    linear_model = require("sklearn.linear_model", extra="data")
    players = len(scorer.case.players)
    samples = count_samples(options.samples, players)
    random = np.random.default_rng(derive_seed(options.seed, "lime"))
    present = np.ones((samples, players), bool)
    for row in present[1:]:
        gone = random.integers(1, players + 1)
        row[random.choice(players, gone, replace=False)] = False
    # Of a vector of zeros and ones with the vector of ones: the root of the part that is there.
    distances = 1 - np.sqrt(present.mean(axis=1))
    weights = np.exp(-(distances**2) / (2 * _KERNEL_WIDTH**2))
    fitted = linear_model.Ridge(alpha=_PENALTY).fit(
        present.astype(float), scorer.score(present), sample_weight=weights
    )
    coefficients = fitted.coef_.reshape(-1, players)
    return Scores(scorer.case.place_players(coefficients), steps=samples)


def count_samples(samples: int | None, players: int) -> int:
    """How many prompts are drawn: as many as asked for, or by the number of players."""
    return samples or min(_MOST, max(_FEWEST, _PER_PLAYER * players))
