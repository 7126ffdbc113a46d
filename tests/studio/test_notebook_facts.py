"""What notebooks say of themselves, and what is said of one that a user broke."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.studio.notebook_facts import find_notebook_facts

REPO = Path(__file__).resolve().parents[2]
HEAD = "# A `title`\n\n**Question.** What is\nthis?\n\nAbout 3 minutes, 1.5 GB of memory."


def write(path: Path, text: str = HEAD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cell = {"cell_type": "markdown", "metadata": {}, "source": text}
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4}))
    return path


def test_title_question_and_cost_are_read(tmp_path: Path) -> None:
    write(tmp_path / "notebooks" / "serving" / "a.ipynb")
    write(tmp_path / "notebooks" / "dashboards" / "d.ipynb")
    write(tmp_path / "labs" / "l.ipynb")
    found = find_notebook_facts(tmp_path)
    assert [facts.kind for facts in found] == ["dashboard", "notebook", "lab"]
    assert (found[1].title, found[1].question) == ("A title", "What is this?")
    assert (found[1].time, found[1].memory) == ("3 min", "1.5 GB")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[1]",
        '{"cells": [], "metadata": {"workbench": 3}}',
        '{"cells": 3}',
        '{"cells": [3]}',
        '{"cells": [{"cell_type": 1}]}',
    ],
)
def test_a_broken_notebook_is_named_and_the_others_stand(tmp_path: Path, content: str) -> None:
    write(tmp_path / "notebooks" / "good.ipynb")
    (tmp_path / "notebooks" / "bad.ipynb").write_text(content)
    bad, good = find_notebook_facts(tmp_path)
    assert good.question == "What is this?"
    if content != '{"cells": [{"cell_type": 1}]}':
        assert bad.problem == "is not a valid notebook any more"


def test_one_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notebooks" / "x.ipynb"
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x00")
    assert find_notebook_facts(tmp_path)[0].problem


def test_our_own_notebooks_each_ask_a_question() -> None:
    for facts in find_notebook_facts(REPO):
        assert facts.problem == ""
        assert facts.question, facts.path
