"""Categories as counts by name, the many rare ones in hashed buckets: sketches merge by adding.

Which categories have a count of their own is settled by the reference. Whatever else comes falls
into one of some buckets by its hash, so that a column of ids takes no more room than one of days;
each bucket remembers the first of its names in the alphabet, by which what is new is named.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

MOST_NAMED, BUCKETS = 1000, 256
LEAST_ROWS = 5


@dataclass(frozen=True, eq=False)
class CategorySketch:
    """``named`` has each category of the reference that is counted by name, ``buckets`` all others
    by their hash; ``examples`` names one category of each bucket that is not empty."""

    named: Mapping[str, int]
    buckets: tuple[int, ...] = (0,) * BUCKETS
    examples: Mapping[int, str] = field(default_factory=dict)
    missing: int = 0

    @property
    def rows(self) -> int:
        """Those with a value."""
        return sum(self.named.values()) + sum(self.buckets)

    def __add__(self, other: CategorySketch) -> CategorySketch:
        """The sketch of the rows of both, exactly.

        Raises:
            InputError: They name different categories.
        """
        check_same_names(self, other)
        examples = dict(self.examples)
        for bucket, name in other.examples.items():
            examples[bucket] = min(name, examples.get(bucket, name))
        return CategorySketch(
            {name: count + other.named[name] for name, count in self.named.items()},
            tuple(a + b for a, b in zip(self.buckets, other.buckets, strict=True)),
            examples,
            self.missing + other.missing,
        )


def reference_names(
    values: Iterable[Any], *, most: int = MOST_NAMED, least: int = LEAST_ROWS
) -> tuple[str, ...]:
    """The categories that are counted by name, in the alphabet's order.

    All of them where they are no more than ``most``; else the most frequent, of at least ``least``
    rows each: ids are in buckets, where none was chosen for being in the reference.
    """
    counted = Counter(str(value) for value in values if value is not None)
    if len(counted) <= most:
        return tuple(sorted(counted))
    frequent = [name for name in counted if counted[name] >= least]
    return tuple(sorted(sorted(frequent, key=lambda name: (-counted[name], name))[:most]))


def sketch_categories(values: Iterable[Any], names: Iterable[str]) -> CategorySketch:
    """Count categories.

    Args:
        values: Anything; each is taken as its text, and None is missing.
        names: Those that are counted by name, from ``reference_names``.
    """
    counted = Counter(None if value is None else str(value) for value in values)
    missing = counted.pop(None, 0)
    named = {name: counted.pop(name, 0) for name in names}
    buckets = [0] * BUCKETS
    examples: dict[int, str] = {}
    for name, count in counted.items():
        assert name is not None
        bucket = bucket_of(name)
        buckets[bucket] += count
        examples[bucket] = min(name, examples.get(bucket, name))
    return CategorySketch(named, tuple(buckets), examples, missing)


def bucket_of(name: str) -> int:
    """Which bucket a category falls into that has no count of its own."""
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) % BUCKETS


def comparable_counts(
    first: CategorySketch, second: CategorySketch, *, least: float = LEAST_ROWS
) -> tuple[np.ndarray, np.ndarray]:
    """The counts of both in the same cells: names, then buckets.

    A name that both together have too few rows of, for the smaller one to expect ``least``, goes to
    its bucket: what was named because the reference happened to have it would seem to vanish.

    Returns:
        Two rows of the shape ``[names + buckets]``; the names that went are empty in both.

    Raises:
        InputError: They name different categories.
    """
    import numpy as np

    check_same_names(first, second)
    sides = [np.array([*s.named.values(), *s.buckets], dtype=float) for s in (first, second)]
    sides[1][: len(first.named)] = [second.named[name] for name in first.named]
    rows = [side.sum() for side in sides]
    expected = (sides[0] + sides[1]) * min(rows) / max(sum(rows), 1)
    for at, name in enumerate(first.named):
        if expected[at] < least:
            for side in sides:
                side[len(first.named) + bucket_of(name)] += side[at]
                side[at] = 0
    return sides[0], sides[1]


def new_categories(reference: CategorySketch, current: CategorySketch) -> dict[str, int]:
    """Rows of categories that the reference surely has not, one name for each bucket they fill."""
    return {
        current.examples[bucket]: count
        for bucket, count in enumerate(current.buckets)
        if count and not reference.buckets[bucket]
    }


def check_same_names(first: CategorySketch, second: CategorySketch) -> None:
    """Refuse sketches that were counted differently."""
    if first.named.keys() != second.named.keys():
        raise InputError(
            f"sketches that name {len(first.named)} and {len(second.named)} categories do not "
            "belong together",
            hint="sketch both by the names of one reference",
        )
