"""200 random pairs of proposals: merged as a reference says, or their conflicts named; reverted."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from workbench.core.errors import ConflictError
from workbench.knowledge.shared import landing, merging, merging_pages, merging_statements
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.contents import Contents, files_of
from workbench.knowledge.shared.landing import merge_proposal, resolve, revert
from workbench.knowledge.shared.lines import MergedText
from workbench.knowledge.shared.merging import Merged, merge
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.settling import settle
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.states import state_digest
from workbench.store.database import open_database

from .conftest import MakeSpace
from .made_pairs import (
    ALIKE,
    LOUD_DECISIONS,
    LOUD_PAGES,
    LOUD_STATEMENTS,
    QUIET_DECISIONS,
    QUIET_PAGES,
    QUIET_STATEMENTS,
    Pair,
    draw_pair,
)

PAIRS = 200


def draw_pairs(count: int, *, seed: int = 64) -> list[Pair]:
    chance = random.Random(seed)
    return [
        draw_pair(chance, loud=number % 2 == 1, apart=number % 4 == 0) for number in range(count)
    ]


def faults_of(pair: Pair) -> list[str]:
    """What a merge of a pair says otherwise than the reference."""
    found = []
    for ours, theirs in ((pair.ours, pair.theirs), (pair.theirs, pair.ours)):
        merged = merge(pair.base, ours, theirs)
        named = {(each.kind, each.what) for each in merged.conflicts}
        mirrored = ours is pair.theirs
        if {kind for kind, _ in named} != {kind for kind, _ in pair.conflicts} or (
            not mirrored and named != pair.conflicts
        ):
            found.append(f"conflicts {sorted(named)} and not {sorted(pair.conflicts)}")
        if not pair.conflicts and files_of(merged.contents) != files_of(pair.merged):
            found.append("the contents are other ones")
    return found


def test_200_pairs_are_merged_as_the_reference_says(scale: int) -> None:
    pairs = draw_pairs(PAIRS * scale)
    assert [(pair.cases, faults) for pair in pairs if (faults := faults_of(pair))] == []
    # It is a test only if every case was drawn.
    cases = Counter(case for pair in pairs for case in pair.cases)
    print(cases)
    for kind, drawn in (
        ("page", QUIET_PAGES + LOUD_PAGES),
        ("statement", QUIET_STATEMENTS + LOUD_STATEMENTS),
        ("decision", QUIET_DECISIONS + LOUD_DECISIONS),
    ):
        assert {f"{kind}: {case}" for case in drawn} <= set(cases)
    assert sum(not pair.conflicts for pair in pairs) == len(pairs) // 2


def propose_both(space: Space, pair: Pair) -> tuple[str, str]:
    """The base agreed on, and both proposed; the heads before them."""
    set_rule(space, approvals=0, checks=(), by=None)
    if pair.base != Contents():
        open_proposal(space, pair.base, title="base")
        merge_proposal(space, 1)
    base = space.head
    for contents in (pair.ours, pair.theirs):
        if contents != pair.base:
            open_proposal(space, contents, title="change", base=base)
    return base, space.record(base).state


def state_of(space: Space) -> str:
    return space.record(space.head).state


def run_pair(space: Space, pair: Pair) -> Counter[str]:
    """Both proposals merged and taken back in both orders; counts what was seen."""
    seen: Counter[str] = Counter()
    _, before = propose_both(space, pair)
    numbers = [each.proposal for each in space.shelf.events() if each.kind == "opened"]
    numbers = numbers[1:] if pair.base != Contents() else numbers
    if len(numbers) < 2:
        return Counter(["one side alone"])
    first = merge_proposal(space, numbers[0] or 0)
    assert first.state == state_digest(pair.ours)
    try:
        second = merge_proposal(space, numbers[1] or 0)
        assert not pair.conflicts
        assert second.state == state_digest(pair.merged)
        seen["merged"] += 1
        if not {case.partition(": ")[2] for case in pair.cases} & {*ALIKE}:
            # Taking the first back leaves what the second would have been alone.
            alone = revert(space, first.record)
            assert alone.state == state_digest(pair.theirs)
            assert revert(space, alone.record).state == second.state
            seen["first taken back"] += 1
    except ConflictError as error:
        conflicts = error.context["conflicts"]
        assert {(each.kind, each.what) for each in conflicts} == pair.conflicts
        assert state_of(space) == first.state, "a merge that was refused changed something"
        second = settled(space, pair, numbers[1] or 0)
        seen["settled"] += 1
    if second.state == first.state:  # the second said what the first did
        with pytest.raises(ConflictError, match="is not there any more"):
            revert(space, second.record)
    else:
        assert revert(space, second.record).state == first.state
    assert revert(space, first.record).state == before
    seen["reverted to the byte"] += 1
    return seen


def settled(space: Space, pair: Pair, number: int) -> Any:
    merged = merge(pair.base, pair.ours, pair.theirs)
    sides = dict.fromkeys(range(1, len(merged.conflicts) + 1), "theirs")
    if "path" in {each.kind for each in merged.conflicts}:
        with pytest.raises(ConflictError, match="path of two pages"):
            settle(merged, pair.ours, pair.theirs, sides)  # type: ignore[arg-type]
        contents = pair.theirs
    else:
        contents = settle(merged, pair.ours, pair.theirs, sides)  # type: ignore[arg-type]
        for each in merged.conflicts:
            if each.kind == "text":
                assert each.theirs in contents.pages[each.keys[0]].text
    resolve(space, number, contents)
    return merge_proposal(space, number)


@pytest.mark.slow
@pytest.mark.soak
def test_200_pairs_are_proposed_merged_and_taken_back(make_space: MakeSpace, scale: int) -> None:
    seen: Counter[str] = Counter()
    for number, pair in enumerate(draw_pairs(PAIRS * scale)):
        with open_database().transaction():  # the audit ledger waits for the disk once a pair
            seen += run_pair(make_space(f"pair{number}"), pair)
    print(seen)
    assert seen["merged"] >= 80 * scale and seen["settled"] >= 80 * scale
    assert seen["first taken back"] >= 40 * scale
    assert seen["reverted to the byte"] == seen["merged"] + seen["settled"]


def later_text_wins(base: str, ours: str, theirs: str) -> MergedText:
    return MergedText(theirs)


def no_page_conflicts(*states: Any) -> Any:
    pages, _ = merging_pages.merge_pages(*states)
    return pages, []


def deletes_win(*states: Any) -> Any:
    merged, conflicts = merging_statements.merge_statements(*states)
    gone = [each for each in conflicts if each.kind == "edit and delete"]
    for each in gone:
        merged.pop(each.keys[0])
    return merged, [each for each in conflicts if each not in gone]


def first_decision_stays(*states: Any) -> Any:
    merged, conflicts = merging_statements.merge_decisions(*states)
    return merged, [each for each in conflicts if each.kind != "decision"]


@pytest.mark.parametrize(
    ("place", "name", "variant"),
    [
        (merging_pages, "merge_texts", later_text_wins),
        (merging, "merge_pages", no_page_conflicts),
        (merging, "merge_statements", deletes_win),
        (merging, "merge_decisions", first_decision_stays),
        (merging_statements, "two_values", lambda statements: iter(())),
        (merging_pages, "clashing_paths", lambda paths: []),
    ],
)
def test_the_reference_sees_a_merge_that_loses_something(
    place: Any, name: str, variant: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, name, variant)
    assert any(faults_of(pair) for pair in draw_pairs(PAIRS))


def test_the_reference_sees_a_revert_that_goes_back_to_the_whole_state(
    make_space: MakeSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rough(base: Contents, ours: Contents, theirs: Contents) -> Merged:
        return Merged(theirs)

    pair = Pair()
    pair.everywhere(lambda each: each.with_page("a.md", "a\n"))
    pair.everywhere(lambda each: each.with_page("b.md", "b\n"), "ours", "merged")
    pair.everywhere(lambda each: each.with_page("c.md", "c\n"), "theirs", "merged")
    assert run_pair(make_space("sound"), replace(pair))["merged"] == 1
    monkeypatch.setattr(landing, "merge", rough)
    with pytest.raises((AssertionError, ConflictError)):
        run_pair(make_space("rough"), pair)
