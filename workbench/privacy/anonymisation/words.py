"""The lists that the recognisers know names and places by, and English as spaCy's wheel has it."""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).with_name("lexicon")
# Small words of other languages' names; between two capitals they belong to the name.
PARTICLES = frozenset(
    [
        "de",
        "da",
        "do",
        "dos",
        "das",
        "del",
        "della",
        "dello",
        "degli",
        "di",
        "du",
        "la",
        "le",
        "van",
        "von",
        "der",
        "den",
        "dem",
        "ten",
        "ter",
        "te",
        "zu",
        "zum",
        "zur",
        "af",
        "av",
        "el",
        "al",
        "ul",
        "ur",
        "bin",
        "bint",
        "binti",
        "ibn",
        "ben",
        "abu",
        "y",
        "e",
        "i",
        "o'",
        "d'",
        "t'",
        "st",
        "san",
    ]
)


@dataclass(frozen=True)
class Lexicon:
    """Names and other words, in small letters and with their accents.

    ``given`` and ``family`` are names; ``ambiguous`` are names that English writes with a capital
    for other reasons too; ``no_names`` are capitalised and nobody's; ``places`` are as written.
    """

    given: frozenset[str]
    family: frozenset[str]
    ambiguous: frozenset[str]
    no_names: frozenset[str]
    places: frozenset[str]

    def is_name(self, word: str) -> bool:
        """Whether a word is on a list of names."""
        return word in self.given or word in self.family or word in self.ambiguous

    def is_clear_name(self, word: str) -> bool:
        """Whether it is, and stands for nothing else that is written with a capital."""
        listed = word in self.given or word in self.family
        return listed and word not in self.ambiguous and len(word) > 2


@functools.cache
def read_lexicon() -> Lexicon:
    """The lists of this package, and the countries and languages of Unicode's CLDR (babel)."""
    given, family = _words("given_names.txt"), _words("surnames.txt")
    places = frozenset(
        place.strip() for line in _lines("places.txt") for place in line.split(";") if place.strip()
    )
    countries, languages = _of_the_world()
    return Lexicon(
        given,
        family,
        _words("ambiguous.txt"),
        _words("not_names.txt") | frozenset(language.lower() for language in languages),
        places | countries,
    )


def _of_the_world() -> tuple[frozenset[str], frozenset[str]]:
    from babel import Locale

    english = Locale("en")
    countries = frozenset(
        name for code, name in english.territories.items() if code.isalpha() and len(name) > 3
    )
    return countries - {"Georgia", "Jersey", "Chad", "World"}, frozenset(
        name for name in english.languages.values() if " " not in name
    )


def _lines(name: str) -> list[str]:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _words(name: str) -> frozenset[str]:
    words = {word for line in _lines(name) for word in line.split()}
    return frozenset(words | {bare(word) for word in words})


def bare(word: str) -> str:
    """A word without its accents, as many a keyboard writes it.

    >>> bare("siobhán")
    'siobhan'
    """
    if word.isascii():
        return word
    split = unicodedata.normalize("NFKD", word)
    return "".join(char for char in split if not unicodedata.combining(char))


@functools.cache
def english_words() -> frozenset[str]:
    """The nouns, verbs, adjectives and adverbs of WordNet, as spaCy's model carries them."""
    from workbench.privacy.anonymisation.engine import read_dictionary

    return read_dictionary()


def is_english(word: str) -> bool:
    """Whether a word, in small letters, or what it is a plural or a form of is in the dictionary.

    >>> is_english("facilities"), is_english("brzezicki")
    (True, False)
    """
    known = english_words()
    if word in known:
        return True
    endings = (
        ("ies", "y"),
        ("es", ""),
        ("s", ""),
        ("ied", "y"),
        ("ed", ""),
        ("ed", "e"),
        ("ing", ""),
        ("ing", "e"),
    )
    return any(
        word.endswith(end) and len(word) > len(end) + 2 and word[: -len(end)] + put in known
        for end, put in endings
    )
