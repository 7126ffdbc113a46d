"""Where the entities of a picture stand: the same for the same facts, in time about n log n.

Each connected part is placed by itself: a small star as a hub with the others around it, any other
one by pivot MDS (Brandes & Pich 2007, Eigensolver methods for progressive multidimensional
scaling) and then by springs (Fruchterman & Reingold 1991, Graph drawing by force-directed
placement), where only near entities push each other one by one and far ones by the middle of their
cell. The parts are put side by side on shelves.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_SMALL, _FEW, _STEPS, _PIVOTS, _NEAR = 8, 30, 80, 40, 16
_PARTINGS, _CLOSEST = 40, 0.75
_MOST_CELLS = 12  # on a side
_GAP, _WIDER = 1.6, 1.4  # between parts; the whole is wider than high


def place_entities(count: int, pairs: Sequence[tuple[int, int]], *, seed: int = 0) -> np.ndarray:
    """Places ``[entity, 2]`` for entities of which some pairs are joined; y goes downwards.

    Neighbours are about 1 apart; the upper left corner is (0, 0).

    Args:
        count: How many entities.
        pairs: Which are joined; the direction does not matter.
        seed: Of the small shifts that part what would fall on one point.
    """
    import numpy as np
    from scipy.sparse.csgraph import connected_components

    if count == 0:
        return np.zeros((0, 2))
    joined = _unique(pairs)
    matrix = _matrix(count, joined)
    _, part_of = connected_components(matrix, directed=False)
    order = np.argsort(part_of, kind="stable")
    edges = np.searchsorted(part_of[order], np.arange(part_of.max() + 2))
    places = np.zeros((count, 2))
    parts = []
    for first, last in itertools.pairwise(edges):
        inside = order[first:last]
        own = matrix[inside][:, inside].tocsr()
        found = _hub(own) if _is_star(own) else _spring(own, seed)
        places[inside] = found - found.min(axis=0)
        parts.append(inside)
    for inside, corner in zip(parts, _shelves([np.ptp(places[p], 0) for p in parts]), strict=True):
        places[inside] += corner
    return places


def _unique(pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    import numpy as np

    found = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def _matrix(count: int, joined: np.ndarray) -> Any:
    import numpy as np
    from scipy.sparse import csr_matrix

    rows, columns = np.concatenate([joined, joined[:, ::-1]]).T
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(count, count))


def _is_star(own: Any) -> bool:
    """Whether it is one entity, or a few that are joined to one and not to each other."""
    count = own.shape[0]
    return count <= _SMALL and own.nnz <= 2 * (count - 1) and own.getnnz(axis=1).max() >= count - 1


def _hub(own: Any) -> np.ndarray:
    """The entity with most neighbours in the middle, the others around it."""
    import numpy as np

    count = own.shape[0]
    places = np.zeros((count, 2))
    middle = int(np.argmax(own.getnnz(axis=1)))
    others = [each for each in range(count) if each != middle]
    radius = 1.0 if len(others) < 7 else 1.15
    for number, each in enumerate(others):
        angle = 2 * math.pi * number / max(1, len(others))
        places[each] = radius * math.cos(angle), radius * math.sin(angle)
    return places


def _spring(own: Any, seed: int) -> np.ndarray:
    import numpy as np

    first, second = own.nonzero()
    once = first < second
    pairs = np.stack([first[once], second[once]])
    places = _pivot_mds(own)
    lengths = np.linalg.norm(places[pairs[0]] - places[pairs[1]], axis=1)
    places /= lengths.mean() or 1.0
    places += np.random.default_rng(seed).normal(scale=0.3, size=places.shape)
    steps = _STEPS if len(places) > _FEW else _STEPS // 2
    for step in range(steps):
        heat = 0.9 * (1 - step / steps) ** 1.5 + 0.02
        push = _push(places) + _pull(places, pairs)
        size = np.linalg.norm(push, axis=1, keepdims=True)
        places += push * np.minimum(1.0, heat / np.maximum(size, 1e-9))
    return _lie_down(_parted(places))


def _parted(places: np.ndarray) -> np.ndarray:
    """The same, with those that stand on each other pushed apart."""
    import numpy as np
    from scipy.spatial import KDTree

    for _ in range(_PARTINGS):
        first, second = KDTree(places).query_pairs(_CLOSEST, output_type="ndarray").T
        if not len(first):
            break
        gap = places[first] - places[second]
        length = np.maximum(np.linalg.norm(gap, axis=1, keepdims=True), 1e-6)
        push = gap / length * (_CLOSEST - length) * 0.5
        for axis in (0, 1):
            places[:, axis] += np.bincount(first, push[:, axis], len(places))
            places[:, axis] -= np.bincount(second, push[:, axis], len(places))
    return places


def _pivot_mds(own: Any) -> np.ndarray:
    """Two axes along which the distances to some far pivots differ most."""
    import numpy as np
    from scipy.sparse.csgraph import dijkstra

    count = own.shape[0]
    pivots = [int(np.argmax(own.getnnz(axis=1)))]
    columns: list[np.ndarray] = []
    while True:
        columns.append(dijkstra(own, indices=pivots[-1], unweighted=True))
        if len(pivots) == min(_PIVOTS, count):
            break
        pivots.append(int(np.argmax(np.min(columns, axis=0))))
    squares = np.stack(columns, axis=1) ** 2
    centred = squares - squares.mean(0) - squares.mean(1, keepdims=True) + squares.mean()
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :2]
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]])
    return centred @ (axes * signs)


def _pull(places: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """What joined entities pull each other by: the square of their distance."""
    import numpy as np

    first, second = pairs
    gap = places[second] - places[first]
    force = gap * np.linalg.norm(gap, axis=1, keepdims=True)
    made = np.zeros_like(places)
    for axis in (0, 1):
        made[:, axis] = np.bincount(first, force[:, axis], len(places))
        made[:, axis] -= np.bincount(second, force[:, axis], len(places))
    return made


def _push(places: np.ndarray) -> np.ndarray:
    """What entities push each other by: one over their distance, far ones cell by cell."""
    import numpy as np
    from scipy.spatial import KDTree

    count = len(places)
    side = int(np.clip(math.isqrt(count) // 2, 2, _MOST_CELLS))
    low, span = places.min(0), np.maximum(np.ptp(places, 0), 1e-9)
    where = np.minimum((side * (places - low) / span).astype(int), side - 1)
    cell = where[:, 0] * side + where[:, 1]
    mass = np.bincount(cell, minlength=side * side)
    middles = np.stack(
        [np.bincount(cell, places[:, axis], side * side) / np.maximum(mass, 1) for axis in (0, 1)],
        axis=1,
    )
    made = np.zeros_like(places)
    gap = places[:, None] - middles[None]
    weight = mass / np.maximum((gap**2).sum(-1), 0.05)
    weight[np.arange(count), cell] = 0.0
    made += (gap * weight[..., None]).sum(1)
    _, near = KDTree(places).query(places, k=min(_NEAR, count - 1) + 1)
    gap = places[:, None] - places[near]
    same = cell[near] == cell[:, None]
    made += (gap * (same / np.maximum((gap**2).sum(-1), 0.05))[..., None]).sum(1)
    return made


def _lie_down(places: np.ndarray) -> np.ndarray:
    """The same, turned so that it is wider than high."""
    import numpy as np

    centred = places - places.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1]
    return centred @ (axes * np.sign(axes[np.abs(axes).argmax(axis=0), [0, 1]]))


def _shelves(sizes: Sequence[np.ndarray]) -> list[tuple[float, float]]:
    """The upper left corner of each part: the highest first, in rows of about one length."""
    order = sorted(range(len(sizes)), key=lambda part: (-sizes[part][1], -sizes[part][0], part))
    area = sum((width + _GAP) * (height + _GAP) for width, height in sizes)
    longest = max([math.sqrt(area * _WIDER), *(float(size[0]) for size in sizes)])
    corners = [(0.0, 0.0)] * len(sizes)
    x = y = tall = 0.0
    for part in order:
        width, height = sizes[part]
        if x and x + width > longest:
            x, y, tall = 0.0, y + tall + _GAP, 0.0
        corners[part] = (x, y)
        x, tall = x + width + _GAP, max(tall, height)
    return corners
