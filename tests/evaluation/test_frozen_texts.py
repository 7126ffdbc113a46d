"""Frozen sets are whole, and a changed one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core import frozen
from workbench.core.errors import IntegrityError, NotFoundError
from workbench.evaluation import frozen_texts


def test_the_sets_have_their_rows() -> None:
    continuations = frozen_texts.read_frozen("continuations").rows
    assert len(continuations) == 20
    assert all(set(row) == {"prompt", "continuation"} for row in continuations)
    questions = frozen_texts.read_frozen("questions").rows
    assert len(questions) == 60
    assert all(row["question"].endswith("?") and row["answers"] for row in questions)


def test_unknown_set_names_the_near_ones() -> None:
    with pytest.raises(NotFoundError, match="questions"):
        frozen_texts.read_frozen("question")


def test_an_edited_set_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "frozen"
    folder.mkdir()
    (folder / "questions.json").write_text("[]")
    monkeypatch.setattr(frozen.resources, "files", lambda package: tmp_path)
    with pytest.raises(IntegrityError, match="was frozen as"):
        frozen_texts.read_frozen("questions")
