"""What the checks of a change tell one person: nothing of pages that are closed to him.

Otherwise who may propose could guess a closed page: its path and words as a source, or its whole
text as a page of his own, and the checks would say whether it is so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate

from .checks import Finding, check_change
from .contents import Contents
from .page_sources import PAGE_SOURCE

MayRead = Callable[[str], bool]
_CLOSED = "its source is in a place that is closed to you: who may read it sees what the check says"


def told_findings(
    before: Contents, after: Contents, may_read: MayRead, *, space: str | None = None
) -> list[Finding]:
    """The findings as if closed pages were not there.

    Of a source in a closed place the same is told whether it is there or not, as something that
    holds nothing up: what does is judged with all pages when it is merged.

    Args:
        before: The state that the change is made to.
        after: The state with it.
        may_read: Whether he may read the page of a path, or what would be there.
        space: See ``check_change``.
    """
    found = check_change(_open(before, may_read), _open(after, may_read), space=space)
    return [_without_closed(each, may_read) for each in found]


def _open(contents: Contents, may_read: MayRead) -> Contents:
    pages = {key: page for key, page in contents.pages.items() if may_read(page.path)}
    return contents if len(pages) == len(contents.pages) else replace(contents, pages=pages)


def _without_closed(finding: Finding, may_read: MayRead) -> Finding:
    if finding.source is None or not finding.source.startswith(PAGE_SOURCE):
        return finding
    # A path may have the sign that parts it from words: any of its beginnings may be the path.
    parts = finding.source.removeprefix(PAGE_SOURCE).split("#")
    if all(map(may_read, accumulate(parts, "{}#{}".format))):
        return finding
    return replace(finding, said=_CLOSED, is_closed=True)
