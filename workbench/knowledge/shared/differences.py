"""What one state has otherwise than another: pages with their lines, statements, decisions."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import TypeVar

from .contents import Contents
from .decisions import Decision
from .lines import Hunk as Hunk
from .lines import hunks_of
from .notebook_cells import EMPTY_NOTEBOOK, CellChange, cell_changes
from .page_sources import only_followed
from .pages import Page
from .statements import Statement

Value = TypeVar("Value", Page, Statement, Decision)


@dataclass(frozen=True)
class PageChange:
    """A page before and after: one path is None where it came or went.

    ``cells`` is what changed of a notebook's cells; None for what is no notebook with ids of cells.
    """

    id: str
    old_path: str | None
    new_path: str | None
    hunks: tuple[Hunk, ...]
    cells: tuple[CellChange, ...] | None = None


@dataclass(frozen=True)
class ValueChange:
    """A statement or decision before and after, in words; one is None where it came or went.

    ``follows`` says that only the name of a page that is its source is another, for it was renamed.
    """

    key: str
    kind: str
    old: str | None
    new: str | None
    follows: bool = False


@dataclass(frozen=True)
class Difference:
    """What changed, of text and of what is stated and decided together."""

    pages: tuple[PageChange, ...]
    values: tuple[ValueChange, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """The pages that it touches, by old and new path; the empty one is the space itself.

        Who may rename a page need not be allowed to change what names it as a source.
        """
        found = {path for each in self.pages for path in (each.old_path, each.new_path) if path}
        touched = any(not each.follows for each in self.values)
        return tuple(sorted(found | ({""} if touched else set())))


def difference(old: Contents, new: Contents, *, with_lines: bool = True) -> Difference:
    """What changed from one state to another.

    Args:
        old: The one.
        new: The other.
        with_lines: Also which lines; who asks only what is touched needs none.
    """
    pages = tuple(
        _page_change(key, old.pages.get(key), new.pages.get(key), with_lines)
        for key in _changed(old.pages, new.pages)
    )
    follow = only_followed(old, new)
    said = [
        _value_change(key, "statement", old.statements.get(key), new.statements.get(key), follow)
        for key in _changed(old.statements, new.statements)
    ]
    made = [
        _value_change(key, "decision", old.decisions.get(key), new.decisions.get(key))
        for key in _changed(old.decisions, new.decisions)
    ]
    return Difference(pages, (*said, *made))


def touched_paths(old: Contents, new: Contents) -> tuple[str, ...]:
    """The pages that a change touches, and the empty path where it touches the space itself."""
    return difference(old, new, with_lines=False).paths


def touched_now(old: Contents, new: Contents, now: Contents) -> tuple[str, ...]:
    """What a change touches, also where its pages stand by now: a merge follows them there."""
    change = difference(old, new, with_lines=False)
    moved = {now.pages[each.id].path for each in change.pages if each.id in now.pages}
    return tuple(sorted({*change.paths, *moved}))


def _changed(old: Mapping[str, Value], new: Mapping[str, Value]) -> list[str]:
    return sorted(key for key in {*old, *new} if old.get(key) != new.get(key))


def _page_change(key: str, old: Page | None, new: Page | None, with_lines: bool) -> PageChange:
    before, after = ("" if each is None else each.text for each in (old, new))
    hunks = hunks_of(before, after) if with_lines else ()
    cells = None
    if hunks and all(each is None or each.is_notebook for each in (old, new)):
        cells = cell_changes(before or EMPTY_NOTEBOOK, after or EMPTY_NOTEBOOK)
    old_path, new_path = (None if each is None else each.path for each in (old, new))
    return PageChange(key, old_path, new_path, hunks, cells)


def _value_change(
    key: str,
    kind: str,
    old: Statement | Decision | None,
    new: Statement | Decision | None,
    follow: Container[str] = (),
) -> ValueChange:
    return ValueChange(key, kind, _told(old), _told(new), key in follow)


def _told(value: Statement | Decision | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, Decision):
        return f"{value} ({value.reason})" if value.reason else str(value)
    sources = f" [{'; '.join(value.sources)}]" if value.sources else ""
    note = f" ({value.note})" if value.note else ""
    return f"{value}{sources}{note}"
