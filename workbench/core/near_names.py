"""Which name was meant: the one rule for every "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LEAST_LIKENESS = 0.6
"""difflib's ratio: 1 for the same letters, 0 for none in common."""

SHARE_OF_BEST = 0.9
"""A second guess is as near as the first one, or not worth the reader's time."""

_SHORTEST_PART = 3


def near_names(name: str, known: Iterable[str], *, most: int = 3) -> list[str]:
    """The names that may have been meant, the nearest first; none if none is near.

    A name is near by its letters, whatever their case, or because one of the two begins with the
    other, or one letter of it is another. Guesses that are clearly worse than the best one are left
    out: beside ``chat``, nobody who typed ``chta`` meant ``data``. So are several of two letters,
    one of which is right: ``q9`` is as near to ``q1`` as to ``q2``.
    """
    wanted = name.lower()
    by_letters = {each.lower(): each for each in sorted(set(known), reverse=True)}
    found = sorted(
        ((_likeness(wanted, letters), each) for letters, each in by_letters.items()),
        key=lambda pair: (-pair[0], pair[1]),
    )
    least = max(LEAST_LIKENESS, found[0][0] * SHARE_OF_BEST) if found else 1.0
    near = [each for likeness, each in found if likeness >= least]
    if len(near) > 1 and all(_is_half_right(wanted, each.lower()) for each in near):
        return []
    return near[:most]


def meant(near: Iterable[str]) -> str:
    """The guesses as a message asks them: ``did you mean 'chat'?``."""
    return "did you mean " + " or ".join(repr(each) for each in near) + "?"


def _likeness(wanted: str, letters: str) -> float:
    ratio = difflib.SequenceMatcher(None, letters, wanted).ratio()
    short, long = sorted((wanted, letters), key=len)
    is_part = len(short) >= _SHORTEST_PART and long.startswith(short)
    if is_part or _is_half_right(wanted, letters):
        return max(ratio, LEAST_LIKENESS)
    return ratio


def _is_half_right(wanted: str, letters: str) -> bool:
    return len(wanted) == len(letters) == 2 and sum(map(str.__eq__, wanted, letters)) == 1
