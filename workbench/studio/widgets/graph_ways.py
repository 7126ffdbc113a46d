"""Where the arrow keys lead in a picture of a graph."""

from __future__ import annotations

import math
from collections.abc import Sequence

Ways = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def ways_of(places: Sequence[tuple[float, float]], pairs: Sequence[tuple[int, int]]) -> list[Ways]:
    """For each entity its neighbours on the right, left, lower and upper side, the nearest first.

    Each neighbour is on the one side that it lies on most; y goes downwards.

    Args:
        places: Of the entities.
        pairs: Which are joined.
    """
    near: list[set[int]] = [set() for _ in places]
    for first, second in pairs:
        if first != second:
            near[first].add(second)
            near[second].add(first)
    return [_sides(places, entity, found) for entity, found in enumerate(near)]


def _sides(places: Sequence[tuple[float, float]], entity: int, near: set[int]) -> Ways:
    x, y = places[entity]
    sides: tuple[list[int], ...] = ([], [], [], [])
    far = {each: (places[each][0] - x, places[each][1] - y) for each in near}
    for each in sorted(near, key=lambda each: (math.hypot(*far[each]), each)):
        dx, dy = far[each]
        if abs(dx) >= abs(dy):
            sides[0 if dx >= 0 else 1].append(each)
        else:
            sides[2 if dy >= 0 else 3].append(each)
    right, left, lower, upper = map(tuple, sides)
    return right, left, lower, upper
