"""Deletion and insertion curves: does the target fall as fast as the scores say it should?

Petsiuk, Das and Saenko 2018, "RISE: Randomized Input Sampling for Explanation of Black-box Models"
(arXiv 1806.07421), section 4.1. In the place of one class's probability stands the geometric mean
of the target tokens' probabilities, which does not shrink with the target's length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.seeds import derive_seed

if TYPE_CHECKING:
    import numpy as np

    from .scorer import Scorer

MOST_POINTS = 20


@dataclass(frozen=True)
class Curve:
    """A target's probability while groups go or come, the highest score first.

    ``fractions`` of the groups have gone (deletion) or come (insertion), from 0 to 1;
    ``probabilities`` are ``exp`` of the mean log-probability of the target's tokens; ``area`` lies
    under them, by the trapezoid rule: the lower the better for deletion, the higher for insertion.
    """

    fractions: tuple[float, ...]
    probabilities: tuple[float, ...]
    area: float


def draw_deletion(scorer: Scorer, worth: np.ndarray, *, most_points: int = MOST_POINTS) -> Curve:
    """Replace groups one after the other, the highest score first.

    Args:
        scorer: The game; ``worth`` orders its players.
        worth: ``[players]``; of equals the earlier goes first.
        most_points: Steps at most; of more players several go at a step.
    """
    return _draw(scorer, worth, most_points=most_points, inserted=False)


def draw_insertion(scorer: Scorer, worth: np.ndarray, *, most_points: int = MOST_POINTS) -> Curve:
    """Begin with the baseline everywhere and put groups back, the highest score first."""
    return _draw(scorer, worth, most_points=most_points, inserted=True)


def _draw(scorer: Scorer, worth: np.ndarray, *, most_points: int, inserted: bool) -> Curve:
    import numpy as np

    players = len(scorer.case.players)
    order = np.argsort(-np.asarray(worth), kind="stable")
    moved = np.unique(np.linspace(0, players, min(players, most_points) + 1).round().astype(int))
    present = np.full((len(moved), players), not inserted)
    for row, count in enumerate(moved):
        present[row, order[:count]] = inserted
    probabilities = np.exp(scorer.score(present).mean(axis=1))
    fractions = moved / players
    area = float(np.trapezoid(probabilities, fractions))
    return Curve(tuple(fractions.tolist()), tuple(probabilities.tolist()), area)


def measure_random_areas(
    scorer: Scorer, *, orders: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The areas under deletion and insertion curves of random orders: ``[orders]`` each.

    What an attribution is worth shows against these: an area says nothing by itself, as it hangs
    on the prompt, the target and the baseline.
    """
    import numpy as np

    random = np.random.default_rng(derive_seed(seed, "random order"))
    worth = [random.permutation(len(scorer.case.players)) for _ in range(orders)]
    deletions = [draw_deletion(scorer, one).area for one in worth]
    insertions = [draw_insertion(scorer, one).area for one in worth]
    return np.array(deletions), np.array(insertions)
