"""In which script and language a text is, and whether the recognisers can read it at all."""

from __future__ import annotations

import functools
import re
import unicodedata

from workbench.data.languages import UNSURE, detect_language

from .words import is_known_word, read_classes

READ = "en"
_LEAST_ENGLISH_SHARE = 0.6
_MOST_OTHER_SHARE = 0.3  # of the letters; above it the text as a whole is in another script
_LEAST_WORDS = 8  # below it a language cannot be told, and names decide what is guessed


@functools.lru_cache(maxsize=4096)
def is_latin(char: str) -> bool:
    """Whether a letter is Latin; marks and letters of all scripts (ª, º) count as such."""
    name = unicodedata.name(char, "")
    return name.startswith(("LATIN", "MODIFIER LETTER", "FEMININE", "MASCULINE", "FULLWIDTH LATIN",
                            "MICRO", "OHM", "KELVIN", "ANGSTROM", "MATHEMATICAL"))  # fmt: skip


@functools.lru_cache(maxsize=4096)
def script_of(char: str) -> str:
    """The script of a letter, as the first word of its Unicode name says: CYRILLIC, HEBREW, ..."""
    return unicodedata.name(char, "UNKNOWN").partition(" ")[0]


def why_unreadable(text: str) -> str:
    """Why the English recognisers cannot be trusted with a text; empty where they can.

    A short text whose language cannot be told counts as English if its letters are Latin.
    """
    if not text.isascii():
        letters = [char for char in text if char.isalpha()]
        other = [char for char in letters if not is_latin(char)]
        if len(other) > _MOST_OTHER_SHARE * len(letters):
            scripts = sorted({script_of(char).lower() for char in other})
            return f"its script is {', '.join(scripts)}; the recognisers read Latin letters"
    if len(text.split()) >= _LEAST_WORDS:
        told = _other_by_small_words(text)
        if told:
            return f"its language is {told}; the recognisers read {READ}"
        language = _language(text)
        if language not in (READ, UNSURE) and not _mostly_english(text):
            return f"its language is {language}; the recognisers read {READ}"
    return ""


_LEAST_SMALL_WORDS = 3


@functools.cache
def _small_words() -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    """English's smallest words, and each other language's without those that English has too."""
    words = dict(read_classes("small_words.txt"))
    english, shared = words.pop("english"), words.pop("shared")
    return english, {code: said - english - shared for code, said in words.items()}


def _other_by_small_words(text: str) -> str:
    """The language whose small words are more than English has in the text; empty if none."""
    said = re.findall(r"(?<![\w@.'’-])[^\W\d_]+(?![\w@'’-])", text.lower())[:600]
    english, others = _small_words()
    counts = {code: sum(word in words for word in said) for code, words in others.items()}
    code = max(counts, key=lambda each: counts[each])
    kinds = others[code] & set(said)
    enough = min(counts[code], len(kinds)) >= _LEAST_SMALL_WORDS
    return code if enough and counts[code] > sum(word in english for word in said) else ""


def _mostly_english(text: str) -> bool:
    """Whether most words in small letters are in the dictionary: a table has no sentences."""
    small = re.findall(r"(?<![\w@.])[a-z]{3,}(?![\w@])", text)[:400]
    return sum(map(is_known_word, small)) > _LEAST_ENGLISH_SHARE * len(small)


def _language(text: str) -> str:
    """By the small words of the whole text in parts: names and addresses say nothing of it."""
    small = [word for word in text.split() if word.islower() and word.isalpha()]
    if len(small) < _LEAST_WORDS:
        return UNSURE
    parts = [" ".join(small[at : at + 40]) for at in range(0, min(len(small), 400), 40)]
    known = [said for said in map(detect_language, parts) if said != UNSURE]
    if not known:
        return UNSURE
    if known.count(READ) * 3 >= len(known):
        return READ
    return max(sorted(set(known)), key=known.count)
