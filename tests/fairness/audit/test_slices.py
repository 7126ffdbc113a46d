"""The slice search: a planted slice is found, noise is not, and every figure can be recounted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from workbench.core.errors import InputError
from workbench.fairness.audit.outcomes import read_outcomes
from workbench.fairness.audit.slice_items import make_items
from workbench.fairness.audit.slice_lattice import search_lattice
from workbench.fairness.audit.slice_tests import ExcessTest
from workbench.fairness.audit.slices import find_slices, losses_of

# The generator of the made table; frozen with the first commit of this file.
FROZEN_SEED = 20261125
ROWS = 20_000
PLANTED = "town = t3 and trade = w2"


def made(*, planted: bool, seed: int = FROZEN_SEED, rows: int = ROWS) -> tuple[dict[str, Any], Any]:
    """Made data: a table of six columns, and 0/1 errors at 10%.

    With ``planted`` the rows of one town and one trade, about 2% of all, have 20%.
    """
    generator = np.random.default_rng(seed)
    columns = {
        "town": generator.choice([f"t{i}" for i in range(8)], rows),
        "trade": generator.choice(["w0", "w1", "w2", "w3"], rows, p=(0.4, 0.26, 0.16, 0.18)),
        "sex": generator.choice(["f", "m"], rows),
        "owner": generator.random(rows) < 0.3,
        "age": generator.integers(18, 80, rows),
        "income": generator.lognormal(10, 0.5, rows),
    }
    inside = (columns["town"] == "t3") & (columns["trade"] == "w2")
    chance = np.where(inside & planted, 0.2, 0.1)
    return columns, (generator.random(rows) < chance).astype(float)


def test_a_planted_slice_of_two_percent_is_among_the_first_three() -> None:
    columns, losses = made(planted=True)
    found = find_slices(columns, losses)
    rules = [each.rule for each in found.slices]
    assert PLANTED in rules[:3]
    told = found.slices[rules.index(PLANTED)]
    inside = (columns["town"] == "t3") & (columns["trade"] == "w2")
    assert told.n == inside.sum()
    assert 0.018 < told.share < 0.022
    assert told.error == pytest.approx(losses[inside].mean(), abs=1e-12)
    assert told.elsewhere == pytest.approx(losses[~inside].mean(), abs=1e-12)
    assert told.low < 0.2 < told.high
    assert told.p_value < 0.001
    # What the planted slice explains is not told again.
    assert len(rules) <= 3


def test_the_planted_slice_is_found_in_other_draws_of_the_generator() -> None:
    found = 0
    for seed in range(20):
        columns, losses = made(planted=True, seed=seed)
        rules = [each.rule for each in find_slices(columns, losses).slices]
        found += PLANTED in rules[:3]
    assert found >= 19


def test_on_noise_alone_a_slice_is_listed_no_more_often_than_the_level() -> None:
    alarms = sum(
        bool(find_slices(*made(planted=False, seed=seed, rows=3000)).slices) for seed in range(200)
    )
    assert alarms <= 17  # of 200 at 5%: more would be a chance of 1.5%


def test_without_the_correction_noise_would_be_listed_nearly_always() -> None:
    """The broken variant: each slice judged as if it were the only one."""
    alarms = 0
    for seed in range(20):
        columns, losses = made(planted=False, seed=seed, rows=3000)
        lattice = search_lattice(
            make_items(columns, min_rows=50), ExcessTest(losses), depth=2, min_rows=50
        )
        alarms += lattice.p_values.min() <= 0.05
    assert alarms >= 18


def test_skewed_losses_of_noise_are_not_listed_either() -> None:
    """Where a test of means would err: losses with a long tail, slices of 50 rows."""
    alarms = 0
    for seed in range(100):
        columns, _ = made(planted=False, seed=seed, rows=2000)
        losses = np.random.default_rng(seed).lognormal(0, 1.5, 2000)
        alarms += bool(find_slices(columns, losses).slices)
    assert alarms <= 10


def test_the_lattice_counts_what_pandas_counts() -> None:
    columns, losses = made(planted=True, rows=3000)
    items = make_items(columns, min_rows=50)
    test = ExcessTest(losses)
    lattice = search_lattice(items, test, depth=3, min_rows=50)
    frame = pd.DataFrame({"town": columns["town"], "trade": columns["trade"], "e": losses})
    groups = frame.groupby(["town", "trade"])["e"].agg(["size", "sum"])
    seen = {}
    for which, conditions in enumerate(lattice.conditions):
        own = [at for at in conditions if at >= 0]
        assert len({items.columns[at] for at in own}) == len(own)
        seen[tuple(sorted(items.texts[at] for at in own))] = which
    assert len(seen) == len(lattice.sizes)  # no slice twice
    for (town, trade), row in groups[groups["size"] >= 50].iterrows():
        which = seen[(f"town = {town}", f"trade = {trade}")]
        assert lattice.sizes[which] == row["size"]
        inside = lattice.rows(items, which)
        assert inside.sum() == row["size"]
        assert losses[inside].sum() == row["sum"]
    triples = [which for names, which in seen.items() if len(names) == 3]
    assert triples
    for which in triples[:50]:
        assert lattice.rows(items, which).sum() == lattice.sizes[which]


def test_p_values_are_the_hypergeometric_tail() -> None:
    from scipy.stats import fisher_exact

    losses = np.r_[np.ones(30), np.zeros(270)]
    test = ExcessTest(losses)
    (p,) = test.p_values(np.array([40]), np.array([9.0]))
    assert p == pytest.approx(fisher_exact([[9, 31], [21, 239]], alternative="greater").pvalue)


def test_a_tree_finds_a_range_that_the_lattice_cuts_across() -> None:
    columns, losses = made(planted=False)
    inside = (columns["age"] > 44) & (columns["age"] <= 52)
    losses[inside] = (np.random.default_rng(1).random(inside.sum()) < 0.25).astype(float)
    found = find_slices(columns, losses)
    told = [each for each in found.slices if each.found_by == "tree"]
    assert told
    assert told[0].rule.startswith("age in 44.5..5")
    assert told[0].n < 0.6 * inside.sum()  # of the half that judges
    assert told[0].low < 0.25 < told[0].high


def test_missing_values_are_a_condition_and_columns_that_are_none_are_told() -> None:
    columns, losses = made(planted=False)
    income = pd.Series(columns["income"]).mask(np.random.default_rng(2).random(ROWS) < 0.1)
    losses[income.isna()] = 1.0
    names = np.arange(ROWS).astype(str)
    found = find_slices({**columns, "income": income, "name": names, "k": ["x"] * ROWS}, losses)
    assert found.slices[0].rule == "income is missing"
    assert found.slices[0].error == 1
    rules = [each.rule for each in found.slices]
    assert len(rules) == len(set(rules))  # the tree finds it too, and it is told once
    assert set(found.notes) == {"name: no value has 50 rows", "k: it has one value"}


def test_no_error_at_all_is_said() -> None:
    columns, _ = made(planted=False, rows=500)
    found = find_slices(columns, np.zeros(500))
    assert (found.slices, found.error) == ((), 0)
    assert "no slice can be worse" in found.notes[-1]


def test_which_rows_can_have_which_loss() -> None:
    outcomes = read_outcomes([0, 0, 1, 1], [0, 1, 0, 1], score=[0.1, 0.6, 0.4, 0.9])
    losses, rows = losses_of(outcomes, "false_positive")
    assert (losses.tolist(), rows.tolist()) == ([0, 1], [0, 1])
    losses, rows = losses_of(outcomes, "false_negative")
    assert (losses.tolist(), rows.tolist()) == ([1, 0], [2, 3])
    assert losses_of(outcomes, "log_loss")[0] == pytest.approx(-np.log([0.9, 0.4, 0.4, 0.9]))
    assert losses_of(read_outcomes([1.5, 2], [1, 4]), "squared")[0].tolist() == [0.25, 4]
    with pytest.raises(InputError, match="a regression has no error"):
        losses_of(read_outcomes([1.5, 2], [1, 4]), "error")
    with pytest.raises(InputError, match="the loss log_loss is not to be had"):
        losses_of(read_outcomes([0, 1], [0, 1]), "log_loss")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"depth": 4}, "depth 4"),
        ({"min_rows": 5}, "min_rows 5"),
        ({"min_rows": 300}, "at least 600"),
        ({"level": 0.0}, "level 0"),
    ],
)
def test_what_is_not_allowed_is_refused(more: dict[str, Any], said: str) -> None:
    columns, losses = made(planted=False, rows=500)
    with pytest.raises(InputError, match=said):
        find_slices(columns, losses, **more)


def test_nothing_to_slice_by_is_refused() -> None:
    with pytest.raises(InputError, match="nothing to slice 200 rows by"):
        find_slices({"k": ["x"] * 200}, np.arange(200) % 2)
