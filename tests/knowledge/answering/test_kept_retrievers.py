"""A process that asks often keeps retrievers: of the graph as it is, in the home that is set."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.knowledge import operations as knowledge
from workbench.knowledge.answering.asking import KeptRetrievers

pytestmark = pytest.mark.model
QUESTION = "Who built the lighthouse?"


def make_home(base: Path, shared: Path, name: str, builder: str) -> Path:
    """A home with the shared models and one document."""
    home, documents = base / name, base / f"{name} documents"
    for folder in (home, documents):
        folder.mkdir()
    for part in ("blobs", "sources", "models", "converted"):
        (shared / part).mkdir(parents=True, exist_ok=True)
        (home / part).symlink_to(shared / part)
    (documents / "a.md").write_text(f"# Harbour\n\nThe lighthouse was built by {builder}.")
    return home


def test_it_is_of_this_home_and_of_now_with_one_embedder(
    tmp_path: Path, shared_home_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptRetrievers()

    def best(home: Path) -> str:
        monkeypatch.setenv("WORKBENCH_HOME", str(home))
        with kept.borrow("town") as retriever:
            embedders.add(retriever.embed_many.__self__)  # type: ignore[attr-defined]
            seen.append(retriever)
            return retriever.retrieve(QUESTION, strategy="fact").passages[0].text

    embedders: set[object] = set()
    seen: list[object] = []
    homes = [
        make_home(tmp_path, shared_home_path, name, builder)
        for name, builder in (("one", "Mara Quill"), ("two", "Otto Venn"))
    ]
    for home in homes:
        monkeypatch.setenv("WORKBENCH_HOME", str(home))
        folder = tmp_path / f"{home.name} documents"
        knowledge.build("town", [folder], extractors=["patterns"])
    assert "Mara Quill" in best(homes[0])
    assert "Otto Venn" in best(homes[1])  # one kept by its name alone would say Mara Quill
    assert "Mara Quill" in best(homes[0])
    assert seen[0] is seen[2]  # nothing changed: it is the same one
    (tmp_path / "one documents" / "a.md").write_text("# Harbour\n\nIda Roth built the lighthouse.")
    knowledge.update("town")
    assert "Ida Roth" in best(homes[0])
    assert len(embedders) == 1
