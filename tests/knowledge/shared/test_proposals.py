"""Who may do what with a proposal, at each verb; approvals; what ends one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import pytest

from workbench.core.errors import AccessError, ConflictError, InputError, NotFoundError
from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.identity.verbs import SPACE_ROLES
from workbench.knowledge.shared import approval_rules
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.blaming import blame_page
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.events import event_of
from workbench.knowledge.shared.landing import merge_proposal, release, resolve, revert
from workbench.knowledge.shared.proposals import find_proposal, proposals_of, words_of
from workbench.knowledge.shared.proposing import end_proposal, open_proposal, revise_proposal
from workbench.knowledge.shared.reviewing import (
    approve,
    ask_for_changes,
    comment,
    dismiss_request,
    place_now,
    review,
    settle_comment,
)
from workbench.knowledge.shared.space import By, Space
from workbench.knowledge.shared.statements import Statement
from workbench.store.ledger import Deed, Head, Ledger

from .conftest import PEOPLE, MakeSpace

TEXT = "# Ada\n\nAda wrote Notes.\n"


def propose(space: Space, by: By = "con", *, path: str = "ada.md", text: str = TEXT) -> int:
    made = open_proposal(space, space.contents().with_page(path, text), title="Ada", by=by)
    return made.number


# For each verb what is done, on a space where con's proposal 1 is open and 2 was merged.
DEEDS: dict[str, Callable[[Space, By], object]] = {
    "read": lambda space, by: review(space, 1, by=by),
    "comment": lambda space, by: comment(space, 1, "why?", page="ada.md", line=1, by=by),
    "propose": lambda space, by: propose(space, by, path="bob.md"),
    "review": lambda space, by: ask_for_changes(space, 1, "say more", by=by),
    "approve": lambda space, by: approve(space, 1, by=by),
    "merge": lambda space, by: merge_proposal(space, 1, by=by),
    "revert": lambda space, by: revert(space, space.head, by=by),
    "release": lambda space, by: release(space, "v1", by=by),
    "administer": lambda space, by: set_rule(space, approvals=2, by=by),
}


def begun(space: Space) -> Space:
    propose(space)
    merge_proposal(space, propose(space, path="carl.md"), by="cur")
    return space


@pytest.mark.parametrize("verb", DEEDS)
@pytest.mark.parametrize("name", PEOPLE)
def test_each_verb_asks_for_its_role(space: Space, verb: str, name: str) -> None:
    begun(space)
    events = len(space.shelf.events())
    if verb in SPACE_ROLES[PEOPLE[name]] and (verb, name) != ("approve", "con"):
        DEEDS[verb](space, name)
    else:
        with pytest.raises(AccessError):
            DEEDS[verb](space, name)
        assert len(space.shelf.events()) == events


@pytest.mark.parametrize("verb", DEEDS)
def test_strangers_and_the_shut_out_may_nothing(space: Space, verb: str) -> None:
    begun(space)
    Users().disable("cur")
    for name in ("nobody", "local", "cur"):
        with pytest.raises(AccessError):
            DEEDS[verb](space, name)


def test_a_page_that_is_shut_cannot_be_touched_by_who_may_the_rest(space: Space) -> None:
    for name in ("con", "cur", "rev"):
        Grants().give(name, "none", space=f"{space.path}/secret")
    with pytest.raises(AccessError, match="secret"):
        propose(space, path="secret/a.md")
    number = propose(space, "adm", path="secret/a.md")
    for deed in (review, approve, merge_proposal):
        with pytest.raises(NotFoundError, match="no proposal 1 that 'cur' may see"):
            deed(space, number, by="cur")
    with pytest.raises(NotFoundError, match="no proposal 1"):
        comment(space, number, "ha", by="rev")
    # Moving a page out of where it is shut touches both places.
    merge_proposal(space, number, by="adm")
    with pytest.raises(AccessError, match="secret"):
        open_proposal(
            space, space.contents().with_renamed("secret/a.md", "open.md"), title="t", by="con"
        )


def moved_where_it_is_shut(space: Space) -> None:
    """The page ada.md is in a folder that cur may not touch, and that asks for an approval."""
    Grants().give("cur", "none", space=f"{space.path}/shut")
    set_rule(space, path="shut", approvals=1, by="adm")
    move = space.contents().with_renamed("ada.md", "shut/ada.md")
    number = open_proposal(space, move, title="move", by="adm").number
    approve(space, number, by="rev")
    merge_proposal(space, number, by="adm")


def test_a_change_to_a_page_that_was_moved_meanwhile_asks_where_it_is_now(space: Space) -> None:
    """The merge follows the page, so the rights and the rule of its new place are asked for."""
    first = merge_proposal(space, propose(space), by="cur").record
    late = propose(space, text="# Ada\n\nAda wrote Letters.\n")
    moved_where_it_is_shut(space)
    for deed in (review, approve, merge_proposal):
        with pytest.raises(NotFoundError, match="no proposal 2"):
            deed(space, late, by="cur")
    with pytest.raises(AccessError, match="shut asks for 1"):
        merge_proposal(space, late, by="adm")
    with pytest.raises(NotFoundError, match="is no change of leads"):
        revert(space, first, by="cur")
    approve(space, late, by="rev")
    merge_proposal(space, late, by="adm")
    found = space.contents().page_at("shut/ada.md")
    assert found is not None and "Letters" in found[1].text


def test_nobody_approves_his_own_by_typing_his_name_in_another_form(space: Space) -> None:
    Users().add("zo\u00eb")
    Grants().give("zo\u00eb", "curator", space=space.path)
    number = propose(space, "zo\u00eb")
    for name in ("zo\u00eb", "zoe\u0308"):
        with pytest.raises(AccessError, match="nobody approves his own"):
            approve(space, number, by=name)
    assert find_proposal(space, propose(space, "zoe\u0308", text="# Z\n")).author == "zo\u00eb"


def test_nobody_approves_what_he_wrote_also_where_he_settled_its_conflicts(space: Space) -> None:
    Grants().give("con", "curator", space=space.path)
    number = propose(space, "con")
    with pytest.raises(AccessError, match="nobody approves his own"):
        approve(space, number, by="con")
    merge_proposal(space, propose(space, "rev", text="# Other\n"), by="cur")
    resolve(space, number, space.contents().with_page("ada.md", TEXT), by="cur")
    with pytest.raises(AccessError, match="nobody approves his own"):
        approve(space, number, by="cur")
    assert find_proposal(space, number).writers == {"con", "cur"}


def test_two_reviewers_for_a_protected_space(space: Space) -> None:
    set_rule(space, approvals=2, by="adm")
    number = propose(space)

    def refused(given: int) -> None:
        with pytest.raises(AccessError, match=f"has {given} approvals? that counts?"):
            merge_proposal(space, number, by="cur")

    refused(0)
    approve(space, number, by="rev")
    with pytest.raises(ConflictError, match="has approved"):
        approve(space, number, by="rev")
    refused(1)
    # This machine's own user is nobody's second pair of eyes.
    approve(space, number)
    refused(1)
    approve(space, number, by="vera")
    # Who was shut out since does not count, and who may not approve any more neither.
    Users().disable("vera")
    refused(1)
    Users().enable("vera")
    Grants().give("vera", "contributor", space=space.path)
    refused(1)
    Grants().give("vera", "reviewer", space=space.path)
    # A revision has no approvals.
    revise_proposal(space, number, space.contents().with_page("ada.md", "# Ada\n"), by="con")
    refused(0)
    for name in ("rev", "vera"):
        approve(space, number, by=name)
    ask_for_changes(space, number, "not yet", by="adm")
    with pytest.raises(AccessError, match="'adm' asks for changes"):
        merge_proposal(space, number, by="cur")
    approve(space, number, by="adm")
    merge_proposal(space, number, by="cur")
    assert find_proposal(space, number).state == "merged"


def test_the_rule_tells_approvals_that_do_not_count(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variant: whoever has approved any revision counts."""

    def lax(space: Space, proposal: object, paths: object) -> list[str]:
        return [each.user for each in proposal.approvals]  # type: ignore[attr-defined]

    monkeypatch.setattr(approval_rules, "counted_approvals", lax)
    with pytest.raises((pytest.fail.Exception, AssertionError)):
        test_two_reviewers_for_a_protected_space(space)


def test_the_narrowest_rule_around_a_page_decides(space: Space) -> None:
    set_rule(space, approvals=2, by="adm")
    set_rule(space, path="drafts", approvals=0, by="adm")
    draft = propose(space, path="drafts/a.md")
    merge_proposal(space, draft, by="cur")
    mixed = space.contents().with_page("drafts/a.md", "# B\n").with_page("a.md", "# A\n")
    number = open_proposal(space, mixed, title="both", by="con").number
    with pytest.raises(AccessError, match="asks for 2"):
        merge_proposal(space, number, by="cur")
    said = space.contents().with_statement(Statement("Ada", "wrote", "Notes", sources=("a book",)))
    with pytest.raises(AccessError, match="the space asks for 2"):
        merge_proposal(space, open_proposal(space, said, title="s", by="con").number, by="cur")


def test_a_removed_users_proposal_stays_under_his_name(space: Space) -> None:
    set_rule(space, approvals=1, by="adm")
    number = propose(space, "vera")
    other = propose(space, path="other.md")
    approve(space, other, by="vera")
    Users().remove("vera")
    assert find_proposal(space, number).author == "vera"
    with pytest.raises(AccessError):
        revise_proposal(space, number, Contents(), by="vera")
    with pytest.raises(AccessError, match="of 'vera', and only he"):
        revise_proposal(space, number, Contents(), by="con")
    with pytest.raises(AccessError, match="0 approvals that count"):
        merge_proposal(space, other, by="cur")
    approve(space, number, by="rev")
    landed = merge_proposal(space, number, by="cur")
    assert (landed.author, landed.author_state) == ("vera", "removed")
    record = space.record(space.record(space.head).parents[1])
    assert (record.author, find_proposal(space, number).state) == ("vera", "merged")


def test_what_was_looked_at_is_what_is_approved_and_merged(space: Space) -> None:
    number = propose(space)
    seen = find_proposal(space, number).head
    revise_proposal(space, number, space.contents().with_page("ada.md", "# New\n"), by="con")
    for deed, name in ((approve, "rev"), (merge_proposal, "cur")):
        with pytest.raises(ConflictError, match="was revised"):
            deed(space, number, seen=seen, by=name)
    merge_proposal(space, number, seen=find_proposal(space, number).head[:12], by="cur")


def test_nothing_is_proposed_on_top_of_what_another_proposed(space: Space) -> None:
    """Else its author could approve his own words under another's name."""
    set_rule(space, approvals=1, by="adm")
    first = find_proposal(space, propose(space, "rev"))
    on_top = space.contents(first.head).with_page("b.md", "# B\n")
    with pytest.raises(ConflictError, match="not agreed on"):
        open_proposal(space, on_top, title="t", base=first.head, by="con")


def test_an_objection_of_who_was_removed_holds_nothing_up(space: Space) -> None:
    number = propose(space)
    ask_for_changes(space, number, "no", by="vera")
    with pytest.raises(AccessError, match="'vera' asks for changes"):
        merge_proposal(space, number, by="cur")
    Users().remove("vera")
    merge_proposal(space, number, by="cur")


def test_a_revision_alone_does_not_answer_who_asks_for_changes(space: Space) -> None:
    number = propose(space)
    ask_for_changes(space, number, "name the letter", by="rev")
    other = space.contents().with_page("ada.md", TEXT).with_page("b.md", "# B\n")
    revise_proposal(space, number, other, by="con")
    found = find_proposal(space, number)
    assert found.objections == {"rev": "name the letter"} and found.is_answered("rev")
    with pytest.raises(AccessError, match="'rev' asks for changes"):
        merge_proposal(space, number, by="cur")
    approve(space, number, by="vera")  # another's word is not his
    with pytest.raises(AccessError, match="'rev' asks for changes"):
        merge_proposal(space, number, by="cur")
    approve(space, number, by="rev")
    merge_proposal(space, number, by="cur")


def test_a_request_for_changes_is_taken_back_or_dismissed_with_a_reason(space: Space) -> None:
    number = propose(space)
    for name in ("rev", "vera"):
        ask_for_changes(space, number, f"no, says {name}", by=name)
    dismiss_request(space, number, by="rev")
    assert find_proposal(space, number).objections == {"vera": "no, says vera"}
    with pytest.raises(NotFoundError, match="'rev' asks for no changes"):
        dismiss_request(space, number, by="rev")
    for name in ("con", "rev", "cur"):  # nobody but an administrator dismisses another's
        with pytest.raises(AccessError, match="administer"):
            dismiss_request(space, number, of="vera", words="so", by=name)
    with pytest.raises(InputError, match="is dismissed is empty"):
        dismiss_request(space, number, of="vera", by="adm")
    with pytest.raises(AccessError, match="'vera' asks for changes"):
        merge_proposal(space, number, by="cur")
    dismiss_request(space, number, of="vera", words="she is away", by="adm")
    told = [each for each in space.shelf.events() if each.kind == "dismissed"]
    assert [(each.actor, dict(each.data)) for each in told] == [
        ("rev", {"of": "rev", "words": ""}),
        ("adm", {"of": "vera", "words": "she is away"}),
    ]
    merge_proposal(space, number, by="cur")
    with pytest.raises(ConflictError, match="was merged"):
        dismiss_request(space, number, of="vera", words="late", by="adm")


def test_who_settles_a_conflict_takes_neither_the_authors_words_nor_his_lines(
    space: Space,
) -> None:
    merge_proposal(space, propose(space, text="one\ntwo\nthree\nfour\n"), by="cur")
    base = space.contents()
    mine = base.with_page("ada.md", "one\ntwo, says con\nthree\nfour, says con\n")
    made = open_proposal(space, mine, title="more", words="By the letter of 1843.", by="con")
    merge_proposal(
        space, propose(space, "vera", text="one\ntwo, says vera\nthree\nfour\n"), by="cur"
    )
    settled = space.contents().with_page(
        "ada.md", "one\ntwo, say both\nthree\nfour, says con\n"
    )  # fmt: skip
    after = resolve(space, made.number, settled, by="cur")
    assert words_of(space, after) == "By the letter of 1843."
    merge_proposal(space, made.number, by="cur")
    written = [(each.text.strip(), each.author) for each in blame_page(space, "ada.md")]
    assert written == [
        ("one", "con"), ("two, say both", "cur"), ("three", "con"), ("four, says con", "con"),
    ]  # fmt: skip


def test_a_revision_without_words_keeps_what_was_said_of_the_proposal(space: Space) -> None:
    base = space.contents()
    made = open_proposal(
        space, base.with_page("ada.md", TEXT), title="t", words="Why it is so.", by="con"
    )
    revise_proposal(space, made.number, base.with_page("ada.md", "# A\n"), by="con")
    assert words_of(space, find_proposal(space, made.number)) == "Why it is so."
    said = base.with_page("ada.md", "# B\n")
    revise_proposal(space, made.number, said, words="Because of B.", by="con")
    assert words_of(space, find_proposal(space, made.number)) == "Because of B."


def test_what_is_no_record_is_told_as_such(space: Space) -> None:
    release(space, "2026.11", by="adm")
    with pytest.raises(NotFoundError) as found:
        revert(space, "zzzz", by="cur")
    assert found.value.message == (
        "no record of leads begins with 'zzzz', of which 4 characters are needed, and no release "
        "is called so"
    )
    with pytest.raises(NotFoundError, match=r"did you mean '2026\.11'"):
        revert(space, "2026.1", by="cur")


def test_a_merged_proposal_shows_what_it_changed_and_no_more(space: Space) -> None:
    number = propose(space, path="mine.md")
    merge_proposal(space, propose(space, path="other.md", text="# O\n"), by="cur")
    resolve(space, number, space.contents().with_page("mine.md", TEXT), by="con")
    before = review(space, number, by="rea").change
    merge_proposal(space, number, by="cur")
    assert review(space, number, by="rea").change == before
    assert before.paths == ("mine.md",)


def test_an_ended_proposal_cannot_be_gone_on_with(space: Space) -> None:
    own, others, merged = (propose(space, path=f"{name}.md") for name in "abc")
    assert end_proposal(space, own, by="con").state == "withdrawn"
    with pytest.raises(AccessError):
        end_proposal(space, others, by="rev")
    assert end_proposal(space, others, words="no", by="cur").state == "declined"
    merge_proposal(space, merged, by="cur")
    for number in (own, others, merged):
        for deed in (
            lambda n: approve(space, n, by="rev"),
            lambda n: merge_proposal(space, n, by="cur"),
            lambda n: end_proposal(space, n, by="cur" if n != own else "con"),
            lambda n: revise_proposal(
                space, n, space.contents().with_page("z.md", "# Z\n"), by="con"
            ),
            lambda n: resolve(space, n, space.contents(), by="cur"),
        ):
            with pytest.raises(ConflictError, match=r"was (withdrawn|declined|merged) by"):
                deed(number)
        assert review(space, number, by="rea").proposal.number == number


def test_comments_follow_their_line(space: Space) -> None:
    number = propose(space)
    said = comment(space, number, "really?", page="ada.md", line=3, by="rev")
    assert place_now(space, find_proposal(space, number), said) == ("ada.md", 3)
    longer = space.contents().with_page("ada.md", "# Ada\n\nMore.\n\nAda wrote Notes.\n")
    moved = longer.with_renamed("ada.md", "people/ada.md")
    revise_proposal(space, number, moved, by="con")
    proposal = find_proposal(space, number)
    # The id is made of the path, so a page that is not agreed on yet is another one when renamed.
    assert place_now(space, proposal, said) == ("people/ada.md", 5)
    other = space.contents().with_page("ada.md", "# Ada\n\nAda wrote.\n")
    revise_proposal(space, number, other, by="con")
    assert place_now(space, find_proposal(space, number), said) is None
    with pytest.raises(AccessError):
        settle_comment(space, number, said.number, by="rea")
    settle_comment(space, number, said.number, by="con")
    with pytest.raises(ConflictError, match="is settled"):
        settle_comment(space, number, said.number, by="rev")


@pytest.mark.parametrize(
    ("deed", "error"),
    [
        (lambda s, n: comment(s, n, "x", page="ada.md", line=9), InputError),
        (lambda s, n: comment(s, n, "x", line=1), InputError),
        (lambda s, n: comment(s, n, " "), InputError),
        (lambda s, n: comment(s, n, "x", page="eve.md"), NotFoundError),
        (lambda s, n: comment(s, n, "x", statement="0" * 64), NotFoundError),
        (lambda s, n: find_proposal(s, 77), NotFoundError),
        (lambda s, n: settle_comment(s, n, 5), NotFoundError),
        (lambda s, n: open_proposal(s, s.contents(), title="nothing"), ConflictError),
        (lambda s, n: propose(s, None, path="../a.md"), InputError),
        (lambda s, n: propose(s, None, path=".git/config"), InputError),
        (lambda s, n: propose(s, None, path="a.ipynb", text="{"), InputError),
        (lambda s, n: propose(s, None, text="\ud800"), InputError),
        (lambda s, n: open_proposal(s, Contents(), title="\n"), InputError),
        (lambda s, n: set_rule(s, approvals=-1, by=None), InputError),
        (lambda s, n: set_rule(s, approvals=1, checks=["spelling"], by=None), InputError),
        (lambda s, n: release(s, "a/b"), InputError),
        (lambda s, n: release(s, "v1", record="ffff"), NotFoundError),
    ],
)
def test_bad_input_is_named(
    space: Space, deed: Callable[[Space, int], object], error: type[Exception]
) -> None:
    number = propose(space)
    events = space.shelf.events()
    with pytest.raises(error):
        deed(space, number)
    assert space.shelf.events() == events


def test_events_are_replayed_and_told_to_the_ledger(make_space: MakeSpace) -> None:
    space = make_space()
    number = propose(space, None)
    comment(space, number, "hm")
    merge_proposal(space, number)
    events = space.shelf.events()
    assert [event_of(each.line()) for each in events] == events
    assert proposals_of(events)[number].state == "merged"
    told = [each.action for each in Ledger().entries() if each.subject == "leads"][::-1]
    assert told == [f"shared.{each.kind}" for each in events]
    space.tell_ledger()
    assert len([e for e in Ledger().entries() if e.subject == "leads"]) == len(events)


def test_two_who_tell_the_ledger_at_once_tell_it_once(
    make_space: MakeSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = make_space()
    propose(space, None)
    with space.shelf.transaction():
        space.add_event("approved", "rev", proposal=1, record=find_proposal(space, 1).head)
    other = threading.Thread(target=lambda: Space("leads").tell_ledger())
    real = Ledger.append_many

    def append_many(self: Ledger, deeds: Iterable[Deed]) -> Head:
        monkeypatch.setattr(Ledger, "append_many", real)
        other.start()
        other.join(0.5)  # it comes in between, if it can
        return real(self, deeds)

    monkeypatch.setattr(Ledger, "append_many", append_many)
    space.tell_ledger()
    other.join()
    told = [each.action for each in Ledger().entries() if each.subject == "leads"]
    assert told.count("shared.approved") == 1
