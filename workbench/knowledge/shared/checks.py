"""Quality checks of a change: sources, contradictions, duplicates, style.

Each looks at what a change brings, not at what was so before.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from workbench.knowledge.extraction.names import name_key

from .contents import Contents
from .page_sources import PAGE_SOURCE, split_source
from .pages import Page
from .single_values import two_values
from .statements import Statement

_MOST_LINE = 1000
_HEADING = re.compile(r"(#{1,6})\s")
_FENCE = re.compile(r"\s*(```|~~~)")


@dataclass(frozen=True)
class Finding:
    """What a check found: of which page (with a line) or statement, in words.

    ``source`` is the one that it is about; of one that ``is_closed`` to the reader it does not say
    whether anything is wrong.
    """

    check: str
    what: str
    said: str
    line: int | None = None
    key: str | None = None
    source: str | None = None
    is_closed: bool = False


def check_change(before: Contents, after: Contents, *, space: str | None = None) -> list[Finding]:
    """What the checks find in a change, in the order of the checks.

    Args:
        before: The state that it is made to.
        after: The state with it.
        space: The space's name: if there is a graph of it, what its documents say is asked, too.
    """
    found = [finding for check in CHECKS.values() for finding in check(before, after)]
    if space is None:
        return found
    from .graph_checks import check_against_graph

    # A sort keeps the order within: beside those of statements, and after them.
    order = list(CHECKS)
    return sorted(
        [*found, *check_against_graph(space, before, after)],
        key=lambda each: order.index(each.check),
    )


def _check_sources(before: Contents, after: Contents) -> Iterator[Finding]:
    texts = {page.path: page.text for page in after.pages.values()}
    were = {page.path: page.text for page in before.pages.values()}
    for key, said in sorted(after.statements.items()):
        new = before.statements.get(key) != said
        if new and not said.sources:
            yield Finding("sources", str(said), "it names no source", key=key)
        for source in said.sources:
            fault = _source_fault(source, texts, were)
            if fault and (new or not _source_fault(source, were, {})):
                yield Finding("sources", str(said), fault, key=key, source=source)


def _source_fault(source: str, texts: Mapping[str, str], were: Mapping[str, str]) -> str | None:
    """What is wrong with a source that is a page, with those that were there before."""
    if not source.startswith(PAGE_SOURCE):
        return None if source.strip() else "a source is empty"
    found = split_source(source, texts)
    if found is None:
        path = source.removeprefix(PAGE_SOURCE)
        taken = split_source(source, were)
        if taken is not None:
            return f"its source, the page {taken[0]}, is taken away"
        return f"its source, the page {path.partition('#')[0]}, is not there"
    path, words = found
    if words and " ".join(words.split()) not in " ".join(texts[path].split()):
        return f"the page {path} does not have the words {words!r:.120}"
    return None


def _check_contradictions(before: Contents, after: Contents) -> Iterator[Finding]:
    known = {(one.key, other.key) for one, other in two_values(before.statements.values())}
    for one, other in two_values(after.statements.values()):
        if (one.key, other.key) not in known:
            said = f"{other} stands beside it, and {one.relation} has one value"
            yield Finding("contradictions", str(one), said, key=one.key)


def _check_duplicates(before: Contents, after: Contents) -> Iterator[Finding]:
    same = _entities(after)
    groups: defaultdict[tuple[str, str, str], list[Statement]] = defaultdict(list)
    for each in after.statements.values():
        ends = (same.get(name_key(name), name_key(name)) for name in (each.subject, each.object))
        groups[next(ends), each.relation, next(ends)].append(each)
    for group in groups.values():
        first, *more = sorted(group, key=lambda each: each.key)
        for each in more:
            if {first.key, each.key} - {*before.statements} and not _apart(first, each):
                said = f"{first} says the same"
                yield Finding("duplicates", str(each), said, key=each.key)
    by_text: defaultdict[str, list[str]] = defaultdict(list)
    for key, page in after.pages.items():
        if page.text.strip():
            by_text[page.text].append(key)
    for keys in by_text.values():
        if len(keys) > 1 and any(before.pages.get(key) != after.pages[key] for key in keys):
            first_path, *paths = sorted(after.pages[key].path for key in keys)
            yield Finding("duplicates", paths[0], f"it has the text of {first_path}")


def _entities(contents: Contents) -> dict[str, str]:
    """For names that were decided to be one with others, the first of them."""
    found: dict[str, str] = {}

    def head(name: str) -> str:
        while name in found:
            name = found[name]
        return name

    for made in contents.decisions.values():
        if made.kind == "pair" and made.verdict == "one":
            low, high = sorted(map(head, made.about))
            if low != high:
                found[high] = low
    return {name: head(name) for name in found}


def _apart(one: Statement, other: Statement) -> bool:
    """Whether one is over before the other begins."""
    pairs = ((one.valid_to, other.valid_from), (other.valid_to, one.valid_from))
    return any(last is not None and first is not None and last < first for last, first in pairs)


def _check_style(before: Contents, after: Contents) -> Iterator[Finding]:
    for key, page in sorted(after.pages.items(), key=lambda each: each[1].path):
        old = before.pages.get(key)
        if not page.is_notebook and (old is None or old.text != page.text):
            known = set() if old is None else {each.said for each in _style_of(old)}
            yield from (each for each in _style_of(page) if each.said not in known)


def _style_of(page: Page) -> Iterator[Finding]:
    lines = page.text.split("\n")
    if not page.text.strip():
        yield Finding("style", page.path, "the page is empty")
        return
    if not page.text.endswith("\n"):
        yield Finding("style", page.path, "the last line has no end", len(lines))
    level, fenced = 0, False
    for number, line in enumerate(lines, start=1):
        fenced ^= bool(_FENCE.match(line))
        if len(line) > _MOST_LINE:
            yield Finding("style", page.path, f"a line has {len(line)} characters", number)
        if line != line.rstrip(" \t\r") and not line.endswith("  "):
            yield Finding("style", page.path, f"blanks or \\r at the end of {line[:40]!r}", number)
        found = _HEADING.match(line) if page.path.endswith(".md") and not fenced else None
        if found is not None:
            if len(found[1]) > level + 1:
                said = f"the heading {line[:60]!r} leaves out a level"
                yield Finding("style", page.path, said, number)
            level = len(found[1])


CHECKS: dict[str, Callable[[Contents, Contents], Iterator[Finding]]] = {
    "sources": _check_sources,
    "contradictions": _check_contradictions,
    "duplicates": _check_duplicates,
    "style": _check_style,
}
