"""A tree of prefixes: each beginning once, and a model that reads it says what it says of each."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workbench.interpretability.attribution import forward as forwards
from workbench.interpretability.attribution.forward import TargetForward
from workbench.interpretability.attribution.prefix_tree import (
    PrefixTree,
    build_prefix_tree,
    count_nodes,
    reading,
)
from workbench.models.formats.tiny import TINY_ARCHITECTURES
from workbench.models.model import Model

TARGET = [50, 51, 52]
Tiny = Callable[..., Model]


@given(arrays(int, st.tuples(st.integers(1, 12), st.integers(1, 20)), elements=st.integers(0, 2)))
def test_each_beginning_is_one_node_and_every_row_is_whole(rows: np.ndarray) -> None:
    rows = rows[np.lexsort(rows.T[::-1])]
    tree = build_prefix_tree(rows)
    np.testing.assert_array_equal(tree.ids[tree.nodes], rows)
    np.testing.assert_array_equal(
        tree.depths[tree.nodes], np.arange(rows.shape[1])[None] + 0 * rows
    )
    beginnings = {tuple(row[: end + 1]) for row in rows.tolist() for end in range(len(row))}
    assert len(tree.ids) == len(beginnings) == count_nodes(rows).sum()
    np.testing.assert_array_equal(tree.nodes.ravel()[tree.places], np.arange(len(tree.ids)))


def perturbed(count: int = 30, length: int = 9) -> list[list[int]]:
    """Prompts of which a third of the tokens are replaced, as an attribution makes them."""
    random = np.random.default_rng(0)
    prompt = random.integers(10, 20, length)
    return np.where(random.random((count, length)) < 0.3, 7, prompt).tolist()  # type: ignore[no-any-return]


def one_by_one(model: Model, rows: list[list[int]]) -> np.ndarray:
    """By plain passes, a prompt each: no tree."""
    return np.concatenate([TargetForward(model, TARGET).score([row]) for row in rows])


@pytest.mark.parametrize("architecture", TINY_ARCHITECTURES)
@pytest.mark.parametrize("batch_tokens", [20, 6144])
def test_a_tree_scores_as_each_prompt_alone(
    tiny: Tiny, architecture: str, batch_tokens: int
) -> None:
    model = tiny(architecture)
    forward = TargetForward(model, TARGET, batch_tokens=batch_tokens)
    assert forward._shares
    before = model.module.config._attn_implementation
    rows = perturbed()
    np.testing.assert_allclose(forward.score(rows), one_by_one(model, rows), atol=1e-5)
    assert model.module.config._attn_implementation == before


def test_a_wrong_ancestor_would_be_seen(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken variant: at the fourth place every prompt looks back to that of the first."""

    def broken(rows: np.ndarray) -> PrefixTree:
        tree = build_prefix_tree(rows)
        nodes = tree.nodes.copy()
        nodes[:, 3] = nodes[0, 3]
        return dataclasses.replace(tree, nodes=nodes)

    expected = one_by_one(tiny(), perturbed())
    monkeypatch.setattr(forwards, "build_prefix_tree", broken)
    assert np.abs(TargetForward(tiny(), TARGET).score(perturbed()) - expected).max() > 0.01


def test_a_model_that_looks_back_another_way_reads_no_tree(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One layer more than those that asked: what the tree gave is not taken."""
    model = tiny()
    forward = TargetForward(model, TARGET)
    monkeypatch.setattr(model.module.config, "num_hidden_layers", 3)
    with caplog.at_level(logging.WARNING):
        scored = forward.score(perturbed())
    assert not forward._shares
    assert "in a way of its own" in caplog.text
    monkeypatch.undo()
    np.testing.assert_allclose(scored, one_by_one(model, perturbed()), atol=1e-5)


def test_prompts_longer_than_a_window_are_read_by_the_model_s_own_masks(tiny: Tiny) -> None:
    model = tiny("gemma2")
    assert model.module.config.sliding_window == 64
    rows = perturbed(count=10, length=70)
    np.testing.assert_allclose(
        TargetForward(model, TARGET).score(rows), one_by_one(model, rows), atol=1e-5
    )


def test_the_attention_comes_back_after_an_error(tiny: Tiny) -> None:
    module = tiny().module
    before = module.config._attn_implementation
    tree = build_prefix_tree(np.array([[1, 2]]))
    with pytest.raises(RuntimeError, match="cut short"), reading(module, tree):
        raise RuntimeError("cut short")
    assert module.config._attn_implementation == before
