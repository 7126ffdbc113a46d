"""Short forms in parentheses: *World Health Organization (WHO)*.

Schwartz and Hearst 2003, "A Simple Algorithm for Identifying Abbreviation Definitions in Biomedical
Text", section 3: the short form is 2 to 10 characters in at most two words, the candidate for the
long form the ``min(n + 5, 2 n)`` words before it; read from its end, each character of the short
form must be found in order, the first at the beginning of a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .protocol import Span

_PARENTHESES = re.compile(r"\(([^()]{2,60})\)")
_WORD = re.compile(r"\S+")
_SENTENCE = re.compile(r"[.!?;]\s+(?=[^\W\d_])|\n\s*\n")


def find_short_forms(text: str) -> Iterator[tuple[Span, Span]]:
    """The spans of each short form and of the long form that it stands for."""
    for found in _PARENTHESES.finditer(text):
        inner = re.split(r"[,;:]", found[1], maxsplit=1)[0].strip()
        start = found.start(1) + found[1].index(inner) if inner else found.start(1)
        if not _is_short_form(inner):
            continue
        first = _words_before(text, found.start(), min(len(inner) + 5, 2 * len(inner)))
        long = _long_form(inner, text, first, found.start())
        if long is not None:
            yield (start, start + len(inner)), long


def _is_short_form(text: str) -> bool:
    return (
        2 <= len(text) <= 10
        and len(text.split()) <= 2
        and text[0].isalnum()
        and any(each.isupper() for each in text)
    )


def _words_before(text: str, end: int, most: int) -> int:
    """Where the last words before ``end`` begin, at most so many, of one sentence."""
    begin = max((each.end() for each in _SENTENCE.finditer(text, 0, end)), default=0)
    starts = [each.start() for each in _WORD.finditer(text, begin, end)]
    return starts[-most:][0] if starts else end


def _long_form(short: str, text: str, first: int, end: int) -> Span | None:
    end = first + len(text[first:end].rstrip())
    at = end - 1
    for position in range(len(short) - 1, -1, -1):
        wanted = short[position].lower()
        if not wanted.isalnum():
            continue
        while at >= first and (
            text[at].lower() != wanted or (position == 0 and at > first and text[at - 1].isalnum())
        ):
            at -= 1
        if at < first:
            return None
        at -= 1
    start = at + 1
    while start > first and not text[start - 1].isspace():  # the word's beginning, as in "(co-)op"
        start -= 1
    while start < end and not text[start].isalnum():
        start += 1
    return (start, end) if end - start > len(short) else None
