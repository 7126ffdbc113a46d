"""Activity on the command line: what two people see, in words and as JSON, and what is refused."""

from __future__ import annotations

from pathlib import Path

from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.space import Space
from workbench.store.database import close_all

from ..test_operations import run, told


def filled() -> Space:
    """A space with a page that all may read, and one that is closed to Rea."""
    run("spaces", "add", "leads")
    for name, role in (("ann", "contributor"), ("bob", "curator"), ("rea", "reader")):
        Users().add(name)
        Grants().give(name, role, space="/knowledge/leads")
    Grants().give("rea", "none", space="/knowledge/leads/closed")
    space = Space("leads")
    for path in ("a.md", "closed/b.md"):
        contents = space.contents().with_page(path, "# X\n")
        made = open_proposal(space, contents, title=f"write {path}", by="ann")
        merge_proposal(space, made.number, by="bob")
    return space


def test_two_people_watch_and_are_told(home: Path) -> None:
    space = filled()
    assert "nothing is watched" in run("watching", "leads")
    assert "nothing is watched" in run("digest", "leads")
    assert "rea watches the page a.md from now on" in run(
        "watch", "leads", "--page", "a.md", "--user", "rea"
    )
    contents = space.contents().with_page("a.md", "# X\n\nmore\n")
    merge_proposal(space, open_proposal(space, contents, title="more", by="ann").number, by="bob")
    said = run("digest", "leads", "--user", "rea", "--seen")
    assert "## page a.md" in said and "more: opened by ann; merged by bob (`a.md`)" in said
    assert told("digest", "leads", "--user", "rea")["entries"] == 0
    again = told("digest", "leads", "--user", "rea", "--since", "1h", "--lines", "5")
    assert again["entries"] == 4 and len(again["markdown"].splitlines()) <= 5
    assert "page  a.md" in run("watching", "leads", "--user", "rea")
    run("unwatch", "leads", "--page", "a.md", "--user", "rea")
    assert told("watching", "leads", "--user", "rea") == []
    close_all()


def test_the_feed_and_the_counts_are_those_of_who_asks(home: Path) -> None:
    filled()
    assert "closed/b.md" in run("activity", "leads")
    seen = run("activity", "leads", "--user", "rea")
    assert "write a.md" in seen and "closed" not in seen
    first = run("activity", "leads", "--limit", "2")
    place = first.rpartition("--before ")[2].strip()
    rest = told("activity", "leads", "--before", place, "--limit", "1000")
    whole = told("activity", "leads", "--limit", "1000")
    assert whole["entries"][2:] == rest["entries"] and rest["before"] is None
    for words in (("--person", "ann"), ("--page", "a.md"), ("--proposal", "1"), ("--kind", "role")):
        found = told("activity", "leads", *words)["entries"]
        assert 0 < len(found) < len(whole["entries"])
    assert told("activity", "leads", "--since", "1h") == told("activity", "leads")
    rows = {
        each["person"]: each for each in told("contributions", "leads", "--user", "rea")["rows"]
    }
    assert (rows["ann"]["proposals"], rows["ann"]["lines_added"]) == (1, 1)
    assert "all     ann" in run("contributions", "leads", "--per", "all")
    close_all()


def test_what_is_asked_wrongly_is_named_with_what_to_do(home: Path) -> None:
    filled()
    for words, said in (
        (("activity", "leds"), "leads"),
        (("activity", "leads", "--since", "yesterdy"), "2026-11-25, 2026-11-25T10:00, 24h"),
        (("activity", "leads", "--kind", "aproved"), "did you mean 'approved'"),
        (("activity", "leads", "--before", "x"), "--json"),
        (("activity", "leads", "--person", "an"), "did you mean 'ann'"),
        (("activity", "leads", "--user", "eve"), "not known here"),
        (("watch", "leads", "--page", "closed/b.md", "--user", "rea"), "known: a.md"),
        (("watch", "leads", "--page", "a.md", "--entity", "Ada"), "one thing is watched at a time"),
        (("unwatch", "leads"), "workbench knowledge watching leads"),
        (("digest", "leads", "--lines", "2"), "5"),
        (("contributions", "leads", "--since", "1h", "--until", "2h"), "exchange the two"),
        (("contributions", "leads", "--per", "day"), "month"),
    ):
        assert said in run(*words, status=2)
    close_all()
