"""A reservoir keeps each offer with the same chance, which a plausible wrong one does not."""

from __future__ import annotations

import random

import pytest
from scipy.stats import chisquare

from workbench.core.errors import InputError
from workbench.finetuning.continual.reservoir import Reservoir

SIZE, OFFERS, TIMES = 5, 20, 3000


class AlwaysIn(Reservoir[int]):
    """Broken: whatever is new takes a place, so what is old dies out."""

    def offer(self, item: int) -> None:
        if len(self.items) < self.size:
            self.items.append(item)
        else:
            self.items[self._random.randrange(self.size)] = item


def _p_value(kind: type[Reservoir[int]]) -> float:
    counts = [0] * OFFERS
    for seed in range(TIMES):
        kept = kind(SIZE, seed=seed)
        for item in range(OFFERS):
            kept.offer(item)
        for item in kept.items:
            counts[item] += 1
    return float(chisquare(counts).pvalue)


def test_every_offer_has_the_same_chance() -> None:
    assert _p_value(Reservoir) > 0.001
    assert _p_value(AlwaysIn) < 1e-6


def test_a_draw_has_none_twice_and_no_more_than_there_are() -> None:
    kept: Reservoir[int] = Reservoir(4, seed=1)
    assert kept.draw(3) == []
    for item in random.Random(1).sample(range(100), 50):
        kept.offer(item)
    assert len(kept) == 4
    assert sorted(kept.draw(9)) == sorted(kept.items)
    with pytest.raises(InputError, match="keeps nothing"):
        Reservoir(0, seed=1)
