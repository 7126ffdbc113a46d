"""Occlusion: what the target loses while a window slides over the prompt.

Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks" (arXiv 1311.2901),
section 4.2, with a window of groups in the place of a grey square.
"""

from __future__ import annotations

from workbench.core.errors import InputError

from .methods import Options, Scores
from .scorer import Scorer


def occlude(scorer: Scorer, options: Options) -> Scores:
    """The mean fall of the target over all windows that cover a group.

    A window covers ``options.window`` groups in a row, of those that are not held; it moves by one.
    With a window of 1 this is ablation.

    Raises:
        InputError: The window is wider than the prompt.
    """
    import numpy as np

    players, window = len(scorer.case.players), options.window
    if window > players:
        raise InputError(
            f"a window of {window} groups does not fit into a prompt of {players}",
            hint=f"window={players - 1 or 1}",
        )
    places = np.arange(players)
    starts = np.arange(players - window + 1)[:, None]
    covered = (places >= starts) & (places < starts + window)
    values = scorer.score(np.concatenate([np.ones((1, players), bool), ~covered]))
    falls = values[0] - values[1:]
    by_player = (covered.T @ falls) / covered.sum(axis=0)[:, None]
    return Scores(scorer.case.place_players(by_player.T))
