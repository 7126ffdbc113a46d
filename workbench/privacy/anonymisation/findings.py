"""What is personal in a text: where it stands, of what kind, how sure, and by whom it was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

# In the order in which they win where two overlap: what has a check digit or a strict form first.
KINDS = (
    "EMAIL", "URL", "IBAN", "CARD", "IP", "ID", "BIRTH_DATE", "PHONE", "ADDRESS", "OTHER_SCRIPT",
    "PERSON", "LOCATION",
)  # fmt: skip
_RANK = {kind: at for at, kind in enumerate(KINDS)}
_EDGES = " \t\r\n\u00a0,;:.-–—'\"“”‘’()[]<>|/"


LEAST_SCORE = 0.5  # below it a finding is a guess, which another one may make sure


@dataclass(frozen=True)
class Found:
    """A span of a text: ``text[start:end]`` is of ``kind``.

    ``score`` is from 0 to 1, ``by`` names the recogniser, ``because`` says what it went by.
    """

    start: int
    end: int
    kind: str
    score: float
    by: str
    because: str = ""


def resolve(text: str, found: Iterable[Found]) -> tuple[Found, ...]:
    """Spans that do not overlap, in their order, and that cover all that was found but guesses.

    Of two that overlap the stricter kind keeps its extent, and what the other has beyond it stays
    as a span of its own: what one recogniser found is never lost to another.
    """
    order = sorted(
        {
            (each.start, each.end, each.kind): each
            for each in sorted(found, key=_by_score)
            if each.score >= LEAST_SCORE
        }.values(),
        key=lambda each: (_RANK[each.kind], -(each.end - each.start), -each.score, each.start),
    )
    taken: list[Found] = []
    for each in _united(order):
        pieces = [(each.start, each.end)]
        for other in taken:
            pieces = [piece for start, end in pieces for piece in _without(start, end, other)]
        for start, end in pieces:
            start, end = _trimmed(text, start, end)
            if end - start > 1 or (start, end) == (each.start, each.end):
                taken.append(replace(each, start=start, end=end))
    return tuple(sorted((each for each in taken if each.end > each.start), key=_by_place))


def _united(order: list[Found]) -> list[Found]:
    """Persons that overlap are one: what two recognisers see of a name belongs together."""
    persons = sorted((each for each in order if each.kind == "PERSON"), key=_by_place)
    united: list[Found] = []
    for each in persons:
        if united and each.start < united[-1].end:
            last = max(united[-1], each, key=_by_score)
            first = united.pop()
            united.append(replace(last, start=first.start, end=max(first.end, each.end)))
        else:
            united.append(each)
    others = [each for each in order if each.kind != "PERSON"]
    rank = [each for each in others if _RANK[each.kind] < _RANK["PERSON"]]
    return [*rank, *united, *(each for each in others if _RANK[each.kind] > _RANK["PERSON"])]


def _by_score(found: Found) -> float:
    return found.score


def _by_place(found: Found) -> int:
    return found.start


def _without(start: int, end: int, other: Found) -> list[tuple[int, int]]:
    if other.end <= start or end <= other.start:
        return [(start, end)]
    left = (start, min(end, other.start))
    right = (max(start, other.end), end)
    return [piece for piece in (left, right) if piece[0] < piece[1]]


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Without the spaces and marks at its edges, except a bracket or plus that belongs to it."""
    while (
        start < end
        and text[start] in _EDGES
        and not (text[start] == "(" and ")" in text[start:end])
    ):
        start += 1
    while (
        end > start
        and text[end - 1] in _EDGES
        and not (text[end - 1] == ")" and "(" in text[start:end])
    ):
        end -= 1
    return start, end
