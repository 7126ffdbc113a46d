"""Shapley and Owen values: their axioms on made games, other people's values, and broken ones."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.interpretability.attribution.games import walk_orders
from workbench.interpretability.attribution.hierarchy import (
    Tree,
    list_leaves,
    shuffle_leaves,
    write_linkage,
)
from workbench.interpretability.attribution.owen_values import compute_owen, count_sets
from workbench.interpretability.attribution.shapley_values import compute_shapley

if TYPE_CHECKING:
    from workbench.interpretability.attribution.games import Game

TREE: Tree = ((0, (1, 2)), ((3, 4), 5))
Values: TypeAlias = "Callable[[Game, int], np.ndarray]"


def make_game(players: int, seed: int, *, outputs: int = 2) -> Game:
    """A game with a random value for each set, the empty one included."""
    table = np.random.default_rng(seed).normal(size=(2**players, outputs))
    return lambda present: table[present @ (1 << np.arange(players))]


def add_dummy(game: Game, at: int, worth: float) -> Game:
    """The game with one more player, who adds ``worth`` wherever it comes to."""
    return lambda present: game(np.delete(present, at, axis=1)) + worth * present[:, [at]]


def make_alike(game: Game, one: int, other: int) -> Game:
    """The game made blind to which of two players it is."""

    def blind(present: np.ndarray) -> np.ndarray:
        swapped = present.copy()
        swapped[:, [one, other]] = present[:, [other, one]]
        return (game(present) + game(swapped)) / 2

    return blind


def by_definition(game: Game, players: int) -> np.ndarray:
    """The mean over all orders, as Shapley wrote it."""
    total = np.zeros((players, game(np.zeros((1, players), bool)).shape[1]))
    for order in itertools.permutations(range(players)):
        present = np.zeros((players + 1, players), bool)
        for step, player in enumerate(order):
            present[step + 1 :, player] = True
        total[list(order)] += np.diff(game(present), axis=0)
    return total / math.factorial(players)


def tree_of(players: int) -> Tree:
    """A lopsided tree over so many players."""
    tree: Tree = 0
    for player in range(1, players):
        tree = (tree, player)
    return tree


def owen(game: Game, players: int) -> np.ndarray:
    return compute_owen(game, tree_of(players))


def leave_one_out(game: Game, players: int) -> np.ndarray:
    """Broken: what each player adds last, which is not what they have together."""
    present = np.concatenate([np.ones((1, players), bool), ~np.eye(players, dtype=bool)])
    values = game(present)
    return values[0] - values[1:]


def first_order_only(game: Game, players: int) -> np.ndarray:
    """Broken: one order for all; complete, but two alike players do not get the same."""
    present = np.tri(players + 1, players, -1, dtype=bool)
    return np.diff(game(present), axis=0)


def even_shares(game: Game, players: int) -> np.ndarray:
    """Broken: all get the same, the dummy too."""
    bare, whole = game(np.array([[False] * players, [True] * players]))
    return np.tile((whole - bare) / players, (players, 1))


def is_efficient(values: Values) -> bool:
    game = make_game(5, 1)
    bare, whole = game(np.array([[False] * 5, [True] * 5]))
    return np.allclose(values(game, 5).sum(axis=0), whole - bare)


def is_symmetric(values: Values) -> bool:
    # Alike and side by side in the tree: Owen values promise no more.
    found = values(make_alike(make_game(5, 2), 0, 1), 5)
    return np.allclose(found[0], found[1])


def spares_dummies(values: Values) -> bool:
    return np.allclose(values(add_dummy(make_game(4, 3), 2, 0.25), 5)[2], 0.25)


@pytest.mark.parametrize("values", [compute_shapley, owen])
def test_the_axioms_hold(values: Values) -> None:
    assert is_efficient(values) and is_symmetric(values) and spares_dummies(values)


@pytest.mark.parametrize(
    ("values", "axiom"),
    [
        (leave_one_out, is_efficient),
        (first_order_only, is_symmetric),
        (even_shares, spares_dummies),
    ],
)
def test_each_axiom_catches_a_broken_method(
    values: Values, axiom: Callable[[Values], bool]
) -> None:
    assert not axiom(values)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(0, 1000))
def test_shapley_is_the_mean_over_all_orders(players: int, seed: int) -> None:
    game = make_game(players, seed)
    np.testing.assert_allclose(
        compute_shapley(game, players), by_definition(game, players), atol=1e-12
    )


def test_owen_is_the_mean_over_all_orders_that_keep_parts_together() -> None:
    game = make_game(6, 4)
    total, count = np.zeros((6, 2)), 0
    for order in itertools.permutations(range(6)):
        if not keeps_together(order, TREE):
            continue
        present = np.zeros((7, 6), bool)
        for step, player in enumerate(order):
            present[step + 1 :, player] = True
        total[list(order)] += np.diff(game(present), axis=0)
        count += 1
    assert count == 2**5  # each inner node one way or the other
    np.testing.assert_allclose(compute_owen(game, TREE), total / count, atol=1e-12)


def keeps_together(order: tuple[int, ...], tree: Tree) -> bool:
    if isinstance(tree, int):
        return True
    places = sorted(order.index(player) for player in list_leaves(tree))
    return places[-1] - places[0] == len(places) - 1 and all(
        keeps_together(order, part) for part in tree
    )


def shap_values(game: Game, tree: Tree, *, fixed_context: int | None = None) -> np.ndarray:
    """shap's partition explainer on the same game and tree."""
    import shap

    players = len(list_leaves(tree))
    masker = shap.maskers.Partition(np.zeros((1, players)), clustering=write_linkage(tree))
    explainer = shap.PartitionExplainer(lambda given: game(given > 0.5), masker)
    found = explainer(
        np.ones((1, players)), max_evals=100_000, fixed_context=fixed_context, silent=True
    )
    return np.asarray(found.values[0])


@pytest.mark.filterwarnings("default")  # of shap's own imports
@pytest.mark.parametrize("tree", [TREE, tree_of(5), (0, 1)])
def test_owen_values_are_those_of_shap(tree: Tree) -> None:
    game = make_game(len(list_leaves(tree)), 5)
    ours = compute_owen(game, tree)
    np.testing.assert_allclose(ours, shap_values(game, tree), atol=1e-9)
    if count_sets(tree) > 4:  # the broken variant: one context only, as shap's faster mode has it
        assert np.abs(ours - shap_values(game, tree, fixed_context=1)).max() > 1e-2


def test_the_exact_values_ask_for_as_many_sets_as_is_said() -> None:
    asked = []
    game = make_game(6, 6)
    compute_owen(lambda present: (asked.append(len(present)), game(present))[1], TREE)
    assert sum(asked) == count_sets(TREE)


@pytest.mark.parametrize("hierarchical", [False, True])
def test_sampled_values_are_near_the_exact_ones_and_say_how_near(hierarchical: bool) -> None:
    game = make_game(6, 7)
    random = np.random.default_rng(0)
    exact = compute_owen(game, TREE) if hierarchical else compute_shapley(game, 6)
    errors = {}
    for pairs in (100, 1600):
        orders = np.array(
            [
                shuffle_leaves(TREE, random) if hierarchical else random.permutation(6)
                for _ in range(pairs)
            ]
        )
        means, errors[pairs] = walk_orders(game, orders)
        assert (np.abs(means - exact) < 4.5 * errors[pairs] + 1e-12).all()
        bare, whole = game(np.array([[False] * 6, [True] * 6]))
        np.testing.assert_allclose(means.sum(axis=0), whole - bare)
    ratio = errors[100].mean() / errors[1600].mean()
    assert 3 < ratio < 5.5  # sixteen times the pairs, a quarter of the error


def test_orders_of_a_tree_keep_its_parts_together_and_come_equally_often() -> None:
    random = np.random.default_rng(0)
    drawn = [tuple(shuffle_leaves(TREE, random)) for _ in range(3200)]
    assert all(keeps_together(order, TREE) for order in drawn)
    counts = np.array([drawn.count(order) for order in sorted(set(drawn))])
    assert len(counts) == 32
    assert ((counts - 100) ** 2 / 100).sum() < 61.1  # chi-square, 31 degrees, 0.1%
