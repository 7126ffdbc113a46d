"""A conflict as both sides and what they came from, with who made each."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.knowledge.shared.ancestry import common_ancestor
from workbench.knowledge.shared.conflicts import Conflict
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.lines import changed_spans, split_lines
from workbench.knowledge.shared.merging import Merged
from workbench.knowledge.shared.proposals import Proposal
from workbench.knowledge.shared.settling_own import takes_own
from workbench.knowledge.shared.space import Space

MOST_SHOWN_CHARS = 20_000  # of one side; it is settled by the whole of it


@dataclass(frozen=True)
class ShownConflict:
    """One conflict to be settled.

    Attributes:
        number: From 1, as ``settle`` counts.
        base: What both sides were made from; None where there was nothing.
        ours: What is agreed on now; None where it is gone.
        theirs: What is proposed; None where it is gone.
        ours_by: Who brought the one, as far as the records tell.
        theirs_by: Who wrote the other.
        own: What may be written in place of both: ``lines``, ``page``, ``path``, ``field``,
            ``object``; empty where one of the two must be taken.
        start: What the field for it begins with.
        sides: Whether one side can be taken at all: of two pages with one path, one needs a name.
    """

    number: int
    kind: str
    what: str
    said: str
    line: int | None
    base: str | None
    ours: str | None
    theirs: str | None
    ours_by: str
    theirs_by: str
    own: str
    start: str
    sides: bool


_OWN = {
    "text": "lines", "notebook": "page", "edit and delete": "page", "rename": "path",
    "path": "path", "field": "field", "values": "object", "cell": "page",
}  # fmt: skip


def show_conflicts(
    space: Space, proposal: Proposal, head: str, merged: Merged
) -> tuple[ShownConflict, ...]:
    """The conflicts of a proposal with what is agreed on, each with its sides."""
    if not merged.conflicts:
        return ()
    came_from = common_ancestor(space.record, head, proposal.head)
    base, ours, theirs = (space.contents(each) for each in (came_from, head, proposal.head))
    spans: dict[str, list[_Region]] = {}
    found = []
    for number, each in enumerate(merged.conflicts, start=1):
        sides = _sides(each, base, ours, theirs, spans)
        own = _OWN.get(each.kind, "") if takes_own(each, ours, theirs) else ""
        found.append(
            ShownConflict(
                number, each.kind, each.what, each.said, each.line,
                _cut(sides[0]), _cut(sides[1]), _cut(sides[2]),
                _brought_by(space, came_from, head, each), ", ".join(sorted(proposal.writers)),
                own, _start(each, own, sides, theirs), each.kind != "path",
            )
        )  # fmt: skip
    return tuple(found)


def _start(conflict: Conflict, own: str, sides: Sides, theirs: Contents) -> str:
    """What somebody who writes his own begins with: both sides' lines, else what is proposed."""
    if own == "object":
        said = [theirs.statements[key] for key in conflict.keys if key in theirs.statements]
        return said[-1].object if said else ""
    if own == "lines":
        return f"{conflict.ours}{conflict.theirs}"
    return sides[2] or sides[1] or ""


Sides = tuple[str | None, str | None, str | None]


@dataclass(frozen=True)
class _Region:
    """Lines of the base that both sides changed, and what each made of them."""

    base: str
    ours: str
    theirs: str


def _sides(
    conflict: Conflict,
    base: Contents,
    ours: Contents,
    theirs: Contents,
    spans: dict[str, list[_Region]],
) -> Sides:
    key = conflict.keys[0]
    if conflict.kind == "text":
        if key not in spans:
            texts = (side.pages[key].text if key in side.pages else "" for side in
                     (base, ours, theirs))  # fmt: skip
            spans[key] = _regions(*texts)
        return _base_of(conflict, spans[key]), conflict.ours, conflict.theirs
    if conflict.kind == "notebook":
        was = base.pages.get(key)
        return None if was is None else was.text, conflict.ours, conflict.theirs
    if conflict.kind == "rename":
        was = base.pages.get(key)
        return None if was is None else was.path, conflict.ours, conflict.theirs
    if conflict.kind == "field":
        name = conflict.said.partition(" ")[0]
        said = base.statements.get(key)
        return None if said is None else getattr(said, name), conflict.ours, conflict.theirs
    if conflict.kind in ("edit and delete", "decision"):
        told = [_told(side, key) for side in (base, ours, theirs)]
        return told[0], told[1], told[2]
    if conflict.kind == "path":
        pages = [side.pages[key].path for side in (ours, theirs) for key in conflict.keys
                 if key in side.pages][:2]  # fmt: skip
        return None, pages[0], pages[-1]
    return None, conflict.ours, conflict.theirs


def _told(side: Contents, key: str) -> str | None:
    if key in side.pages:
        return side.pages[key].text
    found = side.statements.get(key) or side.decisions.get(key)
    if found is None:
        return None
    sources = getattr(found, "sources", ())
    return str(found) + (f" [{'; '.join(sources)}]" if sources else "")


def _regions(base: str, ours: str, theirs: str) -> list[_Region]:
    """Where both sides changed lines of the base that touch each other."""
    texts = [split_lines(each) for each in (base, ours, theirs)]
    sides = [changed_spans(base, each) for each in (ours, theirs)]
    every = sorted((a, b, side) for side in (0, 1) for a, b, _, _ in sides[side])
    groups: list[tuple[int, int, set[int]]] = []
    for a, b, side in every:
        if groups and a <= groups[-1][1]:
            first, last, met = groups[-1]
            groups[-1] = (first, max(last, b), met | {side})
        else:
            groups.append((a, b, {side}))
    found = []
    for first, last, met in groups:
        if len(met) == 2:
            parts = ["".join(texts[0][first:last])]
            for side in (0, 1):
                begin, end = _place(sides[side], first), _place(sides[side], last, after=True)
                parts.append("".join(texts[side + 1][begin:end]))
            found.append(_Region(*parts))
    return found


def _place(spans: list[tuple[int, int, int, int]], line: int, *, after: bool = False) -> int:
    """Where the begin or end of a region of the base stands on a side."""
    shift = 0
    for _, b, _, d in spans:
        if b < line or (after and b == line):
            shift = d - b
    return line + shift


def _base_of(conflict: Conflict, regions: list[_Region]) -> str | None:
    """What the lines of a conflict were: of the region that has both sides' lines."""
    for each in regions:
        if conflict.ours in each.ours and conflict.theirs in each.theirs:
            return each.base
    return None


def _brought_by(space: Space, came_from: str, head: str, conflict: Conflict) -> str:
    """Who wrote what was merged between: of this page or value, if the records tell."""
    names: dict[str, None] = {}
    for digest, record in space.line():
        if digest == came_from or not record.parents:
            break
        before, after = space.contents(record.parents[0]), space.contents(digest)
        for side in ("pages", "statements", "decisions"):
            old, new = getattr(before, side), getattr(after, side)
            if any(old.get(key) != new.get(key) for key in conflict.keys):
                writers = _writers(space, record.parents[1:]) or (record.author,)
                names.update(dict.fromkeys(writers))
                break
    return ", ".join(names)


def _writers(space: Space, proposed: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(space.record(each).author for each in proposed)


def _cut(text: str | None) -> str | None:
    if text is None or len(text) <= MOST_SHOWN_CHARS:
        return text
    return f"{text[:MOST_SHOWN_CHARS]}\n… {len(text) - MOST_SHOWN_CHARS:,} characters more"
