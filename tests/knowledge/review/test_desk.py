"""What people see and do at the desk of the review page, each with his own session's rights."""

from __future__ import annotations

import pytest

from tests.knowledge.review.reviewed_space import EMPLOYED, NAME, changed, propose, said
from workbench.core.errors import AccessError, ConflictError, InputError, NotFoundError
from workbench.identity.grants import Grants
from workbench.identity.sessions import Sessions
from workbench.identity.users import Users
from workbench.knowledge.review.desk import Desk
from workbench.knowledge.review.sheet import Sheet
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.proposals import find_proposal
from workbench.knowledge.shared.proposing import revise_proposal
from workbench.knowledge.shared.reviewing import approve
from workbench.knowledge.shared.settling import Own
from workbench.knowledge.shared.space import Space

from .conftest import Sit


def open_at(desk: Desk, number: int) -> Sheet:
    desk.open_proposal(number)
    assert desk.shown.sheet is not None
    return desk.shown.sheet


def test_nobody_sees_or_does_anything_before_he_signed_in(space: Space) -> None:
    desk = Desk()
    with pytest.raises(AccessError, match="nobody is signed in"):
        desk.choose_space(NAME)
    with pytest.raises(AccessError, match="name or the password"):
        desk.sign_in("bob", "not his password at all")
    assert desk.shown.queue is None and desk.look() is False


def test_the_queue_says_whom_each_proposal_waits_for(sit: Sit) -> None:
    waits = {}
    for user in ("ann", "bob", "vera", "otto"):
        queue = sit(user).shown.queue
        assert queue is not None and len(queue.ended) == 2
        waits[user] = {row.number: row.waits for row in queue.open}
    assert waits["ann"] == {2: "you", 4: "you", 5: "merge", 6: "others", 7: "others",
                            8: "others"}  # fmt: skip
    # Of 2, which meets what was merged: she settles it, and it waits for her.
    assert waits["bob"] == {2: "you", 4: "author", 5: "merge", 6: "you", 7: "you", 8: "you"}
    assert waits["vera"][6] == "others" and waits["vera"][7] == "you"
    assert set(waits["otto"].values()) == {"author", "merge", "others"}


def test_who_may_not_is_told_why_and_who_can_and_is_refused_all_the_same(
    sit: Sit, space: Space
) -> None:
    desk = sit("ann")
    sheet = open_at(desk, 5)
    right = sheet.rights["approve"]
    assert not right.allowed and "nobody approves what he wrote" in right.said
    assert right.who == ("bob", "vera")
    assert "contributor, which may not merge" in sheet.rights["merge"].said
    assert sheet.rights["merge"].who == ("bob",)
    for deed in (desk.approve, desk.merge, lambda: desk.ask_for_changes("more")):
        with pytest.raises(AccessError):
            deed()
    assert find_proposal(space, 5).state == "open"
    assert [each.user for each in find_proposal(space, 5).approvals] == ["vera"]


@pytest.mark.parametrize("end", ["sign out", "ended elsewhere", "disabled", "signed in anew"])
def test_a_session_that_is_over_does_nothing_more(sit: Sit, space: Space, end: str) -> None:
    desk = sit("bob")
    open_at(desk, 5)
    if end == "sign out":
        desk.sign_out()
    elif end == "ended elsewhere":
        Sessions().end_all("bob")
    elif end == "disabled":
        Users().disable("bob")
    else:
        text = desk.visitor._text
        desk.sign_in("bob", "bob walks up the hill at dusk")
        with pytest.raises(AccessError):
            Sessions().verify(str(text), kind="session")
        return
    with pytest.raises((AccessError, InputError)):
        desk.merge()
    assert desk.shown.sheet is None and desk.shown.queue is None  # nothing of it stays to be read
    assert find_proposal(space, 5).state == "open"


def test_a_look_that_nobody_asked_for_keeps_no_session_alive_and_sees_its_end(sit: Sit) -> None:
    desk = sit("bob")
    (session,) = Sessions().list(user="bob")
    assert desk.look() is False
    assert Sessions().list(user="bob")[0].last_used_s == session.last_used_s
    Sessions().end_all("bob")
    assert desk.look() is True
    assert desk.shown.user is None and "signed out" in desk.shown.gone


def test_a_space_is_seen_by_who_may_read_it(sit: Sit) -> None:
    Space("secret").begin()
    desk = sit("otto")
    assert desk.shown.spaces == (NAME,)
    with pytest.raises(NotFoundError):
        desk.choose_space("secret")
    Grants().give("otto", "none", space=f"/knowledge/{NAME}")
    assert desk.look() is True and desk.shown.queue is None and "read" in desk.shown.gone


def test_what_was_revised_meanwhile_is_neither_approved_nor_commented_nor_merged(
    sit: Sit, space: Space
) -> None:
    desk = sit("bob")
    sheet = open_at(desk, 5)
    contents = space.contents(sheet.seen).with_page("people/renn.md", "# Renn\n\nHe led it.\n")
    revise_proposal(space, 5, contents, by="ann")
    assert desk.look() is True
    assert desk.shown.meanwhile == ("ann revised it",)
    assert desk.shown.sheet is sheet  # what he reads does not change under his eyes
    for deed in (desk.approve, desk.merge, lambda: desk.ask_for_changes("so"),
                 lambda: desk.comment("so", page="people/renn.md", line=3)):  # fmt: skip
        with pytest.raises(ConflictError, match="was revised"):
            deed()
    desk.reload()
    assert desk.shown.meanwhile == () and desk.shown.sheet is not sheet
    desk.approve()


def test_somebody_else_merged_it(sit: Sit, space: Space) -> None:
    desk = sit("bob")
    open_at(desk, 5)
    merge_proposal(space, 5, by="bob")
    assert desk.look() and desk.shown.meanwhile == ("You, elsewhere, merged it",)
    with pytest.raises(ConflictError, match="was merged by 'bob'"):
        desk.merge()
    other = sit("vera")
    open_at(other, 8)
    approve(space, 7, by="bob")
    assert other.look() and other.shown.meanwhile == ()  # of another proposal: the queue tells it
    merge_proposal(space, 7, by="bob")
    assert other.look() and other.shown.meanwhile == ("bob merged proposal 7",)


def test_comments_stand_at_their_line_and_fact(sit: Sit, space: Space) -> None:
    desk = sit("bob")
    sheet = open_at(desk, 4)
    line, fact = sheet.comments
    assert (line.page, line.line, line.moved) == ("people/winkel.md", 4, False)
    assert fact.statement == EMPLOYED.key
    desk.comment("And what of this?", page="people/winkel.md", line=3)
    assert desk.shown.sheet is not None
    assert desk.shown.sheet.comments[-1].words == "And what of this?"
    contents = changed(
        space.contents(sheet.seen), "people/winkel.md", "\n\nMaria", "\n\nA\n\nMaria"
    )
    contents = changed(contents, "people/winkel.md", "She studied", "Maria studied")
    revise_proposal(space, 4, contents.without_statement(EMPLOYED.key), by="ann")
    places = [(each.line, each.moved) for each in open_at(desk, 4).comments]
    assert places == [(4, True), (None, True), (5, False)]
    desk.settle_comment(line.number)
    assert desk.shown.sheet.comments[0].settled_by == "bob"


def test_conflicts_show_both_sides_and_the_base_and_are_settled_by_either_or_own_words(
    sit: Sit, space: Space
) -> None:
    desk = sit("bob")
    sheet = open_at(desk, 2)
    text, renamed, died = sheet.conflicts
    assert text.base == "The Ostra Observatory was founded by Maria Winkel in 1871.\n"
    assert (text.ours_by, text.theirs_by, text.own) == ("vera", "ann", "lines")
    assert (renamed.base, renamed.ours, renamed.theirs) == (
        "mill.md", "buildings/mill.md", "places/mill.md"
    )  # fmt: skip
    assert died.base is None and died.start == "Tamber"
    with pytest.raises(InputError, match="conflict 2 needs a side"):
        desk.resolve({1: "ours", 3: "theirs"})
    own = "The Ostra Observatory was founded by Maria Winkel in 1871 or 1872."
    desk.resolve({
        1: Own(own), 2: Own("the-mill.md"), 3: Own("Levania", "page:observatory.md#1871 or 1872"),
    })  # fmt: skip
    after = open_at(desk, 2)
    assert after.conflicts == () and "bob" in after.proposal.writers
    assert not after.rights["approve"].allowed  # he wrote some of it now
    with pytest.raises(AccessError, match="0 approvals"):
        desk.merge()
    other = sit("vera")
    assert [each[:15] for each in open_at(other, 2).lacks] == ["1 more approval"]
    said_of = space.contents(after.seen)
    page = said_of.page_at("the-mill.md")
    assert page is not None and "1903" in page[1].text
    observatory = said_of.page_at("observatory.md")
    assert observatory is not None and f"{own}\nIt stands" in observatory[1].text
    died_in = [each for each in said_of.statements.values() if each.relation == "died_in"]
    assert [(each.object, each.sources) for each in died_in] == [
        ("Levania", ("page:observatory.md#1871 or 1872",))
    ]


def test_conflicts_that_are_others_by_now_are_not_settled(sit: Sit, space: Space) -> None:
    desk = sit("bob")
    open_at(desk, 2)
    merge_proposal(space, 5, by="bob")
    with pytest.raises(ConflictError, match="something was merged since"):
        desk.resolve({1: "ours", 2: "ours", 3: "ours"})
    assert len(find_proposal(space, 2).revisions) == 1


def test_a_path_of_two_pages_is_settled_by_a_name(sit: Sit, space: Space) -> None:
    base = space.head
    for by, path in (("vera", "mill.md"), ("ann", "mill.md")):
        contents = space.contents(base).with_page(f"{by}.md", f"# Of {by}\n")
        if by == "vera":
            contents = contents.with_renamed("vera.md", "x/y.md")
        else:
            contents = contents.with_renamed("ann.md", "x/y.md")
        number = propose(space, contents, f"{path} by {by}", by, base=base)
        if by == "vera":
            approve(space, number, by="bob")
            merge_proposal(space, number, by="bob")
    desk = sit("bob")
    (conflict,) = open_at(desk, number).conflicts
    assert (conflict.kind, conflict.sides, conflict.own) == ("path", False, "path")
    desk.resolve({1: Own("x/of-ann.md")})
    paths = {page.path: page.text for page in space.contents(find_proposal(space, number).head)
             .pages.values()}  # fmt: skip
    assert (paths["x/y.md"], paths["x/of-ann.md"]) == ("# Of vera\n", "# Of ann\n")


def test_a_decision_or_a_fact_that_is_gone_takes_no_words_of_ones_own(
    sit: Sit, space: Space
) -> None:
    base = space.head
    contents = space.contents(base)
    gone = contents.without_statement(EMPLOYED.key)
    (key,) = [key for key, each in contents.statements.items() if each.relation == "educated_at"]
    number = propose(space, gone.without_statement(key), "gone", "vera", base=base)
    approve(space, number, by="bob")
    merge_proposal(space, number, by="bob")
    more = said("Maria Winkel", "educated_at", "Tamber", "page:mill.md")
    number = propose(space, contents.with_statement(more), "more", "ann", base=base)
    desk = sit("bob")
    (conflict,) = open_at(desk, number).conflicts
    assert (conflict.own, conflict.ours) == ("", None) and "page:buildings/mill.md" in str(
        conflict.theirs
    )
    with pytest.raises(InputError, match="one of the two"):
        desk.resolve({1: Own("anything")})
    desk.resolve({1: "theirs"})


def test_the_author_answers_with_a_revision(sit: Sit, space: Space) -> None:
    author, other = sit("ann"), sit("bob")
    sheet = open_at(author, 4)
    open_at(other, 4)
    (page,) = sheet.pages
    text = author.page_text(page.id)
    assert text.endswith("#### Letters\n")
    author.revise_page(page.id, text.replace("####", "##"))
    author.revise_fact(
        EMPLOYED.key, sources=("page:people/winkel.md#taught there",), note="a school"
    )
    assert author.shown.sheet is not None and author.shown.sheet.findings == ()
    made = find_proposal(space, 4)
    asked = {"vera": "name the letters as sources"}  # she is to look again
    assert (len(made.revisions), made.objections, made.writers) == (3, asked, {"ann"})
    waits = {}
    for name in ("ann", "bob", "vera"):
        queue = sit(name).shown.queue
        assert queue is not None
        waits[name] = next(row.waits for row in queue.open if row.number == 4)
    assert waits == {"ann": "others", "bob": "others", "vera": "you"}
    with pytest.raises(ConflictError, match="was revised"):
        other.revise_page(page.id, "# Mine\n")
    other.reload()
    with pytest.raises(AccessError, match="only he can revise"):
        other.revise_page(page.id, "# Mine\n")
    with pytest.raises(NotFoundError):
        author.revise_page("no such page", "x")
    author.revise_page(page.id, "# Long\n" + "x" * 200_000)
    with pytest.raises(InputError, match="a form does not keep"):
        author.page_text(page.id)


def test_a_request_for_changes_is_taken_back_by_whose_it_is_and_by_nobody_else(sit: Sit) -> None:
    curator = sit("bob")
    assert "vera asks for changes" in " ".join(open_at(curator, 4).lacks)
    assert not open_at(curator, 4).rights["dismiss"].allowed
    with pytest.raises(AccessError, match="administer"):
        curator.dismiss("vera", "it is done")
    reviewer = sit("vera")
    open_at(reviewer, 4)
    reviewer.dismiss("vera")
    assert reviewer.shown.sheet is not None
    assert "asks for changes" not in " ".join(reviewer.shown.sheet.lacks)


def test_a_removed_authors_proposal_is_told_and_can_be_merged(sit: Sit, space: Space) -> None:
    desk = sit("vera")
    assert open_at(desk, 7).author_state == "removed"
    assert desk.shown.queue is not None
    states = {row.number: row.author_state for row in desk.shown.queue.open}
    assert states[7] == "removed" and {*states.values()} == {"removed", "in force"}
    desk.approve()
    curator = sit("bob")
    open_at(curator, 7)
    curator.merge()
    assert curator.shown.sheet is not None
    landed = str(curator.shown.sheet.proposal.ended_as)
    before = space.record(space.record(landed).parents[0]).state
    curator.revert(landed, "it was renewed")
    assert space.record(space.head).state == before
    assert curator.shown.sheet.taken_back is not None
    assert curator.shown.sheet.taken_back[0] == "bob"
    with pytest.raises(AccessError):
        desk.revert(landed)


def test_ones_own_is_withdrawn_and_anothers_declined(sit: Sit, space: Space) -> None:
    author, curator, reader = sit("ann"), sit("bob"), sit("otto")
    for desk in (author, curator, reader):
        open_at(desk, 4)
    with pytest.raises(AccessError):
        reader.end("no")
    author.end("not yet")
    assert find_proposal(space, 4).state == "withdrawn"
    open_at(curator, 8)
    curator.end()
    assert find_proposal(space, 8).state == "declined"


def test_a_page_that_he_may_not_read_stays_shut(sit: Sit, space: Space) -> None:
    assert closed_words(sit("otto")) == {"What we know of Ostra", "Tobias Renn"}
    Grants().give("otto", "none", space=f"/knowledge/{NAME}/people")
    desk = sit("otto")
    queue = desk.shown.queue
    assert queue is not None and closed_words(desk) == set()
    assert {row.number for row in queue.open} == {2, 6, 7, 8}
    assert [row.number for row in queue.ended] == [3] and len(queue.log) == 1
    told = []
    for number in (5, 99):
        with pytest.raises(NotFoundError) as found:
            desk.open_proposal(number)
        told.append(f"{found.value.message}{found.value.hint}".replace(str(number), "N"))
    assert told[0] == told[1] and "people" not in told[0]
    assert desk.shown.sheet is None


def closed_words(desk: Desk) -> set[str]:
    """The titles of what touches the folder people, as far as anything that is shown has them."""
    shown = str(desk.shown)
    return {each for each in ("What we know of Ostra", "Tobias Renn") if each in shown}


def test_a_rule_for_a_page_that_is_closed_to_him_is_not_told(sit: Sit, space: Space) -> None:
    Grants().give("otto", "none", space=f"/knowledge/{NAME}/people")
    told = {}
    desks = {user: sit(user) for user in ("otto", "bob")}
    for desk in desks.values():
        open_at(desk, 7)
    set_rule(space, path="people", approvals=2, by=None)
    set_rule(space, path="buildings", approvals=2, by=None)
    for user, desk in desks.items():
        desk.look()
        told[user] = [each.split()[3] for each in desk.shown.meanwhile]
    assert told == {"otto": ["buildings"], "bob": ["people", "buildings"]}


def test_the_picture_has_what_comes_goes_and_changes_with_what_is_around(sit: Sit) -> None:
    desk = sit("vera")
    sheet = open_at(desk, 4)
    assert [(each.sign, each.kind) for each in sheet.facts] == [
        ("~", "statement"), ("+", "statement"), ("+", "decision")
    ]  # fmt: skip
    assert sheet.facts[0].sources[1][0] in "+ " and sheet.picture is not None
    changes = {each.relation: each.change for each in sheet.picture.facts}
    assert (changes["born_in"], changes["employer"], changes["educated_at"]) == (
        "changed", "came", ""
    )  # fmt: skip
    assert open_at(desk, 7).picture is None
    gone = open_at(desk, 8)
    assert [each.sign for each in gone.facts] == ["-"] and not gone.facts[0].there
    assert gone.picture is not None
    assert {each.change for each in gone.picture.facts if each.relation == "educated_at"} == {
        "went"
    }


def test_findings_say_why_and_which_hold_it_up(sit: Sit) -> None:
    sources, style = open_at(sit("ann"), 4).findings
    assert (sources.check, sources.blocks, sources.key) == ("sources", True, EMPLOYED.key)
    assert "where it is said" in sources.why
    assert (style.check, style.blocks, style.line) == ("style", False, 7)
    assert style.page == "people/winkel.md"


def test_a_changed_line_elsewhere_does_not_hide_the_commented_one(sit: Sit, space: Space) -> None:
    desk = sit("bob")
    open_at(desk, 7)
    desk.comment("The title, too?", page="observatory.md", line=1)
    assert desk.shown.sheet is not None
    (page,) = desk.shown.sheet.pages
    shown = [line.new for part in page.parts for line in part if line.new is not None]
    assert shown[0] == 1 and 9 in shown
    assert changed(space.contents(), "observatory.md", "1903", "1904") != space.contents()
