"""A notebook's change is shown by its cells, and what is said of a line is said of the file's."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import nbformat
import pytest

from tests.knowledge.review.conftest import Sit
from tests.knowledge.review.reviewed_space import propose
from workbench.knowledge.review.shown_cells import show_changed, source_places
from workbench.knowledge.review.shown_pages import ShownPage
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.differences import difference
from workbench.knowledge.shared.notebook_cells import read_cells
from workbench.knowledge.shared.proposals import find_proposal
from workbench.knowledge.shared.space import Space


def book(*sources: str, **more: Any) -> dict[str, Any]:
    cells = []
    for number, source in enumerate(sources):
        make = (
            nbformat.v4.new_markdown_cell if source.startswith("#") else nbformat.v4.new_code_cell
        )
        cells.append(make(source, id=f"c{number}"))
    return dict(nbformat.v4.new_notebook(cells=cells, metadata=more))


def text_of(made: dict[str, Any]) -> str:
    return str(nbformat.writes(nbformat.from_dict(made))) + "\n"


def shown(old: str, new: str, **more: Any) -> ShownPage:
    one, other = (Contents().with_page("a.ipynb", text) for text in (old, new))
    (change,) = difference(one, other).pages
    return show_changed(change, old, new, **more)


def lines_of(page: ShownPage, number: int) -> list[tuple[str, int | None, str]]:
    cell = page.cells[number]
    parts = page.parts[cell.first : cell.first + cell.count]
    return [(line.sign, line.told or line.old, line.text) for part in parts for line in part]


def test_each_change_stands_at_its_cell() -> None:
    before = book("# Title", "a = 1\nb = 2", "print(a)", "gone()")
    after = copy.deepcopy(before)
    cells = after["cells"]
    cells[1]["source"] = "a = 1\nb = 3"
    cells[2]["outputs"] = [nbformat.v4.new_output("stream", text="1\n")]
    del cells[3]
    cells.append(nbformat.v4.new_code_cell("new()", id="fresh"))
    page = shown(text_of(before), text_of(after))
    told = [(each.old_number, each.new_number, each.told) for each in page.cells]
    assert told == [(2, 2, ()), (3, 3, ("its outputs are others",)), (None, 4, ()), (4, None, ())]
    assert lines_of(page, 0) == [(" ", 1, "a = 1"), ("-", 2, "b = 2"), ("+", 2, "b = 3")]
    assert (lines_of(page, 2), lines_of(page, 3)) == ([("+", 1, "new()")], [("-", 1, "gone()")])
    assert (page.added, page.removed, page.around) == (2, 2, False)
    assert any("stream" in line.text for part in page.raw for line in part)
    assert all(line.new is None for part in page.raw for line in part)


@pytest.mark.parametrize("seed", range(40))
def test_a_line_of_a_cell_knows_its_line_of_the_file(seed: int) -> None:
    draw = random.Random(seed)
    sources = [
        "\n".join(
            draw.choice(["x = 1", "", '"q": [', "\\", "é\t"]) for _ in range(draw.randrange(4))
        )
        for _ in range(draw.randrange(1, 8))
    ]
    before = book(*sources, source=["x = 1"])  # metadata can look like a cell's
    after = copy.deepcopy(before)
    for cell in after["cells"]:
        if draw.random() < 0.5:
            cell["source"] += "\nlast = 2"
    if before == after:
        after["cells"][0]["source"] += "\nlast = 2"
    text = text_of(after)
    page, lines = shown(text_of(before), text), text.split("\n")
    found = [line for part in page.parts for line in part if line.told is not None]
    assert found and all(line.new is not None for line in found)
    for line in found:
        said = json.loads(lines[int(line.new or 0) - 1].strip().removesuffix(","))
        assert said.removesuffix("\n") == line.text
    assert len({line.new for line in found}) == len(found)


def test_a_file_that_is_one_line_has_no_place_for_words_and_is_shown_all_the_same() -> None:
    before, after = book("a = 1"), book("a = 2")
    page = shown(json.dumps(before), json.dumps(after))
    assert lines_of(page, 0) == [("-", 1, "a = 1"), ("+", 1, "a = 2")]
    assert {line.new for part in page.parts for line in part} == {None}
    assert source_places(json.dumps(after), read_cells(json.dumps(after))) == {}


def test_what_is_around_the_cells_is_told_and_alone_it_is_lines() -> None:
    before = text_of(book("a = 1"))
    page = shown(before, text_of(book("a = 2", title="t")))
    assert page.around and len(page.cells) == 1
    page = shown(before, text_of(book("a = 1", title="t")))
    assert page.cells == () and any('"title"' in line.text for part in page.parts for line in part)


def test_a_cell_of_which_something_is_said_is_shown_though_it_did_not_change() -> None:
    text = text_of(book("a = 1", "b = 1\nc = 1"))
    places = source_places(text, read_cells(text))
    after = text.replace("a = 1", "a = 2")
    page = shown(text, after, wanted=[places["c1"][1]])
    assert [(each.new_number, each.told) for each in page.cells] == [(1, ()), (2, ())]
    assert (" ", 2, "c = 1") in lines_of(page, 1)


def test_a_long_cell_is_folded_and_unfolds() -> None:
    long = "\n".join(f"x{n} = {n}" for n in range(500))
    page = shown(text_of(book("a = 1")), text_of(book("a = 2", long)))
    assert sum(map(len, page.parts)) == 160 and page.left_out == 342
    assert len(page.cells) == 2 and page.raw_left_out > 300
    assert shown(text_of(book("a = 1")), text_of(book("a = 2", long)), most=2000).left_out == 0


def test_a_comment_on_a_cells_line_comes_back_to_it(space: Space, sit: Sit) -> None:
    text = text_of(book("# Title", "a = 1\nb = 2"))
    number = propose(space, space.contents().with_page("n.ipynb", text), "a notebook", "ann")
    desk = sit("vera")
    desk.open_proposal(number)
    assert desk.shown.sheet is not None
    (page,) = desk.shown.sheet.pages
    line = next(line for part in page.parts for line in part if line.text == "b = 2")
    desk.comment("why?", page="n.ipynb", line=line.new)
    (said,) = desk.shown.sheet.comments
    assert (said.page, said.line) == ("n.ipynb", line.new)
    assert find_proposal(space, number).comments[0].line == line.new
    assert text.split("\n")[int(line.new or 0) - 1].strip() == '"b = 2"'
