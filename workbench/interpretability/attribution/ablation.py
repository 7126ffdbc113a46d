"""Ablation: what the target loses when one group is replaced.

Li, Monroe and Jurafsky 2016, "Understanding Neural Networks through Representation Erasure"
(arXiv 1612.08220), section 2.
"""

from __future__ import annotations

from .methods import Options, Scores
from .scorer import Scorer


def ablate(scorer: Scorer, options: Options) -> Scores:
    """``f(x) - f(x without group j)`` for each target token and group: players + 1 prompts."""
    import numpy as np

    players = len(scorer.case.players)
    present = np.concatenate([np.ones((1, players), bool), ~np.eye(players, dtype=bool)])
    values = scorer.score(present)
    return Scores(scorer.case.place_players((values[0] - values[1:]).T))
