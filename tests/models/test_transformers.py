"""What only the transformers engine does: encoders, gradients, and a quiet import."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import CapabilityError
from workbench.models.engines.mlx import MlxEngine
from workbench.models.engines.openmp import wait_quietly
from workbench.models.engines.transformers import TransformersEngine
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.protocol import EngineSettings, ModelFiles, Sampling

TEXTS = [
    "A man is eating food.",
    "A man eats a piece of bread.",
    "The girl is carrying a baby.",
    "Übermut tut selten gut, sagte sie und sprang [SEP] in den Fluss.",
    "word " * 600,
]


@pytest.fixture(scope="module")
def minilm(minilm_folder: Path) -> Iterator[TransformersEngine]:
    engine = TransformersEngine(ModelFiles("minilm", folder=minilm_folder), EngineSettings())
    yield engine
    engine.close()


@pytest.mark.model
def test_vectors_are_those_of_the_models_own_recipe(
    minilm: TransformersEngine, minilm_folder: Path
) -> None:
    import torch
    from transformers import AutoTokenizer, BertModel

    tokenizer = AutoTokenizer.from_pretrained(minilm_folder, split_special_tokens=True)
    model = BertModel.from_pretrained(minilm_folder).eval()
    # sentence-transformers cuts at 256; a folder that does not say so goes to the model's own 512.
    limit = 256 if (minilm_folder / "sentence_bert_config.json").is_file() else 512
    expected = []
    for text in TEXTS:  # one by one, so that no padding is involved
        given = tokenizer(text, return_tensors="pt", truncation=True, max_length=limit)
        with torch.no_grad():
            state = model(**given).last_hidden_state[0].mean(dim=0)
        expected.append((state / state.norm()).numpy())
    np.testing.assert_allclose(minilm.embed(TEXTS), np.stack(expected), atol=2e-6)


@pytest.mark.model
def test_near_meanings_lie_near(minilm: TransformersEngine) -> None:
    first, second, third = minilm.embed(TEXTS[:3])
    assert first @ second > 0.6 > 0.2 > first @ third


@pytest.mark.model
def test_an_encoder_says_what_it_cannot(minilm: TransformersEngine, minilm_folder: Path) -> None:
    assert minilm.capabilities == {"embed", "gradients"}
    with pytest.raises(CapabilityError, match="cannot stream; it can embed"):
        next(minilm.stream([5], Sampling()))
    with pytest.raises(CapabilityError, match="cannot score"):
        minilm.score_ids([5], [6])
    with pytest.raises(CapabilityError, match="it is an encoder"):
        MlxEngine(ModelFiles("minilm", folder=minilm_folder), EngineSettings())


def test_gradients_flow_after_the_engine_was_used(tmp_path: Path) -> None:
    import torch

    engine = TransformersEngine(
        ModelFiles("tiny", folder=make_tiny_folder(tmp_path)), EngineSettings()
    )
    list(engine.stream([20, 21], Sampling(max_tokens=3, seed=0)))
    assert torch.is_grad_enabled()
    ids = torch.tensor([[20, 21, 22]])
    loss = engine.module(input_ids=ids, labels=ids).loss
    loss.backward()
    weights = engine.module.get_parameter("model.layers.0.self_attn.q_proj.weight")
    assert weights.grad is not None and weights.grad.abs().max() > 0
    engine.close()


def test_a_stream_that_waits_does_not_change_its_readers_mode(tmp_path: Path) -> None:
    import torch

    engine = TransformersEngine(
        ModelFiles("tiny", folder=make_tiny_folder(tmp_path)), EngineSettings()
    )
    chunks = engine.stream([20, 21], Sampling(max_tokens=3, seed=0))
    next(chunks)
    assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    engine.close()


def test_threads_are_set_for_each_request(tmp_path: Path) -> None:
    import torch

    engine = TransformersEngine(
        ModelFiles("tiny", folder=make_tiny_folder(tmp_path)), EngineSettings(threads=1)
    )
    torch.set_num_threads(2)
    engine.score_ids([20], [21])
    assert torch.get_num_threads() == 1
    engine.close()


def test_threads_are_told_to_wait_quietly_only_while_torch_can_still_hear_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")  # so that it is put back afterwards
    monkeypatch.delenv("OMP_WAIT_POLICY")
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    monkeypatch.setitem(sys.modules, "torch", sys)
    assert not wait_quietly()
    assert "OMP_WAIT_POLICY" not in os.environ
    monkeypatch.delitem(sys.modules, "torch")
    assert wait_quietly()
    assert os.environ["OMP_WAIT_POLICY"] == "passive"
    assert os.environ["GOMP_SPINCOUNT"] == "7"  # the user's own word stays


def test_nothing_heavy_is_imported_before_an_engine_is_made() -> None:
    code = """
import sys
import workbench.models.engines.transformers, workbench.models.engines.mlx
import workbench.models.formats.tiny, workbench.models.formats.requantize
heavy = {"torch", "transformers", "mlx", "mlx_lm", "gguf", "tokenizers", "llguidance", "numpy"}
sys.exit(", ".join(sorted(heavy & set(sys.modules))) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
