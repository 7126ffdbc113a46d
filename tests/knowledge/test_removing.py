"""Taking a whole graph away: what is gone then, what is not, and when it is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import BusyError, InputError
from workbench.knowledge import operations, removing
from workbench.knowledge.answering.asking import KeptRetrievers
from workbench.knowledge.answering.virtual import provider
from workbench.store.ledger import Ledger

from .places import MakePlace
from .terminals import Terminal

DOCUMENTS = {"a.txt": "Ada Lovelace was born in London.", "b.txt": "Paris is in France."}


def test_a_graph_is_gone_and_its_documents_are_not(
    make_place: MakePlace, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    place, kept = make_place(DOCUMENTS), make_place(DOCUMENTS, name="kept")
    operations.search("made", "London", by="words")
    place.graph.database.close()
    status, out, _ = Terminal(capsys).run("remove", "made", "--yes", "--reason", "a trial")
    assert status == 0
    assert out == "made: the graph with 2 documents is gone; no file of a document was touched\n"
    assert [each["name"] for each in operations.list_graphs()] == ["kept"]
    assert Terminal(capsys).run("merges", "kept")[1] == "nothing was merged\n"
    assert list(provider.names()) == ["knowledge/kept"]
    assert [path.name for path in (home / "knowledge").iterdir()] == ["kept"]
    assert {path.name for path in place.folder.iterdir()} == set(DOCUMENTS)
    (entry,) = Ledger().entries(action="knowledge.remove")
    assert (entry.subject, entry.data["documents"]) == ("made", 2)
    assert entry.data["reason"] == "a trial"
    dump = kept.dump()
    assert make_place(DOCUMENTS).dump() == dump  # the name is free, and nothing is left of before


def test_what_this_process_keeps_of_it_goes_too(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KeptRetrievers, "_embed", lambda *_: np.zeros((1, 4), np.float32))
    kept = KeptRetrievers()
    monkeypatch.setattr(removing, "kept_retrievers", lambda: kept)
    make_place(DOCUMENTS).graph.database.close()
    with kept.borrow("made"):
        pass
    assert len(kept._kept) == 1
    removing.remove("made", yes=True)
    assert not kept._kept


def test_it_is_refused_without_a_yes_and_while_a_build_runs(make_place: MakePlace) -> None:
    place = make_place(DOCUMENTS)
    with pytest.raises(InputError, match="would be gone for good") as refused:
        removing.remove("made")
    assert refused.value.hint == "workbench knowledge remove made --yes"
    with place.graph.ingesting(), pytest.raises(BusyError) as busy:
        removing.remove("made", yes=True)
    assert busy.value.hint == "wait for it, then: workbench knowledge remove made"
    assert [each["name"] for each in operations.list_graphs()] == ["made"]
    assert Ledger().entries(action="knowledge.remove") == ()


def test_a_kill_after_the_move_leaves_nothing_that_is_listed(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    make_place(DOCUMENTS).graph.database.close()
    make_place(DOCUMENTS, name="other").graph.database.close()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("workbench.knowledge.removing.shutil.rmtree", killed)
        removing.remove("made", yes=True)
    assert [each["name"] for each in operations.list_graphs()] == ["other"]
    removing.remove("other", yes=True)
    assert list((home / "knowledge").iterdir()) == []  # what was left of the first went, too


def test_a_damaged_graph_can_be_removed(
    make_place: MakePlace, capsys: pytest.CaptureFixture[str]
) -> None:
    place = make_place(DOCUMENTS)
    place.graph.database.close()
    place.graph.path.write_bytes(b"no database" * 100)
    assert removing.remove("made", yes=True).documents is None
    assert operations.list_graphs() == []
    assert Terminal(capsys).run("list")[1].startswith("no graph is here yet")
