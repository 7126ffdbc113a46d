"""The same order of words, where order says who does what to whom.

A sentence is cut at its links (from, to, in, with, than, ...). What stands between two links keeps
its order; the pieces themselves may change places, as in ``In Python, how do I ...``; pieces behind
the same link may not. ``tips for sleep`` and ``sleep tips`` are one.
"""

from __future__ import annotations

from collections.abc import Sequence

from .readings import Reading
from .words import words

Segment = tuple[str, tuple[str, ...]]
_TURNED = frozenset(("of", "for", "about"))
# What one works in: "a list in Python" is a Python list; "a book in French" is no French book.
_TOOLS = words("tools")
_LONGEST_TURNED = 3
# "a glass of wine" is no "wine glass".
_MEASURES = words("measures")


def order(a: Reading, b: Reading) -> str | None:
    """``order`` if who does what to whom may differ, or None."""
    if len(a.segments) != len(b.segments):
        return "sentences"
    superlative = any(degree == "most" for degree, _ in a.degrees)
    for one, other in zip(a.segments, b.segments, strict=True):
        if not _agree(one, other, superlative=superlative):
            return "order"
    return None


def _agree(one: Sequence[Segment], other: Sequence[Segment], *, superlative: bool) -> bool:
    left, right = _by_link(one), _by_link(other)
    if left == right:
        return True
    changes = (_turn, _take_for_place) if superlative else (_turn,)
    return any(change(one) == right or left == change(other) for change in changes)


def _by_link(segments: Sequence[Segment]) -> list[Segment]:
    """The segments sorted by their links; those of one link stay in their order."""
    return sorted(segments, key=lambda each: each[0])


def _turn(segments: Sequence[Segment]) -> list[Segment] | None:
    """``tips for public speaking`` as ``public speaking tips``; None if it has not that form."""
    found = _split_off(segments)
    if found is None:
        return None
    head, behind, rest = found
    if head[-1] in _MEASURES or "and" in head + behind:
        return None
    return _by_link([("", (*head[:-1], *behind, head[-1])), *rest])


def _take_for_place(segments: Sequence[Segment]) -> list[Segment] | None:
    """``the highest mountain of Europe`` as ``the highest mountain in Europe``."""
    if "of" not in segments[0][1] or any(link == "in" for link, _ in segments):
        return None
    found = _split_off(segments)
    return None if found is None else _by_link([("", found[0]), ("in", found[1]), *found[2]])


def _split_off(
    segments: Sequence[Segment],
) -> tuple[tuple[str, ...], tuple[str, ...], Sequence[Segment]] | None:
    """A head, the few words behind its only "of", "for", "in" or "about", and what follows."""
    if not segments or segments[0][0] or not segments[0][1]:
        return None
    first, rest = segments[0][1], segments[1:]
    if first.count("of") == 1:
        place = first.index("of")
        head, behind = first[:place], first[place + 1 :]
    elif rest and _may_turn(rest[0]) and "of" not in first + rest[0][1]:
        head, behind, rest = first, rest[0][1], rest[1:]
    else:
        return None
    return (head, behind, rest) if head and 0 < len(behind) <= _LONGEST_TURNED else None


def _may_turn(segment: Segment) -> bool:
    link, behind = segment
    return link in _TURNED or (link == "in" and len(behind) == 1 and behind[0] in _TOOLS)
