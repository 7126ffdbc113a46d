"""Pictures and differences on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.cli.main import main
from workbench.core.errors import InputError
from workbench.knowledge.operations import build, update
from workbench.knowledge.views.operations import diff, picture
from workbench.store.database import close_all


@pytest.fixture
def folder(tmp_path: Path, home: Path) -> Iterator[Path]:
    """A folder of one document; its graph is `notes`."""
    made = tmp_path / "documents"
    made.mkdir()
    (made / "a.txt").write_text("Ada Lovelace was born in London. London is located in England.")
    build("notes", [made], extractors=["patterns"])
    yield made
    close_all()


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main(["knowledge", *words])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_a_picture_is_told_and_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    status, out, _ = run(capsys, "picture", "notes", "--about", "Ada Lovelace", "--out", str(page))
    assert status == 0 and str(page) in out
    assert "Ada Lovelace in notes: 3 entities, 3 facts (1 inferred), 0 contradictions" in out
    assert "Ada Lovelace" in page.read_text("utf-8")
    status, out, _ = run(capsys, "picture", "notes", "--json")
    told = json.loads(out)
    assert status == 0 and len(told["facts"]) == 3 and told["path"] is None
    with pytest.raises(InputError, match=r"'page.png' is no .html"):
        picture("notes", out=tmp_path / "page.png")


def test_a_difference_is_told_and_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (before,) = picture("notes", times="recorded").times
    (folder / "a.txt").write_text("Ada Lovelace was born in Paris.")
    update("notes")
    status, out, _ = run(capsys, "diff", "notes", before, "--out", str(tmp_path / "d.html"))
    assert status == 0
    for line in (
        "~ document a.txt",
        "+ fact born_in(Ada Lovelace, Paris)",
        "    + a.txt 0-30: Ada Lovelace was born in Paris",
        "- fact born_in(Ada Lovelace, London)",
        "- entity England",
        "+ 0 documents, 1 entity, 1 fact; - 0 documents, 2 entities, 2 facts; ~ 1 document",
    ):
        assert line in out
    assert "Paris" in (tmp_path / "d.html").read_text("utf-8")
    found = diff("notes", before)
    assert found.picture is None and found.count("went")["facts"] == 2
    with pytest.raises(InputError, match="is before"):
        diff("notes", "2026-01-02", until="2026-01-01")


def test_what_only_moved_within_its_document_is_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (folder / "a.txt").read_text()
    (before,) = picture("notes", times="recorded").times
    (folder / "a.txt").write_text(f"Ida Marsh was born in Graz. {text}")
    update("notes")
    status, out, _ = run(capsys, "diff", "notes", before)
    assert status == 0 and "+ fact born_in(Ida Marsh, Graz)" in out
    assert "2 facts said in the same words, elsewhere in the document" in out
    assert "~ fact" not in out
    assert diff("notes", before).count("changed")["facts"] == 2  # the places did change
