"""A text as it would be written with its capitals: for the recognisers to read, nothing else.

People write names in small letters in a chat and in capitals on a form; recognisers, spaCy's model
first of all, go by capitals. The view has the same length, so what is found in it stands at the
same place of the text.
"""

from __future__ import annotations

import re

from .recognisers.capitals import Word, name_evidence, words_of
from .words import PARTICLES, is_english, read_lexicon

_LEAST_CAPITALS_SHARE = 0.01  # of the letters; a text below it is written in small letters
_SHOUTED_SHARE = 0.8
_STREET = re.compile(
    r"(?:\b\d{1,5}[a-z]?,? (?:[^\W\d_]+[.'-]? ){1,4}(?:street|st|road|rd|avenue|ave|lane|ln|"
    r"drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|way|close|crescent|gardens|grove|mews|parade|"
    r"highway|circle|row|walk|park|hill)\b|\b[^\W\d_]+(?:straße|strasse|weg|allee|gasse|platz|gatan|gade|"
    r"vej|straat|laan|gracht|katu|tie) \d{1,4}|\b(?:flat|apt|unit|house|plot|room|block) \w{1,5},|"
    r"\b\d{1,4} (?:bis )?(?:rue|avenue|boulevard|place) |"
    r"\b(?:calle|via|viale|rua|avenida|av\.|ul\.|piazza|plaza|"
    r"jalan|jl\.?) |\bp\.? ?o\.? ?box )[^\n;.!?]*"
)  # fmt: skip


_STREET_WORDS = frozenset(
    "street road lane drive square court place park hill flat house unit room".split()  # noqa: SIM905
)


def with_capitals(text: str) -> str:
    """The view: lines without capitals, and lines that shout, as they would be written."""
    letters = sum(char.isalpha() for char in text)
    small = sum(char.isupper() for char in text) < _LEAST_CAPITALS_SHARE * letters
    lines = [_line(line, small) for line in text.split("\n")]
    view = "\n".join(lines)
    # A letter may become two (ß): then places would no longer agree, and the text is read as it is.
    return view if len(view) == len(text) else text


def _line(line: str, small: bool) -> str:
    letters = [char for char in line if char.isalpha()]
    upper = sum(char.isupper() for char in letters)
    if len(letters) > 5 and upper > _SHOUTED_SHARE * len(letters):
        return _written(line, shouted=True, small=True)
    if small or (upper == 0 and letters):
        made = _written(line, shouted=False, small=small)
        return _STREET.sub(lambda hit: _address(hit.group()), made) if small else made
    return line


def _written(line: str, *, shouted: bool, small: bool) -> str:
    words = words_of(line)
    lexicon = read_lexicon()
    evidence = [name_evidence(lexicon, word) for word in words]
    known = [word.lower in lexicon.no_names or is_english(word.lower) for word in words]
    out = list(line)
    for at, word in enumerate(words):
        near = [n for n in (at - 1, at + 1) if 0 <= n < len(words) and _adjoin(line, words, at, n)]
        beside = any(evidence[n] or not known[n] for n in near)
        name = evidence[at] == 2 and (not known[at] or beside)
        may_be = evidence[at] == 1 and word.lower not in PARTICLES
        least = 1 if small else 2
        name = name or (may_be and any(evidence[n] >= least for n in near))
        name = name or (not known[at] and (small or any(evidence[n] == 2 for n in near)))
        name = name and len(word.said) > 1
        if shouted:
            out[word.start : word.end] = word.said.capitalize() if name else word.said.lower()
            if not name and word.is_initial:
                out[word.start : word.end] = word.said
        elif name:
            out[word.start : word.end] = _titled(word.said)
        elif small and len(word.said) == 2 and word.said.endswith("."):
            out[word.start : word.end] = word.said.upper()  # an initial
    return "".join(out)


def _adjoin(line: str, words: list[Word], at: int, near: int) -> bool:
    first, second = sorted((at, near))
    return line[words[first].end : words[second].start] in (" ", "-", ", ", ". ")


def _titled(said: str) -> str:
    return re.sub(r"(?<![^\W\d_])[^\W\d_]", lambda hit: hit.group().upper(), said)


def _address(said: str) -> str:
    """Words with a capital, codes in capitals."""
    lexicon = read_lexicon()

    def written(hit: re.Match[str]) -> str:
        word = hit.group()
        if any(char.isdigit() for char in word) or len(word) == 2:
            return (
                word.upper()
                if word.lower() not in lexicon.no_names and word not in ("st", "rd", "av")
                else word
            )
        street = word in _STREET_WORDS
        return word if word in lexicon.no_names and not street else word.capitalize()

    return re.sub(r"\w+", written, said)
