"""What stands is what blame says of each page and statement; counts hold what may be seen."""

from __future__ import annotations

from collections import Counter

import pytest

from workbench.identity.grants import Grants
from workbench.knowledge.shared.activity import standing as standing_module
from workbench.knowledge.shared.activity.contributions import Contribution, contributions
from workbench.knowledge.shared.activity.happenings import Happenings
from workbench.knowledge.shared.activity.standing import standing
from workbench.knowledge.shared.blaming import blame_page, blame_value
from workbench.knowledge.shared.landing import merge_proposal, revert
from workbench.knowledge.shared.lines import split_lines
from workbench.knowledge.shared.proposals import proposals_of
from workbench.knowledge.shared.proposing import open_proposal, revise_proposal
from workbench.knowledge.shared.reviewing import approve, ask_for_changes, comment
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement
from workbench.store.database import open_database

from ..conftest import MakeSpace
from .made_activity import go_on, make

HOUR_NS = 3600 * 10**9


def faults(space: Space) -> list[str]:
    """Where one pass over all records says otherwise than a walk back from each line."""
    found, contents = [], space.contents()
    stands = standing(Happenings(space, None))
    for key, page in contents.pages.items():
        if stands.lines[key] != [each.record for each in blame_page(space, page.path)]:
            found.append(page.path)
    said = {key: blame_value(space, key)[0].record for key in contents.statements}
    found += [key for key, record in said.items() if stands.facts.get(key) != record]
    if {*stands.facts} != {*contents.statements}:
        found.append("statements")
    return found


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_what_stands_is_what_blame_says_of_each(space: Space, seed: int) -> None:
    made = make(space, seed=seed)
    with open_database().transaction():
        go_on(made, 90)
    assert space.contents().pages and space.contents().statements
    assert not faults(space)
    rows = contributions(space, per="all").rows
    count = Counter(each.kind for each in made.notes)
    assert sum(each.proposals for each in rows) == count["opened"]
    assert sum(each.merged for each in rows) == count["merged"]
    merged_by = Counter(each.actor for each in space.shelf.events() if each.kind == "merged")
    assert {each.person: each.merges for each in rows if each.merges} == merged_by
    assert sum(each.facts for each in rows) == len(space.contents().statements)
    texts = (page.text for page in space.contents().pages.values())
    assert sum(each.lines_added for each in rows) == sum(len(split_lines(each)) for each in texts)
    writers = {n: each.writers for n, each in proposals_of(space.shelf.events()).items()}
    reviews = {
        (each.actor, each.record)
        for each in space.shelf.events()
        if each.kind in ("approved", "objected", "commented")
        and each.actor not in writers[each.proposal or 0]
    }
    assert sum(each.reviews for each in rows) == len(reviews)


def test_a_pass_that_gives_lines_to_the_wrong_side_is_found_out(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(space, seed=5)
    with open_database().transaction():
        go_on(made, 90)
    monkeypatch.setattr(standing_module, "unchanged_lines", lambda old, new, lines: [])
    assert faults(space)


def row(space: Space, person: str, by: str | None = None) -> Contribution:
    rows = contributions(space, per="all", by=by).rows
    return next((each for each in rows if each.person == person), Contribution(person, "all"))


def land(space: Space, path: str, text: str, author: str) -> str:
    made = open_proposal(space, space.contents().with_page(path, text), title="t", by=author)
    return merge_proposal(space, made.number, by="cur").record


def test_lines_that_were_taken_away_count_until_they_stand_again(space: Space) -> None:
    land(space, "a.md", "one\ntwo\nthree\n", "con")
    cut = land(space, "a.md", "one\n", "rev")
    assert (row(space, "con").lines_added, row(space, "rev").lines_removed) == (1, 2)
    land(space, "a.md", "one\nthree\n", "vera")
    assert (row(space, "rev").lines_removed, row(space, "vera").lines_added) == (1, 1)
    revert(space, space.head, by="cur")
    revert(space, cut, by="cur")
    assert (row(space, "rev").lines_removed, row(space, "cur").lines_added) == (0, 2)
    assert row(space, "cur").lines_removed == 0


def test_what_a_reader_may_not_see_is_in_no_count(space: Space) -> None:
    land(space, "a.md", "one\n", "con")
    land(space, "closed/b.md", "one\ntwo\n", "con")
    land(space, "closed/b.md", "one\n", "rev")
    said = space.contents().with_statement(Statement("Ada", "knows", "Cora", sources=("x",)))
    merge_proposal(space, open_proposal(space, said, title="t", by="con").number)
    approve(space, open_proposal(
        space, space.contents().with_page("closed/c.md", "x\n"), title="t", by="con"
    ).number, by="rev")  # fmt: skip
    seen = row(space, "con", "rea")
    assert (seen.proposals, seen.merged, seen.lines_added, seen.facts) == (4, 3, 2, 1)
    assert (row(space, "rev", "rea").lines_removed, row(space, "rev", "rea").reviews) == (1, 1)
    Grants().give("rea", "none", space=f"{space.path}/closed")
    seen = row(space, "con", "rea")
    assert (seen.proposals, seen.merged, seen.lines_added, seen.facts) == (2, 2, 1, 1)
    assert row(space, "rev", "rea") == Contribution("rev", "all")
    Grants().give("rea", "none", space=space.path)
    Grants().give("rea", "reader", space=f"{space.path}/a.md")
    seen = row(space, "con", "rea")
    assert (seen.proposals, seen.lines_added, seen.facts) == (1, 1, 0)


def test_reviews_have_hours_but_not_where_a_clock_was_off(make_space: MakeSpace) -> None:
    now = [10**18]
    space = make_space(clock=lambda: now[0])

    def propose(number: int) -> int:
        contents = space.contents().with_page(f"{number}.md", "x\n")
        return open_proposal(space, contents, title=str(number)).number

    from workbench.identity.users import Users

    for name in ("rev", "vera"):
        Users().add(name)
        Grants().give(name, "reviewer", space=space.path)
    for hours in (1, 2, 6):
        number = propose(hours)
        now[0] += hours * HOUR_NS
        comment(space, number, "well", by="rev")
        now[0] += HOUR_NS
        approve(space, number, by="rev")  # of the same revision: one review, at its first word
    number = propose(9)
    now[0] -= HOUR_NS  # Vera's clock is an hour behind
    approve(space, number, by="vera")
    now[0] += 3 * HOUR_NS
    revise_proposal(space, number, space.contents().with_page("9.md", "y\n"))
    now[0] += 4 * HOUR_NS
    ask_for_changes(space, number, "no", by="vera")
    found = contributions(space, per="all")
    rows = {each.person: each for each in found.rows}
    assert (rows["rev"].reviews, rows["rev"].median_review_h) == (3, 2.0)
    assert (rows["vera"].reviews, rows["vera"].median_review_h) == (2, 4.0)
    (fault,) = found.clocks
    assert (fault.actor, fault.before_actor, fault.behind_s) == ("vera", "local", 3600.0)
    assert found.untimed == 1


def test_periods_hold_what_was_done_in_them(make_space: MakeSpace) -> None:
    now = [1_767_000_000 * 10**9]  # 29 December 2025, a week that is of 2026
    space = make_space(clock=lambda: now[0])
    for number in range(2):
        contents = space.contents().with_page(f"{number}.md", "x\n")
        merge_proposal(space, open_proposal(space, contents, title="t").number)
        now[0] += 7 * 24 * HOUR_NS
    for per, periods in (
        ("all", ["all"]), ("year", ["2025", "2026"]), ("month", ["2025-12", "2026-01"]),
        ("week", ["2026-W01", "2026-W02"]),
    ):  # fmt: skip
        assert [each.period for each in contributions(space, per=per).rows] == periods  # type: ignore[arg-type]
    cut = 1_767_300_000 * 10**6
    early, late = contributions(space, until_us=cut).rows, contributions(space, since_us=cut).rows
    assert [(each.period, each.lines_added) for each in (*early, *late)] == [
        ("2025-12", 1), ("2026-01", 1)
    ]  # fmt: skip
