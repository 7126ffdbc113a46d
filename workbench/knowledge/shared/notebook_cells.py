"""Notebooks as cells: read, written back in one form, and what changed between two."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError

from .lines import Hunk, changed_spans, hunks_of, split_lines

Json = dict[str, Any]
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_INDENT = re.compile(r"\{\n( +)\"")
_FORMAT, _LEAST_MINOR = 4, 5
EMPTY_NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
RUN = ("outputs", "execution_count")
"""What of a cell comes of running it."""


@dataclass(frozen=True)
class Notebook:
    """A notebook of format 4.5 or later: its cells by their ids, in order, and what is around them.

    ``indent`` is how its text is indented.
    """

    cells: Mapping[str, Json]
    around: Json
    indent: int | None = 1


@dataclass(frozen=True)
class CellChange:
    """A cell before and after; a number, from 1, is None where it came or went.

    Attributes:
        id: Its id.
        cell_type: What it is: code, markdown, raw.
        old_number: Which cell it was.
        new_number: Which it is.
        hunks: What changed of its source.
        moved: Whether it stands elsewhere among the cells that both have.
        outputs: Whether its outputs or their number are others.
        metadata: Whether anything else of it is: metadata, attachments, its type.
    """

    id: str
    cell_type: str
    old_number: int | None
    new_number: int | None
    hunks: tuple[Hunk, ...] = ()
    moved: bool = False
    outputs: bool = False
    metadata: bool = False


def read_cells(text: str) -> Notebook | None:
    """A text as a notebook; None where it is none whose cells all have ids of their own."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not _is_notebook(found):
        return None
    cells = {str(cell["id"]): _joined(cell) for cell in found.pop("cells")}
    indent = _INDENT.match(text)
    return Notebook(
        cells, found, len(indent[1]) if indent else None if "\n" not in text[:-1] else 1
    )


def write_cells(notebook: Notebook) -> str:
    """The text of a notebook, in the form that nbformat writes."""
    cells = [_parted(cell) for cell in notebook.cells.values()]
    whole = {**notebook.around, "cells": cells}
    separators = (",", ":") if notebook.indent is None else (",", ": ")
    said = json.dumps(
        whole, indent=notebook.indent, sort_keys=True, ensure_ascii=False, separators=separators
    )
    return said + "\n"


def with_cell_field(text: str, cell: str, field: Sequence[str], value: str | None) -> str:
    """A notebook with one field of one cell as a conflict tells it: the source, or JSON.

    Args:
        text: The notebook.
        cell: The cell's id, empty for what is around the cells.
        field: The keys that lead to it; without any it is the cell itself.
        value: What it is to be; None takes it away.

    Raises:
        InputError: It is no notebook of cells.
    """
    found = read_cells(text)
    if found is None:
        raise InputError("the page is no notebook of cells with ids")
    cells, around = {**found.cells}, {**found.around}
    place = around if not cell else cells.get(cell, {})
    if not field and value is None:
        cells.pop(cell, None)
    elif not field:
        cells[cell] = json.loads(str(value))
    elif value is None:
        place = _without(place, field)
    else:
        said = value if [*field] == ["source"] else json.loads(value)
        place = _with(place, field, said)
    if field and cell:
        cells[cell] = place
    return write_cells(Notebook(cells, place if field and not cell else around, found.indent))


def in_order(text: str, ids: Sequence[str]) -> str:
    """A notebook with its cells in the order of some ids; others stay behind those before them.

    Raises:
        InputError: It is no notebook of cells.
    """
    found = read_cells(text)
    if found is None:
        raise InputError("the page is no notebook of cells with ids")
    named = [key for key in ids if key in found.cells]
    behind: dict[str, list[str]] = {}
    last = ""
    for key in found.cells:
        if key in named:
            last = key
        else:
            behind.setdefault(last, []).append(key)
    order = [*behind.get("", [])]
    for key in named:
        order += [key, *behind.get(key, [])]
    cells = {key: found.cells[key] for key in order}
    return write_cells(Notebook(cells, found.around, found.indent))


def cell_changes(old: str, new: str) -> tuple[CellChange, ...] | None:
    """What changed of the cells of two texts; None where one is no notebook of cells."""
    before, after = read_cells(old), read_cells(new)
    if before is None or after is None:
        return None
    numbers = [{key: at for at, key in enumerate(each.cells, start=1)} for each in (before, after)]
    common = [[key for key in numbers[0] if key in numbers[1]]]
    common.append([key for key in numbers[1] if key in numbers[0]])
    spans = changed_spans(*("".join(f"{key}\n" for key in each) for each in common))
    moved = {key for _, _, c, d in spans for key in common[1][c:d]}
    found = []
    for key in dict.fromkeys([*numbers[1], *numbers[0]]):
        one, other = before.cells.get(key), after.cells.get(key)
        if one == other and key not in moved:
            continue
        shown = other or one or {}
        sources = ["" if each is None else str(each["source"]) for each in (one, other)]
        both = one is not None and other is not None
        found.append(
            CellChange(
                key,
                str(shown["cell_type"]),
                numbers[0].get(key),
                numbers[1].get(key),
                hunks_of(*sources),
                key in moved,
                both and _of(one, RUN) != _of(other, RUN),
                both and _rest(one) != _rest(other),
            )
        )
    return tuple(found)


def _is_notebook(found: Json) -> bool:
    cells, minor = found.get("cells"), found.get("nbformat_minor")
    if found.get("nbformat") != _FORMAT or type(minor) is not int or minor < _LEAST_MINOR:
        return False
    if not isinstance(cells, list) or not isinstance(found.get("metadata"), dict):
        return False
    if not all(isinstance(cell, dict) and _is_cell(cell) for cell in cells):
        return False
    return len({cell["id"] for cell in cells}) == len(cells)


def _is_cell(cell: Json) -> bool:
    source = cell.get("source")
    lines = source if isinstance(source, list) else [source]
    code = cell.get("cell_type") == "code"
    return (
        isinstance(cell.get("id"), str)
        and _ID.fullmatch(cell["id"]) is not None
        and cell.get("cell_type") in ("code", "markdown", "raw")
        and isinstance(cell.get("metadata"), dict)
        and all(isinstance(line, str) for line in lines)
        and isinstance(cell.get("attachments", {}), dict)
        and (not code or isinstance(cell.get("outputs"), list))
        and (code or not {*RUN} & {*cell})
    )


def _joined(cell: Json) -> Json:
    source = cell["source"]
    return {**cell, "source": "".join(source) if isinstance(source, list) else source}


def _parted(cell: Json) -> Json:
    """A cell as it is kept: with what its type has, and without what another's has."""
    run: Json = {"outputs": [], "execution_count": None}
    left_out = ("attachments",) if cell["cell_type"] == "code" else RUN
    kept = {name: value for name, value in cell.items() if name not in left_out}
    return (
        (run if cell["cell_type"] == "code" else {})
        | kept
        | {"source": split_lines(cell["source"])}
    )


def _of(cell: Json | None, names: tuple[str, ...]) -> list[Any]:
    return [(cell or {}).get(name) for name in names]


def _rest(cell: Json | None) -> Json:
    return {name: value for name, value in (cell or {}).items() if name not in ("source", *RUN)}


def _with(place: Json, path: Sequence[str], value: Any) -> Json:
    first, *rest = path
    return {**place, first: value if not rest else _with(place.get(first, {}), rest, value)}


def _without(place: Json, path: Sequence[str]) -> Json:
    first, *rest = path
    if rest and isinstance(place.get(first), dict):
        return {**place, first: _without(place[first], rest)}
    return {name: value for name, value in place.items() if name != first}
