"""Merging notebooks by their cells, which are known by their ids.

- A cell's source is merged by lines; its metadata and attachments key by key, as the notebook's
  are.
- Outputs go with a source that was run: those of the side that changed the source or ran it again
  stay; where the merged source is neither side's, or both ran it and got different things, there
  are none. They are never a conflict.
- New cells stand behind the cell that they were put behind; where both put some behind one, both
  stay, in the order of the ids of the first of each.
- What a kernel says of its language is of the side whose words are greater: it writes them anew.
- The result is a notebook, also beside conflicts; where one side is no notebook of cells with ids,
  lines are merged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .conflicts import Conflict
from .lines import merge_texts
from .notebook_cells import EMPTY_NOTEBOOK, RUN, Json, Notebook, read_cells, write_cells
from .three_ways import merge_by_key

SOURCE, ORDER = ("source",), ("order",)
Path = tuple[str, ...]
_REWRITTEN = (("metadata", "language_info"), ("nbformat",), ("nbformat_minor",))
_MISSING = object()


@dataclass
class _Merging:
    """Conflicts of one notebook as they are found."""

    page: str
    path: str
    conflicts: list[Conflict] = field(default_factory=list)

    def name(self, cell: str, of: Path, said: str, ours: Any, theirs: Any) -> None:
        """Note a conflict: of a cell, or of what is around the cells."""
        where = f"cell {cell}" if cell else "the notebook"
        what = f"{'.'.join(of)} of {where} {said}" if of else f"{where} {said}"
        here, there = (_told(each, of) for each in (ours, theirs))
        self.conflicts.append(
            Conflict("cell", self.path, what, (self.page, cell, *of), here, there)
        )


def merge_notebooks(
    key: str, path: str, old: str | None, mine: str, other: str
) -> tuple[str, list[Conflict]] | None:
    """The text of a notebook that two branches made, and its conflicts, named by cell.

    Args:
        key: The page's id.
        path: Its path.
        old: What both came from, None if both made it.
        mine: One.
        other: The other.

    Returns:
        None where one of them is no notebook whose cells have ids.
    """
    ours, theirs = read_cells(mine), read_cells(other)
    base = read_cells(EMPTY_NOTEBOOK if old is None else old)
    if base is None or ours is None or theirs is None:
        return None
    merging = _Merging(key, path)

    def both(cell: str, was: Json | None, here: Json, there: Json) -> tuple[Json, list[Conflict]]:
        return _merge_cell(merging, cell, was, here, there), []

    cells, clashes = merge_by_key(
        base.cells, ours.cells, theirs.cells, both, told=lambda each: ("", "")
    )
    for clash in clashes:  # changed by one, deleted by the other
        cell = clash.keys[0]
        merging.name(cell, (), f"was {clash.said}", ours.cells.get(cell), theirs.cells.get(cell))
    around = _merge_json(merging, "", (), base.around, ours.around, theirs.around)
    for name in ("nbformat", "nbformat_minor"):
        around[name] = max(ours.around[name], theirs.around[name])
    order = _order(merging, base, ours, theirs, cells)
    indents = {each.indent for each in (ours, theirs)}
    merged = Notebook(
        {cell: cells[cell] for cell in order}, around, indents.pop() if len(indents) == 1 else 1
    )
    for side, text in ((ours, mine), (theirs, other)):
        if (side.cells, [*side.cells], side.around) == (merged.cells, order, around):
            return text, merging.conflicts
    return write_cells(merged), merging.conflicts


def _merge_cell(merging: _Merging, key: str, was: Json | None, here: Json, there: Json) -> Json:
    old = was or {}
    text = merge_texts(str(old.get("source", "")), here["source"], there["source"])
    source = text.text
    if text.clashes:
        source = here["source"]
        said = "was changed in two ways"
        merging.name(key, SOURCE, said, here["source"], there["source"])
    plain = [
        {name: value for name, value in each.items() if name not in ("source", *RUN)}
        for each in (old, here, there)
    ]
    merged = _merge_json(merging, key, (), plain[0], plain[1], plain[2])
    merged["source"] = source
    if merged["cell_type"] == "code":
        merged |= _run_of(was, here, there, source)
    return merged


def _run_of(was: Json | None, here: Json, there: Json, source: str) -> Json:
    """The outputs that go with a source, and their number."""
    nothing: Json = {"outputs": [], "execution_count": None}
    runs = [
        {**nothing, **{name: each[name] for name in RUN if name in each}}
        for each in (was or {}, here, there)
    ]
    ran = [
        run
        for run, each in zip(runs[1:], (here, there), strict=True)
        if each["source"] == source and (run != runs[0] or was is None or was["source"] != source)
    ]
    if not ran:
        return runs[0] if was is not None and was["source"] == source else nothing
    return ran[0] if all(each == ran[0] for each in ran) else nothing


def _merge_json(
    merging: _Merging, cell: str, above: Path, old: Json, here: Json, there: Json
) -> Json:
    """Two objects that were made of a third, key by key."""
    found: Json = {}
    for name in sorted({*old, *here, *there}):
        path = (*above, name)
        was, mine, other = (each.get(name, _MISSING) for each in (old, here, there))
        if mine == other or other == was:
            value = mine
        elif mine == was:
            value = other
        elif isinstance(mine, dict) and isinstance(other, dict) and path not in _REWRITTEN:
            value = _merge_json(
                merging, cell, path, was if isinstance(was, dict) else {}, mine, other
            )
        elif not cell and path in _REWRITTEN:
            value = max((mine, other), key=lambda each: _told(each, path))
        else:
            value = other if mine is _MISSING else mine
            merging.name(cell, path, "was changed in two ways", mine, other)
        if value is not _MISSING:
            found[name] = value
    return found


def _order(
    merging: _Merging, base: Notebook, ours: Notebook, theirs: Notebook, cells: Mapping[str, Json]
) -> list[str]:
    """The order of the merged cells."""
    sides = [[key for key in each.cells if key in cells] for each in (base, ours, theirs)]
    known = {*sides[1]} & {*sides[2]}
    old, mine, other = ([key for key in side if key in known] for side in sides)
    common = other if mine == old else mine
    if mine != other and old not in (mine, other):
        if {*old} == known:
            said = "was changed in two ways"
            merging.name("", ORDER, said, [*ours.cells], [*theirs.cells])
        else:  # both made the notebook: neither's order is before the other's
            common = min(mine, other)
    return _put_in(common, [_runs(side, known) for side in sides[1:]])


def _runs(side: Sequence[str], known: set[str]) -> dict[str, list[str]]:
    """For a cell of both sides those of one side alone that come behind it; "" is the beginning."""
    found: dict[str, list[str]] = {}
    last = ""
    for key in side:
        if key in known:
            last = key
        else:
            found.setdefault(last, []).append(key)
    return found


def _put_in(common: Sequence[str], runs: Sequence[Mapping[str, list[str]]]) -> list[str]:
    found: list[str] = []
    for key in ("", *common):
        found += [key] if key else []
        for run in sorted(filter(None, (each.get(key, []) for each in runs))):
            found += run
    return found


def _told(value: Any, of: Path) -> str:
    if value is _MISSING or value is None:
        return ""
    return str(value) if of == SOURCE else json.dumps(value, sort_keys=True, ensure_ascii=False)
