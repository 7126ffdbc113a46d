"""Weights that become 0: which, how many, and where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.edge.pruning.magnitude import prune_magnitude, zero_lowest, zero_two_of_four
from workbench.edge.pruning.wanda import prune_wanda
from workbench.edge.pruning.weights import EMBEDDINGS, Weights, read_weights
from workbench.models.formats.architectures import ARCHITECTURES, gguf_tensor_name
from workbench.models.protocol import ModelFiles


@pytest.fixture
def weights(tiny_folder: Path) -> Weights:
    return read_weights(ModelFiles("tiny", folder=tiny_folder))


def test_the_lowest_of_each_row_go() -> None:
    matrix = np.array([[1.0, -4.0, 2.0, 3.0], [5.0, 6.0, -7.0, 8.0]], np.float32)
    pruned = zero_lowest(matrix, np.abs(matrix), 0.5)
    assert pruned.tolist() == [[0, -4, 0, 3], [0, 0, -7, 8]]
    assert zero_lowest(matrix, np.abs(matrix), 0.1).tolist() == matrix.tolist()


def test_two_of_each_four_stay_and_a_rest_is_left_alone() -> None:
    matrix = np.random.default_rng(0).normal(size=(5, 10)).astype(np.float32)
    pruned = zero_two_of_four(matrix, np.abs(matrix))
    groups = pruned[:, :8].reshape(5, 2, 4)
    assert (np.count_nonzero(groups, axis=2) == 2).all()
    kept = np.abs(matrix[:, :8].reshape(5, 2, 4))
    assert np.sort(kept)[..., 2:].sum(-1) == pytest.approx(np.abs(groups).sum(-1))
    assert (pruned[:, 8:] == matrix[:, 8:]).all()


def test_magnitude_counts_over_a_whole_matrix(weights: Weights) -> None:
    pruned = prune_magnitude(weights, 0.25)
    for name in weights.matrices():
        before, after = weights.numbers[name], pruned.numbers[name]
        assert np.count_nonzero(after == 0) == before.size // 4
        assert np.abs(before[after == 0]).max() <= np.abs(before[after != 0]).min()
    assert pruned.numbers[EMBEDDINGS] is weights.numbers[EMBEDDINGS]
    matrices = sum(weights.numbers[name].size for name in weights.matrices())
    assert pruned.parameters == weights.parameters - matrices // 4


def _importance(weights: Weights, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    found = {}
    for name in weights.matrices():
        gguf = gguf_tensor_name(name, ARCHITECTURES["llama"], weights.config)
        assert gguf is not None
        columns = weights.numbers[name].shape[1]
        found[gguf] = np.exp(random.normal(size=columns)).astype(np.float32)
    return found


def test_wanda_loses_less_of_the_product_than_magnitude(weights: Weights) -> None:
    known = _importance(weights)
    name = "model.layers.0.mlp.down_proj.weight"
    columns = np.sqrt(known["blk.0.ffn_down.weight"])
    inputs = np.random.default_rng(1).normal(size=(64, len(columns))) * columns
    whole = inputs @ weights.numbers[name].T

    def lost(pruned: Weights) -> float:
        return float(np.square(inputs @ pruned.numbers[name].T - whole).mean())

    found = prune_wanda(weights, 0.5, known)
    assert (np.count_nonzero(found.numbers[name], axis=1) == len(columns) // 2).all()
    assert lost(found) < 0.8 * lost(prune_magnitude(weights, 0.5))
    pairs = prune_wanda(weights, 0.5, known, two_of_four=True).numbers[name]
    assert (np.count_nonzero(pairs.reshape(-1, 4), axis=1) == 2).all()
    with pytest.raises(InputError, match="says nothing of"):
        prune_wanda(weights, 0.5, {})
