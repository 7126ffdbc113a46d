"""A decoder in bytes says nearly what its float32 graph says, however it is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench.core import settings
from workbench.models.engines.onnx_genai import OnnxEngine
from workbench.models.formats.onnx_build import BYTES, build_onnx
from workbench.models.formats.onnx_bytes import MIDDLE, quantise_columns
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.protocol import EngineSettings, ModelFiles

TEXT = "Once upon a time there was a small machine under a wooden table"


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("builds")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    return ModelFiles(
        "tiny", folder=make_tiny_folder(tmp_path_factory.mktemp("tiny") / "tiny", "qwen2")
    )


@pytest.fixture(scope="module")
def engines(files: ModelFiles, builds: Path) -> Iterator[dict[str, OnnxEngine]]:
    with settings.override(home=builds):
        made = {
            each: OnnxEngine(files, EngineSettings(variant=each, batch_tokens=8))
            for each in (BYTES, "float32")
        }
    yield made
    for engine in made.values():
        engine.close()


def test_columns_are_kept_to_half_a_step_each_by_its_own_scale() -> None:
    drawn = np.random.default_rng(7).standard_normal((40, 6)).astype(np.float32)
    weights = drawn * np.array([1, 100, 0.01, 1e-20, 0, 3], np.float32)
    quants, scales = quantise_columns(weights)
    assert quants.dtype == np.uint8
    kept = (quants.astype(np.float32) - MIDDLE) * scales
    assert (np.abs(kept - weights) <= scales / 2 * 1.001).all()
    one = np.abs(weights).max() / 127  # one scale for all: the check sees it
    assert (np.abs(np.rint(weights / one) * one - weights) > scales / 2 * 1.001).any()


@pytest.mark.slow
def test_it_scores_nearly_as_float32_and_the_same_however_it_is_read(
    engines: dict[str, OnnxEngine],
) -> None:
    ids = engines[BYTES].tokenize(TEXT)
    found = engines[BYTES].score_ids(ids[:1], ids[1:])
    exact = engines["float32"].score_ids(ids[:1], ids[1:])
    assert engines[BYTES].info.weights_dtype == BYTES
    assert 0 < np.abs(np.array(found) - exact).max() < 0.1
    (session,) = engines[BYTES]._sessions
    session.clear()
    one_by_one = [
        engines[BYTES].score_ids(ids[:at], ids[at : at + 1])[0] for at in range(1, len(ids))
    ]
    # A token's bytes have a scale of their own: what is read with it changes nothing.
    np.testing.assert_allclose(one_by_one, found, atol=1e-5)


@pytest.mark.slow
def test_the_words_are_looked_up_in_the_matrix_of_the_logits(
    engines: dict[str, OnnxEngine], files: ModelFiles, builds: Path
) -> None:
    import onnx

    with settings.override(home=builds):
        folder, plain = build_onnx(files, BYTES), build_onnx(files, "float32")
    model = onnx.load(str(folder / "model.onnx"))
    kinds = [node.op_type for node in model.graph.node]
    assert "MatMul" not in kinds
    assert kinds.count("MatMulInteger") >= 9  # two layers of at least four, and the logits'
    large = [n for n in model.graph.initializer if len(n.dims) == 2 and n.data_type == 1]
    assert all("cache" in each.name for each in large)  # cosines and sines of places alone
    size = (folder / "model.onnx.data").stat().st_size
    assert size < 0.45 * (plain / "model.onnx.data").stat().st_size
