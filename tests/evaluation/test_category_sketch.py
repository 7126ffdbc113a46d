"""Sketches of categories: merged exactly in any order, bounded, and what is new has its name."""

from __future__ import annotations

import pytest

from workbench.core.errors import InputError
from workbench.evaluation.category_sketch import (
    BUCKETS,
    new_categories,
    reference_names,
    sketch_categories,
)


def test_parts_merge_to_the_whole_in_any_order() -> None:
    rows = [f"user {number % 700}" for number in range(5000)] + [None, None, "ä", 3]
    names = reference_names(rows, most=50)
    whole = sketch_categories(rows, names)
    parts = [sketch_categories(rows[start::3], names) for start in range(3)]
    for merged in (parts[0] + parts[1] + parts[2], parts[2] + parts[0] + parts[1]):
        assert (merged.named, merged.buckets) == (whole.named, whole.buckets)
        assert (merged.examples, merged.missing) == (whole.examples, 2)
    assert whole.rows == 5002
    assert len(whole.named) == 50
    assert len(whole.buckets) == BUCKETS


def test_what_is_new_has_its_name() -> None:
    reference = sketch_categories(["a", "b", "b"], reference_names(["a", "b", "b"]))
    current = sketch_categories(["b", "c", "c", "\ud800"], reference.named)
    assert new_categories(reference, current) == {"c": 2, "\ud800": 1}
    assert new_categories(reference, reference) == {}


def test_sketches_by_other_names_are_refused() -> None:
    with pytest.raises(InputError, match="do not belong together"):
        sketch_categories(["a"], ("a",)) + sketch_categories(["a"], ("b",))
