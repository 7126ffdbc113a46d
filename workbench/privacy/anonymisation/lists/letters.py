"""Single words in Latin letters out of names as the packages have them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

LEAST_CHARS = 3
_NAME = re.compile(r"[^\W\d_]+(?:['’ʻ-][^\W\d_]+)*")


def _table(letters: str, latin: str) -> dict[str, str]:
    return dict(zip(letters, latin.split(), strict=True))


# As passports write them; "_" stands for nothing.
_CYRILLIC = _table(
    "абвгґдеєжзиіїйклмнопрстуфхцчшщъыьэюяё",
    "a b v g g d e ye zh z y i yi y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya e",
)
_GREEK = _table(
    "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋ",
    "a v g d e z i th i k l m n x o p r s t y f ch ps o s a e i i o y o i y",
)
_GEORGIAN = _table(
    "აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰ",
    "a b g d e v z t i k l m n o p zh r s t u p k gh q sh ch ts dz ts ch kh j h",
)
_ARMENIAN = _table(
    "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ",
    "a b g d e z e y t zh i l kh ts k h dz gh ch m y n sh o ch p j r s v t r ts v p k o f",
)
_LETTERS = {**_CYRILLIC, **_GREEK, **_GEORGIAN, **_ARMENIAN}


def is_latin(word: str) -> bool:
    """Whether all letters of a word are Latin."""
    return all(unicodedata.name(char, "").startswith("LATIN") for char in word if char.isalpha())


def romanise(word: str) -> str:
    """A word of an alphabet letter by letter as passports write it; others as they are.

    >>> romanise("юрий"), romanise("μαρία")
    ('yury', 'maria')
    """
    made = "".join(_LETTERS.get(char, char) for char in word).replace("_", "")
    return made.replace("yy", "y").replace("iy", "y") if word[0] in _CYRILLIC else made


def single_words(entries: Iterable[str]) -> Iterator[str]:
    """Each word of three letters and more that is or can be made Latin, in small letters."""
    for entry in entries:
        for said in _NAME.findall(entry):
            word = romanise(said.lower())
            if len(word) >= LEAST_CHARS and is_latin(word):
                yield word


def is_place_name(name: str) -> bool:
    """Whether a place's name is Latin, begins with a capital and is no abbreviation."""
    if not re.fullmatch(r"[^\W\d_][\w .'’ʻ-]{3,30}", name) or not is_latin(name):
        return False
    return name[0].isupper() and not name.isupper()
