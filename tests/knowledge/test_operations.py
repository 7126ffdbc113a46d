"""The commands: what they print, what they give as JSON, and how they refuse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench import knowledge
from workbench.core.errors import InputError, NotFoundError
from workbench.core.operations import find, load_room
from workbench.knowledge import operations
from workbench.knowledge.extraction.registry import DEFAULT
from workbench.store.database import close_all

from .terminals import Terminal

DOCUMENTS = {
    "a.txt": "Ada Lovelace was born in London. Ada King died in London.",
    "b.md": "# Health\n\nThe World Health Organization (WHO) is located in Geneva.",
    "bad.ipynb": "{",
    "c.png": "x",
}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with made documents."""
    place = tmp_path / "documents"
    place.mkdir()
    for name, text in DOCUMENTS.items():
        (place / name).write_text(text)
    yield place
    close_all()


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(capsys)


def test_a_graph_from_its_building_to_its_end(terminal: Terminal, folder: Path) -> None:
    status, out, err = terminal.run("build", "notes", folder)
    assert status == 0
    assert out == "notes: 2 documents in 2 chunks; 2 added, 0 changed, 0 withdrawn, 0 as before\n"
    assert "left out: bad.ipynb: this is no notebook" in err
    assert "passed over, for no reader knows them: 1 .png" in err
    assert err.splitlines()[-1].startswith("rules alone read here: workbench knowledge teach")
    lines = terminal.run("dump", "notes")[1].splitlines()
    assert lines == sorted(lines)
    assert str(folder) not in "".join(lines)
    assert {json.loads(line)["type"] for line in lines} == {
        *("document", "chunk", "mention", "entity", "fact")
    }
    (folder / "b.md").write_text("# Health\n\nParis is the capital of France.")
    assert "0 added, 1 changed, 0 withdrawn, 1 as before" in terminal.run("update", "notes")[1]
    assert terminal.run("delete", "notes", "b.md")[2].startswith("its file is still in")
    (folder / "b.md").write_text(DOCUMENTS["b.md"])
    terminal.run("update", "notes")
    assert terminal.run("dump", "notes")[1].splitlines() == lines


def test_the_dump_of_a_file_is_the_dump(terminal: Terminal, folder: Path, tmp_path: Path) -> None:
    terminal.run("build", "notes", folder)
    out = tmp_path / "dump.jsonl"
    told = terminal.json("dump", "notes", "--out", out)
    again = terminal.json("dump", "notes")
    assert out.read_text().splitlines() == again["lines"]
    assert (told["sha256"], told["count"]) == (again["sha256"], len(again["lines"]))


def test_merges_on_the_command_line(terminal: Terminal, folder: Path) -> None:
    terminal.run("build", "notes", folder)
    before = terminal.json("dump", "notes")["sha256"]
    assert "are one (event 1)" in terminal.run("merge", "notes", "Ada King", "Ada Lovelace")[1]
    assert terminal.json("dump", "notes")["sha256"] != before
    (event,) = terminal.json("merges", "notes")
    assert (event["kind"], event["active"], event["actor"]) == ("merge", True, "local")
    assert "are two again" in terminal.run("unmerge", "notes", "Ada Lovelace", "Ada King")[1]
    assert terminal.json("dump", "notes")["sha256"] == before


def test_what_was_known_and_what_was_so(terminal: Terminal, folder: Path) -> None:
    terminal.run("build", "notes", folder)
    assert terminal.json("as-of", "notes", "--recorded", "1d")["facts"] == []
    found = terminal.json("as-of", "notes", "--valid", "1815")
    assert [each["subject"] for each in found["facts"]] == [
        *("ada king", "ada lovelace", "world health organization")
    ]
    assert {each["recorded_to"] for each in found["facts"]} == {None}
    assert all(each["recorded_from"].startswith("20") for each in found["facts"])
    out = terminal.run("as-of", "notes")[1]
    assert "a.txt 0-32" in out
    assert "recorded now: 3 facts from 2 documents" in out


def test_a_list_of_names_is_kept_with_the_graph(
    terminal: Terminal, folder: Path, tmp_path: Path
) -> None:
    names = tmp_path / "names.tsv"
    names.write_text("United Kingdom\tcountry\tLondon\n")
    terminal.run("build", "notes", folder, "--gazetteer", names)
    names.unlink()
    (folder / "d.txt").write_text("In London.")
    terminal.run("update", "notes")
    summary = terminal.json("show", "notes")
    assert set(summary["extractors"]) == {"dependencies", "gazetteer", "plain", "tables"}
    lines = [json.loads(line) for line in terminal.json("dump", "notes")["lines"]]
    found = {line["document"] for line in lines if line.get("entity") == "united kingdom"}
    assert found == {"a.txt", "d.txt"}
    terminal.run("update", "notes", "--extractors", "patterns")
    assert set(terminal.json("show", "notes")["extractors"]) == {"patterns"}


def test_a_graph_that_is_read_by_less_than_is_usual_says_so(
    terminal: Terminal, folder: Path, tmp_path: Path
) -> None:
    (folder / "staff.csv").write_text("name,manager\nAnn Lee,Bo Carr\nBo Carr,\n")
    names = tmp_path / "names.tsv"
    names.write_text("Ann Lee\tperson\n")
    terminal.run("build", "notes", folder, "--extractors", "dependencies", "--gazetteer", names)
    every = [word for name in DEFAULT for word in ("--extractors", name)]
    told = (
        f"no facts are read by plain and tables: workbench knowledge update notes {' '.join(every)}"
    )
    assert f"{told} --gazetteer FILE has them read" in terminal.run("show", "notes")[2]
    terminal.run("update", "notes", *every)
    assert "has them read" not in terminal.run("show", "notes")[2]
    facts = terminal.json("as-of", "notes")["facts"]
    assert [each["relation"] for each in facts if each["subject"] == "ann lee"] == ["reports_to"]


def test_passages_are_searched(terminal: Terminal, folder: Path) -> None:
    terminal.run("build", "notes", folder)
    out = terminal.run("search", "notes", "health", "--by", "words")[1]
    assert out.startswith("1. b.md 0-65 (section Health)\n   Health The World Health")
    status, out, err = terminal.run("search", "notes", "zebra", "--by", "words")
    assert (status, out) == (0, "")
    assert "nothing in notes has these words" in err


def test_a_graph_is_shown(terminal: Terminal, folder: Path) -> None:
    (folder / "e.txt").write_text("Walkers Home Office (WHO) came.")
    (folder / "gone.txt").symlink_to("nothing.txt")
    terminal.run("build", "notes", folder)
    status, out, err = terminal.run("show", "notes")
    assert status == 0
    assert "facts" in out
    assert "ambiguous: who: walkers home office or world health organization" in err
    assert "left out: bad.ipynb" in err
    assert "left out: gone.txt: No such file" in err  # a link to nothing, as build said
    (listed,) = terminal.json("list")
    changed = terminal.json("show", "notes")["changed"]
    assert listed == {
        "name": "notes", "documents": 3, "unread": 2, "folders": str(folder.resolve()),
        "changed": changed,
    }  # fmt: skip
    assert changed is not None and "last change" in out
    (folder / "gone.txt").unlink()
    terminal.run("update", "notes")
    assert list(terminal.json("show", "notes")["faults"]) == ["bad.ipynb"]


def test_of_many_endings_the_commonest_are_told(terminal: Terminal, folder: Path) -> None:
    for number in range(14):
        for copy in range(15 - number):
            (folder / f"{copy}.e{number:02}").write_text("")
    err = terminal.run("build", "notes", folder)[2]
    (told,) = [line for line in err.splitlines() if line.startswith("passed over")]
    assert told.startswith("passed over, for no reader knows them: 15 .e00, 14 .e01, ")
    assert told.endswith(", 4 .e11 and 6 with 3 other endings")


def test_that_nothing_was_decided_is_said(terminal: Terminal, folder: Path) -> None:
    terminal.run("build", "notes", folder)
    assert "no pair was found to be one or two" in terminal.run("candidates", "decided", "notes")[1]
    assert terminal.json("candidates", "decided", "notes") == []
    terminal.run("merge", "notes", "Ada Lovelace", "Ada King", "--reason", "married")
    out = terminal.run("candidates", "decided", "notes")[1].splitlines()
    assert out[1].split()[:5] == ["ada", "king", "ada", "lovelace", "one"]
    assert out[1].endswith("married")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("build", "bad/name", "."), "a graph cannot be named 'bad/name'"),
        (("build", "..", "."), "a graph cannot be named '..'"),
        (("build", "x", "no-such-folder"), "there is no folder no-such-folder"),
        (("build", "x", ".", "--extractors", "magic"), "no extractor named 'magic'"),
        (("build", "x", ".", "--extractors", "gazetteer"), "the gazetteer needs a list of names"),
        (("build", "x", ".", "--gazetteer", "none.tsv"), "there is no list of names none.tsv"),
        (("update", "nots"), "no graph named 'nots'; did you mean 'notes'?"),
        (("delete", "notes", "a.tx"), "no document named 'a.tx'; did you mean 'a.txt'?"),
        (("dump", "none"), "no graph named 'none'"),
        (("as-of", "notes", "--valid", "soon"), "'soon' is no date"),
        (("as-of", "notes", "--valid", "1899-13"), "'1899-13' is no date"),
        (("as-of", "notes", "--valid", "2012-02-30"), "'2012-02-30' is no date"),
        (("ask", "notes", "Who is Ada?", "--model", "nope"), "no model named 'nope'"),
        (("as-of", "notes", "--recorded", "soon"), "'soon' is no date or time"),
        (("merge", "notes", "Nobody", "Ada King"), "no entity named 'Nobody'"),
        (("merge", "notes", "Ada King", "the ada king"), "are one entity"),
        (("unmerge", "notes", "Ada King", "Ada Lovelace"), "no merge named"),
        (("search", "notes", " "), "the query is empty"),
        (("search", "notes", "x", "--by", "magic"), "parameter 'by'"),
        (("merges", "none"), "no graph named 'none'"),
        (("show", "none"), "no graph named 'none'"),
    ],
    ids=lambda each: each[0] if isinstance(each, tuple) else "",
)
def test_bad_input_is_told_with_a_hint(
    terminal: Terminal,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    operations.build("notes", [folder])
    status, out, err = terminal.run(*words)
    assert status == 2
    assert out == ""
    assert said in err
    assert "hint: " in err
    assert [each["name"] for each in operations.list_graphs()] == ["notes"]


def test_a_name_that_is_near_is_what_the_hint_says(terminal: Terminal, folder: Path) -> None:
    operations.build("notes", [folder])
    assert "hint: workbench knowledge show notes" in terminal.run("dump", "nots")[2]
    assert "hint: workbench knowledge list" in terminal.run("dump", "letters")[2]


def test_no_folder_is_refused() -> None:
    with pytest.raises(InputError, match="no folder was named"):
        operations.build("x", [])


def test_a_graph_is_built_as_a_job(folder: Path) -> None:
    found = find("knowledge.build").run({"name": "notes", "folders": [str(folder)]})
    assert found.documents == 2
    with pytest.raises(NotFoundError):
        find("knowledge.update").run({"name": "other"})


def test_what_a_command_does_a_function_of_the_room_does() -> None:
    verbs = {each.verb for each in load_room("knowledge")}
    offered = {name: getattr(knowledge, name) for name in knowledge.__all__ if name in verbs}
    assert {name: each.operation.verb for name, each in offered.items()} == {n: n for n in offered}
    usual = "build update delete ask retrieve search dump as_of merge unmerge infer why query diff"
    assert {*usual.split(), "contradictions", "path", "picture", "read", "show"} <= offered.keys()
