"""The ``[models.NAME]`` tables: every key is honoured, every mistake is named with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.core.errors import ConfigError, InputError
from workbench.models.loading import load
from workbench.models.model_settings import ModelSettings, own_models, read_settings
from workbench.models.protocol import EngineSettings, Sampling


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "workbench.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_everything_is_the_default(folder: Path) -> None:
    assert read_settings("any") == ModelSettings()
    with settings.override(threads=3):
        assert read_settings("any").engine_settings() == EngineSettings(threads=3)
    assert read_settings("any").sampling_defaults() == Sampling()
    assert own_models() == []


def test_each_key_reaches_the_engine_or_the_call(folder: Path) -> None:
    write(
        folder,
        """
        [models.mine]
        path = "~/mine.gguf"
        engine = "llamacpp"
        context_tokens = 512
        threads = 2
        parallel = 3
        batch_tokens = 64
        dtype = "bfloat16"
        cache_prompt = false
        template = "{{ messages[0].content }}"
        system = ""
        sampling = { temperature = 0, max_tokens = 5, stop = ["\\n"], seed = 3, top_k = 1 }

        [models.other]
        threads = 7
        """,
    )
    mine = read_settings("mine")
    assert mine.engine_settings() == EngineSettings(
        context_tokens=512,
        threads=2,
        parallel=3,
        batch_tokens=64,
        dtype="bfloat16",
        cache_prompt=False,
    )
    assert mine.sampling_defaults() == Sampling(
        temperature=0, max_tokens=5, stop=("\n",), seed=3, top_k=1
    )
    assert (mine.system, mine.engine, mine.path) == ("", "llamacpp", "~/mine.gguf")
    assert read_settings("other") == ModelSettings(threads=7)
    assert own_models() == ["mine"]


def test_an_argument_stands_above_the_file(folder: Path) -> None:
    write(folder, "[models.mine]\nthreads = 2\nsampling = { seed = 3, max_tokens = 9 }\n")
    both = read_settings("mine", threads=1, context_tokens=64, sampling={"seed": 4}, system=None)
    assert (both.threads, both.context_tokens, both.system) == (1, 64, None)
    assert both.sampling == {"seed": 4, "max_tokens": 9}


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("contxt_tokens = 5", "contxt_tokens"),
        ('context_tokens = "many"', "context_tokens"),
        ("context_tokens = 2048.0", "context_tokens"),
        ("context_tokens = 1", "context_tokens"),
        ("threads = 0", "threads"),
        ("threads = true", "threads"),
        ("threads = 5000", "at most"),
        ("parallel = -1", "parallel"),
        ("batch_tokens = 1", "batch_tokens"),
        ('dtype = "int3"', "dtype"),
        ('engine = "vllm"', "engine"),
        ("path = 5", "path"),
        ('cache_prompt = "yes"', "cache_prompt"),
        ("system = 5", "system"),
        ("sampling = 5", "sampling"),
        ("sampling = { heat = 1 }", "sampling.heat"),
        ('sampling = { temperature = "hot" }', "sampling.temperature"),
        ("sampling = { temperature = -1 }", "temperature"),
        ('sampling = { stop = "x" }', "sampling.stop"),
        ("sampling = { stop = [5] }", "sampling.stop"),
        ('sampling = { stop = [""] }', "stop"),
        ("sampling = { max_tokens = 0 }", "max_tokens"),
    ],
)
def test_a_mistake_is_named_with_file_table_and_key(folder: Path, table: str, key: str) -> None:
    path = write(folder, f"[models.mine]\n{table}\n")
    with pytest.raises(ConfigError) as error:
        read_settings("mine")
    for part in (str(path), "[models.mine]", key):
        assert part in error.value.message


def test_a_table_that_is_no_table_is_named_too(folder: Path) -> None:
    write(folder, "[models]\nmine = 5\n")
    with pytest.raises(ConfigError, match=r"\[models\.mine\]"):
        read_settings("mine")
    assert own_models() == []


@pytest.mark.parametrize(
    "options", [{"treads": 1}, {"threads": "2"}, {"sampling": {"temperature": -1}}, {"dtype": 1}]
)
def test_a_wrong_argument_is_an_input_error(folder: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"load\('mine'\)"):
        read_settings("mine", **options)


def test_stop_texts_may_be_a_tuple_from_python(folder: Path) -> None:
    chosen = read_settings("mine", sampling={"stop": ("a", "b")})
    assert chosen.sampling_defaults().stop == ("a", "b")


@pytest.mark.model
def test_the_loaded_model_does_as_its_table_says(
    folder: Path, shared_home: Path, smollm2_gguf: Path
) -> None:
    write(
        folder,
        f"""
        [models."smollm2-135m"]
        engine = "llamacpp"
        context_tokens = 512
        threads = 1
        parallel = 2
        system = "Answer in capitals."
        sampling = {{ temperature = 0, max_tokens = 4, stop = ["zzz"] }}

        [models.mine]
        path = "{smollm2_gguf}"
        system = ""
        template = "Q: {{{{ messages[-1].content }}}}\\nA:"
        context_tokens = 64
        """,
    )
    question = [{"role": "user", "content": "What is the capital of France?"}]
    with load() as model:
        assert model.info.context_tokens == 512
        assert "Answer in capitals." in model.render(question)
        first, second = model.chat(question), model.chat(question)
        assert (first.text, first.completion_tokens) == (second.text, 4)
        props = model._engine._props  # type: ignore[attr-defined]
        assert props["total_slots"] == 2
        assert props["default_generation_settings"]["n_ctx"] == 512
        assert model.chat(question, max_tokens=2).completion_tokens == 2
    with load("mine") as mine:
        assert mine.name == "mine"
        assert mine.render(question) == "Q: What is the capital of France?\nA:"
        assert mine.info.context_tokens == 64
    with load(context_tokens=256, system="") as model:
        assert model.info.context_tokens == 256
        assert "Answer in capitals." not in model.render(question)
