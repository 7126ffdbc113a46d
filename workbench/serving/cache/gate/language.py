"""Whether a text is English: only then do the rules know its words."""

from __future__ import annotations

from collections.abc import Sequence

from .closed_words import DROPPED, LINKS, MODALS, PERSONS, QUANTIFIERS, TENSES
from .tokens import Token
from .words import words

_ENGLISH = frozenset(
    (
        *DROPPED,
        *MODALS,
        *PERSONS,
        *QUANTIFIERS,
        *TENSES,
        *LINKS,
        *words("english"),
    )
)
# Frequent words of other languages that are written in Latin letters.
_OTHERS = words("other_languages")
_FOREIGN_LETTERS = 2  # what a word with letters that English has not counts


def is_english(sentences: Sequence[Sequence[Token]]) -> bool:
    """Whether more speaks for English than for any other language.

    A text without a word that tells, as ``Pancake recipe``, is taken for English: nothing of it
    would be left out.
    """
    english = others = 0
    for sentence in sentences:
        for token in sentence:
            if token.kind == "symbol" and not token.text.isascii():
                others += token.text.isalpha()
            if token.kind != "word":
                continue
            if not token.text.isascii():
                if not _is_latin(token.text):
                    return False
                others += 0 if token.capital else _FOREIGN_LETTERS
            elif token.text in _OTHERS:
                others += 1
            elif token.text in _ENGLISH:
                english += 1
    return english > others or not others


def _is_latin(word: str) -> bool:
    return all(ord(letter) < 0x250 for letter in word)
