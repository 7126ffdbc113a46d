"""A notebook's change as cells to look at, beside the lines of its file.

What is said of a line is said of the file's line, so each line of a cell's source knows which of
the file it is; where that cannot be told, as in a file of one line, it has no place for words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from workbench.knowledge.shared.differences import PageChange
from workbench.knowledge.shared.lines import split_lines
from workbench.knowledge.shared.notebook_cells import CellChange, Notebook, read_cells

from .shown_pages import (
    MOST_LINES,
    Parts,
    ShownCell,
    ShownLine,
    ShownPage,
    counted,
    show_page,
    shown_parts,
)

_SOURCE = re.compile(r"\s*\"source\": \[\s*")


def show_changed(
    change: PageChange, old: str, new: str, *, most: int = MOST_LINES, wanted: Iterable[int] = ()
) -> ShownPage:
    """A page's change, by cells where it is a notebook some of whose cells changed.

    Args: As ``show_page``; ``wanted`` are lines of the file.
    """
    lines = list(wanted)
    raw = show_page(change, old, new, most=most, wanted=lines)
    before, after = (read_cells(text) for text in (old, new))
    if not change.cells:
        return raw
    around = before is not None and after is not None and before.around != after.around
    cells, parts, left_out = _cells(change.cells, before, after, new, lines, most)
    changed = [hunk for each in change.cells for hunk in each.hunks]
    return ShownPage(
        change.id, change.old_path, change.new_path, *counted(changed), parts, left_out,
        raw.characters, cells, around,
        tuple(tuple(_without_place(line) for line in part) for part in raw.parts), raw.left_out,
    )  # fmt: skip


def _cells(
    changes: Sequence[CellChange],
    before: Notebook | None,
    after: Notebook | None,
    text: str,
    wanted: list[int],
    most: int,
) -> tuple[tuple[ShownCell, ...], Parts, int]:
    old, new = ({} if each is None else each.cells for each in (before, after))
    places = source_places(text, after)
    cells: list[ShownCell] = []
    parts: list[tuple[ShownLine, ...]] = []
    shown = left_out = 0
    for each in _with_wanted(changes, new, places, wanted):
        at = places.get(each.id, [])
        sources = (str(side[each.id]["source"]) if each.id in side else "" for side in (old, new))
        here = [at.index(line) + 1 for line in wanted if line in at]
        found, more = shown_parts(each.hunks, *sources, most=max(0, most - shown), wanted=here)
        parts += [tuple(_placed(line, at) for line in part) for part in found]
        told = tuple(_told(each))
        first = len(parts) - len(found)
        cells.append(
            ShownCell(each.cell_type, each.old_number, each.new_number, told, first, len(found))
        )
        shown += sum(map(len, found))
        left_out += more
    return tuple(cells), tuple(parts), left_out


def _with_wanted(
    changes: Sequence[CellChange],
    cells: Mapping[str, Mapping[str, object]],
    places: Mapping[str, list[int]],
    wanted: list[int],
) -> list[CellChange]:
    """The changes, and cells that did not change but something is said of, where they stand."""
    changed = {each.id for each in changes}
    numbers = {key: number for number, key in enumerate(cells, start=1)}
    said = [
        CellChange(key, str(cells[key]["cell_type"]), numbers[key], numbers[key])
        for key, lines in places.items()
        if key not in changed and not {*lines}.isdisjoint(wanted)
    ]
    there = [each for each in (*changes, *said) if each.new_number is not None]
    gone = [each for each in changes if each.new_number is None]
    return [*sorted(there, key=lambda each: each.new_number or 0), *gone]


def _told(change: CellChange) -> Iterable[str]:
    if change.moved and change.old_number is not None:
        yield f"moved: it was cell {change.old_number}"
    if change.outputs:
        yield "its outputs are others"
    if change.metadata:
        yield "its metadata or its type is another"


def source_places(text: str, notebook: Notebook | None) -> dict[str, list[int]]:
    """For each cell by its id the lines of a notebook's file, from 1, that its source stands in.

    Args:
        text: The file.
        notebook: The same, read.

    Returns:
        No cell whose source is empty, or stands otherwise than one line of it in each of the file.
    """
    lines = text.split("\n")
    begins = [number for number, line in enumerate(lines, start=1) if _SOURCE.fullmatch(line)]
    found: dict[str, list[int]] = {}
    at = 0
    for key, cell in ({} if notebook is None else notebook.cells).items():
        source = split_lines(str(cell["source"]))
        for place in range(at, len(begins) if source else at):
            first = begins[place]
            there = lines[first : first + len(source)]
            if len(there) == len(source) and all(
                _read(line) == said for line, said in zip(there, source, strict=True)
            ):
                found[key] = [*range(first + 1, first + 1 + len(source))]
                at = place + 1
                break
    return found


def _read(line: str) -> object:
    try:
        return json.loads(line.strip().removesuffix(","))
    except ValueError:
        return None


def _placed(line: ShownLine, places: list[int]) -> ShownLine:
    """A line of a cell with the number of the file's line, and with that in the cell to be told.

    A cell's last line has no end, which is nothing odd.
    """
    at = places[line.new - 1] if places and line.new is not None else None
    return replace(line, new=at, told=line.new, end="" if line.end == "no end" else line.end)


def _without_place(line: ShownLine) -> ShownLine:
    return replace(line, new=None, told=line.new)
