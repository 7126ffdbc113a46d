"""What is still seen in texts once persons were taken out: taken out too, or a file is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .by_key import Place
from .findings import Found
from .texts import AnonymisedText, detect

_LEAST_SCORE = 0.7
BY = "second look"


@dataclass(frozen=True)
class Sighting:
    """A place where the second look saw something, and never what: the number of the text and of
    its line, from 1, and the kind."""

    text: int
    line: int
    kind: str


def look_again(
    made: Sequence[AnonymisedText],
    *,
    only: Iterable[int] | None = None,
    places: Sequence[Place] | None = None,
) -> dict[int, tuple[Found, ...]]:
    """What is seen in each text and was not put there, by its number from 1.

    The spans are of the original text, and cover nothing that was replaced.

    Args:
        made: What was made of all texts of a file.
        only: The numbers of those that are looked at; all if not given.
        places: Where each stands; see ``texts.detect``.

    Raises:
        EngineError: A recogniser failed.
    """
    numbers = list(range(1, len(made) + 1) if only is None else only)
    seen = {}
    where = None if places is None else [places[number - 1] for number in numbers]
    found = detect([_without_replacements(made[number - 1]) for number in numbers],
                   consistency=None, places=where)  # fmt: skip
    for number, spans in zip(numbers, found, strict=True):
        sure = [each for each in spans if each.score >= _LEAST_SCORE]
        pieces = tuple(piece for each in sure for piece in _in_original(made[number - 1], each))
        if pieces:
            seen[number] = pieces
    return seen


def spans_of(made: AnonymisedText) -> tuple[Found, ...]:
    """What was replaced, as spans of the original text."""
    out, moved = [], 0
    for each in made.decisions:
        start = each.start + moved
        out.append(Found(start, start + each.chars, each.kind, each.score, each.by, each.because))
        moved += each.chars - (each.end - each.start)
    return tuple(out)


def sightings(seen: Mapping[int, Sequence[Found]], texts: Sequence[str]) -> tuple[Sighting, ...]:
    """Where it was seen, in the order of the texts; a line and a kind once."""
    found = {
        Sighting(number, texts[number - 1].count("\n", 0, each.start) + 1, each.kind): None
        for number, spans in sorted(seen.items())
        for each in sorted(spans, key=lambda span: span.start)
    }
    return tuple(found)


def count_seen(seen: Mapping[int, Sequence[Found]]) -> dict[str, int]:
    """In how many texts each kind is seen."""
    kinds = (kind for spans in seen.values() for kind in {each.kind for each in spans})
    return dict(sorted(Counter(kinds).items()))


def _segments(made: AnonymisedText) -> Iterator[tuple[str, int | None]]:
    """The looked-at text in pieces: what stayed, with its place in the original text, and dots.

    They are as many as a mask has letters, whatever stands there: what is left is the same in each
    way, and the sixty letters of a pseudonym would move every word behind them out of its column.
    """
    if made.withheld:
        return
    at = original = 0
    for each in made.decisions:
        kept = made.text[at : each.start]
        yield kept, original
        yield "…" * len(f"[{each.kind}]"), None
        original += len(kept) + each.chars
        at = each.end
    yield made.text[at:], original


def _without_replacements(made: AnonymisedText) -> str:
    """The text with dots where something was replaced; nothing of one that was withheld."""
    return "".join(said for said, _ in _segments(made))


def _in_original(made: AnonymisedText, seen: Found) -> Iterator[Found]:
    """A span of the looked-at text as spans of the original one, without what was replaced."""
    at = 0
    for said, original in _segments(made):
        start, end = max(seen.start, at), min(seen.end, at + len(said))
        if original is not None and start < end:
            words = said[start - at : end - at]
            left = len(words) - len(words.lstrip())
            first, last = start - at + left, start - at + len(words.rstrip())
            if any(char.isalnum() for char in words):
                yield Found(original + first, original + last, seen.kind, seen.score, BY,
                            seen.because)  # fmt: skip
        at += len(said)
