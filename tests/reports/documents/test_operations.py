"""``workbench reports document``: files are written whole, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.reports.documents.operations import document
from workbench.reports.documents.reading import page_texts


def test_both_are_written(told: dict[str, Any], tmp_path: Path) -> None:
    source = tmp_path / "month.json"
    source.write_text(json.dumps(told), "utf-8")
    written = document(source, pdf=tmp_path / "month.pdf", html=tmp_path / "month.html")
    assert written.pdf is not None
    assert written.html is not None
    assert (written.charts, written.tables) == (3, 1)
    assert written.pages == len(page_texts(written.pdf.read_bytes())) >= 4
    assert "What October cost" in written.html.read_text("utf-8")


def test_a_bad_chart_writes_nothing(told: dict[str, Any], tmp_path: Path) -> None:
    told["sections"][0]["blocks"][0]["spec"]["data"]["values"] = []
    source = tmp_path / "month.json"
    source.write_text(json.dumps(told), "utf-8")
    with pytest.raises(InputError, match="'Cost by day' has no rows"):
        document(source, pdf=tmp_path / "month.pdf", html=tmp_path / "month.html")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["month.json"]


@pytest.mark.parametrize("content", ["{", "[]", '"text"'])
def test_what_is_no_document_is_told(content: str, tmp_path: Path) -> None:
    source = tmp_path / "month.json"
    source.write_text(content, "utf-8")
    with pytest.raises(InputError, match="is no document"):
        document(source, pdf=tmp_path / "month.pdf")


def test_a_missing_file_and_no_place_to_write(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        document(tmp_path / "none.json", pdf=tmp_path / "out.pdf")
    with pytest.raises(InputError, match="nothing to write"):
        document(tmp_path / "none.json")
