"""MiniLM as an ONNX graph gives the vectors of plain numpy, and near ones in fewer bits."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from workbench import edge
from workbench.core.errors import CapabilityError, InputError
from workbench.edge.onnx_encoder import OnnxEncoder, make_encoder
from workbench.models.formats.onnx_encoder import GRAPH, write_encoder
from workbench.models.plain_encoder import PlainEncoder
from workbench.models.protocol import ModelFiles

pytestmark = pytest.mark.model

TEXTS = (
    "The ferry left at six, before the fog had lifted from the harbour.",
    "Water boils at a hundred degrees at the level of the sea, and at fewer on a mountain.",
    "Riga is the capital of Latvia.",
    "x",
    " ".join(
        f"On day {n} the {what} was carried over the bridge and sold on the market square."
        for n, what in enumerate(("wool", "salt", "iron", "grain", "timber", "glass") * 5)
    ),
)


@pytest.fixture(scope="session")
def minilm(shared_home_path: Path) -> Path:
    from workbench.core import settings
    from workbench.models import catalogue
    from workbench.models.loading import model_files

    with settings.override(home=shared_home_path):
        folder = model_files(catalogue.find("minilm-l6-v2")).folder
    assert folder is not None
    return folder


@pytest.mark.parametrize(
    ("kind", "least", "most_mb"), [("float32", 0.99999, 91), ("int8", 0.97, 24), ("int4", 0.93, 20)]
)
def test_vectors_are_those_of_plain_numpy_as_near_as_the_bits_allow(
    minilm: Path, kind: str, least: float, most_mb: float
) -> None:
    root = logging.getLogger()
    before = (list(root.handlers), list(root.filters), root.level)
    folder = make_encoder(ModelFiles("minilm", folder=minilm), kind)
    assert (list(root.handlers), list(root.filters), root.level) == before
    found, expected = OnnxEncoder(folder).embed(TEXTS), PlainEncoder(minilm).embed(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    cosines = (found * expected).sum(1)
    assert cosines.min() > least
    assert (folder / GRAPH).stat().st_size < 1e6 * most_mb
    if kind != "float32":
        assert cosines.min() < 0.9999  # it is quantised


def test_texts_side_by_side_get_the_vectors_that_they_get_alone(minilm: Path) -> None:
    encoder = OnnxEncoder(make_encoder(ModelFiles("minilm", folder=minilm), "float32"))
    alone = np.concatenate([encoder.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(encoder.embed(TEXTS), alone, atol=2e-6)
    with pytest.raises(InputError, match="empty text"):
        encoder.embed(["a", " "])


def test_the_command_makes_it_and_measures_no_perplexity(minilm: Path) -> None:
    made = edge.compress(model=str(minilm), to="onnx:int8")
    assert made.perplexity is None
    assert made.path.name.endswith("-encoder-int8-v1")
    assert made.encoding == "ONNX int8, encoded from unquantised weights"
    with pytest.raises(CapabilityError, match="is an encoder"):
        edge.compress(model=str(minilm), to="gguf:q8_0", measure=False)
    with pytest.raises(CapabilityError, match="mlx-lm does not load"):
        edge.compress(model=str(minilm), to="mlx:4", measure=False)


def test_another_kind_of_encoder_is_refused(minilm: Path, tmp_path: Path) -> None:
    config = json.loads((minilm / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"model_type": "roberta"}))
    (tmp_path / "model.safetensors").symlink_to(minilm / "model.safetensors")
    with pytest.raises(CapabilityError, match="is a roberta with gelu"):
        write_encoder(tmp_path, tmp_path / "out.onnx")
    with pytest.raises(InputError, match="'int3' is none of"):
        write_encoder(minilm, tmp_path / "out.onnx", kind="int3")
    assert not (tmp_path / "out.onnx").exists()
