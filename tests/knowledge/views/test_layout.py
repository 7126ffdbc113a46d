"""Places of entities: the same each time, apart, near their neighbours, and quick for thousands."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.knowledge.views.layout import place_entities

GRID = [(r * 8 + c, r * 8 + c + 1) for r in range(8) for c in range(7)]
GRID += [(r * 8 + c, r * 8 + c + 8) for r in range(7) for c in range(8)]


def nearest(places: np.ndarray) -> np.ndarray:
    """Of each entity how far the nearest other is."""
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1)
    np.fill_diagonal(gaps, np.inf)
    found: np.ndarray = gaps.min(axis=1)
    return found


@pytest.mark.parametrize(
    ("count", "pairs"),
    [
        (64, GRID),
        (60, [(0, each) for each in range(1, 60)]),
        (30, [(each, each + 1) for each in range(29)]),
        (40, [(each, each + 1) for each in range(0, 40, 2)]),
        (9, [(1, 2), (2, 1), (1, 1), (2, 3)]),
        (1, []),
    ],
)
def test_the_same_each_time_whatever_the_order_and_nothing_on_one_point(
    count: int, pairs: list[tuple[int, int]]
) -> None:
    places = place_entities(count, pairs)
    again = place_entities(count, [(b, a) for a, b in reversed(pairs)])
    assert np.array_equal(places, again)
    assert np.isfinite(places).all() and (places >= -1e-9).all()
    assert places.max() < 4 * count + 4  # bounded by how many there are
    if count > 1:
        assert nearest(places).min() > 0.4
    assert place_entities(0, []).shape == (0, 2)


def test_neighbours_are_nearer_than_others() -> None:
    places = place_entities(64, GRID)
    gaps = np.linalg.norm(places[:, None] - places[None], axis=-1)
    joined = np.mean([gaps[pair] for pair in GRID])
    others = gaps[np.triu_indices(64, 1)].mean()
    assert joined < 0.4 * others
    # Places that know nothing of the facts are seen by the same measure.
    mixed = np.random.default_rng(0).permutation(places)
    gaps = np.linalg.norm(mixed[:, None] - mixed[None], axis=-1)
    assert np.mean([gaps[pair] for pair in GRID]) > 0.8 * others


def test_parts_do_not_overlap() -> None:
    star = [(0, each) for each in range(1, 20)]
    pairs = [(a + 20 * n, b + 20 * n) for n in range(4) for a, b in star]
    places = place_entities(80, pairs)
    boxes = [
        (places[20 * n : 20 * n + 20].min(0), places[20 * n : 20 * n + 20].max(0)) for n in range(4)
    ]
    for n, (low, high) in enumerate(boxes):
        for other_low, other_high in boxes[n + 1 :]:
            assert (high < other_low).any() or (other_high < low).any()
