"""Who speaks in a chat: a word before a colon at several lines' beginnings is somebody.

A form has labels before colons too, but each once; in a chat they come back.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import (
    is_english,
    read_classes,
    read_lexicon,
    read_surroundings,
)

from .capitals import name_evidence, words_of
from .fields import kind_of

_LINE = re.compile(
    r"(?m)^[ \t]*(?:[<\[]?(?P<name>[^\W\d_][^\n:<>\[\]()\d|;,\t\"=/]{1,30}?)[>\]]? ?:[ \t]+\S|"
    r"<(?P<angled>[^\W\d_][^\n:<>\[\]()\d|;,\t\"=/]{1,30}?)>[ \t]+\S|(?P<arrowed>[^\W\d_][\w.'’ -]{1,24}?) > ?\S)"
)
# A name and the hour, or a date's line and a name below it, before what was said.
_TIMED = re.compile(
    r"(?m)^[ \t>]*(?P<name>[^\W\d_][\w.'’ -]{1,40}?)(?: {2,}|\t| [—–-] ?| \[|, )\(?\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[ap]m)?[\])]?[ \t]*$|"
    r"^[ \t]*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4},? \d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?[ap]m)?[ \t]*\n(?P<below>[^\W\d_][\w.'’ -]{1,40})[ \t]*$",
    re.IGNORECASE,
)
_AT = re.compile(r"(?<![\w@.])@(?P<who>[^\W\d_a-zß-ÿ][^\W\d_]+)(?![\w.@/])")
_HANDLE = re.compile(r"(?<![\w@.])@(?P<who>[a-z]{4,18})(?![\w.@/-])")
_LEAST_TIMED = 2
_GROUPS = ("name", "angled", "arrowed")
_LEAST_LINES = 4
_LEAST_SHARE = 0.4
_MOST_WORDS = 4


def find(text: str, reading: Reading) -> Iterator[Found]:
    """The names before the colons of a chat's lines."""
    yield from _timed(text)
    lines = list(_LINE.finditer(text))
    written = sum(bool(line.strip()) for line in text.split("\n"))
    if len(lines) < _LEAST_LINES or len(lines) < _LEAST_SHARE * written:
        return
    named = [next(name for name in _GROUPS if hit[name]) for hit in lines]
    often = Counter(hit[name].lower() for hit, name in zip(lines, named, strict=True))
    if sum(count > 1 for count in often.values()) < 1 or len(often) < 2:
        return
    again = sum(count for count in often.values() if count > 1)
    if again < len(lines) / 2:  # labels of a form, of which one happens to come back
        return
    for hit, name in zip(lines, named, strict=True):
        if _is_somebody(hit[name]):
            yield Found(*hit.span(name), "PERSON", 0.8, "speakers", "somebody speaks in a chat")


def _timed(text: str) -> Iterator[Found]:
    """Who stands before the hour, or below it, of two messages and more; who is called with @."""
    hits = list(_TIMED.finditer(text))
    if len(hits) >= _LEAST_TIMED:
        for hit in hits:
            side = "name" if hit["name"] else "below"
            if _is_somebody(hit[side]):
                yield Found(*hit.span(side), "PERSON", 0.75, "speakers", "beside a message's time")
    for hit in _HANDLE.finditer(text):
        if _is_only_a_name(hit["who"]):
            yield Found(*hit.span("who"), "PERSON", 0.65, "speakers", "called with an @")
    for hit in _AT.finditer(text):
        if name_evidence(read_lexicon(), words_of(hit["who"])[0]):
            yield Found(*hit.span("who"), "PERSON", 0.7, "speakers", "called with an @")


def _is_only_a_name(low: str) -> bool:
    return read_lexicon().is_clear_name(low) and not is_english(low)


def _is_somebody(said: str) -> bool:
    around = read_surroundings()
    things = around["organisation"] | around["thing"] | around["role"] | around["other_label"]
    words = words_of(said)
    lows = [word.lower for word in words]
    known = all(name_evidence(read_lexicon(), word) for word in words)
    if not words or len(words) > _MOST_WORDS or lows[-1].endswith("bot"):
        return False
    if set(lows) & (read_classes("nobodies.txt")["speaker"] | around["role"]) or (
        set(lows) & things and not known
    ):
        return False
    if kind_of(said) and not any(name_evidence(read_lexicon(), word) for word in words):
        return False
    return any(not is_english(low) or name_evidence(read_lexicon(), word)
               for low, word in zip(lows, words, strict=True))  # fmt: skip
