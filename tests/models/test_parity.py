"""The same weights say the same in every engine, and the check sees weights that are not the same.

The continuations were frozen before the engines were first compared on them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.evaluation import read_frozen
from workbench.models.engines.llamacpp import LlamaCppEngine
from workbench.models.engines.mlx import MlxEngine
from workbench.models.engines.transformers import TransformersEngine
from workbench.models.formats import architectures
from workbench.models.formats.convert import convert_gguf, write_folder
from workbench.models.formats.gguf_reader import read_gguf
from workbench.models.formats.requantize import requantize
from workbench.models.protocol import Engine, EngineSettings, ModelFiles, Sampling

pytestmark = [pytest.mark.model]

# Refused if it was changed after it was frozen (29988e0), before an engine was compared on it.
PAIRS: list[dict[str, str]] = list(read_frozen("continuations").rows)
BOUND_NATS = 0.01  # of the mean over a continuation's tokens
CHAT = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"


def score(engine: Engine, pairs: list[dict[str, str]]) -> list[float]:
    """The mean log-probability of each continuation's tokens."""
    means = []
    for pair in pairs:
        prompt = engine.tokenize(pair["prompt"], special=True)
        scores = engine.score_ids(prompt, engine.tokenize(pair["continuation"]))
        means.append(sum(scores) / len(scores))
    return means


def largest_difference(first: list[float], second: list[float]) -> float:
    return max(abs(one - other) for one, other in zip(first, second, strict=True))


@pytest.fixture(scope="module")
def folder(smollm2_gguf: Path, shared_home_path: Path) -> Path:
    with settings.override(home=shared_home_path):
        return convert_gguf(smollm2_gguf)


@pytest.fixture(scope="module")
def on_torch(folder: Path) -> Iterator[TransformersEngine]:
    engine = TransformersEngine(ModelFiles("smollm2", folder=folder), EngineSettings())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def on_mlx(folder: Path) -> Iterator[MlxEngine]:
    engine = MlxEngine(ModelFiles("smollm2", folder=folder), EngineSettings())
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def on_llamacpp(smollm2_gguf: Path) -> Iterator[LlamaCppEngine]:
    files = ModelFiles("smollm2", gguf=smollm2_gguf)
    engine = LlamaCppEngine(files, EngineSettings(context_tokens=512))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def expected(on_torch: TransformersEngine) -> list[float]:
    return score(on_torch, PAIRS)


@pytest.mark.slow
def test_mlx_scores_as_transformers_does(on_mlx: MlxEngine, expected: list[float]) -> None:
    assert largest_difference(score(on_mlx, PAIRS), expected) < BOUND_NATS


def test_llamacpp_scores_as_transformers_does(
    smollm2_gguf: Path, tmp_path: Path, expected: list[float], on_llamacpp: LlamaCppEngine
) -> None:
    made = requantize(smollm2_gguf, tmp_path / "f16.gguf", "F16")
    files = ModelFiles("f16", gguf=made.path)
    exact = LlamaCppEngine(files, EngineSettings(context_tokens=512))
    try:
        assert largest_difference(score(exact, PAIRS[:6]), expected[:6]) < BOUND_NATS
    finally:
        exact.close()
        made.path.unlink()  # a quarter of a gigabyte that pytest would keep
    # As shipped it rounds activations to 8 bits before it multiplies them with 4-bit weights.
    shipped = largest_difference(score(on_llamacpp, PAIRS[:6]), expected[:6])
    assert BOUND_NATS < shipped < 10 * BOUND_NATS


def linked_copy(folder: Path, copy: Path) -> dict[str, object]:
    copy.mkdir()
    for file in folder.iterdir():
        if file.name != "config.json":
            (copy / file.name).symlink_to(file)
    config: dict[str, object] = json.loads((folder / "config.json").read_text())
    return config


@pytest.mark.parametrize("kind", [TransformersEngine, MlxEngine], ids=lambda kind: kind.name)
def test_a_config_without_the_rotary_base_fails_the_check(
    kind: type[Engine], folder: Path, tmp_path: Path, expected: list[float]
) -> None:
    config = linked_copy(folder, tmp_path / "broken")
    del config["rope_theta"], config["rope_parameters"]
    (tmp_path / "broken" / "config.json").write_text(json.dumps(config))
    engine = kind(ModelFiles("broken", folder=tmp_path / "broken"), EngineSettings())
    try:
        assert largest_difference(score(engine, PAIRS[:2]), expected[:2]) > BOUND_NATS
    finally:
        engine.close()


def test_mlx_finds_the_rotary_base_where_transformers_5_writes_it(
    folder: Path, tmp_path: Path, expected: list[float]
) -> None:
    config = linked_copy(folder, tmp_path / "saved")
    del config["rope_theta"]
    (tmp_path / "saved" / "config.json").write_text(json.dumps(config))
    engine = MlxEngine(ModelFiles("saved", folder=tmp_path / "saved"), EngineSettings())
    try:
        assert largest_difference(score(engine, PAIRS[:2]), expected[:2]) < BOUND_NATS
    finally:
        engine.close()


def test_rows_left_permuted_fail_the_check(
    smollm2_gguf: Path, tmp_path: Path, expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(architectures, "unpermute_rows", lambda weights, heads: weights)
    write_folder(read_gguf(smollm2_gguf), tmp_path, dtype="float32")
    engine = TransformersEngine(ModelFiles("broken", folder=tmp_path), EngineSettings())
    try:
        assert largest_difference(score(engine, PAIRS[:3]), expected[:3]) > BOUND_NATS
    finally:
        engine.close()
        shutil.rmtree(tmp_path)  # half a gigabyte that pytest would keep


@pytest.mark.parametrize("name", ["on_torch", "on_mlx", "on_llamacpp"])
def test_every_engine_knows_the_capital_of_france(
    name: str, request: pytest.FixtureRequest
) -> None:
    engine: Engine = request.getfixturevalue(name)
    ids = engine.tokenize(CHAT, special=True)
    chunks = list(engine.stream(ids, Sampling(temperature=0, max_tokens=20)))
    assert "Paris" in "".join(chunk.text for chunk in chunks)
    assert chunks[-1].finish_reason == "stop"


@pytest.mark.parametrize("name", ["on_torch", "on_mlx"])
def test_the_answer_can_be_had_as_json(name: str, request: pytest.FixtureRequest) -> None:
    engine: Engine = request.getfixturevalue(name)
    schema = {
        "type": "object",
        "properties": {"capital": {"type": "string"}},
        "required": ["capital"],
        "additionalProperties": False,
    }
    sampling = Sampling(temperature=0, max_tokens=30, json_schema=schema)
    chunks = list(engine.stream(engine.tokenize(CHAT, special=True), sampling))
    assert json.loads("".join(chunk.text for chunk in chunks)) == {"capital": "Paris"}
