"""A model in MLX's own bits is loaded by the mlx engine and answers nearly as before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench import edge
from workbench.models.loading import load

pytest.importorskip("mlx.core")


def test_eight_bits_score_nearer_than_four(tiny_folder: Path) -> None:
    scores = {}
    for to in (None, "mlx:8", "mlx:4"):
        path = tiny_folder
        if to is not None:
            made = edge.compress(model=str(tiny_folder), to=to, measure=False)
            path = made.path
            assert (path / "tokenizer.json").is_file()
            assert made.encoding.startswith(f"MLX {to[-1]} bit")
        with load(str(path), engine="mlx", context_tokens=128) as model:
            said = model.score("The quick brown fox", " jumps over the lazy dog and reads.")
        scores[to] = np.array(said)
    eight, four = (np.abs(scores[to] - scores[None]).mean() for to in ("mlx:8", "mlx:4"))
    assert 0 < eight < 0.05
    assert eight < four < 1.0
    sizes = [
        (edge.compress(model=str(tiny_folder), to=to, measure=False)).size_bytes
        for to in ("mlx:8", "mlx:4")
    ]
    assert sizes[1] < 0.6 * sizes[0]
