"""Merging two states that were made from a third: text by lines, statements by what they say."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import ConflictError

from .conflicts import Conflict
from .contents import Contents
from .merging_pages import merge_pages
from .merging_statements import merge_decisions, merge_statements
from .page_sources import Cited


@dataclass(frozen=True)
class Merged:
    """Two states together; with conflicts, ``contents`` is what there is without settling them."""

    contents: Contents
    conflicts: tuple[Conflict, ...] = ()

    def require(self, *, hint: str) -> Contents:
        """The contents, if there is no conflict. Raises ConflictError which names them all."""
        if not self.conflicts:
            return self.contents
        listed = "; ".join(map(str, self.conflicts[:5]))
        more = f" and {len(self.conflicts) - 5} more" if len(self.conflicts) > 5 else ""
        raise ConflictError(
            f"{len(self.conflicts)} conflicts: {listed}{more}"
            if len(self.conflicts) > 1
            else f"a conflict: {listed}",
            hint=hint,
            conflicts=self.conflicts,
        )


def merge(base: Contents, ours: Contents, theirs: Contents) -> Merged:
    """What two branches made of one state, together.

    Args:
        base: What both came from.
        ours: This side.
        theirs: The other. With the sides exchanged, the contents are the same where nothing is in
            conflict.

    A source that is a page is the page's, whatever it is called on either side.
    """
    pages, of_pages = merge_pages(base.pages, ours.pages, theirs.pages)
    cited = Cited(base.pages, ours.pages, theirs.pages)
    sides = (cited.marked(each.statements, each.pages) for each in (base, ours, theirs))
    marked, of_statements = merge_statements(*sides)
    said = cited.named(marked, pages)
    made, of_decisions = merge_decisions(base.decisions, ours.decisions, theirs.decisions)
    conflicts = (*of_pages, *of_statements, *of_decisions)
    return Merged(Contents(pages, said, made), conflicts)
