"""Pages as lines to look at: numbers, lines around, marks, folds; and ten megabytes."""

from __future__ import annotations

import random

import pytest

from workbench.knowledge.review.shown_pages import AROUND, MOST_CHARS, ShownPage, show_page
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.differences import difference


def shown(old: str, new: str, **more: object) -> ShownPage:
    one, other = (Contents().with_page("a.md", text) for text in (old, new))
    (change,) = difference(one, other).pages
    return show_page(change, old, new, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(60))
def test_lines_have_their_numbers_and_what_is_shown_is_the_change(seed: int) -> None:
    draw = random.Random(seed)
    old = [f"line {draw.randrange(9)} of {n}\n" for n in range(draw.randrange(1, 40))]
    new = list(old)
    for _ in range(draw.randrange(1, 6)):
        place = draw.randrange(len(new) + 1)
        choice = draw.random()
        if choice < 0.4 or not new[place:]:
            new.insert(place, f"new {draw.randrange(9)}\n")
        elif choice < 0.7:
            del new[place]
        else:
            new[place] = new[place].replace("line", "row")
    if old == new:
        new.append("more\n")
    wanted = [draw.randrange(1, len(new) + 1)] if new else []
    page = shown("".join(old), "".join(new), wanted=wanted)
    lines = [line for part in page.parts for line in part]
    for line in lines:
        if line.old is not None:
            assert old[line.old - 1] == f"{line.text}\n"
        if line.new is not None:
            assert new[line.new - 1] == f"{line.text}\n"
    seen_old = {line.old for line in lines if line.sign == "-"}
    seen_new = {line.new for line in lines if line.sign == "+"}
    kept_old = [text for n, text in enumerate(old, 1) if n not in seen_old]
    kept_new = [text for n, text in enumerate(new, 1) if n not in seen_new]
    assert kept_old == kept_new  # without what is shown as changed, both are the same
    assert (page.removed, page.added) == (len(seen_old), len(seen_new))
    assert set(wanted) <= {line.new for line in lines}
    assert len({line.new for line in lines if line.new}) == sum(bool(line.new) for line in lines)


def test_changed_words_are_marked_and_others_are_not() -> None:
    page = shown("Founded in 1871 here.\n", "Founded in 1872 there.\n")
    before, after = page.parts[0]
    assert [before.text[a:b] for a, b in before.marks] == ["1871", "here"]
    assert [after.text[a:b] for a, b in after.marks] == ["1872", "there"]
    assert all(not line.marks for line in shown("quite\n", "another thing\n").parts[0])


def test_a_long_change_is_folded_and_unfolds() -> None:
    new = "".join(f"{n}\n" for n in range(5000))
    page = shown("", new)
    assert (sum(map(len, page.parts)), page.left_out) == (160, 4840)
    assert shown("", new, most=9000).left_out == 0
    one = shown(new, new.replace("\n2500\n", "\nx\n"))
    assert len(one.parts[0]) == 2 * AROUND + 2 and one.left_out == 0


def test_ten_megabytes_in_one_line_or_many_send_little() -> None:
    line = "x" * 10_000_000
    page = shown("", line)
    (only,) = page.parts[0]
    assert (len(only.text), only.left_out, only.end) == (MOST_CHARS, 10_000_000 - 600, "no end")
    many = "".join(f"night {n}\n" for n in range(900_000))
    page = shown(many, many.replace("night", "day"))
    assert sum(map(len, page.parts)) == 160 and page.left_out == 1_800_000 - 160
    assert page.characters > 1e7


def test_ends_of_lines_that_one_does_not_see_are_told() -> None:
    before, after = shown("a\r\n", "a").parts[0]
    assert (before.end, after.end) == ("\\r", "no end")
