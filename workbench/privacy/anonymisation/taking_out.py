"""Texts without persons, looked at again until nothing more is seen, as far as that goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .by_key import Place
from .findings import Found
from .second_look import look_again, spans_of
from .texts import AnonymisedText, Scope, Way, write_texts

_MOST_LOOKS = 6  # what is masked may show what stood beside it; then no more is hoped for


@dataclass(frozen=True)
class TakenOut:
    """What was made of the texts, what the second look added to it, and what it still sees: spans
    of the original texts, by the text's number from 1."""

    made: list[AnonymisedText]
    added: dict[int, tuple[Found, ...]]
    seen: dict[int, tuple[Found, ...]]


def take_out_what_is_seen(
    texts: Sequence[str], made: Sequence[AnonymisedText], *, views: Sequence[str],
    way: Way, key: bytes | None, scope: Scope, most_risk: float,
    places: Sequence[Place] | None = None,
) -> TakenOut:  # fmt: skip
    """Replace what a second look sees and the first passed over, and look again.

    Where what is seen is within ``most_risk`` it stays. What stands partly in marks of a text's
    form (a tag) is not touched: it stays seen.

    Args:
        texts: The original texts.
        made: What was made of each.
        views: The texts without marks of their form, equally long.
        way: As they were made.
        key: As they were made; surrogates without one are made anew in all texts.
        scope: As they were made.
        most_risk: The share of texts in which something may be seen.
        places: Where each text stands; see ``texts.detect``.

    Raises:
        EngineError: A recogniser failed.
    """
    now = list(made)
    spans = [spans_of(each) for each in now]
    added: dict[int, tuple[Found, ...]] = {}
    seen = look_again(now, places=places)
    for _ in range(_MOST_LOOKS):
        if len(seen) <= most_risk * len(now):
            break
        more = _to_take_out(seen, texts, views)
        if not more:
            break
        for number, found in more.items():
            added[number] = (*added.get(number, ()), *found)
            together = (*spans[number - 1], *found)
            spans[number - 1] = tuple(sorted(together, key=lambda each: each.start))
        now = write_texts(texts, spans, way=way, key=key, consistency=scope, views=views)
        still = {number: found for number, found in seen.items() if number not in more}
        seen = dict(sorted((still | look_again(now, only=more, places=places)).items()))
    return TakenOut(now, added, seen)


def _to_take_out(
    seen: Mapping[int, Sequence[Found]], texts: Sequence[str], views: Sequence[str]
) -> dict[int, tuple[Found, ...]]:
    """What is seen and stands in words alone."""
    chosen = {}
    for number, spans in seen.items():
        text, view = texts[number - 1], views[number - 1]
        words = tuple(
            each for each in spans if text[each.start : each.end] == view[each.start : each.end]
        )
        if words:
            chosen[number] = words
    return chosen
