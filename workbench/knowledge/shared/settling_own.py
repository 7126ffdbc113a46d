"""Settling a conflict by words of one's own, where neither side's will do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from workbench.core.errors import InputError

from .conflicts import Conflict
from .contents import Contents
from .lines import split_lines
from .merging_notebooks import SOURCE
from .notebook_cells import with_cell_field
from .pages import Page, check_path
from .statements import Statement


@dataclass(frozen=True)
class Own:
    """What is written in place of both sides.

    Attributes:
        text: The lines, the page, the path, the field or the object, by the conflict's kind.
        source: Of a statement with another object: where it is said, for the sources of neither
            side say it.
    """

    text: str
    source: str = ""


def takes_own(conflict: Conflict, ours: Contents, theirs: Contents) -> bool:
    """Whether words of one's own can settle it: not a decision, nor whether a fact is stated.

    Of a cell only its source can be.
    """
    if conflict.kind == "cell":
        return conflict.keys[2:] == SOURCE
    if conflict.kind == "edit and delete":
        return any(conflict.keys[0] in side.pages for side in (ours, theirs))
    return conflict.kind != "decision"


def write_own(
    found: Contents, conflict: Conflict, own: Own, *, ours: Contents, theirs: Contents
) -> Contents:
    """The contents with a conflict settled so.

    Raises:
        InputError: It can only be settled by one of the sides, or the words cannot stand there.
    """
    if not takes_own(conflict, ours, theirs):
        raise InputError(f"{conflict.what}: one of the two holds", hint="take ours or theirs")
    key = conflict.keys[0]
    if conflict.kind == "text":
        return _with_lines(found, conflict, own.text)
    if conflict.kind == "cell":
        page = found.pages[key]
        text = with_cell_field(page.text, conflict.keys[1], SOURCE, own.text)
        return replace(found, pages={**found.pages, key: replace(page, text=text)})
    if conflict.kind in ("notebook", "edit and delete"):
        path = (found.pages.get(key) or ours.pages.get(key) or theirs.pages[key]).path
        return replace(found, pages={**found.pages, key: Page(path, own.text)})
    if conflict.kind in ("rename", "path"):
        return _with_path(found, conflict, own.text.strip(), ours)
    if conflict.kind == "field":
        name = conflict.said.partition(" ")[0]
        text = own.text.strip()
        value: dict[str, Any] = {name: None if name == "valid_to" and not text else text}
        return found.with_statement(replace(found.statements[key], **value))
    for each in conflict.keys:
        found = found.without_statement(each)
    told: Statement = ours.statements.get(key) or theirs.statements[key]
    sources = (own.source,) if own.source.strip() else ()
    return found.with_statement(replace(told, object=own.text, sources=sources))


def _with_lines(found: Contents, conflict: Conflict, text: str) -> Contents:
    key, line = conflict.keys[0], conflict.line or 1
    page = found.pages[key]
    kept = split_lines(page.text)
    if text and not text.endswith("\n") and line <= len(kept):
        text += "\n"  # what comes after it is not to be joined to its last line
    elif text and not text.endswith("\n") and conflict.ours.endswith("\n"):
        text += "\n"
    whole = "".join([*kept[: line - 1], text, *kept[line - 1 :]])
    return replace(found, pages={**found.pages, key: replace(page, text=whole)})


def _with_path(found: Contents, conflict: Conflict, path: str, ours: Contents) -> Contents:
    check_path(path)
    # Of two pages with one path the proposal's own moves: the other is agreed on.
    moved = [key for key in conflict.keys if key not in ours.pages] or [conflict.keys[-1]]
    key = moved[0] if conflict.kind == "path" else conflict.keys[0]
    page = Page(path, found.pages[key].text)
    return replace(found, pages={**found.pages, key: page})
