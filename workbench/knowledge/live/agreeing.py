"""Live pages and what is agreed on: a page's text is proposed, and what was merged comes back.

The live page ``/knowledge/leads/people/ada.md`` is the page ``people/ada.md`` of the space *leads*.
Which record it was last brought up to, and which one was proposed from it, stand in the document.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.optional import require
from workbench.core.viewers import Viewable
from workbench.identity.spaces import check_space
from workbench.identity.users import LOCAL

from ..shared.ancestry import common_ancestor
from ..shared.glances import page_text
from ..shared.lines import merge_texts, split_lines
from ..shared.opening import opened_space
from ..shared.proposals import Proposal
from ..shared.proposing import open_proposal, revise_proposal
from ..shared.space import By, Space
from .open_page import OpenPage

_AGREED, _PROPOSED = "agreed", "proposed"


@dataclass(frozen=True)
class Marks:
    """Records of the space: what a live page was brought up to, and what was proposed from it."""

    agreed: str | None = None
    proposed: str | None = None


@dataclass(frozen=True)
class Agreed:
    """What is agreed on at a record, and what the live page had of it before."""

    record: str
    text: str
    base: str


@dataclass(frozen=True)
class Brought(Viewable):
    """What became of a live page: ``clashes`` are lines of its text that were changed there and in
    what is agreed on; then nothing of the page was touched."""

    space: str
    record: str | None
    changed: bool
    clashes: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all was taken."""
        return not self.clashes


def parts_of(space: str) -> tuple[str, str]:
    """The space of shared knowledge that a live page belongs to, and its path there.

    Raises:
        InputError: It belongs to none.
    """
    names = check_space(space).split("/")
    if len(names) < 4 or names[1] != "knowledge":
        raise InputError(
            f"{space} is no page of a space of shared knowledge",
            hint="such a page is /knowledge/NAME/PATH.md",
        )
    return names[2], "/".join(names[3:])


def marks_of(page: OpenPage) -> Marks:
    """The records that stand in a live page's document."""
    state = _state(page)
    found = (state.get(_AGREED), state.get(_PROPOSED))
    return Marks(*(each if isinstance(each, str) else None for each in found))


def head_of(space: str) -> str:
    """The record that is agreed on now in a live page's space: no state is read for it.

    Raises:
        NotFoundError: There is no such space.
    """
    with opened_space(parts_of(space)[0]) as shared:
        return shared.head


def find_agreed(space: str, marks: Marks) -> Agreed | None:
    """What is agreed on of a page, if it was not brought up to that yet.

    Raises:
        NotFoundError: There is no such space.
    """
    name, path = parts_of(space)
    with opened_space(name) as shared:
        head = shared.head
        if head == marks.agreed:
            return None
        here = _text_at(shared, head, path)
        if here is None:
            return None
        # What was proposed from the page and merged is nearer to it than what it began with.
        marked = [each for each in (marks.proposed, marks.agreed) if each is not None]
        base = next((each for each in marked if _is_in(shared, each, head)), None)
        return Agreed(head, here, (base and _text_at(shared, base, path)) or "")


def _text_at(shared: Space, record: str, path: str) -> str | None:
    return page_text(shared.shelf.get, shared.record(record).state, path)


def _is_in(shared: Space, record: str, head: str) -> bool:
    """Whether the head comes from a record, which may be of another space of that name."""
    try:
        return common_ancestor(shared.record, record, head) == record
    except (NotFoundError, ConflictError):
        return False


def bring(page: OpenPage, agreed: Agreed) -> Brought:
    """Bring a live page up to what is agreed on, with what was written on it since.

    Only the lines that differ are touched, so what others type meanwhile elsewhere stays where it
    is. Where lines were changed both here and there, nothing is.
    """
    source = page.source()
    now = str(source)
    merged = merge_texts(agreed.base, now, agreed.text)
    if now and merged.clashes and now != agreed.text:
        lines = tuple(clash.line for clash in merged.clashes)
        return Brought(page.space, agreed.record, False, lines)
    text = merged.text if now and not merged.clashes else agreed.text
    with page.doc.transaction():
        _replace_lines(source, now, text)
        _state(page)[_AGREED] = agreed.record
    return Brought(page.space, agreed.record, text != now)


def propose_text(
    space: str,
    text: str,
    marks: Marks,
    *,
    title: str,
    words: str = "",
    revise: int | None = None,
    replace: bool = False,
    by: By = None,
) -> Proposal:
    """Propose what a live page says.

    Args:
        space: The live page.
        text: What it says.
        marks: The records that stand in it.
        title: What the change is, in a line.
        words: More about it.
        revise: A proposal that it shall be from now on.
        replace: Propose it in place of all that is agreed on of the page, which was never brought.
        by: Who proposes.

    Raises:
        AccessError: He may not.
        ConflictError: It changes nothing, or it was not made from what is agreed on of the page.
        NotFoundError: There is no such space or proposal.
    """
    name, path = parts_of(space)
    with opened_space(name) as shared:
        agreed = marks.agreed
        base = agreed if agreed is not None and shared.is_agreed(agreed) else shared.head
        if base != agreed and not replace:
            _require_known(shared, space, path, marks.proposed)
        contents = shared.contents(base).with_page(path, text)
        if revise is not None:
            return revise_proposal(shared, revise, contents, base=base, words=words, by=by)
        return open_proposal(shared, contents, title=title, base=base, words=words, by=by)


def _require_known(shared: Space, space: str, path: str, proposed: str | None) -> None:
    """Raise ConflictError if a live page that was never brought would replace one that its writers
    need not have seen; what was proposed from it and merged they have."""
    here = _text_at(shared, shared.head, path)
    if here is None:
        return
    merged = proposed is not None and _is_in(shared, proposed, shared.head)
    if merged and _text_at(shared, str(proposed), path) == here:
        return
    raise ConflictError(
        f"{space} was not made from what is agreed on now: all of {path} would be replaced",
        hint=f"workbench knowledge live bring {space} first, or --replace if that is meant",
        reason="never brought",
    )


def mark_proposed(record: str) -> Callable[[OpenPage], None]:
    """What notes in a live page that its text was proposed as a record."""

    def note(page: OpenPage) -> None:
        _state(page)[_PROPOSED] = record

    return note


def change_page(page: OpenPage, call: Callable[[OpenPage], Any], *, user: str = LOCAL) -> Any:
    """Change a live page from this process; who has it open elsewhere sees it at once."""
    with page.database.transaction():
        page.load()
        return page.change(call, user=user)[1]


def require_begun(page: OpenPage) -> None:
    """Raise ConflictError if nothing was ever written on a live page."""
    if page.id is None:
        raise ConflictError(f"nothing was written on {page.space}", hint="write something first")


def _state(page: OpenPage) -> Any:
    return page.doc.get("state", type=require("pycrdt", extra="knowledge").Map)


def _replace_lines(source: Any, before: str, after: str) -> None:
    """Change the lines of a text that differ, from the last to the first."""
    old, new = split_lines(before), split_lines(after)
    starts = [0]  # pycrdt counts in bytes of UTF-8
    for line in old:
        starts.append(starts[-1] + len(line.encode()))
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for kind, first, last, from_, to in reversed(matcher.get_opcodes()):
        if kind == "equal":
            continue
        at = starts[first]
        if starts[last] > at:
            del source[at : starts[last]]
        if added := "".join(new[from_:to]):
            source.insert(at, added)
