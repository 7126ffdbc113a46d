"""Runs of words that are written as names are: capitals, initials and the small words between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.privacy.anonymisation.words import PARTICLES, Lexicon, bare, is_english, read_lexicon

_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`-][^\W\d_]+)*\.?(?:['’]s\b)?|[^\W\d_]\.")
_GAP = re.compile(r"[ \u00a0]{1,2}|[ \t]?\n[ \t]?|")
_IN_ADDRESS = re.compile(r"\d|[\w.+-]*@")
_POSSESSIVE = re.compile(r"['’]s$|['’]$")
_SPLIT = re.compile(r"['’ʼ-]")


@dataclass(frozen=True)
class Word:
    """A word of a text with its place; ``lower`` is it in small letters, without a possessive."""

    start: int
    end: int
    said: str

    @property
    def lower(self) -> str:
        return self.said.lower()

    @property
    def is_initial(self) -> bool:
        """Whether it is a letter and a full stop, or one capital alone."""
        return self.said[0].isupper() and (
            len(self.said) == 1 or (len(self.said) == 2 and self.said[1] == ".")
        )

    @property
    def capital(self) -> bool:
        """Whether it is written with a capital, behind a small prefix too (al-Sayed, d'Angelo)."""
        if self.said[0].isupper():
            return True
        parts = _SPLIT.split(self.said)
        return len(parts) > 1 and len(parts[0]) <= 3 and parts[1][:1].isupper()


def words_of(text: str) -> list[Word]:
    """The words of a text, each without its possessive and, unless it is an initial, its stop."""
    found = []
    for hit in _WORD.finditer(text):
        said = _POSSESSIVE.sub("", hit.group())
        if said.endswith(".") and len(said) > 2:
            said = said[:-1]
        if said:
            found.append(Word(hit.start(), hit.start() + len(said), said))
    return found


def runs_of(text: str, words: list[Word]) -> Iterator[list[Word]]:
    """Capitalised words in a row; a small particle counts where a capital follows it."""
    run: list[Word] = []
    for at, word in enumerate(words):
        follows = bool(run) and _joined(text, run[-1], word)
        if run and not follows:
            yield run
            run = []
        if word.capital or (run and word.lower in PARTICLES and _leads_on(text, words, at)):
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _joined(text: str, left: Word, right: Word) -> bool:
    """Whether two words stand side by side; over a line's end only behind a given name."""
    between = text[left.end : right.start]
    if _IN_ADDRESS.match(text, right.end):
        return False
    if between in (" '", " ’") and right.said == "t":
        return True
    if between in (" ", "\u00a0") or (between in ("", "-", ".-") and left.is_initial):
        return True
    if between.strip(" \t>") != "\n" or not right.said[:1].isupper():
        return False
    if right.said.isupper() and text[right.end : right.end + 1] in (":", ";", "="):
        return False  # a format's key at the next line's beginning
    lexicon = read_lexicon()
    low = right.lower
    known = left.lower in lexicon.given and left.lower not in lexicon.ambiguous
    return (left.is_initial or known) and low not in lexicon.no_names and not is_english(low)


def _leads_on(text: str, words: list[Word], at: int) -> bool:
    """Whether a particle is followed, perhaps after another one, by a capital."""
    for before, after in zip(words[at:], words[at + 1 : at + 3], strict=False):
        if not _joined(text, before, after):
            return False
        if after.capital:
            return True
        if after.lower not in PARTICLES:
            return False
    return False


def parts_of(word: str) -> list[str]:
    """A word's own forms to look up: itself, without accents, and its parts by hyphens."""
    forms = [word, bare(word)]
    if "-" in word or "'" in word or "’" in word:
        forms += [part for part in _SPLIT.split(word) if len(part) > 2]
        forms.append(word.replace("’", "'"))
    return forms


def name_evidence(lexicon: Lexicon, word: Word) -> int:
    """2 where a word is a name and nothing else, 1 where it may be one, 0 where it is on no list."""
    if word.is_initial:
        return 0
    forms = parts_of(word.lower)
    if any(lexicon.is_clear_name(form) for form in forms):
        return 2
    return 1 if any(lexicon.is_name(form) for form in forms) else 0
