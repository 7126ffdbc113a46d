"""Splits: shares, groups, stability, and a leak check that finds a planted leak."""

from __future__ import annotations

import math
from collections import Counter

import datasets
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench import data
from workbench.core.errors import InputError, NotFoundError

SHARES = {"train": 0.7, "test": 0.2, "held": 0.1}


@pytest.fixture
def rows() -> datasets.Dataset:
    return datasets.Dataset.from_dict(
        {
            "id": list(range(3000)),
            "person": [f"p{i % 400}" for i in range(3000)],
            "label": [int(i % 5 == 0) for i in range(3000)],
        }
    )


def test_hash_split_meets_its_shares_within_chance(rows: datasets.Dataset) -> None:
    parts = data.split_by_hash(rows, SHARES, by=["id"])
    assert sum(part.num_rows for part in parts.values()) == rows.num_rows
    for name, share in SHARES.items():
        deviation = math.sqrt(share * (1 - share) / rows.num_rows)
        assert abs(parts[name].num_rows / rows.num_rows - share) < 4 * deviation
    other = data.split_by_hash(rows, SHARES, by=["id"], seed=1)
    assert other["test"]["id"][:] != parts["test"]["id"][:]


def test_rows_keep_their_part_when_others_come_or_go(rows: datasets.Dataset) -> None:
    parts = data.split_by_hash(rows, SHARES, by=["id"])
    fewer = data.split_by_hash(rows.select(range(2999, 0, -2)), SHARES, by=["id"])
    for name in SHARES:
        assert set(fewer[name]["id"]) <= set(parts[name]["id"])


def test_groups_stay_together_and_a_leak_is_found(rows: datasets.Dataset) -> None:
    for parts in (
        data.split_by_hash(rows, SHARES, by=["person"]),
        data.split_stratified(rows, SHARES, by="label", group="person"),
    ):
        assert data.find_leaks(parts, by=["person"]) == ()
    broken = data.split_stratified(rows, SHARES, by="label")  # does not know of persons
    leaks = data.find_leaks(broken, by=["person"])
    assert {(leak.first, leak.second) for leak in leaks} >= {("train", "test")}
    copied = {"train": rows.select([0, 1, 1]), "test": rows.select([1, 2])}
    (leak,) = data.find_leaks(copied)
    assert (leak.first_rows, leak.second_rows) == (2, 1)
    assert leak.examples == ([1, 0, "p1"],)


def test_strata_are_shared_out_to_the_row(rows: datasets.Dataset) -> None:
    parts = data.split_stratified(rows, SHARES, by="label")
    for name, share in SHARES.items():
        assert Counter(parts[name]["label"]) == {1: round(600 * share), 0: round(2400 * share)}
    shuffled = data.split_stratified(rows.shuffle(seed=3), SHARES, by="label")
    assert set(shuffled["test"]["id"]) == set(parts["test"]["id"])


def test_stratified_groups_come_near_the_shares(rows: datasets.Dataset) -> None:
    parts = data.split_stratified(rows, SHARES, by="label", group="person")
    for name, share in SHARES.items():
        assert parts[name].num_rows == pytest.approx(3000 * share, abs=16)  # two groups
        assert sum(parts[name]["label"]) == pytest.approx(600 * share, abs=16)


@settings(max_examples=30, deadline=None)
@given(
    labels=st.lists(st.integers(0, 3), min_size=1, max_size=60),
    weights=st.lists(st.integers(1, 9), min_size=1, max_size=4),
)
def test_a_stratified_split_loses_and_repeats_nothing(
    labels: list[int], weights: list[int]
) -> None:
    rows = datasets.Dataset.from_dict({"id": list(range(len(labels))), "label": labels})
    shares = {f"part{i}": w / sum(weights) for i, w in enumerate(weights)}
    parts = data.split_stratified(rows, shares, by="label")
    assert sorted(i for part in parts.values() for i in part["id"]) == list(range(len(labels)))
    for stratum, size in Counter(labels).items():
        for name, share in shares.items():
            assert abs(list(parts[name]["label"]).count(stratum) - size * share) < 1


def test_wrong_fractions_and_columns_are_refused(rows: datasets.Dataset) -> None:
    for wrong in ({}, {"train": 0.5}, {"a": 1.5, "b": -0.5}):
        with pytest.raises(InputError, match="add up"):
            data.split_by_hash(rows, wrong)
    with pytest.raises(NotFoundError, match="'person'"):
        data.split_by_hash(rows, SHARES, by=["persons"])
