"""Settling conflicts: in each one side's is taken, or somebody writes his own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from workbench.core.errors import ConflictError, InputError

from .conflicts import Conflict
from .contents import Contents
from .lines import split_lines
from .merging import Merged
from .merging_notebooks import ORDER, SOURCE
from .notebook_cells import in_order, with_cell_field
from .page_sources import follow_renames
from .pages import Page, clashing_paths
from .settling_own import Own, write_own
from .statements import Statement

Side = Literal["ours", "theirs"]
Choice = Side | Own


def settle(
    merged: Merged, ours: Contents, theirs: Contents, sides: Mapping[int, Choice]
) -> Contents:
    """The contents with each conflict settled.

    Args:
        merged: The merge, with its conflicts.
        ours: This side's state.
        theirs: The other's.
        sides: For each conflict by its number from 1 whose is taken, or what is written instead.

    Raises:
        ConflictError: One cannot be settled so: two pages of one path need a name.
        InputError: A conflict has no side, or a number none, or what was written cannot stand.
    """
    numbers = {*range(1, len(merged.conflicts) + 1)}
    if wrong := sorted({*sides} ^ numbers):
        raise InputError(
            f"conflict {wrong[0]} {'needs a side' if wrong[0] in numbers else 'is none'}",
            hint=f"there are {len(numbers)}: --take 1=ours|theirs",
        )
    found = merged.contents
    # From the last line up: what is put in does not move what is above it.
    ordered = sorted(enumerate(merged.conflicts, start=1), key=lambda each: -(each[1].line or 0))
    for number, conflict in ordered:
        choice = sides[number]
        if isinstance(choice, Own):
            found = write_own(found, conflict, choice, ours=ours, theirs=theirs)
            continue
        side = ours if choice == "ours" else theirs
        text = conflict.ours if choice == "ours" else conflict.theirs
        found = _settled(found, conflict, side, text)
    if clashes := clashing_paths(page.path for page in found.pages.values()):
        raise ConflictError(
            f"{clashes[0]} is the path of two pages, or of a page and a folder",
            hint="rename one in a revision of the proposal",
        )
    return follow_renames(found, merged.contents, ours, theirs)


def _settled(found: Contents, conflict: Conflict, side: Contents, text: str) -> Contents:
    key = conflict.keys[0]
    if conflict.kind == "text":
        return _with_text(found, key, _put(found.pages[key].text, text, conflict.line or 1))
    if conflict.kind == "notebook":
        return _with_text(found, key, text)
    if conflict.kind == "cell":
        return _with_text(found, key, _with_side(found.pages[key].text, conflict, text))
    if conflict.kind == "rename":
        page = Page(text, found.pages[key].text)
        return replace(found, pages={**found.pages, key: page})
    if conflict.kind == "edit and delete":
        return _take(found, key, side)
    if conflict.kind == "decision":
        return found.with_decision(side.decisions[key])
    if conflict.kind == "field":
        return found.with_statement(
            _with_field(found.statements[key], side.statements[key], conflict)
        )
    if conflict.kind == "values":
        for each in conflict.keys:
            if each not in side.statements:
                found = found.without_statement(each)
        return found
    return found  # of a path: what was renamed by another conflict may have settled it


def _with_side(text: str, conflict: Conflict, said: str) -> str:
    """A notebook with what one side has of a cell; of two orders of cells, one side's."""
    _, cell, *of = conflict.keys
    if not cell and (*of,) == ORDER:
        return in_order(text, json.loads(said))
    return with_cell_field(text, cell, of, said if said or (*of,) == SOURCE else None)


def _put(text: str, lines: str, line: int) -> str:
    kept = split_lines(text)
    return "".join([*kept[: line - 1], lines, *kept[line - 1 :]])


def _with_text(found: Contents, key: str, text: str) -> Contents:
    return replace(found, pages={**found.pages, key: replace(found.pages[key], text=text)})


def _take(found: Contents, key: str, side: Contents) -> Contents:
    """What one side has of a key, or its absence."""
    if key in found.pages:
        pages = {each: page for each, page in found.pages.items() if each != key}
        return replace(found, pages=pages | ({key: side.pages[key]} if key in side.pages else {}))
    if key in found.statements:
        said = side.statements.get(key)
        return found.without_statement(key) if said is None else found.with_statement(said)
    made = side.decisions.get(key)
    return found.without_decision(key) if made is None else found.with_decision(made)


def _with_field(merged: Statement, side: Statement, conflict: Conflict) -> Statement:
    name = conflict.said.partition(" ")[0]
    return replace(merged, **{name: getattr(side, name)})
