"""Shapley values of any model, by all coalitions where they are few, else by random orders.

A coalition's worth is the mean of the model's output over the background rows, with the explained
row's values in the coalition's columns. Random orders are drawn in pairs, each with its reverse
(antithetic sampling); a feature's value is the mean of what it added in each, and the standard
error is that of the pairs' means.

References:
    Castro, Gomez, Tejada, "Polynomial calculation of the Shapley value based on sampling",
    Computers & Operations Research 36 (2009).
    Mitchell et al., "Sampling permutations for Shapley value estimation", JMLR 23 (2022).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled
from workbench.core.seeds import derive_seed

from .players import Players

if TYPE_CHECKING:
    import numpy as np

ENUMERATED = 10  # players; 1,024 coalitions
_BATCH_ROWS = 50_000
Output = Callable[["np.ndarray"], "np.ndarray"]


class Game:
    """One row's game. Coalitions are bool arrays over the players; each is asked for once."""

    def __init__(
        self, output: Output, row: np.ndarray, background: np.ndarray, players: Players
    ) -> None:
        import numpy as np

        self._output, self._row, self._background = output, row, background
        self._owner = np.asarray(players.owner)
        self.size = len(players.names)
        same = (row == background) | (np.isnan(row) & np.isnan(background))
        # Who has the row's value in every background row adds nothing to any coalition.
        self.playing = np.array(
            [at for at in range(self.size) if not same[:, self._owner == at].all()], dtype=np.int64
        )

    def worths(self, coalitions: np.ndarray) -> np.ndarray:
        """The worth of coalitions ``[n, players]``; shape ``[n]``."""
        import numpy as np

        found = np.empty(len(coalitions))
        step = max(1, _BATCH_ROWS // len(self._background))
        for start in range(0, len(coalitions), step):
            check_cancelled()
            known = coalitions[start : start + step][:, self._owner]
            rows = np.where(known[:, None, :], self._row, self._background)
            values = self._output(rows.reshape(-1, rows.shape[2]))
            found[start : start + step] = values.reshape(len(known), -1).mean(axis=1)
        return found


def enumerate_shap(game: Game) -> np.ndarray:
    """The exact values ``[players]``, by the worth of all coalitions of those who play."""
    from math import comb

    import numpy as np

    count = len(game.playing)
    members = (np.arange(2**count)[:, None] >> np.arange(count) & 1).astype(bool)
    coalitions = np.zeros((len(members), game.size), dtype=bool)
    coalitions[:, game.playing] = members
    worths = game.worths(coalitions)
    sizes = members.sum(axis=1)
    weights = np.array([1 / (count * comb(count - 1, size)) for size in range(count)] + [0.0])
    found = np.zeros(game.size)
    for place, player in enumerate(game.playing):
        without = np.flatnonzero(~members[:, place])
        gains = worths[without | 1 << place] - worths[without]
        found[player] = (weights[sizes[without]] * gains).sum()
    return found


def sample_shap(game: Game, *, pairs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Values ``[players]`` by random orders, and their standard errors (NaN for one pair)."""
    import numpy as np

    random = np.random.default_rng(derive_seed(seed, "permutation_shap"))
    count = len(game.playing)
    gains = np.zeros((pairs, game.size))
    orders = [random.permutation(game.playing) for _ in range(pairs)]
    both = [order for first in orders for order in (first, first[::-1])]
    coalitions = np.zeros((len(both), count + 1, game.size), dtype=bool)
    for at, order in enumerate(both):
        for step, player in enumerate(order):
            coalitions[at, step + 1 :, player] = True
    worths = game.worths(coalitions.reshape(-1, game.size)).reshape(len(both), count + 1)
    for at, order in enumerate(both):
        gains[at // 2, order] += np.diff(worths[at]) / 2
    spread = gains.std(axis=0, ddof=1) if pairs > 1 else np.full(game.size, np.nan)
    return gains.mean(axis=0), spread / np.sqrt(pairs)
