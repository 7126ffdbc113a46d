"""The same content words, as often: only base forms, spellings and listed synonyms are bridged."""

from __future__ import annotations

from collections import Counter

from .closed_words import opposites
from .lemmas import verbs
from .readings import Reading

# In these questions one thing stands for all of its kind: "what is a black hole", "what are ...".
_GENERIC = frozenset(("@what", "@how", "@how3", "@why", "@define", "@cause", "@yes"))


def content(a: Reading, b: Reading) -> str | None:
    """The reason for which the content words differ, or None."""
    if _is_empty(a) and _is_empty(b):
        return "empty"
    left, right = Counter(a.content), Counter(b.content)
    if left != right:
        return _why(set((left - right).elements()), set((right - left).elements()), a, b)
    if _bridges_names(a, b):
        return "name"
    return "plural" if _counts_differ(a, b) else None


def _bridges_names(a: Reading, b: Reading) -> bool:
    """Whether a name is another word of one meaning: Abbey Road is no Abbey Street."""
    for lemma, mine in a.surfaces.items():
        theirs = b.surfaces.get(lemma, mine)
        if mine != theirs and (mine in a.capitals or theirs in b.capitals):
            return True
    return False


def _is_empty(reading: Reading) -> bool:
    words = (reading.content, reading.times, reading.scopes, reading.numbers, reading.persons)
    return not any(words)


def _why(mine: set[str], theirs: set[str], a: Reading, b: Reading) -> str:
    """The most telling reason for which words are on one side only."""
    pairs = opposites()
    surfaces = [(one, other) for one in _all(mine, a) for other in _all(theirs, b)]
    if any(frozenset(pair) in pairs for pair in surfaces):
        return "opposite"
    if (mine & a.capitals) or (theirs & b.capitals):
        return "name"
    return "content"


def _all(lemmas: set[str], reading: Reading) -> set[str]:
    return lemmas | {reading.surfaces.get(lemma, lemma) for lemma in lemmas}


def _counts_differ(a: Reading, b: Reading) -> bool:
    """Whether one thing is asked for on one side and several on the other, and it matters."""
    differing = (a.plurals ^ b.plurals) - verbs()
    if not differing:
        return False
    if a.numbers or a.quantifiers or a.degrees or a.persons:
        return True
    generic = {*a.intents, *b.intents} <= _GENERIC
    return not generic and bool(differing & (_heads(a) | _heads(b)))


def _heads(reading: Reading) -> set[str]:
    """What is asked for itself: the last word before a link or an "of", sentence by sentence."""
    heads = set()
    for sentence in reading.segments:
        words = sentence[0][1] if sentence else ()
        first = words[: words.index("of")] if "of" in words else words
        heads |= set(first[-1:]) if reading.intents else set()
    return heads
