"""The list of models: well-formed, licensed, and right about the memory they need."""

from __future__ import annotations

import logging
import re
import struct
from pathlib import Path

import pytest

from workbench.core.errors import InputError, NotFoundError, WorkbenchError
from workbench.models import catalogue
from workbench.models.catalogue import CatalogueEntry
from workbench.models.loading import load

BUILT_IN = list(catalogue.entries().values())
by_name = pytest.mark.parametrize("entry", BUILT_IN, ids=lambda entry: entry.name)


@by_name
def test_an_entry_is_well_formed(entry: CatalogueEntry) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", entry.name)
    assert entry.title
    assert entry.kind in ("chat", "embedding")
    assert entry.license.strip()
    assert entry.engines
    assert set(entry.engines) <= set(catalogue.ENGINES)
    assert entry.sources
    names = {tuple(sorted(file.name for file in source.files)) for source in entry.sources}
    assert len(names) == 1, "every source offers the same files"
    assert all(source.license == entry.license for source in entry.sources)
    assert None not in (entry.parameters, entry.layers, entry.kv_heads, entry.head_size)
    assert entry.bits_per_weight is not None
    assert 4 <= entry.bits_per_weight <= 32
    assert entry.context_tokens


@by_name
def test_only_what_was_run_here_is_pinned(entry: CatalogueEntry) -> None:
    pins = {file.sha256 is not None for source in entry.sources for file in source.files}
    assert pins == {entry.verified}
    sizes = [file.size_bytes for source in entry.sources for file in source.files]
    assert all(size is None for size in sizes) or entry.verified


@by_name
def test_the_memory_grows_with_the_context(entry: CatalogueEntry) -> None:
    needs = [entry.memory_bytes(tokens) for tokens in (256, 2048, 4096, 32768)]
    assert None not in needs
    assert needs == sorted(set(needs))  # type: ignore[type-var]
    size, need = entry.size_bytes, entry.memory_bytes(256)
    assert size is not None
    assert need is not None
    assert need > 0.95 * size
    twice, once = entry.memory_bytes(2048, parallel=2), entry.memory_bytes(4096)
    assert twice == once


def test_the_default_and_the_families_are_there() -> None:
    names = " ".join(entry.name for entry in BUILT_IN)
    for family in ("smollm2-135m", "minilm", "codellama", "qwen", "llama-3", "gemma", "mistral"):
        assert family in names
    assert catalogue.find("smollm2-135m").verified


def test_the_recorded_size_is_the_files(smollm2_gguf: Path) -> None:
    entry = catalogue.find("smollm2-135m")
    assert entry.size_bytes == smollm2_gguf.stat().st_size
    assert entry._weight_bytes() == pytest.approx(entry.size_bytes, rel=0.05)


@pytest.mark.model
@pytest.mark.parametrize("context_tokens", [2048, 4096])
def test_the_reckoned_memory_is_what_it_takes(shared_home: Path, context_tokens: int) -> None:
    entry = catalogue.find("smollm2-135m")
    reckoned = entry.memory_bytes(context_tokens)
    assert reckoned is not None
    with load(engine="llamacpp", context_tokens=context_tokens, threads=1) as model:
        model.generate("The cache is resident from the start.", max_tokens=8)
        measured = model.memory_bytes()
    assert reckoned == pytest.approx(measured, rel=0.25), f"{measured / 2**20:.0f} MiB"


def test_an_unknown_name_has_near_matches() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'smollm2-135m'") as error:
        catalogue.find("smollm-135m")
    assert "models list" in str(error.value.hint)
    with pytest.raises(NotFoundError):
        catalogue.find("/no/such/file.gguf")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_model_of_ones_own(folder: Path) -> None:
    (folder / "mine.gguf").write_bytes(b"GGUF")
    (folder / "workbench.toml").write_text('[models.mine]\npath = "mine.gguf"\n')
    entry = catalogue.find("mine")
    assert entry.engines == catalogue.ENGINES
    assert entry.sources[0].uri == f"file:{folder}"
    assert entry.size_bytes == 4
    assert (entry.memory_bytes(), entry.verified) == (None, False)
    assert "mine" in catalogue.entries()
    assert catalogue.find(str(folder / "mine.gguf")).name == "mine"
    assert catalogue.find("mine.gguf").name == "mine"


def test_a_folder_of_ones_own(folder: Path) -> None:
    model = folder / "mine"
    model.mkdir()
    with pytest.raises(InputError, match="no model") as error:
        catalogue.find(str(model))
    assert error.value.hint
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (model / name).write_bytes(b"{}")
    entry = catalogue.find(str(model))
    assert "llamacpp" not in entry.engines
    assert len(entry.sources[0].files) == 3


def test_a_model_that_is_gone_hides_no_other(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "workbench.toml").write_text('[models.mine]\npath = "/mnt/gone.gguf"\n')
    with pytest.raises(InputError, match="not there") as error:
        catalogue.find("mine")
    assert "[models.mine]" in str(error.value.hint)
    assert catalogue.find("smollm2-135m").name == "smollm2-135m"
    with caplog.at_level(logging.WARNING):
        assert set(catalogue.entries()) == {entry.name for entry in BUILT_IN}
    assert "/mnt/gone.gguf" in caplog.text


def test_a_table_with_a_path_takes_the_place_of_a_known_model(folder: Path) -> None:
    (folder / "mine.gguf").write_bytes(b"GGUF")
    (folder / "workbench.toml").write_text('[models."smollm2-135m"]\npath = "mine.gguf"\n')
    assert catalogue.find("smollm2-135m").license == "the user's own"
    assert catalogue.entries()["smollm2-135m"].sources[0].scheme == "file"


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "mine.gguf").write_bytes(b"GGUF")
    for typed in (f"{tmp_path}/nope.gguf", f"{tmp_path}/nope", "nope.gguf", "./nope"):
        with pytest.raises(NotFoundError, match="there is no such file"):
            catalogue.find(typed)
    with pytest.raises(NotFoundError, match=r"did you mean .*/mine\.gguf") as raised:
        catalogue.find(f"{tmp_path}/mina.gguf")
    assert raised.value.hint == f"ls {tmp_path}"
    with pytest.raises(NotFoundError, match="no model named 'qwen/qwen3"):
        catalogue.find("qwen/qwen3-0.6b")


@pytest.mark.parametrize("typed", ["large", "far/large"])
def test_an_upstream_s_model_is_told_as_that(folder: Path, typed: str) -> None:
    (folder / "workbench.toml").write_text(
        '[upstreams.far]\nurl = "http://127.0.0.1:1/v1"\nmodels = ["large"]\n'
    )
    with pytest.raises(NotFoundError, match=r"\[upstreams.far\] has it") as raised:
        catalogue.find(typed)
    assert "workbench serve" in (raised.value.hint or "")
    with pytest.raises(NotFoundError) as raised:
        catalogue.find("larger-still")
    assert "upstreams" not in raised.value.message


def test_a_damaged_file_of_ones_own_is_not_to_be_fetched(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 1, 1))  # cut short
    with pytest.raises(WorkbenchError) as raised:
        load(str(path), engine="transformers")
    assert "pull" not in (raised.value.hint or "") and "copy it anew" in (raised.value.hint or "")
