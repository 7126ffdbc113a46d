"""Cooperative games: a value for each set of players, and walks through orders of them.

A game is a function from sets ``[rows, players]``, bool, to values ``[rows, outputs]``, float64.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    Game = Callable[[np.ndarray], np.ndarray]


def walk_orders(game: Game, orders: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each player adds when they come one after the other, by many orders.

    Each order is also walked backwards (antithetic pairs: Mitchell, Cooper, Frank and Holmes 2022,
    "Sampling Permutations for Shapley Value Estimation", JMLR 23, section 4.1): the errors of the
    two partly cancel. Each walk adds up to what all players have together, and so do the means.

    Args:
        game: The game.
        orders: Players in the order in which they come: ``[pairs, players]``.

    Returns:
        The mean, ``[players, outputs]``, and its standard error over pairs, NaN for one pair.
    """
    import numpy as np

    both = np.concatenate([orders, orders[:, ::-1]])
    count, players = both.shape
    come = np.argsort(both, axis=1)  # when each player comes
    present = come[:, None, :] < np.arange(players + 1)[None, :, None]
    values = game(present.reshape(-1, players)).reshape(count, players + 1, -1)
    added = np.empty((count, players, values.shape[-1]))
    np.put_along_axis(added, both[:, :, None], np.diff(values, axis=1), axis=1)
    pairs = (added[: len(orders)] + added[len(orders) :]) / 2
    if len(pairs) < 2:
        return pairs.mean(axis=0), np.full(pairs.shape[1:], np.nan)
    return pairs.mean(axis=0), pairs.std(axis=0, ddof=1) / np.sqrt(len(pairs))
