"""The commands of reasoning: what they print, give as JSON, and refuse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.knowledge.terminals import Terminal
from workbench.store.database import close_all


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path, home: Path) -> Iterator[Terminal]:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "a.txt").write_text(
        "Beirut is the capital of Lebanon. Rania Saad was born in Beirut."
    )
    (folder / "b.txt").write_text("Lebanon is located in the Levant. Rania Saad was born in Tyre.")
    found = Terminal(capsys)
    assert found.run("build", "notes", folder, "--extractors", "patterns")[0] == 0
    yield found
    close_all()


def test_conclusions_are_printed_with_their_proofs(terminal: Terminal) -> None:
    status, out, _ = terminal.run(
        "infer", "notes", "--about", "the Levant", "--relation", "located_in"
    )
    assert status == 0
    assert out.splitlines()[:4] == [
        "located_in(Beirut, Levant) 0.68 by "
        "located_in(x, y) & located_in(y, z) -> located_in(x, z)",
        "  located_in(Beirut, Lebanon) 0.85 by capital_of(x, y) -> located_in(x, y)",
        "    capital_of(Beirut, Lebanon) 0.85 in a.txt 0-32",
        "  located_in(Lebanon, Levant) 0.80 in b.txt 0-32",
    ]
    found = terminal.json("infer", "notes", "--limit", 1)
    assert (found["stated"], found["complete"], len(found["proofs"])) == (4, True, 1)
    assert found["count"] > 1
    assert "1 more" not in terminal.run("why", "notes", "Beirut", "located_in", "Levant")[1]


def test_contradictions_name_both_documents(terminal: Terminal) -> None:
    status, out, _ = terminal.run("contradictions", "notes")
    assert status == 0
    assert "1. against born_in(x, y) & born_in(x, z) -> y = z (0.81)" in out
    assert "a.txt 34-63" in out and "b.txt 34-61" in out
    (told,) = terminal.json("contradictions", "notes")
    assert {(each["subject"], each["subject_name"]) for each in told["facts"]} == {
        ("rania saad", "Rania Saad")
    }
    assert terminal.json("contradictions", "notes", "--about", "Levant") == []


def test_rules_come_and_go(terminal: Terminal) -> None:
    status, out, _ = terminal.run("rules", "add", "notes", "born_in(a, b) -> knows(a, b)")
    assert (status, out) == (0, "used from now on: born_in(x, y) -> knows(x, y)\n")
    assert terminal.json("infer", "notes", "--relation", "knows")["count"] == 4
    status, _, err = terminal.run("rules", "remove", "notes", "born_in(p,q)->knows(p,q)")
    assert status == 0 and "brings it back" in err
    assert terminal.json("infer", "notes", "--relation", "knows")["count"] == 0
    listed = terminal.json("rules", "list", "notes")
    assert {each["source"] for each in listed if each["used"]} == {"vocabulary"}


def test_an_unknown_relation_is_told_and_not_refused(terminal: Terminal) -> None:
    status, _, err = terminal.run("infer", "notes", "--relation", "located")
    assert status == 0
    told = "no fact and no rule of notes has the relation 'located'; did you mean 'located_in'?"
    assert told in err
    assert "no fact and no rule" not in terminal.run("infer", "notes", "--relation", "part_of")[2]
    rule = "born_in(x, y) & employs(z, x) -> knows(z, y)"
    status, out, err = terminal.run("rules", "add", "notes", rule)
    assert (status, out) == (0, f"used from now on: {rule}\n")
    assert "no fact and no rule of notes has the relation 'employs'" in err
    assert "born_in" not in err.partition(": it has")[0]
    assert terminal.run("rules", "add", "notes", "knows(x, y) -> knows(y, x)")[2] == ""


def test_a_rule_that_was_taken_away_is_listed_as_that(terminal: Terminal) -> None:
    rule = "born_in(x, y) -> knows(x, y)"
    terminal.run("rules", "add", "notes", rule)
    terminal.run("rules", "remove", "notes", rule, "--reason", "wrong")
    (told,) = [each for each in terminal.json("rules", "list", "notes") if each["rule"] == rule]
    assert (told["source"], told["used"], told["reason"]) == ("user", False, "wrong")
    assert terminal.run("rules", "remove", "notes", rule)[0] == 2  # it is not used


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rules", "add", "notes", "born_in(x, y)"], "no rule"),
        (["rules", "add", "notes", "a(x, y) -> b(x, y)", "--confidence", "1.5"], "confidence"),
        (["rules", "remove", "notes", "a(x, y) -> b(x, y)"], "no rule named"),
        (["infer", "notes", "--about", "Beyrut"], "beirut"),
        (["why", "notes", "Beirut", "eats", "Levant"], "between these it knows located_in"),
        (["infer", "nots"], "notes"),
        (["infer", "notes", "--limit", "0"], "limit"),
    ],
)
def test_what_is_wrong_is_said(terminal: Terminal, words: list[str], said: str) -> None:
    status, out, err = terminal.run(*words)
    assert (status, out) == (2, "")
    assert said in err.lower() or said in err
