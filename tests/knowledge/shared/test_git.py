"""Export to git and back: every state and author equal by digest; what was changed is refused."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pygit2
import pytest

from workbench.core.errors import (
    AccessError,
    ConflictError,
    IntegrityError,
    NotFoundError,
    WorkbenchError,
)
from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.shared import git_import
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.decisions import Decision
from workbench.knowledge.shared.events import fingerprint
from workbench.knowledge.shared.git_export import EVENTS, MAIN, export_git
from workbench.knowledge.shared.git_import import import_git
from workbench.knowledge.shared.landing import merge_proposal, release, resolve, revert
from workbench.knowledge.shared.proposals import proposals_of
from workbench.knowledge.shared.proposing import end_proposal, open_proposal
from workbench.knowledge.shared.reviewing import approve, ask_for_changes, comment, settle_comment
from workbench.knowledge.shared.shelf import SqliteShelf, place_of
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement
from workbench.store.database import open_database
from workbench.store.ledger import Ledger

from .made_pairs import draw_pair


@pytest.fixture
def lived_in(space: Space) -> Space:
    """A space in which everything was done that can be."""
    with open_database().transaction():
        Users().add("O'Hara <x>, Ω")
        Grants().give("O'Hara <x>, Ω", "admin", space=space.path)
        set_rule(space, approvals=0, checks=["style"], by="adm")
        text = "# Über\r\n\nlast line without an end"
        contents = space.contents().with_page("a b/ü.md", text).with_page("n.ipynb", "{}\n")
        contents = contents.with_statement(Statement("Ada", "wrote", "Notes", note='a "note"'))
        contents = contents.with_decision(Decision("pair", ("a", "b"), "one", "seen"))
        set_rule(space, approvals=0, checks=(), by="adm")
        one = open_proposal(
            space, contents, title="first", words="first\nof many", by="O'Hara <x>, Ω"
        ).number
        said = comment(space, one, "Workbench-Record: no\n\n", page="n.ipynb", line=1, by="rev")
        settle_comment(space, one, said.number, by="rev")
        approve(space, one, by="rev")
        merge_proposal(space, one, by="cur")
        release(space, "v1", by="cur")
        base = space.contents()
        two = open_proposal(space, base.with_page("n.ipynb", '{"a": 1}\n'), title="2", by="con")
        three = open_proposal(space, base.with_page("n.ipynb", '{"b": 1}\n'), title="3", by="vera")
        landed = merge_proposal(space, two.number, by="cur")
        resolve(space, three.number, base.with_page("n.ipynb", '{"c": 1}\n'), by="vera")
        merge_proposal(space, three.number, by="cur")
        gone = open_proposal(space, base.without_page("n.ipynb"), title="4", by="con")
        ask_for_changes(space, gone.number, "why?", by="rev")
        end_proposal(space, gone.number, by="con")
        open_proposal(space, base.with_page("left/open.md", "x\n"), title="5", by="con")
        Users().remove("vera")
        revert(space, space.head, by="adm")
        assert landed.state == space.record(space.head).state
    return space


def empty(name: str = "again") -> Space:
    return Space(name, shelf=SqliteShelf(place_of(name), durable=False))


def told(space: Space) -> dict[str, Any]:
    """All of a space, by digests."""
    return {
        "events": [each.line() for each in space.shelf.events()],
        "records": [(digest, record) for digest, record in space.history()],
        "states": {r.state: space.contents_of_state(r.state) for _, r in space.history()},
        "proposals": proposals_of(space.shelf.events()),
    }


def test_all_of_a_space_comes_back(lived_in: Space, tmp_path: Path) -> None:
    export = export_git(lived_in, tmp_path / "out")
    again = empty()
    done = import_git(again, tmp_path / "out")
    assert told(again) == told(lived_in)
    assert done.sha256 == export.sha256 == fingerprint(lived_in.shelf.events())
    assert {"O'Hara <x>, Ω", "vera", "con", "cur"} < {*done.authors}
    # And from there once more, to the same commits.
    other = export_git(again, tmp_path / "other")
    assert other.commit == export.commit
    assert references(tmp_path / "other") == references(tmp_path / "out")
    # A space that came so is gone on with.
    contents = again.contents().with_page("new.md", "# New\n")
    merge_proposal(again, open_proposal(again, contents, title="new").number)
    export_git(again, tmp_path / "other")
    assert told(again) != told(lived_in)
    import_git(empty("third"), tmp_path / "other")


def test_an_import_is_entered_in_the_ledger_as_who_took_it_in(
    lived_in: Space, tmp_path: Path
) -> None:
    """What its events say of others they did elsewhere, if they did it."""
    export_git(lived_in, tmp_path / "out")
    done = import_git(empty(), tmp_path / "out", by=None)
    empty().tell_ledger()
    (said,) = [each for each in Ledger().entries() if each.subject == "again"]
    assert (said.action, said.actor) == ("shared.imported", "local")
    assert said.data == {"events": done.events, "sha256": done.sha256}


def references(path: Path) -> dict[str, str]:
    repository = pygit2.Repository(str(path))
    return {name: str(repository.references[name].target) for name in repository.references}


def test_drawn_histories_come_back(space: Space, tmp_path: Path) -> None:
    chance = random.Random(11)
    set_rule(space, approvals=0, checks=(), by=None)
    with open_database().transaction():
        for number in range(20):
            pair = draw_pair(chance, loud=False)
            base = space.head
            for contents in (pair.base, pair.ours):
                if contents != space.contents(base):
                    made = open_proposal(space, contents, title=str(number), base=base, by="con")
                    try:
                        merge_proposal(space, made.number, by="cur")
                    except ConflictError:
                        continue
    export_git(space, tmp_path / "out")
    import_git(empty(), tmp_path / "out")
    assert told(empty()) == told(space)
    assert len(space.history()) > 40


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here: apt-get install git")
def test_git_itself_reads_it_and_a_clone_comes_back(lived_in: Space, tmp_path: Path) -> None:
    export_git(lived_in, tmp_path / "out")

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(tmp_path / "out"), *words], capture_output=True, check=True
        )
        return (done.stdout + done.stderr).decode()

    assert "error" not in git("fsck", "--full", "--strict")
    assert git("show", "main:pages/a b/ü.md") == "# Über\r\n\nlast line without an end"
    assert [*git("tag").split()] == ["v1"]
    assert "vera <vera@users.invalid>" in git("log", "main", "--format=%an <%ae>")
    clone = tmp_path / "clone"
    subprocess.run(
        ["git", "clone", "-q", "--mirror", str(tmp_path / "out"), str(clone)], check=True
    )
    import_git(empty(), clone)
    assert told(empty()) == told(lived_in)


def changed_head(
    repository: Any,
    *,
    files: Callable[[Any], None] | None = None,
    message: Callable[[str], str] | None = None,
    parents: list[Any] | None = None,
) -> None:
    """The branch main with another last commit."""
    old = repository.references[MAIN].peel(pygit2.Commit)
    index = pygit2.Index()
    index.read_tree(old.tree)
    if files is not None:
        files(index)
    made = repository.create_commit(
        None, old.author, old.committer, message(old.message) if message else old.message,
        index.write_tree(repository), old.parent_ids if parents is None else parents,
    )  # fmt: skip
    repository.references.create(MAIN, made, force=True)


def entry(repository: Any, name: str, content: bytes) -> Any:
    return pygit2.IndexEntry(name, repository.create_blob(content), pygit2.enums.FileMode.BLOB)


def changed_events(repository: Any, change: Callable[[list[str]], list[str]]) -> None:
    old = repository.references[EVENTS].peel(pygit2.Commit)
    lines = change(old.tree["events.jsonl"].data.decode().splitlines())
    index = pygit2.Index()
    index.add(entry(repository, "events.jsonl", "".join(f"{line}\n" for line in lines).encode()))
    made = repository.create_commit(
        None, old.author, old.committer, "x", index.write_tree(repository), []
    )
    repository.references.create(EVENTS, made, force=True)


def replaced(line: str, **values: Any) -> str:
    return json.dumps(
        json.loads(line) | values, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def lose(repository: Any) -> None:
    """A page's bytes that are not there any more."""
    blob = str(repository.references[MAIN].peel(pygit2.Commit).tree["pages/n.ipynb"].id)
    (Path(repository.path) / "objects" / blob[:2] / blob[2:]).unlink()


def with_event(repository: Any, **values: Any) -> None:
    """One event more."""
    changed_events(
        repository,
        lambda lines: [*lines, replaced(lines[-1], **{"number": len(lines) + 1, **values})],
    )


def with_tree_in_itself(repository: Any) -> None:
    """A few objects that come to millions of files."""
    tree, mode = repository.create_blob(b""), pygit2.enums.FileMode.BLOB
    for _ in range(5):
        builder = repository.TreeBuilder()
        for number in range(32):
            builder.insert(f"f{number}", tree, mode)
        tree, mode = builder.write(), pygit2.enums.FileMode.TREE
    old = repository.references[MAIN].peel(pygit2.Commit)
    made = repository.create_commit(
        None, old.author, old.committer, old.message, tree, old.parent_ids
    )
    repository.references.create(MAIN, made, force=True)


FORGERIES: dict[str, Callable[[Any], object]] = {
    "a page": lambda r: changed_head(r, files=lambda i: i.add(entry(r, "pages/a b/ü.md", b"x"))),
    "a file more": lambda r: changed_head(r, files=lambda i: i.add(entry(r, "README", b"x"))),
    "a file fewer": lambda r: changed_head(r, files=lambda i: i.remove("pages/n.ipynb")),
    "a link": lambda r: changed_head(
        r,
        files=lambda i: i.add(
            pygit2.IndexEntry("pages/n.ipynb", r.create_blob(b"/x"), pygit2.enums.FileMode.LINK)
        ),
    ),
    "an author": lambda r: changed_head(r, message=lambda m: m.replace('"adm"', '"con"')),
    "a time": lambda r: changed_head(r, message=lambda m: m.replace('"time_us":1', '"time_us":2')),
    "no record": lambda r: changed_head(r, message=lambda m: "words\n"),
    "another form": lambda r: changed_head(r, message=lambda m: m.replace('":', '": ')),
    "no parents": lambda r: changed_head(r, parents=[]),
    "an older head": lambda r: r.references.create(
        MAIN, r.references[MAIN].peel(pygit2.Commit).parent_ids[0], force=True
    ),
    "an event fewer": lambda r: changed_events(r, lambda lines: lines[:3] + lines[4:]),
    "the last event": lambda r: changed_events(r, lambda lines: lines[:-1]),
    "an event's words": lambda r: changed_events(r, lambda lines: [*lines[:-1], lines[-1] + " "]),
    "a head of nowhere": lambda r: changed_events(
        r, lambda lines: [*lines[:-1], replaced(lines[-1], record="0" * 64)]
    ),
    "a time that is none": lambda r: changed_events(
        r, lambda lines: [replaced(lines[0], time_us="now"), *lines[1:]]
    ),
    "an event of no kind": lambda r: changed_events(
        r, lambda lines: [*lines[:-1], replaced(lines[-1], kind="erased")]
    ),
    "data that are none": lambda r: changed_events(
        r, lambda lines: [*lines[:-1], replaced(lines[-1], data=[])]
    ),
    "a proposal of nothing": lambda r: changed_events(
        r, lambda lines: [*lines[:-1], replaced(lines[-1], kind="approved", proposal=99)]
    ),
    "a depth that is none": lambda r: changed_head(
        r, message=lambda m: m.replace('"depth":', '"depth":"x","x":')
    ),
    "a damaged object": lambda r: lose(r),
    "no events": lambda r: r.references.delete(EVENTS),
    "a rule of nothing": lambda r: with_event(r, kind="ruled", record=None, data={}),
    "a rule of no check": lambda r: with_event(
        r, kind="ruled", record=None, data={"path": "", "approvals": 0, "checks": ["x"]}
    ),
    "a release that git cannot name": lambda r: with_event(
        r, kind="released", data={"name": "../v1"}
    ),
    "a title that is none": lambda r: with_event(
        r, kind="opened", proposal=99, data={"base": "x", "title": 5}
    ),
    "a comment of the space": lambda r: with_event(r, kind="commented", data={"words": "x"}),
    "an author with a null": lambda r: with_event(
        r, kind="released", actor="a\0", data={"name": "v2"}
    ),
    "an event without a bottom": lambda r: changed_events(r, lambda lines: [*lines, "[" * 100_000]),
    "a tree of itself": with_tree_in_itself,
    "a proposal fewer": lambda r: r.references.delete("refs/heads/proposals/5"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_what_was_changed_is_refused_and_nothing_is_taken(
    lived_in: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forgery: str
) -> None:
    monkeypatch.setattr(git_import, "_MOST_ENTRIES", 2000)
    export_git(lived_in, tmp_path / "out")
    FORGERIES[forgery](pygit2.Repository(str(tmp_path / "out")))
    with pytest.raises((IntegrityError, NotFoundError)):
        import_git(empty(), tmp_path / "out")
    assert empty().shelf.events() == []


def test_where_nothing_can_be_written_or_read(lived_in: Space, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for place in ("full", "file"):
        with pytest.raises(ConflictError):
            export_git(lived_in, tmp_path / place)
    for place in ("full", "nowhere"):
        with pytest.raises(NotFoundError, match="no git repository"):
            import_git(empty(), tmp_path / place)
    export_git(lived_in, tmp_path / "out")
    with pytest.raises(ConflictError, match="not empty"):
        import_git(lived_in, tmp_path / "out")
    other = empty("other")
    other.begin()
    with pytest.raises(ConflictError, match="another space"):
        export_git(other, tmp_path / "out")
    with pytest.raises(AccessError):
        import_git(empty(), tmp_path / "out", by="cur")


def test_two_who_went_on_apart_do_not_overwrite_each_other(lived_in: Space, tmp_path: Path) -> None:
    export_git(lived_in, tmp_path / "out")
    again = empty()
    import_git(again, tmp_path / "out")
    for space in (lived_in, again):
        contents = space.contents().with_page("new.md", f"# {space.name}\n")
        merge_proposal(space, open_proposal(space, contents, title="new").number)
    done = export_git(lived_in, tmp_path / "out")
    with pytest.raises(ConflictError, match="does not have"):
        export_git(again, tmp_path / "out")
    assert references(tmp_path / "out")[MAIN] == done.commit


def test_an_export_that_was_killed_as_it_began_is_gone_on_with(
    lived_in: Space, tmp_path: Path
) -> None:
    first = export_git(lived_in, tmp_path / "whole")
    (tmp_path / "begun").mkdir()
    shutil.copy(tmp_path / "whole" / ".workbench", tmp_path / "begun")
    assert export_git(lived_in, tmp_path / "begun").commit == first.commit
    # Half of the objects, and no branch: what a kill in the middle leaves.
    half = tmp_path / "half"
    shutil.copytree(tmp_path / "whole", half)
    shutil.rmtree(half / "refs")
    (half / "refs" / "heads").mkdir(parents=True)
    for number, blob in enumerate(sorted(half.glob("objects/??/*"))):
        if number % 2:
            blob.unlink()
    assert export_git(lived_in, half).commit == first.commit
    import_git(empty(), half)
    assert told(empty()) == told(lived_in)


def test_who_may_not_read_a_page_of_any_state_exports_nothing(
    lived_in: Space, tmp_path: Path
) -> None:
    export_git(lived_in, tmp_path / "mine", by="rea")
    Grants().give("rea", "none", space=f"{lived_in.path}/left")  # proposed, and in no merged state
    with pytest.raises(AccessError, match="a part of 'leads' is closed"):
        export_git(lived_in, tmp_path / "out", by="rea")
    assert not (tmp_path / "out").exists()


def test_a_look_that_leaves_out_authors_is_seen(
    lived_in: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variant: an export that has each record's words, and not the record."""
    from workbench.knowledge.shared import git_export

    monkeypatch.setattr(git_export, "MARK", "Words: ")
    export_git(lived_in, tmp_path / "out")
    monkeypatch.undo()
    with pytest.raises(WorkbenchError):
        import_git(empty(), tmp_path / "out")
