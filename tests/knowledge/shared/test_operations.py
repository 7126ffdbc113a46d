"""Spaces and proposals on the command line: what two people do, from a folder to git and back."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.main import main
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.shared.folders import read_folder, write_folder
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.opening import opened_space
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement

from .conftest import MakeSpace


def run(*words: str, status: int = 0) -> str:
    """What a command prints, on both streams, and that it ends as it should."""
    out = io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
        pytest.raises(SystemExit) as ended,
    ):
        main(["knowledge", *words])
    assert ended.value.code == status, out.getvalue()
    return out.getvalue()


def told(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


def test_two_people_from_a_folder_to_git_and_back(home: Path, tmp_path: Path) -> None:
    run("spaces", "add", "leads")
    for name, role in (("ann", "contributor"), ("bob", "curator")):
        Users().add(name)
        Grants().give(name, role, space="/knowledge/leads")
    run("protect", "leads", "--approvals", "1")
    work = tmp_path / "work"
    run("checkout", "leads", str(work), "--user", "ann")
    (work / "pages" / "ada.md").write_text("# Ada\n\nAda wrote Notes.\n")
    (work / "statements.jsonl").write_text(
        json.dumps({"subject": "Ada", "relation": "wrote", "object": "Notes"}) + "\n"
    )
    made = told("propose", "leads", str(work), "--title", "Ada", "--user", "ann")
    assert (made["number"], made["author"], made["state"]) == (1, "ann", "open")
    shown = run("review", "leads", "1", "--user", "bob")
    for each in ("+# Ada", "+ Ada wrote Notes", "sources: Ada wrote Notes: it names no source"):
        assert each in shown
    run("proposals", "comment", "leads", "1", "who?", "--page", "ada.md", "--line", "3",
        "--user", "bob")  # fmt: skip
    said = '{"subject":"Ada","relation":"wrote","object":"Notes","sources":["page:ada.md"]}\n'
    (work / "statements.jsonl").write_text(said)
    run("propose", "leads", str(work), "--revise", "1", "--user", "ann")
    assert "'ann' may not approve" in run("approve", "leads", "1", "--user", "ann", status=2)
    assert "0 approvals" in run("merge-proposal", "leads", "1", "--user", "bob", status=2)
    run("approve", "leads", "1", "--user", "bob")
    landed = told("merge-proposal", "leads", "1", "--user", "bob")
    assert told("proposals", "list", "leads") == []
    assert "agreed on already" in run(
        "propose", "leads", str(work), "--title", "again", "--user", "ann", status=2
    )
    run("release", "leads", "v1")
    (line, begun) = told("log", "leads")
    assert (line["author"], line["written_by"], line["releases"]) == ("bob", ["ann"], ["v1"])
    assert begun["kind"] == "begun"
    assert [each["author"] for each in told("blame", "leads", "ada.md")["lines"]] == ["ann"] * 3
    assert "ann" in run("blame", "leads", Statement("Ada", "wrote", "Notes").key, "--value")
    back = told("revert", "leads", landed["record"], "--user", "bob")
    assert run("log", "leads").count("\n") >= 4
    export = told("export", "leads", str(tmp_path / "git"))
    assert told("import", "again", str(tmp_path / "git"))["sha256"] == export["sha256"]
    assert Space("again").record(Space("again").head).state == back["state"]
    assert run("spaces", "list").split() == ["again", "leads"]


def test_a_conflict_is_named_settled_and_merged(home: Path, tmp_path: Path) -> None:
    run("spaces", "add", "leads")
    for number, word in enumerate(("first", "ours", "theirs")):
        if number < 2:
            run("checkout", "leads", str(tmp_path / f"work{number}"))
        folder = tmp_path / f"work{min(number, 1)}"
        (folder / "pages" / "a.md").write_text(f"# A\n\n{word}\n")
        run("propose", "leads", str(folder), "--title", word)
        if number == 0:
            run("merge-proposal", "leads", "1")
    run("merge-proposal", "leads", "2")
    refused = run("merge-proposal", "leads", "3", status=2)
    assert "a.md, line 3: these lines were changed in two ways" in refused
    assert "conflict 1: text: a.md, line 3" in run("review", "leads", "3")
    assert "no choice" in run("proposals", "resolve", "leads", "3", "--take", "1=both", status=2)
    run("proposals", "resolve", "leads", "3", "--take", "1=theirs")
    run("merge-proposal", "leads", "3")
    page = Space("leads").contents().page_at("a.md")
    assert page is not None and page[1].text == "# A\n\ntheirs\n"


def test_a_removed_author_is_named_as_such_where_his_proposal_is(home: Path) -> None:
    run("spaces", "add", "leads")
    for name in ("anna", "ben"):
        Users().add(name)
        Grants().give(name, "curator", space="/knowledge/leads")
    with opened_space("leads") as space:
        for path in ("a.md", "b.md"):
            contents = space.contents().with_page(path, "text of " + path)
            open_proposal(space, contents, title=path, by="anna")
    assert "(removed)" not in run("proposals", "list", "leads")
    merged = run("merge-proposal", "leads", "1", "--user", "ben")
    assert "(removed)" not in merged
    Users().remove("anna")
    assert "(removed) anna" in run("proposals", "list", "leads")
    looked = run("review", "leads", "2", "--user", "ben")
    assert "of (removed) anna" in looked and "cannot revise it; who may merge can" in looked
    assert told("proposals", "list", "leads")[0]["author_state"] == "removed"
    merged = run("merge-proposal", "leads", "2", "--user", "ben")
    assert "what (removed) anna wrote is agreed on now, under that name" in merged


def test_what_was_merged_while_somebody_settled_or_revised_stays(
    home: Path, tmp_path: Path
) -> None:
    """A folder has what there was when it was written, and takes nothing away that came later."""
    run("spaces", "add", "leads")

    def checkout(name: str, *words: str) -> Path:
        run("checkout", "leads", str(tmp_path / name), *words)
        return tmp_path / name

    def land(name: str, page: str, text: str) -> None:
        folder = checkout(name)
        (folder / "pages" / page).write_text(text)
        made = told("propose", "leads", str(folder), "--title", name)
        run("merge-proposal", "leads", str(made["number"]))

    mine = checkout("mine")
    (mine / "pages" / "a.md").write_text("# A\n\nmine\n")
    run("propose", "leads", str(mine), "--title", "mine")  # proposal 1
    land("other", "a.md", "# A\n\nother\n")
    both = checkout("both")
    land("later", "b.md", "# B\n")
    (both / "pages" / "a.md").write_text("# A\n\nboth\n")
    run("proposals", "resolve", "leads", "1", "--folder", str(both))
    # The first folder is older than what the proposal has by now; one of the proposal is not.
    (mine / "pages" / "c.md").write_text("# C\n")
    assert "is older than" in run("propose", "leads", str(mine), "--revise", "1", status=2)
    land("last", "d.md", "# D\n")
    newer = checkout("newer")
    for page, text in (("a.md", "# A\n\nboth\n"), ("c.md", "# C\n")):
        (newer / "pages" / page).write_text(text)
    made = told("propose", "leads", str(newer), "--revise", "1")
    changed = told("review", "leads", "1")["change"]["pages"]
    assert {each["new_path"] for each in changed} == {"a.md", "c.md"}
    again = checkout("again", "--record", made["record"])
    (again / "pages" / "c.md").write_text("# C\n\nmore\n")
    run("propose", "leads", str(again), "--revise", "1")
    run("merge-proposal", "leads", "1")
    found = {page.path: page.text for page in Space("leads").contents().pages.values()}
    assert found == {
        "a.md": "# A\n\nboth\n", "b.md": "# B\n", "c.md": "# C\n\nmore\n", "d.md": "# D\n"
    }  # fmt: skip


def test_a_proposal_is_not_revised_to_what_another_proposed(home: Path, tmp_path: Path) -> None:
    run("spaces", "add", "leads")
    numbers = []
    for name in ("mine", "others"):
        run("checkout", "leads", str(tmp_path / name))
        (tmp_path / name / "pages" / f"{name}.md").write_text("# A\n")
        numbers.append(told("propose", "leads", str(tmp_path / name), "--title", name))
    folder = tmp_path / "taken"
    run("checkout", "leads", str(folder), "--record", numbers[1]["record"])
    assert "is another's proposal" in run(
        "propose", "leads", str(folder), "--revise", "1", status=2
    )


def test_what_stands_nowhere_is_named(home: Path, tmp_path: Path) -> None:
    run("spaces", "add", "leads")
    assert "already" in run("spaces", "add", "leads", status=2)
    assert "leads" in run("log", "leds", status=2)
    assert "was not written from a space" in run(
        "propose", "leads", str(tmp_path), "--title", "x", status=2
    )
    assert "no proposal 7" in run("review", "leads", "7", status=2)
    assert "not known here" in run("log", "leads", "--user", "eve", status=2)


def filled(make_space: MakeSpace) -> Space:
    space = make_space()
    contents = space.contents().with_page("a.md", "# A\n\none\n").with_page("b/c.md", "# C\n")
    contents = contents.with_statement(Statement("Ada", "wrote", "Notes", sources=("a book",)))
    merge_proposal(space, open_proposal(space, contents, title="t").number)
    return space


def test_a_folder_is_the_state_and_tells_renames(make_space: MakeSpace, tmp_path: Path) -> None:
    space = filled(make_space)
    folder = tmp_path / "out"
    write_folder(space, folder)
    contents, base = read_folder(space, folder)
    assert (contents, base) == (space.contents(), space.head)
    # The same text under another name is the same page; other renames are said.
    (folder / "pages" / "a.md").rename(folder / "pages" / "z.md")
    assert read_folder(space, folder)[0] == space.contents().with_renamed("a.md", "z.md")
    (folder / "pages" / "z.md").write_text("# A\n\ntwo\n")
    moved = read_folder(space, folder, renames={"a.md": "z.md"})[0]
    assert moved == space.contents().with_renamed("a.md", "z.md").with_page("z.md", "# A\n\ntwo\n")
    assert len(read_folder(space, folder)[0].pages) == 2
    with pytest.raises(NotFoundError, match="was not renamed"):
        read_folder(space, folder, renames={"b/c.md": "d.md"})


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (lambda f: (f / "statements.jsonl").unlink(), NotFoundError),
        (lambda f: (f / "pages").rename(f / "sites"), NotFoundError),
        (lambda f: (f / "statements.jsonl").write_text("{\n"), InputError),
        (lambda f: (f / "decisions.jsonl").write_text("[]\n"), InputError),
        (lambda f: (f / "decisions.jsonl").write_text("[" * 100_000), InputError),
        (
            lambda f: (f / "statements.jsonl").write_bytes(
                b'{"subject":"\xff","relation":"b","object":"c"}\n'
            ),
            InputError,
        ),
        (lambda f: (f / "pages" / "x.md").write_bytes(b"\xff"), InputError),
        (lambda f: (f / "pages" / "x.md").symlink_to("/etc/passwd"), InputError),
        (lambda f: (f / ".workbench").write_text('{"space": "other"}'), ConflictError),
        (
            lambda f: (f / "statements.jsonl").write_text(
                '{"subject":"a","relation":"b","object":"c"}\n'
                '{"subject":"A","relation":"b","object":"c","note":"x"}\n'
            ),
            InputError,
        ),
    ],
)
def test_a_folder_that_was_spoilt_is_named(
    make_space: MakeSpace, tmp_path: Path, spoil: Any, error: type[Exception]
) -> None:
    space = filled(make_space)
    write_folder(space, tmp_path / "out")
    spoil(tmp_path / "out")
    with pytest.raises(error):
        read_folder(space, tmp_path / "out")


def test_a_page_with_a_dot_before_its_name_is_not_taken_for_deleted(
    make_space: MakeSpace, tmp_path: Path
) -> None:
    space = filled(make_space)
    contents = space.contents().with_page(".notes/todo.md", "# T\n")
    merge_proposal(space, open_proposal(space, contents, title="t").number)
    write_folder(space, tmp_path / "out")
    (tmp_path / "out" / "pages" / ".draft.md.swp").write_text("an editor's")
    assert read_folder(space, tmp_path / "out")[0] == space.contents()


def test_a_folder_that_has_something_is_left_alone(make_space: MakeSpace, tmp_path: Path) -> None:
    space = filled(make_space)
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ConflictError, match="not empty"):
        write_folder(space, tmp_path)
