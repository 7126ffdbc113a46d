"""Days and amounts in two spellings are one; others are two, and contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.knowledge.terminals import Terminal
from workbench.knowledge.extraction.names import name_key
from workbench.knowledge.inference import contradictions
from workbench.knowledge.inference.values import are_one_value
from workbench.store.database import close_all

SPRING = """# Spring

Ida Marsh was born in Graz in 1950 and studied in Vienna.
Tom Okafor is married to Lena Brandt. The Oslo office opened in 2011.
The budget of Project Kestrel is 3 million euros. Ana Lund reports to Ben Ortega.
The Leiden site has 80 employees. The pool was closed in 1999. The deadline is 14 October.
"""
AUTUMN = """# Autumn

Ida Marsh was born in Linz in 1950 and moved to Oslo.
Tom Okafor is married to Greta Holm. The Oslo office was opened in 2013 by the mayor.
Project Kestrel has a budget of 4 million euros.
The Leiden site has 95 employees. The pool closed in 2003. The deadline is 21 October.
"""
AGREEING = """# Fine

The budget of Project Kestrel is €3,000,000. The Oslo office was opened on 4 May 2011.
The Leiden site has about 80 people. Tom Okafor was married to Ada Lund. Ida Marsh lives in Wels.
The deadline is October 14th.
"""
ORG = "name,manager,team\nAna Lund,Clara Voss,Red\nBen Ortega,Clara Voss,Red\n"
PLANTED = {
    *(("born_in", "ida marsh"), ("is_married_to", "tom okafor"), ("opened_on", "oslo office")),
    *(("budget", "project kestrel"), ("reports_to", "ana lund")),
    *(("has_employees", "leiden site"), ("closed_on", "pool"), ("amounts_to", "deadline")),
}


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], home: Path) -> Iterator[Terminal]:
    yield Terminal(capsys)
    close_all()


@pytest.mark.parametrize(
    ("first", "second", "one"),
    [
        ("3 million", "3,000,000", True),
        ("€3m", "3 million euros", True),
        ("3.5 million euros", "€3,500,000", True),
        ("3 million", "3.5 million", False),
        ("3 million", "4 million", False),
        ("4,210", "4210", True),
        ("80 people", "80", True),
        ("12 days", "12 weeks", None),
        ("12 May 2024", "2024-05-12", True),
        ("12 May", "12 May 2024", True),
        ("3 May 2011", "2011", True),
        ("May 2024", "2024-06", False),
        ("14 October", "October 14th", True),
        ("Graz", "Linz", None),
        ("District 9", "District 9, Graz", None),
    ],
)
def test_two_spellings(first: str, second: str, one: bool | None) -> None:
    assert are_one_value(name_key(first), name_key(second)) is one
    assert are_one_value(name_key(second), name_key(first)) is one


@pytest.mark.parametrize("key", ["9" * 5000, "10 ²", "①", "1 ②"])
def test_digits_that_make_no_number_are_no_fault(key: str) -> None:
    assert are_one_value(key, "3 million") in (None, False)


def found(terminal: Terminal, folder: Path, documents: dict[str, str]) -> set[tuple[str, str]]:
    """Relation and subject of each contradiction of documents."""
    folder.mkdir()
    for name, text in documents.items():
        (folder / name).write_text(text)
    asked = ("--extractors", "plain", "--extractors", "tables")
    assert terminal.run("build", folder.name, folder, *asked)[0] == 0
    told = terminal.json("contradictions", folder.name)
    return {(fact["relation"], fact["subject"]) for each in told for fact in each["facts"]}


def test_planted_contradictions_are_found_and_no_others(terminal: Terminal, tmp_path: Path) -> None:
    planted = {"a.md": SPRING, "b.md": AUTUMN, "org.csv": ORG}
    assert found(terminal, tmp_path / "planted", planted) == PLANTED
    assert found(terminal, tmp_path / "fine", {"a.md": SPRING, "b.md": AGREEING}) == set()


def test_without_reading_values_spellings_contradict(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contradictions, "are_one_value", lambda first, second: None)
    told = found(terminal, tmp_path / "fine", {"a.md": SPRING, "b.md": AGREEING})
    assert ("budget", "project kestrel") in told


@pytest.mark.parametrize(
    ("lines", "circle"),
    [
        ("Ana Lund reports to Ben Ortega. Ben Ortega reports to Ana Lund.", 2),
        ("Ana Lund reports to Ben Ortega. Ben Ortega reports to Cleo Marsh. "
         "Cleo Marsh reports to Ana Lund.", 3),
        ("Ana Lund reports to Ben Ortega. Ben Ortega reports to Cleo Marsh.", 0),
    ],
)  # fmt: skip
def test_who_reports_in_a_circle_is_told(
    terminal: Terminal, tmp_path: Path, lines: str, circle: int
) -> None:
    told = found(terminal, tmp_path / "circle", {"a.md": lines})
    assert len(told) == circle and {relation for relation, _ in told} <= {"reports_to"}


def test_nothing_found_names_a_command_that_can_be_typed(
    terminal: Terminal, tmp_path: Path
) -> None:
    found(terminal, tmp_path / "calm", {"a.md": "The Oslo office opened in 2011."})
    _, out, err = terminal.run("contradictions", "calm")
    assert "nothing contradicts itself" in out and "NAME" not in out + err
    assert "workbench knowledge rules list" in err
