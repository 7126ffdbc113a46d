"""What is taken for sure of all that was found, and what stays a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from .findings import LEAST_SCORE, Found, resolve
from .words import read_lexicon, read_surroundings, things_in

_NEXT = re.compile(r"[ \n]([^\W\d_][\w'’]*)")
_AND_SONS = re.compile(r" & [^\W\d_]{2}| and (?:Sons|Co|Partners|Daughters)\b", re.IGNORECASE)
_INITIAL = re.compile(r"(?<!\w)[^\W\d_]\.")
_AND_BEFORE = re.compile(r"[^\W\d_] & $")


def settle(text: str, found: Sequence[Found]) -> tuple[tuple[Found, ...], tuple[Found, ...]]:
    """The spans that are sure, without overlaps, and the guesses."""
    kept = without_things(text, found)
    return resolve(text, kept), tuple(each for each in kept if each.score < LEAST_SCORE)


def without_things(text: str, found: Iterable[Found]) -> list[Found]:
    """The findings but persons that are a part of what is only called after somebody.

    Things that are known (Jack Daniel's), and firms by their ending (Delaney Brothers).
    """
    things = things_in(text)
    return [
        each
        for each in found
        if each.kind != "PERSON"
        or not (
            any(start <= each.start and each.end <= end for start, end in things)
            or _is_firm(text, each)
        )
    ]


def _is_firm(text: str, each: Found) -> bool:
    if _INITIAL.search(text, each.start, each.end):
        return False
    endings = read_surroundings()["organisation"]
    words = text[each.start : each.end].split()
    last = words[-1].lower() if words else ""
    if len(words) > 1 and last in endings and not read_lexicon().is_clear_name(last):
        return True
    behind = _NEXT.match(text, each.end)
    if behind and behind[1].lower() in endings and text[each.end] == " ":
        written = behind[1][0].isupper() or text[each.start].islower()
        if written and not read_lexicon().is_clear_name(behind[1].lower()):
            return True
    return bool(
        _AND_SONS.match(text, each.end)
        or _AND_BEFORE.search(text, max(0, each.start - 4), each.start)
    )
