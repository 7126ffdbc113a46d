"""Tiny models of six architectures, loaded in every engine; what one says, all say."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import CapabilityError, NotFoundError
from workbench.models.engines.llamacpp import LlamaCppEngine
from workbench.models.engines.mlx import MlxEngine
from workbench.models.engines.transformers import TransformersEngine
from workbench.models.formats.tiny import TINY_ARCHITECTURES, make_tiny_folder, make_tiny_gguf
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.models.protocol import Engine, EngineSettings, ModelFiles, Sampling

PROMPT, CONTINUATION = "The quick brown 12 fox", ' jumps over {"a": 1} é😀'
# llama.cpp keeps keys and values in 16 bits; mlx-lm's Gemma takes the exact GELU for the tanh one.
BOUNDS_NATS = {"transformers": 1e-4, "mlx": 1e-3, "llamacpp": 0.02}


def scores_and_answer(engine: Engine) -> tuple[np.ndarray, str]:
    try:
        prompt = engine.tokenize(PROMPT)
        found = engine.score_ids(prompt, engine.tokenize(CONTINUATION))
        chunks = engine.stream(prompt, Sampling(temperature=0, max_tokens=6))
        return np.array(found), "".join(chunk.text for chunk in chunks)
    finally:
        engine.close()


@pytest.mark.parametrize("architecture", TINY_ARCHITECTURES)
def test_every_engine_says_the_same(architecture: str, tmp_path: Path) -> None:
    folder = ModelFiles("tiny", folder=make_tiny_folder(tmp_path / "folder", architecture))
    gguf = ModelFiles("tiny", gguf=make_tiny_gguf(tmp_path / "tiny.gguf", architecture))
    settings = EngineSettings()
    expected, answer = scores_and_answer(TransformersEngine(folder, settings))
    assert expected.std() > 0.5  # random, but not flat: a wrong step would show
    for made in (
        TransformersEngine(gguf, settings),
        MlxEngine(folder, settings),
        MlxEngine(gguf, settings),
        LlamaCppEngine(gguf, settings),
    ):
        found, said = scores_and_answer(made)
        assert np.abs(found - expected).max() < BOUNDS_NATS[made.name], made.name
        assert said == answer, made.name


def test_another_seed_is_another_model_and_fails_the_same_check(tmp_path: Path) -> None:
    one = ModelFiles("one", folder=make_tiny_folder(tmp_path / "one", seed=1))
    two = ModelFiles("two", folder=make_tiny_folder(tmp_path / "two", seed=2))
    first, _ = scores_and_answer(TransformersEngine(one, EngineSettings()))
    second, _ = scores_and_answer(TransformersEngine(two, EngineSettings()))
    assert np.abs(first - second).max() > max(BOUNDS_NATS.values())


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = [make_tiny_gguf(tmp_path / name / "tiny.gguf", seed=3) for name in ("a", "b")]
    first, second = (hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    assert first == second


def test_a_quantised_tiny_model_still_loads(tmp_path: Path) -> None:
    path = make_tiny_gguf(tmp_path / "tiny.gguf", type="Q4_0")
    found, _ = scores_and_answer(LlamaCppEngine(ModelFiles("q4", gguf=path), EngineSettings()))
    assert np.isfinite(found).all()


def test_what_has_no_place_in_a_gguf_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="llama"):
        make_tiny_folder(tmp_path, "lama")
    folder = make_tiny_folder(tmp_path / "folder")
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace('"llama"', '"mamba"'))
    with pytest.raises(CapabilityError, match="mamba"):
        write_gguf_of_folder(folder, tmp_path / "out.gguf")
    (folder / "config.json").write_text(config)
    tokenizer = (folder / "tokenizer.json").read_text()
    changed = tokenizer.replace('"individual_digits":true', '"individual_digits":false')
    changed = changed.replace('"individual_digits": true', '"individual_digits": false')
    (folder / "tokenizer.json").write_text(changed)
    with pytest.raises(CapabilityError, match="cuts text"):
        write_gguf_of_folder(folder, tmp_path / "out.gguf")
    assert not (tmp_path / "out.gguf").exists()
