"""Shapley values: what a group adds on average, whatever stands there already.

Shapley 1953, "A Value for n-Person Games"; sampled by orders after Castro, Gómez and Tejada 2009,
"Polynomial calculation of the Shapley value based on sampling".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.seeds import derive_seed

from .games import walk_orders
from .methods import Options, Scores
from .scorer import Scorer

if TYPE_CHECKING:
    import numpy as np

    from .games import Game

_MOST_EXACT_PLAYERS = 9  # 512 prompts
_SAMPLED_PROMPTS = 600  # about as many where it is sampled, as ``samples`` says nothing


def shapley(scorer: Scorer, options: Options) -> Scores:
    """Shapley values of the groups: exact up to nine players, sampled above or with ``samples``.

    ``samples`` is the number of orders, walked in pairs, so it is rounded up to an even one.
    """
    import numpy as np

    players = len(scorer.case.players)
    if options.samples is None and players <= _MOST_EXACT_PLAYERS:
        return Scores(scorer.case.place_players(compute_shapley(scorer.score, players).T))
    pairs = count_pairs(options.samples, players)
    random = np.random.default_rng(derive_seed(options.seed, "shapley"))
    orders = np.array([random.permutation(players) for _ in range(pairs)])
    means, errors = walk_orders(scorer.score, orders)
    place = scorer.case.place_players
    return Scores(place(means.T), error_nats=place(errors.T), steps=2 * pairs)


def count_prompts(samples: int | None, players: int) -> int:
    """How many prompts ``shapley`` asks for at most."""
    if samples is None and players <= _MOST_EXACT_PLAYERS:
        return int(2**players)
    return 2 * count_pairs(samples, players) * (players + 1)


def count_pairs(samples: int | None, players: int) -> int:
    """Pairs of orders for a number of samples, or for the usual number of prompts, at least 2."""
    if samples is not None:
        return max(2, -(-samples // 2))
    return max(2, _SAMPLED_PROMPTS // (2 * players))


def compute_shapley(game: Game, players: int) -> np.ndarray:
    """The exact Shapley values, from all ``2 ** players`` sets: ``[players, outputs]``.

    >>> import numpy as np
    >>> both = lambda sets: (sets[:, :1] & sets[:, 1:2]).astype(float)  # the third adds nothing
    >>> compute_shapley(both, 3)[:, 0].tolist()
    [0.5, 0.5, 0.0]
    """
    import numpy as np

    numbers = np.arange(2**players)
    present = (numbers[:, None] >> np.arange(players)) & 1 == 1
    values = game(present)
    sizes = present.sum(axis=1)
    weights = _weights(players)
    found = np.empty((players, values.shape[1]))
    for player in range(players):
        without = np.flatnonzero(~present[:, player])
        added = values[without | (1 << player)] - values[without]
        found[player] = weights[sizes[without]] @ added
    return found


def _weights(players: int) -> np.ndarray:
    """``s! (n - s - 1)! / n!`` for each size s of the set that a player joins."""
    from math import comb

    import numpy as np

    return np.array([1 / (players * comb(players - 1, size)) for size in range(players)])
