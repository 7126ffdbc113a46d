"""How what was agreed on in a space is drawn in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.markup import escape

if TYPE_CHECKING:
    from workbench.knowledge.shared.landing import Landed

_DIGITS = 12  # of a record's name, as the log has it


def draw_landed(landed: Landed) -> str:
    """What is agreed on now, in a sentence; the whole names of records stand in their titles."""
    from workbench.knowledge.shared.authors import named

    if landed.proposal is None:
        what = "<b>A record was taken back.</b>"
    else:
        author = "" if landed.author is None else f" of {named(landed.author, landed.author_state)}"
        what = f"<b>Proposal {landed.proposal}</b>{escape(author)} is agreed on."
    now, before = (_record(each) for each in (landed.record, landed.before))
    return card(f'<p>{what} <span class="q">The space is at {now}, and was at {before}.</span></p>')


def _record(digest: str) -> str:
    return f'<code title="{escape(digest)}">{escape(digest[:_DIGITS])}</code>'
