"""Which models are on this disk, and taking them away without harm to others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.core.errors import IntegrityError
from workbench.models import catalogue, presence
from workbench.models.catalogue import CatalogueEntry
from workbench.store import provenance
from workbench.store.artifacts import Artifact, Artifacts
from workbench.store.sources import Source, SourceFile


@pytest.fixture
def artifacts(home: Path) -> Artifacts:
    return Artifacts(home)


def entry_of(name: str, *kept: Artifact, uri: str = "hf:org/pinned@main") -> CatalogueEntry:
    """A model of these blobs, pinned."""
    files = tuple(
        SourceFile(f"{number}.bin", one.sha256, one.size_bytes) for number, one in enumerate(kept)
    )
    template = catalogue.find("smollm2-135m")
    return replace(template, name=name, sources=(Source(uri, files, "MIT"),))


def test_a_model_is_here_when_all_its_files_are(artifacts: Artifacts) -> None:
    one, two = artifacts.put_bytes(b"one"), artifacts.put_bytes(b"two")
    entry = entry_of("a", one, two)
    assert presence.is_present(entry)
    assert presence.known_sha256s(entry, artifacts) == {"0.bin": one.sha256, "1.bin": two.sha256}
    artifacts.delete(two.sha256)
    assert not presence.is_present(entry)
    assert not presence.is_present(catalogue.find("smollm2-135m"))


def test_a_file_that_is_not_pinned_is_known_by_its_record(artifacts: Artifacts) -> None:
    kept = artifacts.put_bytes(b"from a hub")
    template = catalogue.find("smollm2-135m")
    source = Source("hf:org/name@main", (SourceFile("model.gguf"),), "MIT")
    entry = replace(template, name="hub", sources=(source,))
    assert not presence.is_present(entry)
    origin = provenance.Origin(source.uri, "model.gguf", "MIT", None, provenance.now())
    provenance.record(artifacts.root, kept.sha256, size_bytes=kept.size_bytes, origin=origin)
    assert presence.is_present(entry)
    assert presence.known_sha256s(entry, artifacts) == {"model.gguf": kept.sha256}


def test_a_changed_file_is_named_and_taken_away(artifacts: Artifacts) -> None:
    kept, other = artifacts.put_bytes(b"one"), artifacts.put_bytes(b"two")
    entry = entry_of("a", kept, other)
    presence.check_files(entry, artifacts)
    kept.path.chmod(0o600)
    kept.path.write_bytes(b"changed")
    with pytest.raises(IntegrityError, match=rf"0\.bin of the model a.*{kept.sha256}") as error:
        presence.check_files(entry, artifacts)
    assert error.value.context["found"] in error.value.message
    assert error.value.hint == "workbench models pull a"
    assert not kept.path.exists()
    presence.check_files(entry, artifacts)  # what is not here cannot be wrong


def test_dropping_what_is_damaged_keeps_the_rest(artifacts: Artifacts) -> None:
    kept, other = artifacts.put_bytes(b"one"), artifacts.put_bytes(b"two")
    kept.path.chmod(0o600)
    kept.path.write_bytes(b"changed")
    presence.drop_damaged(entry_of("a", kept, other), artifacts)
    assert not artifacts.contains(kept.sha256)
    assert artifacts.contains(other.sha256)


def test_a_file_that_another_model_needs_stays(
    artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, shared = artifacts.put_bytes(b"mine"), artifacts.put_bytes(b"shared")
    first, second = entry_of("first", mine, shared), entry_of("second", shared)
    monkeypatch.setattr(catalogue, "entries", lambda: {"first": first, "second": second})
    assert presence.forget(first, artifacts) == ["0.bin"]
    assert not artifacts.contains(mine.sha256)
    assert artifacts.contains(shared.sha256)
    assert presence.forget(second, artifacts) == ["0.bin"]
    assert presence.forget(second, artifacts) == []
