"""Rows of tables are no sentences: no rule of trees makes a fact of their cells."""

from __future__ import annotations

import pytest

from workbench.knowledge.extraction.dependency import extractor as dependency
from workbench.knowledge.extraction.dependency.extractor import DependencyExtractor
from workbench.knowledge.extraction.protocol import Passage

STAFF = (
    "Staff of the Halden Philharmonic\n\nName | Role | Reports to | Office\n"
    "Marta Oyelaran | librarian | Ilse Marquand | Room 12\n"
    "Tobias Fenn | managing director | the board | Room 1\n"
    "Yuki Brandvold | stage manager | Tobias Fenn | Room 7\n"
    "Leo Castellane | archivist | Marta Oyelaran | Room 14"
)
PROSE = "Ada Lund was born in Graz. Yuki Brandvold is a violinist."


def facts(text: str) -> set[tuple[str, str, str]]:
    made = DependencyExtractor(settler=None).extract(Passage(text))
    return {
        (text[slice(*each.subject)], each.relation, text[slice(*each.object)])
        for each in made.assertions
    }


def test_cells_make_no_facts_and_the_prose_around_does() -> None:
    assert facts(STAFF) == set()
    assert facts(f"{PROSE}\n\n{STAFF}") == facts(PROSE)
    assert ("Yuki Brandvold", "is_a", "violinist") in facts(PROSE)


def test_without_it_cells_are_read_as_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependency, "_BAR", "\0")
    assert facts(STAFF)
