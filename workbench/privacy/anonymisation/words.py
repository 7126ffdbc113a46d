"""The lists that the recognisers know names and places by, and English as spaCy's wheel has it."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from .lists.using import by_the_lists, read_lists

_FOLDER = Path(__file__).with_name("lexicon")
_SMALL_WORDS = frozenset(
    (  # noqa: SIM905
        "and but for from into nor onto our than that the their them then there these they "
        "this those through until upon was were what when where which while who whom whose "
        "why with without would could should shall has had did does been being are not how "
        "its his her him she you your yours"
    ).split()
)
_FIRST_WORD = re.compile(r"[^\W\d_]+")
# Small words of other languages' names; between two capitals they belong to the name.
PARTICLES = frozenset(
    (  # noqa: SIM905
        "de da do dos das del della dello degli di du la le van von der den dem ten ter te zu "
        "zum zur af av el al ul ur bin bint binti ibn ben abu y e i o' d' t' san wa ap ab "
        "ferch verch op dela delos los las ní nic uí vda zur 't t bte a/l a/p"
    ).split()
)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Names and other words, in small letters, with their accents and without them.

    ``given`` and ``family`` are names; ``ambiguous`` are names that English writes with a capital
    for other reasons too; ``common`` and ``rare`` are family names of a census; ``curated`` are the
    common names, which are names even where WordNet has them (James); ``no_names`` are capitalised
    and nobody's. ``places`` are as written, ``countries`` and states among them; ``small_places``
    are single words of them in small letters. ``towns`` are places so small and so many that they
    count only where something beside them says that a place stands there. Of ``common``, ``rare``,
    ``towns`` and most other names there are none where the lists of ``lists`` are not here.
    """

    given: frozenset[str]
    family: frozenset[str]
    ambiguous: frozenset[str]
    no_names: frozenset[str]
    places: frozenset[str]
    countries: frozenset[str]
    known: frozenset[str]
    bare_places: frozenset[str]
    small_places: frozenset[str]
    curated: frozenset[str]
    own: frozenset[str]
    common: frozenset[str]
    rare: frozenset[str]
    towns: frozenset[str]

    def is_place(self, said: str) -> bool:
        """Whether words, as they are written or without accents, are a place of the lists."""
        if said in self.places:
            return True
        plain = bare(said)
        return plain in self.bare_places or plain in self.places

    def is_town(self, said: str) -> bool:
        """Whether words are a place of the lists, however small."""
        return said in self.towns or self.is_place(said)

    def is_name(self, word: str) -> bool:
        """Whether a word is on a list of names."""
        return word in self.given or word in self.family or word in self.ambiguous

    def is_clear_name(self, word: str) -> bool:
        """Whether it is, and stands for nothing else that is written with a capital."""
        if word in self.ambiguous or word in self.no_names or len(word) < 3:
            return False
        if word in self.curated:
            return True
        return (word in self.given or word in self.family) and not is_english(word)


@by_the_lists()
def read_lexicon() -> Lexicon:
    """This package's lists, those of ``lists``, and Unicode's countries and languages (CLDR)."""
    known = frozenset(
        place.strip()
        for line in read_lines("places.txt")
        for place in line.split(";")
        if place.strip()
    )
    countries, languages = _of_the_world()
    lists, _ = read_lists()
    not_places = _not_places()
    places = known | countries | (lists.cities - not_places)
    no_names = _words("not_names.txt") | frozenset(language.lower() for language in languages)
    given, family = _words("given_names.txt"), _words("surnames.txt")
    more_given, more_family = _words("more_given_names.txt"), _words("more_surnames.txt")
    small = no_names | _SMALL_WORDS
    return Lexicon(
        given=given | more_given | (lists.given - small),
        family=family | more_family | (lists.family - small),
        ambiguous=_words("ambiguous.txt"),
        no_names=no_names,
        places=places,
        countries=countries,
        known=known,
        bare_places=frozenset(bare(place) for place in places if not place.isascii()),
        small_places=frozenset(place.lower() for place in places if " " not in place),
        curated=given | family,
        own=given | family | more_given | more_family,
        common=lists.common,
        rare=lists.rare,
        towns=lists.towns - not_places,
    )


@functools.cache
def read_called_after() -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """What is called after somebody: phrases by their first word, and single words."""
    phrases: dict[str, list[str]] = {}
    words: set[str] = set()
    kind = ""
    for line in read_lines("called_after.txt"):
        if line.startswith("@"):
            kind = line
        elif kind == "@phrases":
            for phrase in filter(None, map(str.strip, line.lower().split(";"))):
                phrases.setdefault(_FIRST_WORD.findall(phrase)[0], []).append(phrase)
        else:
            words.update(line.lower().split())
    return {first: tuple(said) for first, said in phrases.items()}, frozenset(words)


def things_in(text: str) -> list[tuple[int, int]]:
    """Where a text speaks of something that is called after somebody."""
    phrases, _ = read_called_after()
    flat = text.replace("\n", " ").replace("’", "'").lower()
    if len(flat) != len(text):
        return []
    found = []
    for hit in _FIRST_WORD.finditer(flat):
        for phrase in phrases.get(hit.group(), ()):
            end = hit.start() + len(phrase)
            if flat.startswith(phrase, hit.start()) and not flat[end : end + 1].isalpha():
                found.append((hit.start(), end))
    return found


def _not_places() -> frozenset[str]:
    """Cities that are called as a label or an everyday word is: Date, Born, Of."""
    around = read_surroundings()
    words = frozenset().union(*around.values()) | _words("not_names.txt")
    return frozenset(word.capitalize() for word in words)


def _of_the_world() -> tuple[frozenset[str], frozenset[str]]:
    from babel import Locale

    english = Locale("en")
    countries = frozenset(
        name for code, name in english.territories.items() if code.isalpha() and len(name) > 3
    )
    also = frozenset(
        (
            "UK",
            "U.K.",
            "USA",
            "U.S.A.",
            "UAE",
            "The Netherlands",
            "Czech Republic",
            "Turkey",
            "Ivory Coast",
            "Macedonia",
            "Cape Verde",
            "Holland",
            "Burma",
            "Swaziland",
            "Hong Kong",
            "Palestine",
        )
    )
    return (countries | also) - {"Jersey", "Chad", "World"}, frozenset(
        name for name in english.languages.values() if " " not in name
    )


def read_surroundings() -> dict[str, frozenset[str]]:
    """The words that stand around names, by what they say."""
    return read_classes("surroundings.txt")


@functools.cache
def read_classes(name: str) -> dict[str, frozenset[str]]:
    """The words of a list by its classes: a line ``@class`` begins one."""
    found: dict[str, set[str]] = {}
    for line in read_lines(name):
        if line.startswith("@"):
            words = found.setdefault(line[1:].strip(), set())
        elif ";" not in line:
            words.update(line.lower().split())
    return {kind: frozenset(words) for kind, words in found.items()}


@functools.cache
def read_phrases(name: str) -> dict[str, tuple[str, ...]]:
    """The phrases of a list, which are parted by semicolons, by their last word."""
    found: dict[str, list[str]] = {}
    for line in read_lines(name):
        if ";" in line:
            for phrase in filter(None, map(str.strip, line.lower().split(";"))):
                found.setdefault(phrase.rpartition(" ")[2], []).append(phrase)
    return {last: tuple(sorted(said, key=len, reverse=True)) for last, said in found.items()}


def read_lines(name: str) -> list[str]:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@functools.cache
def _words(name: str) -> frozenset[str]:
    words = {word for line in read_lines(name) for word in line.split()}
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


def is_known_word(word: str) -> bool:
    """Whether a word is in the dictionary or one of the small words that it leaves out."""
    return is_english(word) or word in _words("not_names.txt") or word in _SMALL_WORDS


@functools.lru_cache(maxsize=65536)
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
