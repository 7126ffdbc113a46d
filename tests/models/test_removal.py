"""Removing a model frees its room: also the conversions, and nothing that another one needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.errors import ConflictError, NotFoundError
from workbench.models import catalogue
from workbench.models.catalogue import CatalogueEntry
from workbench.models.formats.made_folders import making
from workbench.models.formats.onnx_build import source_sha256
from workbench.models.protocol import ModelFiles
from workbench.models.removal import remove_model
from workbench.store.artifacts import Artifact, Artifacts
from workbench.store.files import hash_file
from workbench.store.sources import Source, SourceFile

Know = Callable[..., None]


@pytest.fixture
def know(monkeypatch: pytest.MonkeyPatch, home: Path) -> Know:
    """Make a catalogue of models, each with files of these blobs."""
    template = catalogue.find("smollm2-135m")

    def entry_of(name: str, kept: dict[str, Artifact]) -> CatalogueEntry:
        files = tuple(SourceFile(n, one.sha256, one.size_bytes) for n, one in kept.items())
        return replace(template, name=name, sources=(Source(f"hf:org/{name}@main", files, "MIT"),))

    def make(**models: dict[str, Artifact]) -> None:
        entries = {name: entry_of(name, kept) for name, kept in models.items()}
        monkeypatch.setattr(catalogue, "_built_in", lambda: entries)

    return make


def convert(home: Path, source: str, kind: str, **files: bytes) -> Path:
    made = home / "converted" / f"{source}-{kind}"
    with making(made) as part:
        for name, content in files.items():
            (part / name.replace("_", ".")).write_bytes(content)
    return made


def test_conversions_go_too_also_those_of_conversions(home: Path, know: Know) -> None:
    artifacts = Artifacts(home)
    mine, other = artifacts.put_bytes(b"mine"), artifacts.put_bytes(b"other")
    know(m={"m.gguf": mine}, o={"o.gguf": other})
    variant = convert(home, mine.sha256, "Q8_0-v1", m_gguf=b"smaller")
    made = [
        variant,
        convert(home, mine.sha256, "float32-v1", weights=bytes(1000)),
        convert(home, hash_file(variant / "m.gguf"), "float32-v1", weights=bytes(500)),
    ]
    size_bytes = sum(path.stat().st_size for each in made for path in each.iterdir())
    stays = convert(home, other.sha256, "float32-v1", weights=b"x")
    gone = remove_model("m")
    assert gone.files == ["m.gguf"] and sorted(gone.converted) == sorted(p.name for p in made)
    assert gone.freed_bytes == 4 + size_bytes > 1500
    assert list((home / "converted").iterdir()) == [stays]
    assert artifacts.contains(other.sha256) and not artifacts.contains(mine.sha256)


def test_what_another_model_is_made_of_stays_with_its_conversions(home: Path, know: Know) -> None:
    artifacts = Artifacts(home)
    one = artifacts.put_bytes(b"one")
    know(a={"a.gguf": one}, b={"b.gguf": one})
    made = convert(home, one.sha256, "float32-v1", weights=b"x")
    kept = remove_model("a")
    assert (kept.files, kept.converted, kept.shared, kept.freed_bytes) == ([], [], ["a.gguf"], 0)
    assert made.is_dir() and artifacts.contains(one.sha256)


def test_the_readable_names_of_a_folders_files_go_and_its_graphs(home: Path, know: Know) -> None:
    artifacts = Artifacts(home)
    config, weights = artifacts.put_bytes(b"{}"), artifacts.put_bytes(b"weights")
    know(m={"config.json": config, "model.safetensors": weights})
    links = home / "models" / "m"
    for name, kept in {"config.json": config, "model.safetensors": weights}.items():
        artifacts.link(kept.sha256, links / name)
    graph = convert(home, source_sha256(ModelFiles("m", folder=links)), "onnx-int8-v1", o=b"graph")
    gone = remove_model("m")
    assert gone.files == ["config.json", "model.safetensors"] and gone.converted == [graph.name]
    assert not links.exists() and not graph.exists()


def test_what_is_not_here_is_not_removed(home: Path, know: Know, tmp_path: Path) -> None:
    artifacts = Artifacts(home)
    one = artifacts.put_bytes(b"one")
    know(m={"m.gguf": one})
    artifacts.delete(one.sha256)
    left = convert(home, one.sha256, "float32-v1", weights=b"x")
    assert remove_model("m").converted == [left.name]  # of an earlier removal, which left it
    with pytest.raises(NotFoundError, match="no file of 'm' is on this disk"):
        remove_model("m")
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")
    with pytest.raises(ConflictError, match="of your own, used where it lies"):
        remove_model(str(own))
    assert own.is_file()


@pytest.mark.model
def test_a_model_that_is_loaded_goes_on(home: Path, smollm2_gguf: Path) -> None:
    from workbench.models.loading import load

    Artifacts(home).put_file(smollm2_gguf)
    with load("smollm2-135m", engine="transformers", needs="score") as loaded:
        before = loaded.score("The capital of France is", " Paris")
        gone = remove_model("smollm2-135m")
        assert len(gone.converted) == 1 and gone.freed_bytes > smollm2_gguf.stat().st_size
        assert loaded.score("The capital of France is", " Paris") == before
    assert not list((home / "converted").iterdir())
