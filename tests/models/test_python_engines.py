"""What both Python engines must do, on tiny models: streams, ends, cancelling, scores, vectors."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from workbench.core import settings
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import (
    CancelledError,
    CapabilityError,
    ContextLengthError,
    EngineError,
    InputError,
)
from workbench.models.engines.mlx import MlxEngine
from workbench.models.engines.onnx_genai import OnnxEngine
from workbench.models.engines.transformers import TransformersEngine
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.protocol import (
    AdapterFiles,
    Engine,
    EngineSettings,
    ModelFiles,
    Sampling,
)

ENGINES: list[type[Engine]] = [TransformersEngine, MlxEngine]
GREEDY = Sampling(temperature=0, max_tokens=20)
SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}, "colour": {"enum": ["red", "blue"]}},
    "required": ["ok", "colour"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_folder(tmp_path_factory.mktemp("tiny") / "qwen2", "qwen2")


@pytest.fixture(scope="module", params=[*ENGINES, OnnxEngine], ids=lambda engine: engine.name)
def engine(
    request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    with settings.override(home=tmp_path_factory.mktemp("home")):  # where a graph is built
        made: Engine = request.param(
            ModelFiles("tiny", folder=folder),
            EngineSettings(batch_tokens=8, cache_prompt=False, variant="float32"),
        )
    yield made
    made.close()


def ask(engine: Engine, ids: list[int], sampling: Sampling) -> tuple[str, list[int], str | None]:
    chunks = list(engine.stream(ids, sampling))
    assert all(chunk.finish_reason is None for chunk in chunks[:-1])
    text = "".join(chunk.text for chunk in chunks)
    return text, [token for chunk in chunks for token in chunk.ids], chunks[-1].finish_reason


def test_a_greedy_answer_is_the_likeliest_token_at_each_step(engine: Engine) -> None:
    prompt = engine.tokenize("The quick brown fox jumps over the lazy dog.")
    _, ids, reason = ask(engine, prompt, dataclasses.replace(GREEDY, max_tokens=5))
    assert (len(ids), reason) == (5, "length")
    for place, chosen in enumerate(ids):
        before = [*prompt, *ids[:place]]
        best = engine.score_ids(before, [chosen])[0]
        assert all(engine.score_ids(before, [other])[0] <= best + 1e-6 for other in range(3, 60))


def test_the_seed_decides_and_the_stream_says_what_was_drawn(engine: Engine) -> None:
    prompt = engine.tokenize("Once upon a time")
    warm = Sampling(temperature=1.5, seed=5, max_tokens=12, top_k=0, top_p=1.0)
    first = ask(engine, prompt, warm)
    assert ask(engine, prompt, warm) == first
    assert ask(engine, prompt, dataclasses.replace(warm, seed=6)) != first
    text, ids, _ = first
    shown = [token for token in ids if token > 2]
    assert text == engine.detokenize(shown)


def test_logprobs_are_the_scores_whatever_was_filtered(engine: Engine) -> None:
    prompt = engine.tokenize("Every morning someone asked")
    sampling = Sampling(
        temperature=0.8, seed=1, max_tokens=6, top_k=3, repeat_penalty=1.4, logprobs=2
    )
    found = [entry for chunk in engine.stream(prompt, sampling) for entry in chunk.logprobs]
    scores = engine.score_ids(prompt, [entry.id for entry in found])
    assert [entry.logprob for entry in found] == pytest.approx(scores, abs=1e-4)
    for entry in found:
        assert len(entry.top) == 2
        assert entry.top[0][1] >= entry.top[1][1] >= entry.logprob - 20
        assert entry.text == engine.detokenize([entry.id])


def test_a_repeat_penalty_stops_a_loop(engine: Engine) -> None:
    prompt = engine.tokenize("The quick brown fox")
    _, looping, _ = ask(engine, prompt, GREEDY)
    _, varied, _ = ask(engine, prompt, dataclasses.replace(GREEDY, repeat_penalty=5.0))
    assert len(set(looping)) < len(set(varied))


def test_a_stop_text_ends_the_answer_and_is_no_part_of_it(engine: Engine) -> None:
    prompt = engine.tokenize("The quick brown fox")
    whole, _, _ = ask(engine, prompt, GREEDY)
    stop = whole[5:9]
    text, _, reason = ask(engine, prompt, dataclasses.replace(GREEDY, stop=(stop, "never")))
    assert (text, reason) == (whole[: whole.index(stop)], "stop")


def test_the_end_token_ends_the_answer(engine: Engine) -> None:
    # Under a schema that one token fulfils, nothing may follow but the end.
    sampling = dataclasses.replace(GREEDY, json_schema={"type": "integer"})
    text, ids, reason = ask(engine, engine.tokenize("It counts"), sampling)
    assert reason in ("stop", "length")
    assert 2 not in ids and 0 not in ids
    assert json.loads(text) is not None


@pytest.mark.parametrize("seed", range(4))
def test_an_answer_matches_its_schema(engine: Engine, seed: int) -> None:
    sampling = Sampling(temperature=1.3, seed=seed, max_tokens=60, json_schema=SCHEMA, logprobs=0)
    text, _, reason = ask(engine, engine.tokenize("What colour is it?"), sampling)
    assert reason == "stop"
    jsonschema.validate(json.loads(text), SCHEMA)


def test_an_answer_cut_by_its_length_says_so(engine: Engine) -> None:
    sampling = Sampling(max_tokens=3, seed=0, json_schema=SCHEMA)
    text, ids, reason = ask(engine, engine.tokenize("What colour is it?"), sampling)
    assert (len(ids), reason) == (3, "length")
    assert text.startswith("{")


def test_a_schema_that_cannot_be_enforced_is_refused_before_any_work(engine: Engine) -> None:
    sampling = dataclasses.replace(GREEDY, json_schema={"type": "array", "uniqueItems": True})
    with pytest.raises(InputError, match="uniqueItems"):
        next(engine.stream([5], sampling))


def test_the_context_ends_an_answer(folder: Path, engine: Engine) -> None:
    small = type(engine)(ModelFiles("tiny", folder=folder), EngineSettings(context_tokens=16))
    try:
        assert small.info.context_tokens == 16
        _, ids, reason = ask(small, list(range(20, 30)), GREEDY)
        assert (len(ids), reason) == (6, "length")
        with pytest.raises(ContextLengthError, match="16 tokens; the context holds 16"):
            next(small.stream(list(range(20, 36)), GREEDY))
    finally:
        small.close()


@pytest.mark.parametrize(
    ("ids", "said"), [([], "empty"), ([5, 512], "token id 512"), ([-1], "token id -1")]
)
def test_wrong_ids_are_refused(engine: Engine, ids: list[int], said: str) -> None:
    with pytest.raises(InputError, match=said):
        next(engine.stream(ids, GREEDY))


def test_a_cancelled_caller_stops_the_stream(engine: Engine) -> None:
    token = CancelToken()
    with cancellable(token):
        chunks = engine.stream(engine.tokenize("Once upon a time"), GREEDY)
        next(chunks)
        token.cancel()
        with pytest.raises(CancelledError):
            next(chunks)
    assert len(ask(engine, [30, 31], GREEDY)[1]) == 20


def test_a_closed_stream_leaves_the_engine_usable(engine: Engine) -> None:
    prompt = engine.tokenize("Once upon a time")
    expected = ask(engine, prompt, GREEDY)
    chunks: Any = engine.stream(prompt, GREEDY)
    next(chunks)
    chunks.close()
    assert ask(engine, prompt, GREEDY) == expected


def test_scores_sum_to_one_over_the_vocabulary_and_do_not_depend_on_the_split(
    engine: Engine,
) -> None:
    ids = engine.tokenize("The quick brown fox jumps over the lazy dog and the river")
    every = [engine.score_ids(ids[:3], [token])[0] for token in range(512)]
    assert np.exp(every).sum() == pytest.approx(1.0, abs=1e-4)
    together = engine.score_ids(ids[:2], ids[2:])
    for split in (3, 10, len(ids) - 1):
        assert engine.score_ids(ids[:split], ids[split:]) == pytest.approx(
            together[split - 2 :], abs=1e-4
        )


def test_vectors_have_length_one_and_do_not_depend_on_their_company(engine: Engine) -> None:
    texts = ["a", "The quick brown fox jumps over the lazy dog.", "numbers and animals"]
    together = engine.embed(texts)
    assert together.shape == (3, 64) and together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    for place, text in enumerate(texts):
        np.testing.assert_allclose(engine.embed([text])[0], together[place], atol=1e-5)
    with pytest.raises(InputError, match="empty"):
        engine.embed(["a", ""])


@pytest.mark.parametrize("kind", ENGINES, ids=lambda engine: engine.name)
def test_going_on_from_a_kept_prompt_gives_the_same_answer(
    kind: type[Engine], folder: Path
) -> None:
    files = ModelFiles("tiny", folder=folder)
    keeping = kind(files, EngineSettings(batch_tokens=8))
    fresh = kind(files, EngineSettings(batch_tokens=8, cache_prompt=False))
    text = "Once upon a time there was a small machine under a wooden table"
    start = keeping.tokenize(text)
    reused = []
    take = keeping._cache.take

    def watched(*arguments: Any) -> Any:
        cache, known = take(*arguments)
        reused.append(known)
        return cache, known

    keeping._cache.take = watched
    try:
        for prompt in (start, [*start, 40, 41], start[:6], start, start[:1], [99], [99, *start]):
            for sampling in (GREEDY, dataclasses.replace(GREEDY, repeat_penalty=1.5, logprobs=1)):
                kept, new = ask(keeping, prompt, sampling), ask(fresh, prompt, sampling)
                assert kept == new
                assert keeping._cache._ids[: len(prompt)] == list(prompt)
        chunks: Any = keeping.stream(start, GREEDY)
        next(chunks)
        chunks.close()
        assert ask(keeping, start, GREEDY) == ask(fresh, start, GREEDY)
        assert len(start) - 1 in reused
        assert keeping.answer(start, GREEDY).cached_tokens == len(start) - 1
        assert fresh.answer(start, GREEDY).cached_tokens == 0
    finally:
        keeping.close()
        fresh.close()


@pytest.mark.parametrize("kind", ENGINES, ids=lambda engine: engine.name)
def test_a_closed_engine_says_so(kind: type[Engine], folder: Path) -> None:
    made = kind(ModelFiles("tiny", folder=folder), EngineSettings())
    assert made.memory_bytes() >= (made.info.parameters or 0) * 4
    made.close()
    made.close()
    assert made.memory_bytes() == 0
    for use in (
        lambda: next(made.stream([5], GREEDY)),
        lambda: made.score_ids([5], [6]),
        lambda: made.embed(["a"]),
    ):
        with pytest.raises(EngineError, match="was closed"):
            use()


@pytest.mark.parametrize("kind", ENGINES, ids=lambda engine: engine.name)
def test_files_that_do_not_fit_are_refused_in_words(
    kind: type[Engine], folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="float8"):
        kind(ModelFiles("tiny", folder=folder), EngineSettings(dtype="float8"))
    with pytest.raises(CapabilityError, match="needs an adapter as PEFT saves it"):
        kind(
            ModelFiles("tiny", folder=folder, adapters=(AdapterFiles("made@1"),)), EngineSettings()
        )
    with pytest.raises(CapabilityError, match="neither"):
        kind(ModelFiles("tiny"), EngineSettings())
    broken = make_tiny_folder(tmp_path / "broken", "qwen3")
    config = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    with pytest.raises(EngineError, match="broken"):
        kind(ModelFiles("tiny", folder=broken), EngineSettings())
    (broken / "config.json").write_text(json.dumps({**config, "model_type": "no_such_model"}))
    with pytest.raises(EngineError, match="no_such_model"):
        kind(ModelFiles("tiny", folder=broken), EngineSettings())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("kind", ENGINES, ids=lambda engine: engine.name)
def test_half_precision_stays_near_the_whole(kind: type[Engine], folder: Path, dtype: str) -> None:
    whole = kind(ModelFiles("tiny", folder=folder), EngineSettings())
    half = kind(ModelFiles("tiny", folder=folder), EngineSettings(dtype=dtype))
    ids = whole.tokenize("The quick brown fox jumps over the lazy dog")
    try:
        assert half.info.weights_dtype == dtype
        assert half.memory_bytes() < 0.6 * whole.memory_bytes()
        found, exact = half.score_ids(ids[:1], ids[1:]), whole.score_ids(ids[:1], ids[1:])
        assert 0 < np.abs(np.subtract(found, exact)).mean() < 0.1
    finally:
        whole.close()
        half.close()
