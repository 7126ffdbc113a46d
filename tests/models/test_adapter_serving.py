"""Adapters at work: changed at each request on llama.cpp, merged at the load elsewhere."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from workbench.cli.main import main
from workbench.core import settings
from workbench.core.errors import CapabilityError, InputError, NotFoundError
from workbench.models.adapter_store import register_adapter, remove_adapter
from workbench.models.adapters import KIND, resolve, warn_of_template
from workbench.models.engines.llamacpp import LlamaCppEngine
from workbench.models.engines.mlx import MlxEngine
from workbench.models.engines.slots import Slots
from workbench.models.engines.transformers import TransformersEngine
from workbench.models.formats.adapters import hash_template
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.tiny_lora import make_tiny_lora
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.models.loading import load
from workbench.models.model import Model
from workbench.models.protocol import AdapterFiles, Engine, EngineSettings, ModelFiles, Sampling
from workbench.store.versions import Versions

pytestmark = pytest.mark.model

NAMES = ("a@1", "b@1", "c@1")
GREEDY = Sampling(temperature=0, max_tokens=6, logprobs=1)
TEXT = "Once upon a time there was a small machine"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base, three adapters of it, and a home in which they are registered."""
    root = tmp_path_factory.mktemp("made")
    make_tiny_folder(root / "folder")
    gguf = write_gguf_of_folder(root / "folder", root / "tiny.gguf", type="F32")
    (root / "workbench.toml").write_text(f'[models.tiny]\npath = "{gguf}"\nthreads = 1\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        with settings.override(home=root / "home"):
            for seed, name in enumerate(("a", "b", "c")):
                make_tiny_lora(root / name, gguf, name=name, base_model="tiny", seed=seed)
                register_adapter(root / name)
    return root


@pytest.fixture(autouse=True)
def here(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(made)
    with settings.override(home=made / "home"):
        yield


def files_with(made: Path, *names: str) -> ModelFiles:
    adapters = (
        AdapterFiles(name, made / "home" / "adapters" / "tiny" / name[0] / "1" / "adapter.gguf")
        for name in names
    )
    return ModelFiles("tiny", gguf=made / "tiny.gguf", adapters=tuple(adapters))


def test_many_requests_by_turns_are_as_if_each_adapter_were_alone(made: Path) -> None:
    """200 requests over the base and three adapters, whose prompts begin alike: what one adapter
    has read must never be taken for another's. The expected answers come from processes that have
    one adapter at most and keep no prompt.
    """
    alone_settings = EngineSettings(context_tokens=256, cache_prompt=False)
    dice = random.Random(7)
    with ExitStack() as stack:
        engine = LlamaCppEngine(files_with(made, *NAMES), EngineSettings(context_tokens=256))
        stack.callback(engine.close)
        ids = engine.tokenize(TEXT)
        prompts = [[*ids[: 8 + place], *engine.tokenize(f" {place}")] for place in range(6)]
        expected = {}
        for name in (None, *NAMES):
            alone = LlamaCppEngine(files_with(made, *([name] if name else [])), alone_settings)
            stack.callback(alone.close)
            for place, prompt in enumerate(prompts):
                expected[name, place] = alone.answer(prompt, GREEDY, adapter=name)
        texts = {(chunk.ids, place) for (_, place), chunk in expected.items()}
        assert len(texts) == len(expected), "the adapters do not differ, so nothing is shown"
        for _ in range(200):
            name, place = dice.choice((None, *NAMES)), dice.randrange(len(prompts))
            found = engine.answer(prompts[place], GREEDY, adapter=name)
            wanted = expected[name, place]
            assert found.ids == wanted.ids
            assert [entry.logprob for entry in found.logprobs] == pytest.approx(
                [entry.logprob for entry in wanted.logprobs], abs=1e-3
            )
        # The same comparison sees an engine that leaves the adapter as it was before.
        engine._scales = lambda adapter: []  # type: ignore[method-assign]
        engine.answer(prompts[0], GREEDY, adapter="a@1")
        assert engine.answer(prompts[1], GREEDY, adapter="b@1").ids != expected["b@1", 1].ids


def test_different_adapters_at_the_same_time_do_not_mix(made: Path) -> None:
    engine = LlamaCppEngine(
        files_with(made, *NAMES), EngineSettings(context_tokens=128, parallel=3)
    )
    try:
        ids = engine.tokenize(TEXT)
        names = (None, *NAMES)
        alone = {name: engine.answer(ids, GREEDY, adapter=name).ids for name in names}
        assert len(set(alone.values())) == 4
        order = random.Random(3).choices(names, k=60)
        with ThreadPoolExecutor(3) as pool:
            found = pool.map(lambda name: engine.answer(ids, GREEDY, adapter=name).ids, order)
            assert list(found) == [alone[name] for name in order]
    finally:
        engine.close()


def test_each_adapter_keeps_its_prompt_where_there_are_slots_enough(made: Path) -> None:
    """By turns on one prompt: llama.cpp's own choice of slot knows nothing of it (shown last)."""
    settings_of_two = EngineSettings(context_tokens=128, parallel=2)
    engine = LlamaCppEngine(files_with(made, "a@1", "b@1"), settings_of_two)
    try:
        ids = engine.tokenize(TEXT)
        turns = ("a@1", "b@1") * 3
        cached = [engine.answer(ids, GREEDY, adapter=name).cached_tokens for name in turns]
        assert cached == [0, 0, *[len(ids) - 1] * 4]
        streamed = list(engine.stream(ids, GREEDY, adapter="a@1"))
        assert streamed[-1].cached_tokens == len(ids) - 1
        engine._slots = None
        cached = [engine.answer(ids, GREEDY, adapter=name).cached_tokens for name in turns]
        assert cached[-2:] == [0, 0]
    finally:
        engine.close()


def test_the_slot_that_knows_most_is_taken_else_the_oldest() -> None:
    slots = Slots(3)
    with slots.take([1, 2, 3], "a") as first, slots.take([1, 2, 3], "b") as second:
        assert {first, second} < {0, 1, 2}
        with slots.take([1, 2, 3], "a") as third:  # the one that knows it is at work
            assert third not in (first, second)
            with slots.take([1], "a") as none_left:
                assert none_left is None
    for ids, adapter, place in (([1, 2, 9], "b", second), ([1, 2, 3, 4], "a", first)):
        with slots.take(ids, adapter) as found:
            assert found == place
    with slots.take([7], "c") as found:  # knows nothing anywhere: the one used longest ago
        assert found == third
    with slots.take([7, 8], "c") as found:
        assert found == third


@pytest.fixture(scope="module")
def model(made: Path) -> Iterator[Model]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        with settings.override(home=made / "home"):
            loaded = load("tiny:b", engine="llamacpp", context_tokens=128)
    with loaded:
        yield loaded


def test_a_model_that_was_loaded_by_an_adapters_name_answers_with_it(model: Model) -> None:
    assert (model.name, model.base, model.adapter) == ("tiny:b@1", "tiny", "b@1")
    assert sorted(model.adapters) == list(NAMES)
    said = model.generate(TEXT, temperature=0, max_tokens=6)
    assert said.model == "tiny:b@1"
    texts = {
        name: model.generate(TEXT, temperature=0, max_tokens=6, adapter=name).text
        for name in (*NAMES, "a", "b", "c@latest")
    }
    assert said.text == texts["b@1"] == texts["b"]
    assert texts["a"] == texts["a@1"]
    assert texts["c@latest"] == texts["c@1"]
    assert len(set(texts.values())) == 3


def test_every_way_to_ask_takes_an_adapter(model: Model) -> None:
    messages = [{"role": "user", "content": "Hello"}]
    greedy = {"temperature": 0, "max_tokens": 5}
    for name in ("a", "c"):
        chat = model.chat(messages, adapter=name, **greedy).text
        pieces = "".join(c.text for c in model.stream_chat(messages, adapter=name, **greedy))
        ids = model.chat_ids(messages)
        assert chat == pieces == model.answer_ids(ids, adapter=name, **greedy).text
        assert model.score(TEXT, " and so on", adapter=name) == pytest.approx(
            model._engine.score_ids(
                model.prompt_ids(TEXT), model.tokenize(" and so on"), adapter=f"{name}@1"
            ),
            abs=1e-3,
        )
    scores = {tuple(model.score(TEXT, " and", adapter=name)) for name in NAMES}
    assert len(scores) == 3
    with pytest.raises(NotFoundError, match="did you mean"):
        model.chat(messages, adapter="aa")
    with pytest.raises(InputError, match="letters"):
        model.chat(messages, adapter="a:b")


def test_embeddings_are_the_bases(model: Model, made: Path) -> None:
    bare = LlamaCppEngine(ModelFiles("tiny", gguf=made / "tiny.gguf"), EngineSettings())
    try:
        np.testing.assert_allclose(model.embed(["one two"]), bare.embed(["one two"]), atol=1e-5)
    finally:
        bare.close()


def test_one_that_is_registered_later_is_said_not_to_be_loaded(model: Model, made: Path) -> None:
    make_tiny_lora(made / "later", made / "tiny.gguf", name="a", base_model="tiny", seed=9)
    assert model.has_adapter("a")
    later = register_adapter(made / "later")
    try:
        assert later.reference == "a@2"
        assert not model.has_adapter("a")  # which now stands for the newer one
        assert model.has_adapter("a@1")
        assert not model.has_adapter("a@2")
        with pytest.raises(NotFoundError, match=r"a@2.*did you mean 'a@1'") as caught:
            model.generate(TEXT, adapter="a")
        assert "load the model again" in str(caught.value.hint)
        Versions().move_label(KIND, "tiny:a@1", label="production", actor="test")
        assert model.has_adapter("a@production")
        with load("tiny", engine="llamacpp", context_tokens=64) as again:
            assert again.has_adapter("a")
            assert again.adapters[0] == "a@1"  # the label comes first
    finally:
        remove_adapter("tiny:a@2")
    with pytest.raises(NotFoundError):
        model.has_adapter("unknown")


def test_another_chat_template_than_it_was_trained_with_is_told(
    model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    template = model._engine.chat_template
    assert template is not None
    adapter = resolve("tiny:a@1")
    for trained_with, told in ((None, False), (template, False), (template + " ", True)):
        sha256 = hash_template(trained_with) if trained_with is not None else None
        record = dataclasses.replace(adapter.record, chat_template_sha256=sha256)
        caplog.clear()
        warn_of_template(dataclasses.replace(adapter, record=record), template)
        assert ("tiny:a@1 was trained with another chat template" in caplog.text) == told


def test_no_more_are_loaded_than_the_setting_allows() -> None:
    with settings.override(adapters_per_model=1), load("tiny:a@1", engine="llamacpp") as model:
        assert model.adapters == ("a@1",)
        assert not model.has_adapter("b")
    with settings.override(adapters_per_model=0), load("tiny", engine="llamacpp") as model:
        assert model.adapters == ()


@pytest.mark.parametrize("engine", ["transformers", "mlx"])
def test_the_engines_in_python_merge_one(engine: str, model: Model) -> None:
    continuation = " and it could only answer questions"
    with load("tiny:a", engine=engine) as merged:
        assert merged.adapters == ("a@1",)
        found = merged.score(TEXT, continuation)
        expected = model.score(TEXT, continuation, adapter="a")
        without = model.score(TEXT, continuation, adapter="c")
        assert np.abs(np.subtract(found, expected)).max() < 0.02
        assert np.abs(np.subtract(found, without)).max() > 0.1
        with pytest.raises(CapabilityError, match="has the adapter a@1 merged") as caught:
            merged.generate(TEXT, adapter="b@1")
        assert "llamacpp" in str(caught.value.hint)
        with pytest.raises(CapabilityError):
            merged._engine.answer([5], GREEDY)
    with (
        load("tiny", engine=engine) as bare,
        pytest.raises(CapabilityError, match="no adapter") as caught,
    ):
        bare.generate(TEXT, adapter="b@1")
    assert "tiny:b@1" in str(caught.value.hint)


@pytest.mark.parametrize("kind", [TransformersEngine, MlxEngine], ids=lambda kind: kind.name)
def test_an_adapter_of_another_shape_is_not_merged(
    kind: type[Engine], made: Path, tmp_path: Path
) -> None:
    make_tiny_folder(tmp_path / "gemma", "gemma")
    make_tiny_lora(tmp_path / "odd", tmp_path / "gemma", name="odd", base_model="gemma")
    adapter = AdapterFiles("odd@1", folder=tmp_path / "odd")
    files = ModelFiles("tiny", folder=made / "folder", adapters=(adapter,))
    with pytest.raises(InputError, match=r"odd@1 changes model\.layers\.0"):
        kind(files, EngineSettings())


def test_an_engine_that_takes_none_says_which_does() -> None:
    with pytest.raises(CapabilityError, match="onnx engine does not load adapters") as caught:
        load("tiny:a@1", engine="onnx")
    assert "engine='llamacpp'" in str(caught.value.hint)


def test_the_command_line_takes_the_name(
    capsys: pytest.CaptureFixture[str], made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(made / "home"))

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    ask = ("chat", "Hello", "--temperature", "0", "--max-tokens", "4", "--json", "--model")
    said = {}
    for name in ("tiny", "tiny:a@1"):
        status, out, err = run(*ask, name)
        assert status == 0, err
        said[name] = json.loads(out)
    assert said["tiny:a@1"]["model"] == "tiny:a@1"
    assert said["tiny"]["text"] != said["tiny:a@1"]["text"]
    rows = json.loads(run("models", "adapters", "--json")[1])
    assert {row["name"] for row in rows} >= {"tiny:a@1", "tiny:b@1"}
    assert "tiny:a@1" in run("models", "adapters")[1]
    status, out, err = run(*ask, "tiny:d")
    assert (status, out) == (2, "")
    assert "no adapter named" in err
