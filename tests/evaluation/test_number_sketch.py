"""Sketches of numbers: they merge exactly; their distance is scipy's within the stated error."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from workbench.core.errors import InputError
from workbench.evaluation.number_sketch import (
    NumberSketch,
    coarse_groups,
    reference_edges,
    sketch_numbers,
    sketched_distance,
)

MADE = {
    "heavy tails": lambda r, n: r.standard_t(1.1, n),
    "lognormal": lambda r, n: r.lognormal(0, 2, n),
    "counts": lambda r, n: r.poisson(3000, n).astype(float),
    "six in ten are 0": lambda r, n: np.where(r.random(n) < 0.6, 0, r.normal(size=n)),
}


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("moved", [0.0, 0.02])
def test_the_distance_is_the_exact_one_within_a_thousandth(kind: str, moved: float) -> None:
    draw = np.random.default_rng(0)
    first, second = MADE[kind](draw, 40_000), MADE[kind](draw, 40_000) * (1 + moved)
    edges = reference_edges(first)
    found = sketched_distance(sketch_numbers(first, edges), sketch_numbers(second, edges))
    exact = float(ks_2samp(first, second, method="asymp").statistic)
    assert abs(found.low - exact) <= 0.001
    assert found.low - 1e-12 <= exact <= found.high + 1e-12


def test_edges_that_do_not_come_from_the_reference_miss_the_thousandth() -> None:
    """The broken variant: equal widths over the range put heavy tails into one bin."""
    draw = np.random.default_rng(0)
    first, second = (MADE["heavy tails"](draw, 40_000) + at for at in (0, 0.2))
    edges = np.linspace(first.min(), first.max(), 513)
    found = sketched_distance(sketch_numbers(first, edges), sketch_numbers(second, edges))
    assert abs(found.low - float(ks_2samp(first, second).statistic)) > 0.001


def test_days_merge_to_the_sketch_of_all_rows() -> None:
    rows = np.random.default_rng(1).normal(size=3000)
    rows[:7] = (np.nan, np.inf, np.inf, -np.inf, 1e300, -1e300, np.nan)
    edges = reference_edges(rows)
    merged = sum_of(sketch_numbers(part, edges) for part in np.array_split(rows, 7))
    whole = sketch_numbers(rows, edges)
    assert np.array_equal(merged.counts, whole.counts)
    assert (merged.missing, merged.above_infinite, merged.below_infinite) == (2, 2, 1)
    assert merged.rows == 2998


def sum_of(parts: object) -> NumberSketch:
    first, *others = parts  # type: ignore[misc]
    for other in others:
        first = first + other
    return first


def test_a_constant_is_told_from_what_lies_beside_it() -> None:
    edges = reference_edges(np.full(100, 3.0))
    same = sketch_numbers(np.full(50, 3.0), edges)
    beside = sketch_numbers(np.full(50, np.nextafter(3.0, 4.0)), edges)
    reference = sketch_numbers(np.full(100, 3.0), edges)
    assert sketched_distance(reference, same).high == 0
    assert sketched_distance(reference, beside).low == 1


def test_groups_are_about_as_heavy_as_each_other() -> None:
    draw = np.random.default_rng(2)
    rows = draw.lognormal(size=5000)
    counts = sketch_numbers(rows, reference_edges(rows)).counts
    groups = coarse_groups(counts, 10)
    assert np.bincount(groups, counts) == pytest.approx(np.full(10, 500), abs=12)
    assert (
        coarse_groups([0, 100, 0], 10).tolist() == [0, 0, 0]
        or max(coarse_groups([0, 100, 0], 10)) <= 2
    )


def test_other_edges_and_nothing_at_all_are_refused() -> None:
    one = sketch_numbers([1.0, 2.0], reference_edges([1.0, 2.0]))
    with pytest.raises(InputError, match="do not belong together"):
        one + sketch_numbers([1.0], reference_edges([1.0, 3.0]))
    with pytest.raises(InputError, match="no value"):
        sketched_distance(one, sketch_numbers([np.nan], one.edges))
    with pytest.raises(InputError, match="1 bins"):
        reference_edges([1.0], bins=1)
    assert reference_edges([np.nan]).tolist() == [0.0]
