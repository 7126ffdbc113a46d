"""Reciprocal rank fusion: several rankings made one, by ranks alone.

Cormack, Clarke and Buettcher 2009, "Reciprocal Rank Fusion Outperforms Condorcet and Individual
Rank Learning Methods".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

from workbench.core.errors import InputError

RANK_OFFSET = 60
"""The paper's k: how little the first ranks count above the next."""

Item = TypeVar("Item", int, str)


def fuse_ranks(
    rankings: Mapping[str, Sequence[Item]],
    *,
    weights: Mapping[str, float] | None = None,
    offset: int = RANK_OFFSET,
) -> dict[Item, float]:
    """The fused score of each item: the sum of ``weight / (offset + rank)``, ranks from 1.

    Args:
        rankings: Lists by their rankers' names, the best first, each item once.
        weights: How much a ranker counts; 1 for one that is not named.
        offset: The paper's k.

    Returns:
        Scores by item, the best first; of equal scores the lesser item first.

    Raises:
        InputError: An item comes twice in a list.
    """
    scores: dict[Item, float] = defaultdict(float)
    for name, ranked in rankings.items():
        if len(set(ranked)) != len(ranked):
            raise InputError(f"the ranking {name!r} has an item twice; each must come once")
        weight = 1.0 if weights is None else weights.get(name, 1.0)
        for rank, item in enumerate(ranked, start=1):
            scores[item] += weight / (offset + rank)
    return dict(sorted(scores.items(), key=lambda each: (-each[1], each[0])))
