"""What is taken for sure of all that was found, and what stays a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from .findings import LEAST_SCORE, Found, resolve
from .recognisers.impersonal import heads_in, is_impersonal
from .recognisers.nobodies import is_nobody, pets_in
from .words import read_lexicon, read_surroundings, things_in

_NEXT = re.compile(r"[ \n]([^\W\d_][\w'’]*)")
_AND_SONS = re.compile(r" & [^\W\d_]{2}| and (?:Sons|Co|Partners|Daughters)\b", re.IGNORECASE)
_TRADE = re.compile(r"['’]s ([A-Z][a-z]+)(?![\w-])")
_INITIAL = re.compile(r"(?<!\w)[^\W\d_]\.")
# Two full names and nothing behind them are two persons: Ana Silva & Rui Costa.
_CAPITAL = r"[^\W\d_a-zß-ÿ][\w'’-]+"
_COUPLE_BEFORE = re.compile(rf"(?:^|[^\w] ?|\n){_CAPITAL} (?:[a-z]{{2,3}} )?{_CAPITAL} & $")
_COUPLE_BEHIND = re.compile(rf" & {_CAPITAL} (?:[a-z]{{2,3}} )?{_CAPITAL}(?! ?[A-Z&])")
_AND_BEFORE = re.compile(r"[^\W\d_] & $")


def settle(text: str, found: Sequence[Found]) -> tuple[tuple[Found, ...], tuple[Found, ...]]:
    """The spans that are sure, without overlaps, and the guesses."""
    kept = [_with_ending(text, each) for each in without_things(text, found)]
    return resolve(text, kept), tuple(each for each in kept if each.score < LEAST_SCORE)


_ENDING = re.compile(r",? (?:(?:Jr|Sr)\b\.?|(?:II|III|IV)\b)")


def _with_ending(text: str, each: Found) -> Found:
    """A name with what belongs to its end: Drew Rivers III."""
    if text[each.start - 1 : each.start] == "‛":  # an ʻokina, as ``true_case`` shows it
        each = replace(each, start=each.start - 1)
    behind = _ENDING.match(text, each.end) if each.kind == "PERSON" else None
    return replace(each, end=behind.end()) if behind else each


def without_things(text: str, found: Iterable[Found]) -> list[Found]:
    """The findings but names that are a part of what is only called after somebody or a place.

    Things that are known (Jack Daniel's), firms by their ending (Delaney Brothers), animals, heads
    of tables, programs.
    """
    things = things_in(text)
    pets = pets_in(text)
    heads = heads_in(text)
    return [
        each
        for each in found
        if each.kind not in ("PERSON", "LOCATION")
        or not (
            any(
                start <= each.start
                and each.end <= end
                and (each.kind == "PERSON" or end - start > each.end - each.start)
                for start, end in things
            )
            or text[each.start : each.end] in pets
            or is_impersonal(text, each, heads)
            or (each.kind == "PERSON" and _is_nobodys(text, each, pets))
        )
    ]


def _is_nobodys(text: str, each: Found, pets: frozenset[str]) -> bool:
    return (each.by != "couples" and _is_firm(text, each)) or is_nobody(text, each, pets)


def _is_firm(text: str, each: Found) -> bool:
    if _INITIAL.search(text, each.start, each.end):
        return False
    endings = read_surroundings()["organisation"]
    words = text[each.start : each.end].split()
    last = words[-1].lower() if words else ""
    if len(words) > 1 and last in endings and not _is_surname(words):
        return True
    trade = _TRADE.match(text, each.end)
    if trade and len(words) == 1 and trade[1].lower() in endings:
        return True  # Laura's Deli
    behind = _NEXT.match(text, each.end)
    if behind and behind[1].lower() in endings and text[each.end] == " ":
        written = behind[1][0].isupper() or text[each.start].islower()
        if written and not read_lexicon().is_clear_name(behind[1].lower()):
            return True
    if _COUPLE_BEFORE.search(text, max(0, each.start - 48), each.start) and len(words) > 1:
        return False
    if _COUPLE_BEHIND.match(text, each.end) and len(words) > 1:
        return False
    return bool(
        _AND_SONS.match(text, each.end)
        or _AND_BEFORE.search(text, max(0, each.start - 4), each.start)
    )


def _is_surname(words: list[str]) -> bool:
    """Whether a firm's ending is somebody's surname here: Dean Church, not Mason Bros."""
    lexicon, last = read_lexicon(), words[-1].lower()
    if lexicon.is_clear_name(last):
        return True
    given = words[0].lower() in lexicon.given
    return given and len(words) == 2 and (last in lexicon.own or last in lexicon.common)
