"""Notebooks are merged by cell: against a table of cases, always valid, taken back to the byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import nbformat
import pytest

from workbench.core.errors import InputError
from workbench.knowledge.shared import merging_notebooks
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.differences import difference
from workbench.knowledge.shared.landing import merge_proposal, revert
from workbench.knowledge.shared.merging import Merged, merge
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.settling import settle
from workbench.knowledge.shared.settling_own import Own
from workbench.knowledge.shared.space import Space

from .made_notebooks import Cell, cell, first, last, make_pair, other_first, tagged, written

PATH = "n.ipynb"


def of(text: str) -> Contents:
    return Contents().with_page(PATH, text)


def merged(base: str, ours: str, theirs: str) -> Merged:
    return merge(of(base), of(ours), of(theirs))


def text_of(contents: Contents) -> str:
    found = contents.page_at(PATH)
    assert found is not None
    return found[1].text


def check_pairs(count: int) -> None:
    """The first that differs from what was drawn with it is an error."""
    for number in range(count):
        pair = make_pair(number, conflicts=number % 2 == 1)
        both = [merged(pair.base, *sides) for sides in _both_ways(pair.ours, pair.theirs)]
        for found in both:
            text = text_of(found.contents)
            nbformat.validate(nbformat.reads(text, as_version=4))
            named = {(each.keys[1], ".".join(each.keys[2:])) for each in found.conflicts}
            assert named == pair.conflicts, f"pair {number}"
            assert {each.kind for each in found.conflicts} <= {"cell"}
            if not pair.conflicts:
                assert json.loads(text)["cells"] == pair.cells, f"pair {number}"
        if not pair.conflicts:
            assert both[0].contents == both[1].contents, f"pair {number}"


def _both_ways(ours: str, theirs: str) -> list[tuple[str, str]]:
    return [(ours, theirs), (theirs, ours)]


def test_pairs_are_merged_as_was_drawn_with_them() -> None:
    check_pairs(60)


@pytest.mark.slow
@pytest.mark.soak
def test_four_hundred_pairs_are_merged_as_was_drawn_with_them(scale: int) -> None:
    check_pairs(400 * scale)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("_run_of", lambda was, here, there, source: {"outputs": [], "execution_count": None}),
        ("_put_in", lambda common, runs: [*common]),
        (
            "_put_in",
            lambda common, runs: [*common, *(k for r in runs for v in r.values() for k in v)],
        ),
        ("merge_texts", lambda old, mine, other: merging_notebooks_text(mine)),
        ("_merge_json", lambda merging, cell, above, old, here, there: {**here, **there}),
    ],
)
def test_a_merge_that_does_otherwise_is_seen(
    monkeypatch: pytest.MonkeyPatch, name: str, broken: Callable[..., Any]
) -> None:
    monkeypatch.setattr(merging_notebooks, name, broken)
    with pytest.raises((AssertionError, KeyError)):
        check_pairs(60)


def merging_notebooks_text(text: str) -> Any:
    """The variant: this side's lines, whatever the other's are."""
    from workbench.knowledge.shared.lines import MergedText

    return MergedText(text)


def notebooks(*sides: Cell | None, around: tuple[dict[str, Any], ...] = ({}, {}, {})) -> list[str]:
    """Three texts of one cell each."""
    return [
        written([] if each is None else [each], **metadata)
        for each, metadata in zip(sides, around, strict=True)
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(first(cell("c")), other_first(cell("c"))), (first(cell("c")), None), (None, last(cell("c")))],
)
def test_a_conflict_of_a_cell_is_settled_by_taking_one_side_s(
    ours: Cell | None, theirs: Cell | None
) -> None:
    texts = notebooks(cell("c"), ours, theirs)
    found = merged(*texts)
    (conflict,) = found.conflicts
    assert (conflict.kind, conflict.what, conflict.keys[1]) == ("cell", PATH, "c")
    assert "cell c was" in f"{conflict}"
    for side, cells in (("ours", ours), ("theirs", theirs)):
        settled = settle(found, of(texts[1]), of(texts[2]), {1: side})  # type: ignore[dict-item]
        text = text_of(settled)
        nbformat.validate(nbformat.reads(text, as_version=4))
        left = [each["source"] for each in json.loads(text)["cells"]]
        assert left == ([] if cells is None else [cells["source"]])


def test_a_conflict_of_a_cell_is_settled_by_words_of_one_s_own() -> None:
    texts = notebooks(cell("c"), first(cell("c")), other_first(cell("c")))
    settled = settle(merged(*texts), of(texts[1]), of(texts[2]), {1: Own("a = 12\nb = 2\n")})
    (left,) = json.loads(text_of(settled))["cells"]
    assert left["source"] == ["a = 12\n", "b = 2\n"]
    gone = notebooks(cell("c"), first(cell("c")), None)
    with pytest.raises(InputError, match="one of the two holds"):
        settle(merged(*gone), of(gone[1]), of(gone[2]), {1: Own("{}")})


def test_conflicts_of_metadata_and_of_order_are_settled_too() -> None:
    a, b, c = (cell(each) for each in "abc")
    base = written([a, b, c], author="x")
    ours = written([b, a, c], author="y", **{"key.with.dots": 1})
    theirs = written([a, c, b], author="z", **{"key.with.dots": 2})
    found = merged(base, ours, theirs)
    assert {each.keys[2:] for each in found.conflicts} == {
        ("metadata", "author"),
        ("metadata", "key.with.dots"),
        ("order",),
    }
    sides = dict.fromkeys(range(1, 4), "theirs")
    settled = settle(found, of(ours), of(theirs), sides)  # type: ignore[arg-type]
    assert json.loads(text_of(settled)) == json.loads(theirs)


def test_a_cell_that_one_moved_and_the_other_changed_is_moved_and_changed() -> None:
    a, b, c = (cell(each) for each in "abc")
    found = merged(written([a, b, c]), written([c, a, b]), written([a, b, tagged(c)]))
    assert found.conflicts == ()
    assert json.loads(text_of(found.contents))["cells"] == [tagged(c), a, b]


def test_what_a_kernel_writes_anew_is_no_conflict() -> None:
    around = tuple({"language_info": {"name": "python", "version": each}} for each in "123")
    found = merged(*notebooks(cell("c"), first(cell("c")), tagged(cell("c")), around=around))
    assert found.conflicts == ()
    assert json.loads(text_of(found.contents))["metadata"] == around[2]


@pytest.mark.parametrize("minor", [4, 5])
def test_notebooks_without_ids_of_cells_are_merged_by_lines(minor: int) -> None:
    def old(*lines: str) -> str:
        cells = [{"cell_type": "markdown", "metadata": {}, "source": [each]} for each in lines]
        whole = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": minor}
        return json.dumps(whole, indent=1) + "\n"

    found = merged(old("a", "b", "c"), old("A", "b", "c"), old("a", "b", "C"))
    assert found.conflicts == ()
    assert text_of(found.contents) == old("A", "b", "C")


def test_two_who_make_one_notebook_have_both_their_cells() -> None:
    ours, theirs = written([cell("a"), cell("x")]), written([cell("b"), cell("x")])
    for one, other in _both_ways(ours, theirs):
        found = merge(Contents(), of(one), of(other))
        assert found.conflicts == ()
        assert [each["id"] for each in json.loads(text_of(found.contents))["cells"]] == [
            "a",
            "b",
            "x",
        ]


def test_a_difference_is_told_by_cell() -> None:
    a, b, c, d = (cell(each) for each in "abcd")
    (page,) = difference(of(written([a, b, c])), of(written([first(a), d, c]))).pages
    assert page.cells is not None
    told = {each.id: (each.old_number, each.new_number, each.outputs) for each in page.cells}
    assert told == {"a": (1, 1, True), "d": (None, 2, False), "b": (2, None, False)}
    (hunk,) = page.cells[0].hunks
    assert (hunk.old, hunk.new) == (("a = 1\n",), ("a = 10\n",))
    (page,) = difference(of(written([a, b])), of(written([b, tagged(a)]))).pages
    assert page.cells is not None
    assert {each.id: each.metadata for each in page.cells}["a"]
    assert sum(each.moved for each in page.cells) == 1
    (page,) = difference(Contents(), Contents().with_page("a.md", "# A\n")).pages
    assert page.cells is None


def test_a_merge_of_notebooks_is_taken_back_to_the_byte(space: Space) -> None:
    odd = written([cell("a"), cell("b")]).replace(' "nbformat": 4', '  "nbformat":4')
    make(space, odd)
    before = space.record(space.head).state
    mine, other = (
        open_proposal(space, of(text), title="t", by="con").number
        for text in (
            written([first(cell("a")), cell("b")]),
            written([cell("a"), tagged(cell("b"))]),
        )
    )
    merge_proposal(space, mine, by="cur")
    with_mine = space.record(space.head).state
    merge_proposal(space, other, by="cur")
    both = json.loads(text_of(space.contents()))["cells"]
    assert both == [first(cell("a")), tagged(cell("b"))]
    last_one, *_ = space.line()
    revert(space, last_one[0], by="cur")
    assert space.record(space.head).state == with_mine
    revert(space, list(space.line())[2][0], by="cur")
    assert space.record(space.head).state == before


def make(space: Space, text: str) -> None:
    merge_proposal(space, open_proposal(space, of(text), title="t", by="con").number, by="cur")
