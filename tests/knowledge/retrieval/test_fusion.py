"""Reciprocal rank fusion is the sum that its paper writes down."""

from __future__ import annotations

import pytest

from workbench.core.errors import InputError
from workbench.knowledge.retrieval.fusion import fuse_ranks


def test_a_score_is_the_sum_of_reciprocal_ranks() -> None:
    found = fuse_ranks({"words": ["a", "b", "c"], "meaning": ["c", "a"]})
    assert found == pytest.approx({"a": 1 / 61 + 1 / 62, "c": 1 / 63 + 1 / 61, "b": 1 / 62})
    assert list(found) == ["a", "c", "b"]


def test_weights_and_offset_count() -> None:
    found = fuse_ranks({"one": [1, 2], "two": [2]}, weights={"one": 0.5, "two": 2.0}, offset=1)
    assert found == pytest.approx({2: 0.5 / 3 + 2 / 2, 1: 0.5 / 2})


def test_ties_are_in_the_order_of_the_items() -> None:
    assert list(fuse_ranks({"one": ["b"], "two": ["a"]})) == ["a", "b"]
    assert list(fuse_ranks({"one": [10], "two": [9]})) == [9, 10]


def test_an_item_twice_in_a_list_is_refused() -> None:
    with pytest.raises(InputError, match="twice"):
        fuse_ranks({"words": ["a", "a"]})
    assert fuse_ranks({}) == {}
