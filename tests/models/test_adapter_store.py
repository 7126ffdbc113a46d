"""Adapters in the home folder: names, versions, labels, and what keeps them out."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workbench.core import operations
from workbench.core.errors import (
    InputError,
    IntegrityError,
    NotFoundError,
    WorkbenchError,
)
from workbench.models import catalogue
from workbench.models.adapter_store import register_adapter, remove_adapter
from workbench.models.adapters import (
    KIND,
    ModelName,
    choose_for_loading,
    folder_of,
    list_adapters,
    parse_model_name,
    resolve,
)
from workbench.models.formats.adapters import AdapterRecord, read_record, write_record
from workbench.models.formats.gguf_reader import read_gguf
from workbench.models.formats.tiny import make_tiny_folder
from workbench.models.formats.tiny_lora import make_tiny_lora
from workbench.models.formats.to_gguf import write_gguf_of_folder
from workbench.store.files import hash_file
from workbench.store.versions import Versions


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny base as a folder and as a GGUF."""
    folder = tmp_path_factory.mktemp("base")
    make_tiny_folder(folder / "folder")
    write_gguf_of_folder(folder / "folder", folder / "tiny.gguf", type="F32")
    return folder


@pytest.fixture
def base(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The GGUF, in the catalogue as the user's own model ``tiny``; the folder as ``tiny-hf``."""
    gguf = made / "tiny.gguf"
    (tmp_path / "workbench.toml").write_text(
        f'[models.tiny]\npath = "{gguf}"\n[models.tiny-hf]\npath = "{made / "folder"}"\n'
    )
    monkeypatch.chdir(tmp_path)
    return gguf


def add(
    tmp_path: Path, base: Path, name: str = "mine", *, seed: int = 0, model: str = "tiny"
) -> str:
    folder = tmp_path / f"{name}-{seed}"
    make_tiny_lora(folder, base, name=name, base_model=model, seed=seed)
    return register_adapter(folder).full_name


def test_names_have_their_parts() -> None:
    assert parse_model_name("a:b@3") == ModelName("a", "b", "3")
    assert parse_model_name("a:b@production").reference == "b@production"
    assert parse_model_name("a:b").reference == "b"
    assert parse_model_name("a").reference is None
    for path in ("/models/a:b@3", "knowledge/x:y", "odd:name.gguf"):
        assert parse_model_name(path) == ModelName(path)


@pytest.mark.parametrize("name", ["a:", ":b", "a:b@", "a:b:c", "a:b@c@d", "a:b c", "a:..", "a:-b"])
def test_a_name_without_its_parts_is_refused(name: str) -> None:
    with pytest.raises(InputError) as error:
        parse_model_name(name)
    assert name in error.value.message
    assert "base:adapter@version" in str(error.value.hint)


def test_versions_are_counted_and_names_stand_for_them(base: Path, tmp_path: Path) -> None:
    assert [add(tmp_path, base, seed=seed) for seed in (1, 2)] == ["tiny:mine@1", "tiny:mine@2"]
    assert add(tmp_path, base, "other") == "tiny:other@1"
    assert [a.full_name for a in list_adapters("tiny")] == [
        "tiny:mine@1",
        "tiny:mine@2",
        "tiny:other@1",
    ]
    assert list_adapters("another") == ()
    for bare in ("mine", "mine@1"):  # each base once, however many versions it has
        with pytest.raises(NotFoundError, match=rf"its base: did you mean 'tiny:{bare}'\?$"):
            catalogue.find(bare)
    Versions().move_label(KIND, "tiny:mine@1", label="production", actor="test")
    found = [resolve(f"tiny:mine{which}").version for which in ("", "@latest", "@production", "@1")]
    assert found == [2, 2, 1, 1]
    assert resolve("tiny:mine@production").labels == ("production",)
    with pytest.raises(NotFoundError, match="mine"):
        resolve("tiny:mien")
    with pytest.raises(NotFoundError, match="production"):
        resolve("tiny:mine@staging")
    with pytest.raises(InputError, match="names no adapter"):
        resolve("tiny")


def test_the_copy_is_whole_and_has_a_gguf_for_llama_cpp(base: Path, tmp_path: Path) -> None:
    add(tmp_path, base)
    found = resolve("tiny:mine")
    shutil.rmtree(tmp_path / "mine-0")  # the user's own is no longer needed
    record = read_record(found.folder)
    assert record == found.record
    assert set(record.files) == {
        "adapter.gguf",
        "adapter_config.json",
        "adapter_model.safetensors",
    }
    files = found.files()
    assert files.name == "mine@1"
    assert files.folder == found.folder
    assert files.gguf is not None
    assert read_gguf(files.gguf).metadata["adapter.type"] == "lora"
    assert found.size_bytes > 1000


def test_a_gguf_alone_is_enough_for_llama_cpp(base: Path, tmp_path: Path) -> None:
    add(tmp_path, base)
    source = tmp_path / "gguf"
    source.mkdir()
    shutil.copy(resolve("tiny:mine").folder / "adapter.gguf", source / "weights.gguf")
    record = dataclasses.replace(
        resolve("tiny:mine").record,
        name="alone",
        files={"weights.gguf": hash_file(source / "weights.gguf")},
    )
    write_record(source, record)
    files = register_adapter(source).files()
    assert files.gguf is not None
    assert files.gguf.name == "weights.gguf"
    assert files.folder is None


def test_a_base_that_is_a_folder_needs_no_gguf(base: Path, made: Path, tmp_path: Path) -> None:
    name = add(tmp_path, made / "folder", model="tiny-hf")
    assert resolve(name).files().gguf is None


def change_record(folder: Path, **change: object) -> None:
    path = folder / "adapter.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"base_sha256": "0" * 64}, IntegrityError, "was trained on a tiny with the sha256 000"),
        ({"base_model": "tinny"}, NotFoundError, "did you mean 'tiny'"),
        ({"name": "not a name"}, InputError, "must be letters"),
        ({"name": "../../up"}, InputError, "must be letters"),
        ({"files": {"adapter_config.json": "0" * 64}}, IntegrityError, "sha256"),
        ({"files": {"gone.gguf": "0" * 64}}, NotFoundError, "missing"),
        ({"rank": 0}, InputError, "rank"),
    ],
)
def test_what_does_not_fit_leaves_nothing(
    base: Path,
    tmp_path: Path,
    home: Path,
    change: dict[str, object],
    error: type[WorkbenchError],
    said: str,
) -> None:
    make_tiny_lora(tmp_path / "odd", base, name="odd", base_model="tiny")
    change_record(tmp_path / "odd", **change)
    with pytest.raises(error, match=said):
        register_adapter(tmp_path / "odd")
    assert list_adapters() == ()
    assert not [path for path in home.glob("adapters/**/*") if path.is_file()]


def test_an_adapter_of_another_shape_or_kind_is_refused(
    base: Path, made: Path, tmp_path: Path, home: Path
) -> None:
    """llama.cpp would refuse the base itself for its sake."""
    make_tiny_folder(tmp_path / "qwen", "qwen3")
    write_gguf_of_folder(tmp_path / "qwen", tmp_path / "qwen.gguf", type="F32")
    make_tiny_lora(tmp_path / "foreign", tmp_path / "qwen.gguf", name="odd", base_model="tiny")
    change_record(tmp_path / "foreign", base_sha256=hash_file(base))
    with pytest.raises(InputError, match="fit"):
        register_adapter(tmp_path / "foreign")
    source = tmp_path / "no-lora"
    source.mkdir()
    shutil.copy(base, source / "model.gguf")
    record = AdapterRecord(
        name="odd",
        base_model="tiny",
        base_sha256=hash_file(base),
        rank=1,
        alpha=1.0,
        target_modules=("q_proj",),
        files={"model.gguf": hash_file(base)},
    )
    write_record(source, record)
    with pytest.raises(InputError, match="no LoRA"):
        register_adapter(source)
    make_tiny_lora(tmp_path / "dora", base, name="odd", base_model="tiny")
    config = tmp_path / "dora" / "adapter_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "use_dora": True}))
    files = {path: hash_file(tmp_path / "dora" / path) for path in record_files(tmp_path / "dora")}
    change_record(tmp_path / "dora", files=files)
    with pytest.raises(InputError, match="no magnitudes"):
        register_adapter(tmp_path / "dora")
    assert list_adapters() == ()
    assert not [path for path in home.glob("adapters/**/*") if path.is_file()]


def record_files(folder: Path) -> list[str]:
    return list(json.loads((folder / "adapter.json").read_text())["files"])


def test_a_removed_version_is_gone_and_its_number_is_not_used_again(
    base: Path, tmp_path: Path, home: Path
) -> None:
    for seed in (1, 2):
        add(tmp_path, base, seed=seed)
    assert remove_adapter("tiny:mine@2").full_name == "tiny:mine@2"
    assert [a.full_name for a in list_adapters()] == ["tiny:mine@1"]
    with pytest.raises(NotFoundError, match="was removed"):
        resolve("tiny:mine@2")
    assert not list(home.glob("adapters/tiny/mine/.part-*"))
    assert resolve("tiny:mine").version == 1  # the newest that is there
    assert add(tmp_path, base, seed=3) == "tiny:mine@3"


def test_a_registration_that_was_killed_is_no_version(base: Path, tmp_path: Path) -> None:
    """Files that came to their place before the version was confirmed are replaced."""
    left = folder_of("tiny", "mine", 1)
    left.mkdir(parents=True)
    (left / "adapter.json").write_text("{}")
    part = left.with_name(".part-1-x")
    part.mkdir()
    os.utime(part, (0, 0))
    assert list_adapters() == ()
    assert add(tmp_path, base) == "tiny:mine@1" and not part.exists()
    assert resolve("tiny:mine@1").record.rank == 4


def test_two_at_once_are_two_versions(base: Path, tmp_path: Path) -> None:
    folders = []
    for seed in range(4):
        folders.append(tmp_path / f"at-once-{seed}")
        make_tiny_lora(folders[-1], base, name="mine", base_model="tiny", seed=seed)
    with ThreadPoolExecutor(4) as pool:
        found = [adapter.version for adapter in pool.map(register_adapter, folders)]
    assert sorted(found) == [1, 2, 3, 4]
    weights = {resolve(f"tiny:mine@{number}").record.files["adapter.gguf"] for number in found}
    assert len(weights) == 4


def test_parents_that_are_known_become_its_lineage(base: Path, tmp_path: Path) -> None:
    add(tmp_path, base)
    make_tiny_lora(
        tmp_path / "child",
        base,
        name="child",
        base_model="tiny",
        parents=("tiny:mine@1", "tiny:unknown@7"),
    )
    child = register_adapter(tmp_path / "child")
    version = Versions().resolve(KIND, child.full_name)
    assert [parent.reference for parent in Versions().parents(version)] == ["tiny:mine@1"]
    assert child.record.parents == ("tiny:mine@1", "tiny:unknown@7")


def test_a_file_that_changes_is_noticed_and_does_not_stop_the_base(
    base: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for seed in range(4):
        add(tmp_path, base, seed=seed)
    Versions().move_label(KIND, "tiny:mine@1", label="production", actor="test")
    chosen = [a.reference for a in choose_for_loading("tiny", limit=3)]
    assert chosen == ["mine@1", "mine@4", "mine@3"]
    first = resolve("tiny:mine@2")
    chosen = [a.reference for a in choose_for_loading("tiny", limit=2, first=first)]
    assert chosen == ["mine@2", "mine@1"]
    path = resolve("tiny:mine@4").folder / "adapter.gguf"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(IntegrityError, match=r"adapter\.gguf"):
        resolve("tiny:mine@4")
    chosen = [a.reference for a in choose_for_loading("tiny", limit=3)]
    assert chosen == ["mine@1", "mine@3", "mine@2"]
    assert "tiny:mine@4 is not loaded" in caplog.text


def test_the_operations_list_add_and_remove(base: Path, tmp_path: Path) -> None:
    make_tiny_lora(tmp_path / "made", base, name="mine", base_model="tiny")
    added = operations.find("models.adapter_add").run({"folder": str(tmp_path / "made")})
    assert added.name == "tiny:mine@1"
    (row,) = operations.find("models.adapters").run({"base": "tiny"})
    assert row == added
    assert (row.rank, row.labels, row.method) == (4, [], "lora")
    removed = operations.find("models.adapter_remove").run({"name": "tiny:mine@1"})
    assert removed == added
    assert operations.find("models.adapters").run({}) == []
