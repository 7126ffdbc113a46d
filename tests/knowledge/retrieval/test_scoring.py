"""Retrieval is scored by hand-counted cases."""

from __future__ import annotations

import pytest

from workbench.knowledge.retrieval.scoring import (
    abstain_at,
    abstention_curve,
    area_under,
    supports_within,
)
from workbench.knowledge.retrieval.training.questions import Labelled


def test_all_passages_must_be_among_the_first() -> None:
    asked = [Labelled(str(n), "?", "bridge", "multi-hop", (1, 2)) for n in range(3)]
    lists = [[2, 7, 1], [2, 7, 8, 1], [1]]
    assert supports_within(asked, lists, first=3).tolist() == [1, 0, 0]
    assert supports_within(asked, lists).tolist() == [1, 1, 0]
    with pytest.raises(ValueError):
        supports_within(asked, lists[:2])


def test_a_bound_loses_some_and_passes_over_others() -> None:
    having, without = [0.9, 0.8, 0.3, 0.7], [0.1, 0.3, 0.75]
    told = abstain_at(having, without, 0.5)
    assert (told.lost, told.passed) == (0.25, pytest.approx(2 / 3))
    assert abstain_at(having, without, 0.3).lost == 0  # what is at the bound is answered
    curve = abstention_curve(having, without)
    assert (curve[0].lost, curve[0].passed, curve[-1].lost, curve[-1].passed) == (0, 0, 1, 1)
    assert [each.passed for each in curve] == sorted(each.passed for each in curve)


def test_the_area_counts_ties_by_half() -> None:
    assert area_under([0.9, 0.3], [0.1, 0.3]) == (3 + 0.5) / 4
    assert area_under([0.1], [0.9]) == 0
