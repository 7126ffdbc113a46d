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
from typing import Any

from workbench.core.errors import InputError

MOST_NAMED, BUCKETS = 1000, 256


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


def reference_names(values: Iterable[Any], *, most: int = MOST_NAMED) -> tuple[str, ...]:
    """The categories that are counted by name: the most frequent, in the alphabet's order."""
    counted = Counter(str(value) for value in values if value is not None)
    frequent = sorted(counted, key=lambda name: (-counted[name], name))[:most]
    return tuple(sorted(frequent))


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
        bucket = zlib.crc32(name.encode("utf-8", "surrogatepass")) % BUCKETS
        buckets[bucket] += count
        examples[bucket] = min(name, examples.get(bucket, name))
    return CategorySketch(named, tuple(buckets), examples, missing)


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
