"""Two sketches of a table compared column by column, p-values corrected, the cause ranked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.errors import InputError
from workbench.evaluation.category_sketch import CategorySketch, comparable_counts, new_categories
from workbench.evaluation.count_tests import (
    chi_square_test,
    jensen_shannon_test,
    pool_rare,
    population_stability_test,
    population_stability_threshold,
)
from workbench.evaluation.embedding_sketch import EmbeddingSketch, sketched_discrepancy
from workbench.evaluation.multiple_testing import adjust_p_values
from workbench.evaluation.number_sketch import NumberSketch, coarse_groups, sketched_distance

from .result import ColumnDrift
from .table_sketch import Sketch, TableSketch

if TYPE_CHECKING:
    import numpy as np

Test = Literal["psi", "ks", "chi-square", "js"]
Correction = Literal["holm", "benjamini-hochberg", "none"]
GROUPS = 10  # of a number's index: the deciles of its reference
_SHOWN = 5


def compare_sketches(
    reference: TableSketch,
    current: TableSketch,
    *,
    test: Test = "psi",
    level: float = 0.05,
    correction: Correction = "holm",
) -> tuple[ColumnDrift, ...]:
    """Test each column that both have; the likeliest cause of a drift comes first.

    Args:
        reference: On the grids that it made.
        current: On the same grids.
        test: Which decides. ``ks`` is for numbers; categories are tested by chi-square then, and
            embeddings always by their maximum mean discrepancy.
        level: With which chance any column may be called drifted though none is (by ``holm``).
        correction: Of the p-values, for as many columns as there are.

    Raises:
        InputError: They have no column in common, or a side has no rows.
    """
    names = [name for name in reference.columns if name in current.columns]
    if not names:
        told = "; ".join(f"{name}: {why}" for name, why in list(current.left_out.items())[:_SHOWN])
        raise InputError(
            f"the tables have no column that can be compared ({told})",
            hint="the same names and types in both",
        )
    if not current.rows:
        raise InputError("the current table has no rows", hint="give a period with traffic")
    found = [
        compare_columns(name, reference.columns[name], current.columns[name], test=test)
        for name in names
    ]
    adjusted = adjust_p_values([each.p_value for each in found], correction=correction)
    judged = [
        replace(each, adjusted_p_value=p, drifted=p <= level)
        for each, p in zip(found, adjusted, strict=True)
    ]
    return _rank(judged)


def compare_columns(
    name: str, reference: Sketch, current: Sketch, *, test: Test = "psi"
) -> ColumnDrift:
    """Test one column; its p-value stands alone until it is corrected."""
    missing = _missing_share(reference), _missing_share(current)
    blank = ColumnDrift(name, "", "", 1.0, 1.0, False, None)
    blank = replace(blank, reference_missing=missing[0], current_missing=missing[1])
    if isinstance(reference, EmbeddingSketch):
        return _compare_embeddings(blank, reference, current)
    assert not isinstance(current, EmbeddingSketch)
    cells = pool_rare(*count_cells(reference, current))
    psi = population_stability_test(*cells)
    js = jensen_shannon_test(*cells)
    by_chance = 0.0
    if psi.cells > 1:
        by_chance = population_stability_threshold(psi.first_rows, psi.second_rows, cells=psi.cells)
    found = replace(
        blank, psi=psi.size, psi_by_chance=by_chance, js_bits=js.size, test=test,
        p_value={"psi": psi, "js": js}.get(test, psi).p_value,
    )  # fmt: skip
    if test == "chi-square" or (test == "ks" and isinstance(reference, CategorySketch)):
        found = replace(found, test="chi-square", p_value=chi_square_test(*cells).p_value)
    if isinstance(reference, NumberSketch) and isinstance(current, NumberSketch):
        return _with_numbers(found, reference, current)
    assert isinstance(reference, CategorySketch) and isinstance(current, CategorySketch)
    new = new_categories(reference, current)
    some = dict(sorted(new.items(), key=lambda pair: (-pair[1], pair[0]))[:_SHOWN])
    outside = sum(new.values()) / max(current.rows, 1)
    told = _tell_categories(reference, current)
    return replace(found, kind="category", new=some, outside=outside, told=told)


def count_cells(
    reference: NumberSketch | CategorySketch, current: NumberSketch | CategorySketch
) -> tuple[np.ndarray, np.ndarray]:
    """The counts that are compared, missing values as the last cell.

    Of numbers the bins go together to ten groups of about equal weight in the reference.
    """
    import numpy as np

    if isinstance(reference, NumberSketch) and isinstance(current, NumberSketch):
        groups = coarse_groups(reference.counts, GROUPS)
        sides = [np.bincount(groups, each.counts) for each in (reference, current)]
    else:
        assert isinstance(reference, CategorySketch) and isinstance(current, CategorySketch)
        sides = list(comparable_counts(reference, current))
    return np.append(sides[0], reference.missing), np.append(sides[1], current.missing)


def _with_numbers(
    found: ColumnDrift, reference: NumberSketch, current: NumberSketch
) -> ColumnDrift:
    found = replace(found, kind="number")
    if not current.rows:
        return replace(found, told="no row has a value now")
    distance = sketched_distance(reference, current)
    if found.test == "ks":
        found = replace(found, p_value=distance.p_value)
    beyond = [
        place
        for place, count in ((0, reference.counts[0]), (-1, reference.counts[-1]))
        if count == 0
    ]
    outside = sum(int(current.counts[place]) for place in beyond) / current.rows
    told = f"median {_median(reference):.4g} → {_median(current):.4g}"
    infinite = current.below_infinite + current.above_infinite
    if infinite:
        told += f", {infinite:,} infinite"
    return replace(found, ks=distance.low, ks_most=distance.high, outside=outside, told=told)


def _compare_embeddings(
    found: ColumnDrift, reference: EmbeddingSketch, current: Any
) -> ColumnDrift:
    found = replace(found, kind="embedding", test="mmd")
    there = chi_square_test(*([each.rows, each.missing] for each in (reference, current))).p_value
    if current.rows < 2 or reference.rows < 2:
        return replace(found, p_value=there, told="too few rows to compare")
    result = sketched_discrepancy(reference, current)
    return replace(
        found, p_value=min(1.0, 2 * min(result.p_value, there)), mmd=result.mmd,
        told=f"kernel discrepancy {result.mmd:.3g} over chance",
    )  # fmt: skip


def _rank(columns: Sequence[ColumnDrift]) -> tuple[ColumnDrift, ...]:
    """Drifted ones first, by how much they moved over what chance moves them."""
    moved = {
        column.name: max(0.0, (column.psi or 0.0) - (column.psi_by_chance or 0.0) / 2)
        for column in columns
        if column.drifted and column.psi is not None
    }
    total = math.fsum(moved.values())
    shared = [
        replace(column, share=moved[column.name] / total)
        if column.name in moved and total
        else column
        for column in columns
    ]
    return tuple(
        sorted(
            shared,
            key=lambda c: (not c.drifted, -(c.share or 0.0), c.adjusted_p_value, -(c.psi or 0)),
        )
    )


@dataclass(frozen=True)
class _Move:
    name: str
    before: float
    after: float


def _tell_categories(reference: CategorySketch, current: CategorySketch) -> str:
    """The category whose share moved most."""
    if not current.rows:
        return "no row has a value now"
    moves = [
        _Move(name, count / max(reference.rows, 1), current.named[name] / current.rows)
        for name, count in reference.named.items()
    ]
    if not moves:
        return "ids: compared by buckets of their hashes"
    most = max(moves, key=lambda move: abs(move.after - move.before))
    return f"‘{most.name}’ {most.before:.1%} → {most.after:.1%}"


def _median(sketch: NumberSketch) -> float:
    """The edge at which half the rows are reached; between two edges nothing is known."""
    import numpy as np

    at = int(np.searchsorted(np.cumsum(sketch.counts), sketch.rows / 2))
    return float(sketch.edges[min(at, len(sketch.edges) - 1)])


def _missing_share(sketch: Sketch) -> float:
    total = sketch.rows + sketch.missing
    return sketch.missing / total if total else 0.0
