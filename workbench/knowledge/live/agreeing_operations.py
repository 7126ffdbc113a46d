"""What a user can ask of live pages and what is agreed on."""

from __future__ import annotations

from typing import Annotated

import annotated_types as bounds

from workbench.core.operations import operation
from workbench.store.database import open_database

from ..shared.proposals import Proposal
from .agreeing import (
    Brought,
    bring,
    change_page,
    find_agreed,
    mark_proposed,
    marks_of,
    parts_of,
    propose_text,
    require_begun,
)
from .open_page import OpenPage
from .pages import Pages


@operation(
    "knowledge.live_propose",
    title="Propose what a live page says",
    produces="proposal",
    group="live",
)
def propose(
    space: str,
    *,
    title: str,
    words: str = "",
    revise: Annotated[int, bounds.Ge(1)] | None = None,
    replace: bool = False,
    user: str | None = None,
) -> Proposal:
    """Propose what a live page says as the page of its space, /knowledge/NAME/PATH.

    Args:
        space: The live page.
        title: What the change is, in a line.
        words: More about it.
        revise: A proposal that it shall be from now on.
        replace: Propose it in place of all that is agreed on of the page, where the live page was
            never brought up to that.
        user: Who proposes, by default this machine's own user.
    """
    parts_of(space)
    page = OpenPage(Pages(open_database()), space)
    require_begun(page)
    text, marks = str(page.source()), marks_of(page)
    made = propose_text(
        space, text, marks, title=title, words=words, revise=revise, replace=replace, by=user
    )
    change_page(page, mark_proposed(made.head))
    return made


@operation("knowledge.live_bring", title="Bring a live page up to what is agreed on", group="live")
def bring_up(space: str) -> Brought:
    """Bring a live page up to what is agreed on in its space; what was written since stays.

    The page is begun if it was not. Where its lines and the agreed ones were both changed, nothing
    is touched, and the lines are told: propose what the page says, and settle them there.

    Args:
        space: The live page, /knowledge/NAME/PATH.
    """
    page = OpenPage(Pages(open_database()), space)
    agreed = find_agreed(space, marks_of(page))
    if agreed is None:
        return Brought(space, marks_of(page).agreed, False)
    done: Brought = change_page(page, lambda each: bring(each, agreed))
    return done
