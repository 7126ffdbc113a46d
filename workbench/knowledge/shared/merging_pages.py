"""Merging pages: by their ids, path and text each by itself."""

from __future__ import annotations

from collections.abc import Mapping

from .conflicts import Conflict
from .lines import merge_texts
from .merging_notebooks import merge_notebooks
from .pages import Page, clashing_paths, is_json
from .three_ways import merge_by_key

Pages = Mapping[str, Page]


def merge_pages(base: Pages, ours: Pages, theirs: Pages) -> tuple[dict[str, Page], list[Conflict]]:
    """The pages of two branches together, with what cannot be."""
    merged, conflicts = merge_by_key(
        base, ours, theirs, _merge_page, told=lambda page: (page.path, page.text)
    )
    return merged, conflicts + _clashes(merged)


def _merge_page(key: str, old: Page | None, mine: Page, other: Page) -> tuple[Page, list[Conflict]]:
    conflicts = []
    path = mine.path
    if old is not None and mine.path == old.path:
        path = other.path
    elif mine.path != other.path and (old is None or other.path != old.path):
        was = mine.path if old is None else old.path
        said = f"renamed to {mine.path} here and to {other.path} there"
        conflicts.append(Conflict("rename", was, said, (key,), mine.path, other.path))
    if all(page is None or page.is_notebook for page in (old, mine, other)):
        cells = merge_notebooks(key, path, None if old is None else old.text, mine.text, other.text)
        if cells is not None:
            return Page(path, cells[0]), [*conflicts, *cells[1]]
    text = merge_texts("" if old is None else old.text, mine.text, other.text)
    for clash in text.clashes:
        said = "these lines were changed in two ways"
        sides = ("".join(clash.ours), "".join(clash.theirs))
        conflicts.append(Conflict("text", path, said, (key,), *sides, line=clash.line))
    page = Page(path, text.text)
    if page.is_notebook and not text.clashes and not is_json(page.text):
        said = "the lines of both, together, are no notebook"
        conflicts.append(Conflict("notebook", path, said, (key,), mine.text, other.text))
    return page, conflicts


def _clashes(merged: Pages) -> list[Conflict]:
    found = []
    for path in clashing_paths(page.path for page in merged.values()):
        keys = [
            key
            for key, page in sorted(merged.items())
            if page.path == path or page.path.startswith(f"{path}/")
        ]
        same = sum(merged[key].path == path for key in keys) > 1
        said = "two pages would have this path" if same else "it would be a page and a folder"
        found.append(Conflict("path", path, said, tuple(keys)))
    return found
