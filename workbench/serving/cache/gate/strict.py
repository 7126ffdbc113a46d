"""A request word for word, without what stands around it: for any language and any length."""

from __future__ import annotations

import re

from .words import groups

_PARTS = re.compile(r"\w+|\S")
_AROUND = frozenset(".!?\u00bf\u00a1\u3002\uff1f\uff01,")
# Said out of politeness, in a few languages; it changes nothing at the beginning or the end.
_POLITE = tuple(tuple(_PARTS.findall(" ".join(phrase))) for phrase in groups("polite"))


def strict_words(folded: str) -> tuple[str, ...]:
    """The words as they stand, but for marks and politeness at either end.

    How the first letter is written says nothing: a sentence begins with it.
    """
    parts = _PARTS.findall(folded)
    before = -1
    while len(parts) != before:
        before = len(parts)
        while parts and parts[-1] in _AROUND:
            parts.pop()
        while parts and parts[0] in _AROUND:
            parts.pop(0)
        parts = _without_politeness(parts)
    return (parts[0][:1].lower() + parts[0][1:], *parts[1:]) if parts else ()


def _without_politeness(parts: list[str]) -> list[str]:
    low = tuple(part.lower() for part in parts)
    for phrase in _POLITE:
        length = len(phrase)
        if length < len(low) and low[-length:] == phrase:
            return parts[:-length]
        if length < len(low) and low[:length] == phrase:
            return parts[length:]
    return parts
