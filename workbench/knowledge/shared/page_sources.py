"""Sources that are pages: they stay with the page when it is renamed, as its id does.

A statement names a page by its path. Where a path is another page's by now, what tells which page
is meant is the state that the source was written in. See docs/adr/0064.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from .contents import Contents
from .pages import Page
from .statements import MOST_CHARS, Statement

PAGE_SOURCE = "page:"
Pages = Mapping[str, Page]
Said = Mapping[str, Statement]


def split_source(source: str, paths: Iterable[str]) -> tuple[str, str] | None:
    """The path and the words of a source that is a page, as far as such pages are there.

    A path may have the sign that parts it from the words, too: the longest that is a page's.

    >>> split_source("page:C#.md#a language", {"C#.md"})
    ('C#.md', 'a language')
    >>> split_source("page:gone.md#words", {"C#.md"}), split_source("a book", {})
    (None, None)
    """
    if not source.startswith(PAGE_SOURCE):
        return None
    known = paths if isinstance(paths, (set, frozenset, dict)) else set(paths)
    said = source.removeprefix(PAGE_SOURCE)
    path = said
    while path not in known and "#" in path:
        path = path.rpartition("#")[0]
    return (path, said[len(path) + 1 :]) if path in known else None


def follow_renames(after: Contents, before: Contents, *others: Contents) -> Contents:
    """The contents with each source under the name that its page has in them.

    A source that the statement had before means the page that it meant then. A new one means the
    page that has the path in these contents, else the one that had it before.

    Args:
        after: The contents.
        before: Those that they were made from.
        others: More in which a new source may have been written, the likeliest first.
    """
    if not any(_moved(each.pages, after.pages) for each in (before, *others)):
        return after
    names = {page.path for page in after.pages.values()}
    carried, *rest = (_new_names(each.pages, after.pages) for each in (before, *others))
    statements = dict(after.statements)
    for key, said in after.statements.items():
        old = before.statements.get(key)
        was = () if old is None else old.sources
        found = [*_followed(said.sources, was, carried, rest, names)]
        if (*found,) != said.sources:
            statements[key] = replace(said, sources=tuple(found))
    return replace(after, statements=statements)


def only_followed(old: Contents, new: Contents) -> set[str]:
    """The keys of statements that a change has otherwise in the names of renamed pages alone."""
    if not _moved(old.pages, new.pages):
        return set()
    shared = [key for key, said in old.statements.items() if new.statements.get(key) != said]
    begun = replace(new, statements={key: old.statements[key] for key in shared})
    followed = follow_renames(begun, old).statements
    return {key for key in shared if followed[key] == new.statements.get(key)}


class Cited:
    """Sources of several states as marks that are equal where they mean one page and words.

    Args:
        base: What the others come from: a path that a state has no page of is looked up there.
        sides: The pages of the others.
    """

    def __init__(self, base: Pages, *sides: Pages) -> None:
        self._fallback = {page.path: key for key, page in base.items()}
        self._marks: dict[tuple[str | None, str, str], str] = {}
        self._meant: list[tuple[str | None, str, str]] = []
        self.is_needed = any(_moved(base, side) for side in sides)

    def marked(self, said: Said, pages: Pages) -> Said:
        """The statements of a state with marks for sources."""
        if not self.is_needed:
            return said
        own = {page.path: key for key, page in pages.items()}
        return {
            key: replace(each, sources=tuple(self._mark(source, own) for source in each.sources))
            for key, each in said.items()
        }

    def named(self, said: Said, pages: Pages) -> dict[str, Statement]:
        """The statements with sources for marks, under the names that these pages have."""
        if not self.is_needed:
            return dict(said)
        return {
            key: replace(each, sources=tuple(self._name(mark, pages) for mark in each.sources))
            for key, each in said.items()
        }

    def _mark(self, source: str, own: Mapping[str, str]) -> str:
        meant: tuple[str | None, str, str] = (None, source, "")
        for paths in (own, self._fallback):
            if (found := split_source(source, paths)) is not None:
                meant = (paths[found[0]], *found)
                break
        # The path counts only where no page tells which one is meant.
        key = meant if meant[0] is None else (meant[0], "", meant[2])
        if key not in self._marks:
            self._marks[key] = str(len(self._meant))
            self._meant.append(meant)
        return self._marks[key]

    def _name(self, mark: str, pages: Pages) -> str:
        key, path, words = self._meant[int(mark)]
        if key is None:
            return path
        return _source(pages[key].path if key in pages else path, words)


def _moved(one: Pages, other: Pages) -> bool:
    """Whether a page of both has two paths, or a path of both is of two pages."""
    paths = {page.path: key for key, page in one.items()}
    return any(
        (key in one and one[key].path != page.path) or paths.get(page.path, key) != key
        for key, page in other.items()
    )


def _new_names(before: Pages, after: Pages) -> dict[str, str]:
    """By their paths before, those that the pages which are still there have now."""
    return {page.path: after[key].path for key, page in before.items() if key in after}


def _followed(
    sources: tuple[str, ...],
    was: tuple[str, ...],
    carried: Mapping[str, str],
    others: list[dict[str, str]],
    names: set[str],
) -> Iterator[str]:
    follows = {source: renamed_source(source, carried) for source in was}
    # What was followed by hand: its old name is gone, its new one there.
    by_hand = {new for old, new in follows.items() if old != new and old not in sources}
    for source in sources:
        new = follows.get(source)
        is_own = split_source(source, names) is not None
        if new is not None and source not in by_hand:
            # Where the new name stands beside it already, this one is of a page made since.
            stands_beside = new != source and new in sources and new not in was
            yield source if stands_beside and is_own else new
        elif is_own:
            yield source
        else:
            found = (renamed_source(source, each) for each in (carried, *others))
            yield next((each for each in found if each != source), source)


def renamed_source(source: str, names: Mapping[str, str]) -> str:
    """A source with the new name of its page, by its old one; as it is if it is of no such page."""
    found = split_source(source, names)
    return source if found is None else _source(names[found[0]], found[1])


def _source(path: str, words: str) -> str:
    """A source that may be kept: a longer name leaves room for fewer of the words."""
    room = MOST_CHARS - len(PAGE_SOURCE) - len(path) - 1
    if len(words) > room:
        words = words[:room].rpartition(" ")[0] or words[:room]
    return f"{PAGE_SOURCE}{path}#{words}" if words else f"{PAGE_SOURCE}{path}"
