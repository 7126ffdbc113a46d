"""Only what changed is read, what cannot be read is stated, and the rest goes on."""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import BusyError, CancelledError, ConflictError, NotFoundError
from workbench.core.optional import require
from workbench.core.progress import Progress
from workbench.knowledge import ingesting, operations
from workbench.knowledge.building import build_graph, delete_document
from workbench.knowledge.extraction.patterns import PatternExtractor
from workbench.knowledge.extraction.protocol import Extraction, Passage
from workbench.knowledge.graphs import Graph
from workbench.knowledge.readers import registry
from workbench.knowledge.readers.registry import Reader

from .places import MakePlace, Place

ADA = "Ada Lovelace was born in London."
WHO = "The World Health Organization (WHO) is located in Geneva."


def counts(done: ingesting.Ingest) -> tuple[int, int, int, int]:
    return done.added, done.changed, done.withdrawn, done.unchanged


def test_adds_edits_and_deletes_are_taken_in(make_place: MakePlace) -> None:
    place = make_place({"a.txt": ADA, "b/c.md": "# Health\n\n" + WHO})
    place.write("a.txt", ADA + " She died in London.")
    place.write("new.txt", "Paris is the capital of France.")
    place.remove("b/c.md")
    assert counts(place.update()) == (1, 1, 1, 0)
    assert counts(place.update()) == (0, 0, 0, 2)
    facts = [(fact.subject, fact.relation, fact.object) for fact in place.state().facts]
    assert facts == [("ada lovelace", "born_in", "london"), ("paris", "capital_of", "france")]


class Counting(PatternExtractor):
    """Counts the passages that it is shown."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def extract(self, chunk: Passage) -> Extraction:
        self.seen.append(chunk.text)
        return super().extract(chunk)


def test_the_same_words_are_extracted_from_once(make_place: MakePlace) -> None:
    place = make_place({"a.txt": ADA})
    counting = Counting()
    place.write("b.txt", ADA)  # the same file
    place.write("c.md", ADA)  # the same words, in another format
    place.write("d.txt", WHO)
    (place.folder / "a.txt").rename(place.folder / "moved.txt")
    done = ingesting.ingest(place.graph, extractors=[counting])
    assert counts(done) == (4, 0, 1, 0)
    assert counting.seen == [WHO]
    assert done.new_passages == 1
    place.write("d.txt", ADA)
    place.update()
    place.write("d.txt", WHO)  # back to what it was
    ingesting.ingest(place.graph, extractors=[counting])
    assert counting.seen == [WHO]


def test_a_file_that_looks_as_it_did_is_not_read(
    make_place: MakePlace, late: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place({"a.txt": ADA, "b.txt": WHO})
    place.graph.clock = late
    place.update()  # hashed a second time: at the first, the files were too new to be trusted
    monkeypatch.setattr(ingesting, "prepare", lambda *_, **__: pytest.fail("it was read"))
    assert counts(place.update()) == (0, 0, 0, 2)


def test_an_edit_within_a_tick_of_the_clock_is_seen(make_place: MakePlace) -> None:
    place = make_place({"a.txt": ADA})
    before = (place.folder / "a.txt").stat()
    place.write("a.txt", ADA.replace("London", "Geneva"))
    os.utime(place.folder / "a.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert counts(place.update()) == (0, 1, 0, 0)


def test_what_cannot_be_read_is_stated_and_the_rest_goes_on(make_place: MakePlace) -> None:
    place = make_place({"good.txt": ADA, "broken.ipynb": "{", "image.png": b"\x89PNG"})
    place.write("bytes.txt", bytes(range(256)) * 8)
    place.write("noise", "x")
    os.mkfifo(place.folder / "pipe.txt")
    (place.folder / "gone.txt").symlink_to("nowhere")
    place.write(".hidden/secret.txt", WHO)
    (place.folder / os.fsdecode(b"bad\xff.txt")).write_text("x")
    done = place.update()
    assert done.documents == 1
    assert done.passed_over == {".png": 1, "noise": 1}
    assert sorted(done.faults) == [
        "bad\\udcff.txt",
        "broken.ipynb",
        "bytes.txt",
        "gone.txt",
        "pipe.txt",
    ]
    assert "no notebook" in done.faults["broken.ipynb"]
    assert done.faults["pipe.txt"] == "it is no file"
    again = place.update()
    assert (again.faults, again.unchanged) == (done.faults, 1)


def test_an_empty_document_is_named_and_not_counted(make_place: MakePlace) -> None:
    place = make_place({"good.txt": ADA, "empty.md": "", "blank.txt": " \n\n"})
    done = place.update()
    assert (done.documents, set(done.faults)) == (1, {"empty.md", "blank.txt"})
    assert set(done.faults.values()) == {"it has no text"}
    shown = operations._summary(place.graph, place.state())
    assert (shown.documents, shown.faults) == (1, done.faults)
    place.write("empty.md", WHO)
    done = place.update()
    assert (done.documents, set(done.faults)) == (2, {"blank.txt"})


def test_a_document_that_breaks_is_withdrawn_and_one_that_is_mended_comes_back(
    make_place: MakePlace,
) -> None:
    good = '{"cells": [{"cell_type": "markdown", "source": "' + ADA + '"}]}'
    place = make_place({"a.ipynb": good})
    before = place.dump()
    place.write("a.ipynb", good[:-2])
    assert counts(place.update()) == (0, 0, 1, 0)
    assert place.dump() == b""
    place.write("a.ipynb", good)
    assert counts(place.update()) == (1, 0, 0, 0)
    assert place.dump() == before


def test_a_file_that_is_too_large_is_not_even_opened(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place({"good.txt": ADA})
    with (place.folder / "huge.txt").open("wb") as file:
        file.truncate(200 << 20)  # a hole: it takes no room
    opened: list[str] = []
    real = Path.open
    with monkeypatch.context() as patch:

        def noting(path: Path, *given: Any, **named: Any) -> Any:
            opened.append(path.name)
            return real(path, *given, **named)

        patch.setattr(Path, "open", noting)
        done = place.update()
    assert [name for name in opened if name.endswith(".txt")] == ["good.txt"]
    said = "209.7 MB; the setting knowledge_document_bytes allows 33.6 MB"
    assert said in done.faults["huge.txt"]
    assert done.documents == 1
    place.write("good.txt", ADA * 10)
    with settings.override(knowledge_document_bytes=100):
        assert counts(place.update()) == (0, 0, 1, 0)


def test_memory_is_that_of_two_batches(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is written, and the next one, which is read meanwhile."""
    place = make_place({})
    for number in range(40):
        place.write(f"{number}.txt", f"Number {number}.\n\n" * 50)
    held: list[int] = []
    write = ingesting._Work._write
    monkeypatch.setattr(ingesting, "BATCH_CHARACTERS", 3000)

    def watched(work: ingesting._Work, batch: ingesting._Batch) -> None:
        both = [batch, *([work.under_way] if work.under_way else [])]
        assert not work.batch
        documents = [made for each in both for made in each.extracting.batch]
        held.append(sum(made.characters for made in documents))
        write(work, batch)

    monkeypatch.setattr(ingesting._Work, "_write", watched)
    place.update()
    assert len(held) > 5
    assert max(held) < 2 * (3000 + 1000)


def test_a_passage_that_is_being_looked_at_is_not_looked_at_twice(make_place: MakePlace) -> None:
    asked: list[str] = []

    class Counting(PatternExtractor):
        def extract(self, chunk: Passage) -> Extraction:
            asked.append(chunk.text)
            return super().extract(chunk)

    place = make_place({})
    for number in range(9):  # the same paragraph in every batch, also in that under way
        place.write(f"{number}.md", f"# {number}\n\nAda.\n\n# All\n\nOslo is in Norway.")
    ingesting.ingest(place.graph, extractors=[Counting()], batch_documents=2)
    assert len(asked) == len(set(asked)) == 10


def test_a_run_that_is_cancelled_keeps_what_it_wrote_and_goes_on(make_place: MakePlace) -> None:
    place = make_place({})
    for number in range(30):
        place.write(f"{number:02}.txt", f"Ada {number} was born in London.")
    token = CancelToken()
    update = Progress.update

    def stop_at_ten(task: Progress, done: float, **more: object) -> None:
        if done >= 10:
            token.cancel()
        update(task, done, **more)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch, cancellable(token):
        patch.setattr(Progress, "update", stop_at_ten)
        with pytest.raises(CancelledError):
            ingesting.ingest(place.graph, extractors=[PatternExtractor()], batch_documents=4)
    kept = len(place.state().documents)
    assert 0 < kept < 30
    assert place.update().added == 30 - kept
    assert len(place.state().documents) == 30


def test_only_one_process_takes_documents_in(make_place: MakePlace) -> None:
    place = make_place({"a.txt": ADA})
    with place.graph.ingesting(), pytest.raises(BusyError, match="another process") as caught:
        place.update()
    assert caught.value.hint
    place.update()


def test_a_folder_that_is_not_there_withdraws_nothing(make_place: MakePlace) -> None:
    place = make_place({"a.txt": ADA})
    before = place.dump()
    place.folder.rename(place.folder.with_name("elsewhere"))
    with pytest.raises(NotFoundError, match="is not there"):
        place.update()
    assert place.dump() == before


def test_a_build_goes_on_and_does_not_become_another(make_place: MakePlace, tmp_path: Path) -> None:
    place = make_place({"a.txt": ADA, "in/b.txt": WHO})
    assert place.build().unchanged == 2
    with pytest.raises(ConflictError, match="is there, built from"):
        build_graph(place.graph, [tmp_path], extractors=[PatternExtractor()])
    with pytest.raises(ConflictError, match="would be taken in twice"):
        build_graph(
            Graph("nested"), [place.folder, place.folder / "in"], extractors=[PatternExtractor()]
        )
    with pytest.raises(NotFoundError, match="there is no folder"):
        build_graph(Graph("none"), [tmp_path / "none"], extractors=[PatternExtractor()])


def test_a_reader_of_a_new_version_reads_anew(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place({"a.txt": ADA})
    monkeypatch.setattr(Reader, "version", property(lambda reader: "2"))
    assert counts(place.update()) == (0, 1, 0, 0)
    assert counts(place.update()) == (0, 0, 0, 1)


class Second(PatternExtractor):
    """Another version, which finds nothing."""

    version = "2"

    def extract(self, chunk: Passage) -> Extraction:
        return Extraction()


def test_a_new_version_of_an_extractor_takes_the_place_of_the_old(make_place: MakePlace) -> None:
    place = make_place({"a.txt": ADA, "b.txt": WHO})
    before = place.dump()
    ingesting.ingest(place.graph, extractors=[Second()])
    assert place.state().facts == []
    fresh = make_place({"a.txt": ADA, "b.txt": WHO}, name="fresh")
    ingesting.ingest(fresh.graph, extractors=[Second()])
    assert place.dump() == fresh.dump() != before
    place.write("c.txt", "Paris is the capital of France.")
    ingesting.ingest(place.graph, extractors=[Second()])
    place.remove("c.txt")
    place.update()  # back to the first version, which has not seen c.txt
    assert place.dump() == before


def test_two_folders_may_hold_one_path(make_place: MakePlace, tmp_path: Path) -> None:
    one, two = Place(tmp_path / "one"), Place(tmp_path / "two")
    one.write("a.txt", ADA)
    two.write("a.txt", WHO)
    graph = Graph("both", durable=False)
    done = build_graph(graph, [one.folder, two.folder], extractors=[PatternExtractor()])
    assert done.documents == 2
    with pytest.raises(ConflictError, match="2 documents"):
        delete_document(graph, "a.txt")
    deleted = delete_document(graph, str(two.folder / "a.txt"))
    assert (deleted.document, deleted.still_there) == ("a.txt", True)


def test_a_document_is_deleted_by_its_path(make_place: MakePlace) -> None:
    place = make_place({"a.txt": ADA, "b/c.txt": WHO})
    with pytest.raises(NotFoundError, match="no document named") as caught:
        delete_document(place.graph, "b/d.txt")
    assert caught.value.hint
    delete_document(place.graph, "b/c.txt")
    assert [row["path"] for row in place.state().documents.values()] == ["a.txt"]
    assert place.update().added == 1  # its file is there


def test_what_is_forgotten_is_not_in_the_file(make_place: MakePlace) -> None:
    place = make_place(
        {"a.txt": ADA, "b.txt": ADA + "\n\n" + "Secret Person was born in Atlantis."}
    )
    place.write("b.txt", "Other words of Secret Person.")
    place.update()
    assert b"Atlantis" in place.graph.path.read_bytes() + _wal(place)
    place.remove("b.txt")
    delete_document(place.graph, "b.txt", forget=True)
    left = place.graph.path.read_bytes() + _wal(place)
    assert b"Atlantis" not in left
    assert b"Secret Person" not in left
    assert [fact.subject for fact in place.state().facts] == ["ada lovelace"]


def _wal(place: Place) -> bytes:
    path = Path(f"{place.graph.path}-wal")
    return path.read_bytes() if path.exists() else b""


def test_a_state_is_of_one_moment_while_documents_come_in(make_place: MakePlace) -> None:
    place = make_place({"a.txt": ADA})
    state = place.state()
    with state.frozen():
        assert len(state.documents) == 1
        place.write("b.txt", WHO)
        writer = threading.Thread(target=place.update)
        writer.start()
        writer.join()
        assert {row["document"] for row in state.chunks()} == set(state.documents)
    assert len(place.state().documents) == 2


def test_a_format_whose_library_is_missing_is_stated_and_the_rest_goes_on(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place({"a.txt": ADA, "b.md": WHO})

    def missing() -> str:
        require("markdown_it_that_is_not_there", extra="knowledge")
        return ""

    without = dataclasses.replace(registry._BY_ENDING["md"], libraries=(missing,))
    with monkeypatch.context() as patch:
        patch.setitem(registry._BY_ENDING, "md", without)
        done = place.update()
    assert (done.documents, done.withdrawn) == (1, 1)
    assert "is not installed" in done.faults["b.md"]
    assert place.update().added == 1
