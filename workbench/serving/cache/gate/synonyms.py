"""Words that may stand for each other, and other spellings of one word.

The list is small and written for this gate. What is near and not the same (study and learn, city
and town) is left out: each group must hold in whatever request. No opposites, ever; a test holds
that.
"""

from __future__ import annotations

import functools

from . import words


@functools.cache
def spellings() -> dict[str, str]:
    """The kept spelling of each word that has another."""
    return {other: kept for kept, other in words.groups("spellings")}


def groups() -> tuple[tuple[str, ...], ...]:
    """The groups of synonyms, as base forms."""
    return words.groups("synonyms")


@functools.cache
def _heads() -> dict[str, str]:
    return {word: group[0] for group in groups() for word in group}


def head_of(lemma: str) -> str:
    """The word that stands for a word and its synonyms; the word itself if it has none."""
    return _heads().get(lemma, lemma)
