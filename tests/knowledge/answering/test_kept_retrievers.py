"""A process that asks often keeps retrievers: of the graph as it is, in the home that is set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from workbench.core.cancellation import cancellable
from workbench.core.errors import CancelledError
from workbench.knowledge import operations as knowledge
from workbench.knowledge.answering import asking, operations, virtual
from workbench.knowledge.answering.asking import KeptRetrievers
from workbench.knowledge.answering.virtual import KnowledgeModel
from workbench.knowledge.indexes import EMBEDDER
from workbench.knowledge.retrieval import retriever as retriever_module
from workbench.knowledge.states import State
from workbench.models.loading import load
from workbench.models.model import Model
from workbench.models.plain_encoder import PlainEncoder, find_plain_encoder
from workbench.models.pool import ModelPool, lending_from
from workbench.models.protocol import EMBED
from workbench.models.virtual import find_virtual
from workbench.store.text_index import Passage, TextIndex
from workbench.store.vector_index import VectorIndex

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
            seen.append(retriever)
            best = retriever.retrieve(QUESTION, strategy="fact").passages[0].text
            embedders.add(kept._embedder)
            return best

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


@pytest.mark.parametrize("plain", [True, False])
def test_who_asks_again_loads_the_embedder_once(
    tmp_path: Path, shared_home_path: Path, monkeypatch: pytest.MonkeyPatch, plain: bool
) -> None:
    home = make_home(tmp_path, shared_home_path, "one", "Mara Quill")
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    knowledge.build("town", [tmp_path / "one documents"], extractors=["patterns"])
    kept = KeptRetrievers()
    loaded: list[str] = []

    def find_counted(name: str) -> PlainEncoder | None:
        loaded.append(name)
        return find_plain_encoder(name) if plain else None

    def load_counted(name: str) -> Model:
        assert not plain, "torch is loaded"
        return load(name)

    monkeypatch.setattr(operations, "kept_retrievers", lambda: kept)
    monkeypatch.setattr(asking, "load", load_counted)
    monkeypatch.setattr(asking, "find_plain_encoder", find_counted)
    for _ in range(2):
        assert "Mara Quill" in operations.ask("town", QUESTION, quote=True).answer
    (tmp_path / "one documents" / "a.md").write_text("# Harbour\n\nIda Roth built the lighthouse.")
    knowledge.update("town")
    assert "Ida Roth" in operations.ask("town", QUESTION, quote=True).answer
    assert loaded == [EMBEDDER]
    with cancellable() as token:
        token.cancel()
        with pytest.raises(CancelledError):
            operations.ask("town", QUESTION, quote=True)


@pytest.mark.parametrize("at", ["making", "asking"])
def test_an_answer_is_of_one_state_though_another_process_updates(
    tmp_path: Path, shared_home_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    home = make_home(tmp_path, shared_home_path, "one", "Mara Quill")
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    document = tmp_path / "one documents" / "a.md"
    knowledge.build("town", [document.parent], extractors=["patterns"])
    kept, builders = KeptRetrievers(), iter(["Ida Roth", "Otto Venn"])
    monkeypatch.setattr(operations, "kept_retrievers", lambda: kept)
    embed, index = kept._embed, retriever_module.index_vectors

    def update() -> None:
        document.write_text(f"# Harbour\n\nThe lighthouse was built by {next(builders)}.")
        knowledge.update("town")

    def embed_late(texts: Sequence[str]) -> np.ndarray:
        update()  # after it was made, before it reads a text
        return embed(texts)

    def index_late(state: State, *, embedder: str) -> VectorIndex:
        update()  # after the graph of passages was made, before their vectors are
        return index(state, embedder=embedder)

    if at == "asking":
        monkeypatch.setattr(kept, "_embed", embed_late)
    else:
        monkeypatch.setattr(retriever_module, "index_vectors", index_late)
    assert "Mara Quill" in operations.ask("town", QUESTION, quote=True).answer
    monkeypatch.setattr(kept, "_embed", embed)
    monkeypatch.setattr(retriever_module, "index_vectors", index)
    assert "Ida Roth" in operations.ask("town", QUESTION, quote=True).answer


def test_who_asks_again_reads_the_documents_once(
    tmp_path: Path, shared_home_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(tmp_path, shared_home_path, "one", "Mara Quill")
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    folder = tmp_path / "one documents"
    knowledge.build("town", [folder], extractors=["patterns"])
    kept, read = KeptRetrievers(), list[dict[int, dict[str, Any]]]()
    for number in range(3):
        if number == 2:
            (folder / "b.md").write_text("# Mill\n\nThe mill was built by Otto Venn.")
            knowledge.update("town")
        with kept.borrow("town") as retriever:
            assert "Mara Quill" in retriever.retrieve(QUESTION).passages[0].text
            read.append(retriever.state.documents)
    assert read[0] is read[1]
    assert (len(read[1]), len(read[2])) == (1, 2)


@pytest.mark.parametrize("at", ["making", "asking"])
def test_words_that_another_state_put_into_the_index_do_not_stay(
    tmp_path: Path, shared_home_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    home = make_home(tmp_path, shared_home_path, "one", "Mara Quill")
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    knowledge.build("town", [tmp_path / "one documents"], extractors=["patterns"])
    kept, index = KeptRetrievers(), retriever_module.index_vectors
    with kept.borrow("town") as retriever:
        before = retriever.retrieve(QUESTION)
        path = retriever.corpus.text.path

    def put() -> None:
        passages = [Passage("0" * 64, "Who built the lighthouse? Nobody of this state.")]
        TextIndex.build(path, passages=passages, stamp="another state's", words="stems")

    def index_late(state: State, *, embedder: str) -> VectorIndex:
        put()  # after the index of words was made, before the retriever is
        return index(state, embedder=embedder)

    if at == "making":
        kept = KeptRetrievers()
        monkeypatch.setattr(retriever_module, "index_vectors", index_late)
    else:
        put()
    with kept.borrow("town") as retriever:
        assert retriever.retrieve(QUESTION) == before


class Lent:
    """Stands for a pool: lends one model, and tells what it was asked for."""

    def __init__(self, model: Model) -> None:
        self.model, self.asked = model, []

    @contextmanager
    def borrow(self, name: str, *, capability: str) -> Iterator[Lent]:
        self.asked.append((name, capability))
        yield self


def test_the_embedder_counts_against_the_budget_of_the_asker(
    tmp_path: Path, shared_home_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_home(tmp_path, shared_home_path, "one", "Mara Quill")
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    knowledge.build("town", [tmp_path / "one documents"], extractors=["patterns"])
    model = find_virtual("knowledge/town")
    assert isinstance(model, KnowledgeModel)
    kept = KeptRetrievers()
    monkeypatch.setattr(virtual, "kept_retrievers", lambda: kept)
    with load(EMBEDDER) as embedder:
        pool = Lent(embedder)
        with lending_from(cast(ModelPool, pool)):
            questions = next(model.deliberate([{"role": "user", "content": QUESTION}], {}))
    assert [each.model for each in questions] == list(model.members)
    assert set(pool.asked) == {(EMBEDDER, EMBED)}
    assert kept._embedder is None  # a second one, beside the budget, would take as much again
