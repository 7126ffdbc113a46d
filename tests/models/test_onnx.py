"""The ONNX engine: graphs are built once and whole, and say what the model's weights say."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core import events, settings
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import (
    CancelledError,
    CapabilityError,
    EngineError,
    InputError,
    StorageError,
)
from workbench.evaluation import read_frozen
from workbench.models.engines import onnx_session
from workbench.models.engines.isolated import IsolatedEngine
from workbench.models.engines.onnx_genai import OnnxEngine
from workbench.models.engines.transformers import TransformersEngine
from workbench.models.formats import onnx_build
from workbench.models.formats.requantize import requantize
from workbench.models.formats.tiny import make_tiny_folder, make_tiny_gguf
from workbench.models.protocol import AdapterFiles, EngineSettings, ModelFiles, Sampling

GREEDY = Sampling(temperature=0, max_tokens=20)
PAIRS: list[dict[str, str]] = list(read_frozen("continuations").rows)


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that keeps what this module builds."""
    return tmp_path_factory.mktemp("builds")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gguf")
    return requantize(
        make_tiny_gguf(folder / "f32.gguf", type="F32"), folder / "q.gguf", "Q4_1"
    ).path


@pytest.fixture(scope="module")
def shipped(tiny: Path, builds: Path) -> Iterator[OnnxEngine]:
    with settings.override(home=builds):
        engine = OnnxEngine(ModelFiles("tiny", gguf=tiny), EngineSettings(batch_tokens=8))
    yield engine
    engine.close()


def answer(engine: OnnxEngine, ids: list[int], sampling: Sampling = GREEDY) -> list[int]:
    return [token for chunk in engine.stream(ids, sampling) for token in chunk.ids]


@pytest.mark.slow
def test_the_blocks_of_a_gguf_score_as_its_weights_do(
    shipped: OnnxEngine, tiny: Path, builds: Path
) -> None:
    assert shipped.info.weights_dtype == "shipped"
    with settings.override(home=builds):
        exact = TransformersEngine(ModelFiles("tiny", gguf=tiny), EngineSettings())
        rounded = OnnxEngine(ModelFiles("tiny", gguf=tiny), EngineSettings(variant="int4"))
    ids = shipped.tokenize("Once upon a time there was a small machine under a wooden table")
    expected = np.array(exact.score_ids(ids[:1], ids[1:]))
    try:
        near = np.abs(shipped.score_ids(ids[:1], ids[1:]) - expected).mean()
        far = np.abs(rounded.score_ids(ids[:1], ids[1:]) - expected).mean()
        assert near < 0.02
        assert far > 2 * near  # quantised a second time: the check sees it
        np.testing.assert_allclose(shipped.embed(["a table"]), exact.embed(["a table"]), atol=0.02)
    finally:
        exact.close()
        rounded.close()


def test_a_kept_prompt_gives_the_same_answer_and_is_told(shipped: OnnxEngine) -> None:
    ids = shipped.tokenize("Once upon a time there was a small machine under a wooden table")
    first = answer(shipped, ids)
    *_, last = shipped.stream(ids, GREEDY)
    assert last.cached_tokens == len(ids) - 1
    answer(shipped, [7, 8, 9])
    assert answer(shipped, ids) == first
    shipped.score_ids(ids[:5], ids[5:])
    assert answer(shipped, ids[:8]) == answer(shipped, ids[:8])


def test_a_conversation_may_outgrow_its_room(
    shipped: OnnxEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = [20 + number for number in range(200)]
    scores = shipped.score_ids(long[:1], long[1:])
    monkeypatch.setattr(onnx_session, "_FIRST_TOKENS", 16)
    (session,) = shipped._sessions
    session.clear()
    assert shipped.score_ids(long[:20], long[20:]) == pytest.approx(scores[19:], abs=1e-4)
    assert session._room == 256


PROMPTS = ([5, 6, 7, 8], [9, 3, 20], [40, 41, 42, 43, 44])


def by_turns(engine: OnnxEngine | IsolatedEngine, sampling: Sampling = GREEDY) -> list[list[int]]:
    """What the prompts get when their answers are read a token of each at a time."""
    streams = [engine.stream(ids, sampling) for ids in PROMPTS]
    found: list[list[int]] = [[] for _ in PROMPTS]
    for chunks in zip(*streams, strict=True):
        for ids, chunk in zip(found, chunks, strict=True):
            ids += chunk.ids
    return found


def test_several_answers_at_a_time_do_not_mix(
    shipped: OnnxEngine, tiny: Path, builds: Path
) -> None:
    files, many = ModelFiles("tiny", gguf=tiny), EngineSettings(parallel=3, batch_tokens=8)
    expected = [answer(shipped, ids) for ids in PROMPTS]
    with settings.override(home=builds):
        engine = OnnxEngine(files, many)
        isolated = IsolatedEngine(files, many, engine="onnx")
    try:
        assert by_turns(engine) == by_turns(isolated) == expected
        *_, last = engine.stream([*PROMPTS[1], *expected[1][:-1], 4], GREEDY)
        assert last.cached_tokens >= len(PROMPTS[1])  # each slot knows its own conversation
        assert engine.score_ids([5], [6, 7]) == shipped.score_ids([5], [6, 7])
        np.testing.assert_array_equal(engine.embed(["a table"]), shipped.embed(["a table"]))
        for session in engine._sessions:  # a conversation for all of them: the check sees it
            session.__dict__ = engine._sessions[0].__dict__
        with pytest.raises((RuntimeError, AssertionError)):
            assert by_turns(engine) == expected
    finally:
        engine.close()
        isolated.close()


def test_one_more_than_it_takes_waits(tiny: Path, builds: Path) -> None:
    with settings.override(home=builds):
        engine = OnnxEngine(ModelFiles("tiny", gguf=tiny), EngineSettings(parallel=2))
    streams: list[Any] = [engine.stream(ids, GREEDY) for ids in PROMPTS[:2]]
    for stream in streams:
        next(stream)
    third = threading.Thread(target=answer, args=(engine, PROMPTS[2]))
    third.start()
    third.join(0.2)
    assert third.is_alive()
    streams[0].close()
    third.join(60)
    assert not third.is_alive()
    streams[1].close()
    engine.close()


def test_a_build_that_is_cancelled_leaves_nothing(tiny: Path, home: Path) -> None:
    token = CancelToken()
    began = threading.Event()

    def cancel(event: events.Event) -> None:
        if "building" in str(event.data):
            began.set()
            token.cancel("enough")

    with events.listening(cancel), cancellable(token), pytest.raises(CancelledError):
        onnx_build.build_onnx(ModelFiles("tiny", gguf=tiny))
    assert began.is_set()
    assert not [path for path in (home / "converted").iterdir() if "float32-v" not in path.name]


def test_a_second_load_builds_nothing(
    shipped: OnnxEngine, tiny: Path, builds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_build, "run_child", None)
    with settings.override(home=builds):
        path = onnx_build.build_onnx(ModelFiles("tiny", gguf=tiny))
        assert path.name.endswith("-onnx-shipped-v1")
        (path / "model.onnx").rename(path / "moved")
        with pytest.raises(TypeError):  # it is seen not to be whole, and would be built again
            onnx_build.build_onnx(ModelFiles("tiny", gguf=tiny))
        (path / "moved").rename(path / "model.onnx")


@pytest.mark.slow
def test_what_cannot_be_built_is_refused_in_words(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ModelFiles("tiny", gguf=tiny)
    with pytest.raises(InputError, match="it has shipped, int4, int8, float32"):
        OnnxEngine(files, EngineSettings(variant="int3"))
    with pytest.raises(CapabilityError, match="adapters"):
        OnnxEngine(
            ModelFiles("tiny", gguf=tiny, adapters=(AdapterFiles("made@1"),)), EngineSettings()
        )
    folder = make_tiny_folder(tmp_path / "folder", "llama")
    with pytest.raises(InputError, match="it has int4, int8, float32"):
        OnnxEngine(ModelFiles("folder", folder=folder), EngineSettings(variant="shipped"))
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace("LlamaForCausalLM", "BloomForCausalLM"))
    with pytest.raises(CapabilityError, match="not currently supported"):
        OnnxEngine(ModelFiles("folder", folder=folder), EngineSettings(variant="int8"))
    monkeypatch.setitem(onnx_build._BYTES_PER_WEIGHT, "int8", 1e12)
    with pytest.raises(StorageError, match="are needed to build"):
        OnnxEngine(files, EngineSettings(variant="int8"))


def test_it_runs_in_a_process_of_its_own_and_says_how_fast_with_each_number_of_threads(
    shipped: OnnxEngine, tiny: Path, builds: Path
) -> None:
    files, ids = ModelFiles("tiny", gguf=tiny), shipped.tokenize("Once upon a time")
    with settings.override(home=builds):
        rates = OnnxEngine.measure_threads(files, EngineSettings(), [1, 2])
        isolated = IsolatedEngine(files, EngineSettings(variant="shipped"), engine="onnx")
    try:
        assert isolated.info == shipped.info
        assert [token for chunk in isolated.stream(ids, GREEDY) for token in chunk.ids] == answer(
            shipped, ids
        )
    finally:
        isolated.close()
    assert rates is not None and set(rates) == {1, 2} and min(rates.values()) > 0


def test_a_closed_engine_says_so(tiny: Path, builds: Path, shipped: OnnxEngine) -> None:
    with settings.override(home=builds):
        made = OnnxEngine(ModelFiles("tiny", gguf=tiny), EngineSettings())
    made.close()
    made.close()
    assert made.memory_bytes() == 0
    with pytest.raises(EngineError, match="was closed"):
        next(made.stream([5], GREEDY))


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["qwen3", "gemma2"])
def test_other_architectures_score_as_transformers_does(architecture: str, tmp_path: Path) -> None:
    gguf = make_tiny_gguf(tmp_path / "t.gguf", architecture, type="F32")
    exact = TransformersEngine(ModelFiles("t", gguf=gguf), EngineSettings())
    ids = exact.tokenize("Once upon a time there was a small machine under a wooden table")
    expected = np.array(exact.score_ids(ids[:1], ids[1:]))
    vectors = exact.embed(["a small machine"])
    exact.close()
    for variant, bound in (("float32", 1e-4), ("shipped", 0.02)):
        engine = OnnxEngine(ModelFiles("t", gguf=gguf), EngineSettings(variant=variant))
        assert np.abs(engine.score_ids(ids[:1], ids[1:]) - expected).mean() < bound
        np.testing.assert_allclose(engine.embed(["a small machine"]), vectors, atol=20 * bound)
        engine.close()


@pytest.mark.model
@pytest.mark.slow
def test_the_real_model_scores_as_transformers_does(smollm2_gguf: Path, shared_home: Path) -> None:
    files = ModelFiles("smollm2", gguf=smollm2_gguf)
    exact = TransformersEngine(files, EngineSettings())
    means: dict[str, list[float]] = {}
    for variant in ("float32", "shipped"):
        engine = OnnxEngine(files, EngineSettings(variant=variant))
        means[variant] = []
        for pair in PAIRS:
            ids = engine.tokenize(pair["prompt"], special=True)
            after = engine.tokenize(pair["continuation"])
            found = np.mean(engine.score_ids(ids, after)) - np.mean(exact.score_ids(ids, after))
            means[variant].append(abs(float(found)))
        engine.close()
    exact.close()
    assert max(means["float32"]) < 0.01
    assert 0.01 < max(means["shipped"]) < 0.15  # it rounds what it multiplies with, as llama.cpp
